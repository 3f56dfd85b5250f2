"""The schema in the package is the one that is printed."""

from __future__ import annotations

import json
from importlib.resources import files

from flowengine.definitions.json_schema import json_schema


def test_schema_in_the_package_is_up_to_date() -> None:
    """Write it anew: ``flowengine schema > flowengine/definitions/workflow.schema.json``."""
    text = files("flowengine.definitions").joinpath("workflow.schema.json").read_text("utf-8")

    assert text == json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
