"""What is installed is all that the package has: code, templates, the JSON Schema, the bundle."""

from __future__ import annotations

from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def shipped() -> set[str]:
    builder = WheelBuilder(str(ROOT))
    return {file.distribution_path for file in builder.recurse_included_files()}


def test_everything_in_the_package_is_in_the_wheel_and_nothing_besides(shipped: set[str]) -> None:
    there = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "flowengine").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert shipped == there


def test_what_is_no_code_is_in_the_wheel(shipped: set[str]) -> None:
    assert "flowengine/definitions/workflow.schema.json" in shipped
    assert "flowengine/py.typed" in shipped
    assert any(name.startswith("flowengine/templates/") for name in shipped)
    assert any(name.startswith("flowengine/demo/") and name.endswith(".yaml") for name in shipped)
