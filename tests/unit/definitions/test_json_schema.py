"""The JSON Schema of workflow files against the parser, from which it may not differ in structure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given

from flowengine.definitions.json_schema import json_schema
from flowengine.definitions.load import load
from flowengine.definitions.nodes import to_json
from flowengine.definitions.parse import read
from flowengine.errors import DefinitionError
from tests.unit.definitions.wild_files import WILD, files

HERE = Path(__file__).parent
EXAMPLES = sorted((HERE.parents[1] / "examples" / "workflows").glob("*.yaml"))
STRUCTURE = {"FE110", "FE111", "FE112", "FE113", "FE114"}
"""What a schema can see, but for the names of inputs and what is inside their schemas."""
DRAFTS = [jsonschema_rs.Draft7Validator, jsonschema_rs.Draft202012Validator]
VALIDATOR = jsonschema_rs.Draft202012Validator(json_schema())


def document(text: str) -> Any:
    return to_json(load(text, path="x.yaml").root)


def codes(text: str) -> set[str]:
    try:
        read(text)
    except DefinitionError as error:
        return {problem.code for problem in error.problems}
    return set()


def steps_of(name: str) -> list[str]:
    """The steps of a file of ``refused``, each of which is wrong in itself."""
    lines = (HERE / "refused" / name).read_text().splitlines()
    return [line for line in lines if line.startswith("  - {")]


@pytest.mark.parametrize("draft", DRAFTS, ids=lambda draft: draft.__name__)
@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_example_fits_the_schema_by_both_drafts(file: Path, draft: Any) -> None:
    validator = draft(json_schema())

    assert [error.message for error in validator.iter_errors(document(file.read_text()))] == []


@pytest.mark.parametrize("draft", DRAFTS, ids=lambda draft: draft.__name__)
@pytest.mark.parametrize(
    "step",
    [
        *steps_of("fe112-kinds.yaml"),
        *steps_of("fe112-blocks.yaml"),
        *steps_of("fe111-keys-of-kinds.yaml"),
    ],
)
def test_step_that_the_keys_refuse_is_refused_by_both_drafts(step: str, draft: Any) -> None:
    text = f"workflow: x\non: a\nsteps:\n{step}\n"

    assert codes(text) & STRUCTURE
    assert not draft(json_schema()).is_valid(document(text))


@pytest.mark.parametrize(
    "wrong",
    [
        *("on: [{schedule: '0 0'}]", "on: [{manual: 1}]", "on: [{call: false}]", "on: []"),
        *("on: [{event: a, schedule: '0 0 * * *'}]", "on: [{manual: true, with: {a: 1}}]"),
        *("on: {event: 'a..b'}", "on: {if: true}", "inputs: {}", "inputs: {a: 5}"),
        *("inputs: {a: {tipe: string}}", "inputs: {a: {items: {type: x}}}", "format: 2"),
        *("timeout: 5", "timeout: 1s1m", "notify: all", "concurrency: {limit: 0}"),
        *("cancel_on: {event: a, match: {a: 1}}", "priority: urgent", "labels: {a: null}"),
        *("on_failure: [{sleep: 1s}]", "finally: [{task: a.b, rescue: [{steps: []}]}]"),
        *("finally: [{switch: [{steps: [{sleep: 1s}]}]}]", "on_failure: []", "nothing: 1"),
        *("steps: [{task: a.b, needs: [a]}]", "steps: [{parallel: {a: {id: b, task: a.b}}}]"),
        *("steps: [{task: a.b, as: x}]", "steps: [{task: a.b, emit: c, with: {}}]"),
    ],
)
def test_file_that_the_keys_refuse_does_not_fit(wrong: str) -> None:
    key = wrong.partition(":")[0]
    given = {"workflow": "x", "on": "a", "steps": "[shop.a]", key: wrong.partition(": ")[2]}
    text = "".join(f"{name}: {value}\n" for name, value in given.items())

    assert codes(text) & STRUCTURE
    assert not VALIDATOR.is_valid(document(text))


BEYOND_A_SCHEMA = {
    "fe110-unknown-input.yaml",
    "fe112-quorum-of-too-few.yaml",
    "fe114-with-without-inputs.yaml",
}
"""What is wrong there depends on another place of the file."""


@pytest.mark.parametrize("draft", DRAFTS, ids=lambda draft: draft.__name__)
def test_every_file_whose_structure_is_refused_is_refused_by_both_drafts(draft: Any) -> None:
    validator = draft(json_schema())
    refused = {
        file.name: document(file.read_text())
        for file in sorted((HERE / "refused").glob("fe11[0-4]*.yaml"))
        if codes(file.read_text()) & STRUCTURE
    }

    fitting = {name for name, content in refused.items() if validator.is_valid(content)}

    assert len(refused) >= 20
    assert fitting == BEYOND_A_SCHEMA


@pytest.mark.parametrize("draft", ["07/schema", "2020-12/schema"])
def test_schema_is_one_by_both_drafts(draft: str) -> None:
    place = (
        "http://json-schema.org/draft-"
        if draft.startswith("07")
        else ("https://json-schema.org/draft/")
    )

    assert jsonschema_rs.meta.is_valid({**json_schema(), "$schema": f"{place}{draft}"})


@WILD
@given(files())
def test_whatever_the_parser_takes_fits(text: str) -> None:
    assert codes(text) or VALIDATOR.is_valid(document(text))


def test_every_key_says_what_it_means() -> None:
    schema = json_schema()

    for name, definition in schema["definitions"].items():
        if name not in ("schema", "step", "hook_step"):
            assert definition["description"], name
            for key, value in definition["properties"].items():
                assert value["description"], f"{name}.{key}"


def test_every_reference_leads_somewhere_and_nothing_is_left_over() -> None:
    schema = json_schema()
    named: set[str] = set()

    def look(value: Any) -> None:
        if isinstance(value, dict):
            named.update(each for key, each in value.items() if key == "$ref")
            for below in value.values():
                look(below)
        elif isinstance(value, list):
            for below in value:
                look(below)

    look(schema)
    assert named == {f"#/definitions/{name}" for name in schema["definitions"]}


def test_schema_is_new_at_each_call() -> None:
    json_schema()["properties"].clear()

    assert json_schema()["properties"]
