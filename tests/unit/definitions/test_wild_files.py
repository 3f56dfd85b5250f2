"""Whatever a file holds, it is a workflow or it is refused with places; and never slowly."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowengine.definitions.check import bind, check, standalone_problems
from flowengine.definitions.parse import Document, parse, read
from flowengine.definitions.task_signature import TaskSignature
from flowengine.errors import DefinitionError, Problem
from tests.unit.definitions.wild_files import WILD, files

EXAMPLES = {
    file.stem: file.read_text()
    for file in sorted((Path(__file__).parents[2] / "examples" / "workflows").glob("*.yaml"))
}
TASKS = {f"shop.t{n}": TaskSignature(required=("n1",), returns=("n2",)) for n in range(0, 60, 2)}


def problems_of(text: str) -> tuple[Problem, ...]:
    """What refuses the file; any other exception is the failure that is looked for."""
    try:
        read(text)
    except DefinitionError as error:
        return error.problems
    return ()


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_has_no_problems_by_itself(name: str) -> None:
    document = read(EXAMPLES[name], path=name)

    assert document.warnings == ()
    assert standalone_problems([document]) == ()


def test_examples_have_no_problems_together() -> None:
    documents = [read(text, path=name) for name, text in EXAMPLES.items()]

    assert len(documents) >= 13
    assert standalone_problems(documents) == ()


@WILD
@given(files())
def test_any_file_is_a_workflow_or_is_refused_with_places(text: str) -> None:
    problems = problems_of(text)

    assert all(problem.line >= 1 and problem.column >= 1 for problem in problems)
    assert list(problems) == sorted(problems, key=lambda p: (p.line, p.column))


@WILD
@given(files())
def test_any_workflow_can_be_bound_and_checked(text: str) -> None:
    if problems_of(text):
        return

    document = read(text)
    bound = bind(document.workflow, TASKS)
    problems = check(document, TASKS, workflows={"x": document.workflow})

    assert bound.digest == document.workflow.digest
    assert all(problem.line >= 1 for problem in problems)


def shuffled(value: Any, order: random.Random) -> Any:
    """The same with the keys of all maps in another order."""
    if isinstance(value, dict):
        keys = list(value)
        order.shuffle(keys)
        return {key: shuffled(value[key], order) for key in keys}
    if isinstance(value, list):
        return [shuffled(each, order) for each in value]
    return value


def same(one: Document, other: Document) -> bool:
    """Both mean the same workflow, but for the order of branches."""
    one_steps, other_steps = one.workflow.graph.spots, other.workflow.graph.spots
    return one.workflow.digest == other.workflow.digest and one_steps.keys() == other_steps.keys()


@WILD
@given(files(), st.randoms(use_true_random=False))
def test_order_of_keys_changes_neither_digest_nor_ids(text: str, order: random.Random) -> None:
    try:
        document = read(text)
    except DefinitionError:
        return

    other = read(json.dumps(shuffled(json.loads(text), order)))

    assert same(document, other)


@pytest.mark.parametrize("name", EXAMPLES)
def test_long_form_is_the_same_workflow(name: str) -> None:
    document = read(EXAMPLES[name], path=name)

    again = parse(json.dumps(document.form), path=name)

    assert again == document.workflow


@settings(max_examples=250, deadline=None)
@given(
    st.sampled_from(sorted(EXAMPLES)),
    st.integers(0, 3000),
    st.integers(0, 12),
    st.sampled_from(
        ["", " ", ":", "\n", "- ", "  ", "[", "}", "${{ x", "*a", "&a ", "!t", "012", "'"]
    ),
)
def test_any_changed_example_is_a_workflow_or_is_refused(
    name: str, at: int, gone: int, new: str
) -> None:
    text = EXAMPLES[name]

    problems_of(text[:at] + new + text[at + gone :])


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(EXAMPLES)), st.integers(0, 3000))
def test_any_half_written_example_is_a_workflow_or_is_refused(name: str, length: int) -> None:
    problems_of(EXAMPLES[name][:length])
