"""Every refusal of the language, by example: a wrong file, and beside it what is said about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowengine.definitions.check import check
from flowengine.definitions.parse import parse, read
from flowengine.definitions.steps import TaskSignature
from flowengine.errors import DefinitionError, Problem

FILES = sorted((Path(__file__).parent / "refused").glob("*.yaml"))
TASKS = {
    "stock.reserve": TaskSignature(required=("order_id",), returns=("reservation_id",)),
    "stock.release": TaskSignature(required=("reservation_id", "reason")),
    "stock.weigh": TaskSignature(required=("order_id",), returns=("grams",)),
    "stock.pick": TaskSignature(required=("reservation_id",), returns=("place",)),
    "stock.ship": TaskSignature(required=("reservation_id", "address"), extra=True),
    "mail.send": TaskSignature(optional=("text",), synchronous=False),
}
_CALLED = "\nsteps: [stock.weigh]\n"
WORKFLOWS = {
    workflow.name: workflow
    for workflow in (
        parse("workflow: parcel\non: {call: true}\ninputs: {weight: integer}" + _CALLED),
        parse("workflow: closed\non: parcel.sent" + _CALLED, path="closed.yaml"),
    )
}
EVENTS = {
    "parcel.packed": {
        "properties": {
            "parcel_id": {"type": "integer"},
            "buyer": {"properties": {"name": {}}, "additionalProperties": False},
        }
    },
}


def problems(file: Path) -> tuple[Problem, ...]:
    try:
        document = read(file.read_bytes(), path=file.name)
    except DefinitionError as error:
        return error.problems
    return document.warnings + check(document, TASKS, workflows=WORKFLOWS, events=EVENTS)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_wrong_file_is_refused_with_place_code_and_way_out(file: Path) -> None:
    expected = file.with_suffix(".txt").read_text().splitlines()

    said = [f"{p}".removeprefix(f"{file.name}:") for p in problems(file)]

    assert said == expected


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_wrong_file_is_refused_for_what_its_name_says(file: Path) -> None:
    code = file.stem.partition("-")[0].upper()

    assert code == "PLACES" or code in {problem.code for problem in problems(file)}


def test_every_code_of_a_file_has_its_example() -> None:
    with_example = {file.stem.partition("-")[0].upper() for file in FILES}

    missing = CODES - with_example

    assert missing == set()


CODES = {
    *("FE101", "FE102", "FE103", "FE104", "FE105", "FE106", "FE107", "FE108"),
    *("FE110", "FE111", "FE112", "FE113", "FE114", "FE115", "FE116"),
    *("FE120", "FE121", "FE122", "FE123", "FE124", "FE125", "FE126", "FE127", "FE129"),
    *("FE201", "FE202", "FE203", "FE204", "FE205", "FE206", "FE207", "FE208", "FE209"),
    *("FE231", "FE232", "FE404"),
}
"""FE128, two files of one name, is shown in ``test_catalog.py``."""
