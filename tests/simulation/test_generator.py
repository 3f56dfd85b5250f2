"""The workflows of the simulation hold every construct of the language, again and again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from flowengine.errors import FlowengineError
from tests.simulation import generator
from tests.simulation.workflows import POOL, Workflows

STEPS = (
    *("task", "wait_for", "sleep", "emit", "approval", "fail", "workflow"),
    *("parallel", "switch", "steps", "for_each"),
)
KINDS = tuple(f"a {kind} step" for kind in STEPS)
MODIFIERS = (
    *("if", "needs", "rescue", "compensate", "retry", "timeout", "with", "transaction", "detach"),
    *("fail_fast", "max_parallel", "max_failures", "on_unknown", "until", "quorum", "match"),
)
OF_WORKFLOWS = (
    *("on_failure", "finally", "cancel_on", "hold_on_failure", "output", "title", "labels"),
    *("concurrency", "throttle", "debounce", "idempotency", "priority", "start_within"),
    *("excess", "max_wait", "on_conflict", "max_queued"),
)
PAIRS = (
    *("parallel in for_each", "for_each in parallel", "workflow in for_each", "steps in rescue"),
    *(
        "approval in for_each",
        "wait_for in parallel",
        "rescue in rescue",
        "transaction in for_each",
    ),
)
"""What stands inside what."""


def test_every_workflow_of_the_pool_passes_the_checks_at_load() -> None:
    wrong = {}
    for number in range(POOL):
        try:
            Workflows(main=number, child=number).declared()
        except FlowengineError as error:
            wrong[number] = str(error)

    assert wrong == {}


@pytest.mark.parametrize("construct", [*KINDS, *MODIFIERS, *OF_WORKFLOWS, *PAIRS])
def test_a_construct_is_in_several_workflows_of_the_pool(construct: str) -> None:
    assert FOUND[construct] >= 3


def test_nothing_is_generated_that_is_not_named_here() -> None:
    steps = [step for number in range(POOL) for step in _steps(generator.main(number)["steps"])]

    assert {_kind(step) for step in steps} == set(STEPS)


def _constructs() -> Counter[str]:
    """By construct, in how many workflows it is."""
    found: Counter[str] = Counter()
    for number in range(POOL):
        source = generator.main(number)
        kinds = {f"a {_kind(step)} step" for step in _steps(source["steps"])}
        found.update(kinds | set(_keys(source)) | set(_pairs(source, ())))
    return found


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        for inner in value.values():
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)


def _pairs(value: Any, around: tuple[str, ...]) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (f"{key} in {outer}" for key in value for outer in around)
        for key, inner in value.items():
            of_all = value if "for_each" in value else [key]
            yield from _pairs(inner, (*around, *({"for_each"} & set(of_all)), key))
        if "for_each" in value:
            yield from (f"{key} in for_each" for key in value)
    elif isinstance(value, list):
        for inner in value:
            yield from _pairs(inner, around)


def _steps(value: Any) -> Iterator[dict[str, Any]]:
    """Every step of a line, and those inside it."""
    for step in value:
        yield step
        for key in ("steps", "rescue", "switch"):
            for inner in step.get(key, ()):
                yield from _steps(
                    [inner] if "steps" not in inner or key == "steps" else inner["steps"]
                )
        for branch in step.get("parallel", {}).values():
            yield from _steps(branch if isinstance(branch, list) else [branch])


def _kind(step: dict[str, Any]) -> str:
    return "for_each" if "for_each" in step else next(kind for kind in STEPS if kind in step)


FOUND = _constructs()
