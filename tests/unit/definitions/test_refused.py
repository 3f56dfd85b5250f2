"""Every refusal of the language, by example: a wrong file, and beside it what is said about it.

A folder is a project of several files that are wrong together.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flowengine.definitions.catalog import gather
from flowengine.definitions.check import check
from flowengine.definitions.parse import Document, parse, read
from flowengine.definitions.task_signature import TaskSignature
from flowengine.errors import DefinitionError, Problem

CASES = sorted(
    path for path in (Path(__file__).parent / "refused").iterdir() if path.suffix != ".txt"
)
ERRORS = Path(__file__).parents[3] / "docs" / "reference" / "errors.md"
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


def problems(case: Path) -> list[Problem]:
    """All that is said of the file, or of the files in the folder."""
    found: list[Problem] = []
    documents: list[Document] = []
    tasks = TASKS if case.name.startswith("fe115") else None  # the others make up their tasks
    for file in sorted(case.glob("*.yaml")) if case.is_dir() else [case]:
        try:
            documents.append(read(file.read_bytes(), path=file.name, tasks=tasks))
        except DefinitionError as error:
            found += error.problems
    found += gather(documents)[1]
    for each in documents:
        found += each.warnings + check(each, TASKS, workflows=WORKFLOWS, events=EVENTS)
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_wrong_file_is_refused_with_place_code_and_way_out(case: Path) -> None:
    expected = case.with_suffix(".txt").read_text().splitlines()

    said = [f"{p}".removeprefix(f"{case.name}:") for p in problems(case)]

    assert said == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_wrong_file_is_refused_for_what_its_name_says(case: Path) -> None:
    code = case.stem.partition("-")[0].upper()

    assert code == "PLACES" or code in {problem.code for problem in problems(case)}


@pytest.mark.parametrize("heading", ["Workflow files", "Expressions, when a file is read"])
def test_every_code_of_a_file_has_its_example(heading: str) -> None:
    section = ERRORS.read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    listed = set(re.findall(r"^\| `(FE[0-9]{3})` \|", section, re.MULTILINE))

    assert len(listed) >= 9
    assert listed - {case.stem.partition("-")[0].upper() for case in CASES} == set()


# What is wrong is said by these messages themselves, way out and all.
SPEAK_FOR_THEMSELVES = {"FE102", "FE103", "FE111", "FE112", "FE201", "FE202", "FE207"}


def test_every_problem_names_a_way_out() -> None:
    without = {
        f"{problem.code} {problem.message}"
        for case in CASES
        for problem in problems(case)
        if not problem.hint and problem.code not in SPEAK_FOR_THEMSELVES
    }

    assert without == set()
