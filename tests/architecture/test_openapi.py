"""The document of the API is what the API is, and the reference says all of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.architecture.openapi import made, written


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and description of each operation."""
    for path, methods in json.loads(written())["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_document_is_what_the_source_says() -> None:
    """Write it anew with ``uv run python -m tests.architecture.openapi``."""
    assert written() == made()


def test_document_is_openapi_3_1_with_a_problem_for_every_refusal() -> None:
    document = json.loads(written())

    assert document["openapi"] == "3.1.0"
    for path, method, operation in operations():
        assert "default" in operation["responses"], (path, method)
        assert operation["x-needs"], (path, method)
        assert operation["security"] == [{"Session": []}], (path, method)
    assert set(document["components"]["schemas"]["Problem"]["required"]) == {
        *("type", "title", "status", "detail", "code", "instance"),
    }


def test_every_reference_of_the_document_leads_somewhere() -> None:
    document = json.loads(written())

    named = set(re.findall(r'"#/components/schemas/(\w+)"', written()))

    assert named <= document["components"]["schemas"].keys()


def test_no_place_of_this_machine_is_in_the_document() -> None:
    assert str(Path.cwd()) not in written()
