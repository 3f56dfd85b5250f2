"""Parameters that are filled by name, and what is said of those that are not (FE127)."""

from __future__ import annotations

import pytest

from flowengine.definitions.check import check
from flowengine.definitions.parse import read
from flowengine.definitions.task_signature import TaskSignature

TASKS = {
    "shop.needs": TaskSignature(required=("x",)),
    "shop.gives": TaskSignature(returns=("x", "y")),
    "shop.other": TaskSignature(returns=("z",)),
    "shop.nothing": TaskSignature(returns=()),
    "shop.unknown": TaskSignature(),
}
FILLED: list[str] = []
MISSING = ["FE127"]


def found(steps: str, head: str = "inputs: {i: integer}\n") -> list[str]:
    document = read(f"workflow: x\non: a\n{head}steps:\n{steps}")
    return [problem.code for problem in check(document, TASKS)]


@pytest.mark.parametrize(
    ("above", "expected"),
    [
        ("shop.gives", FILLED),
        ("shop.other", MISSING),
        ("shop.unknown", FILLED),
        ("shop.gives, shop.other, shop.nothing", MISSING),
        ("{task: shop.gives, if: event.data.a}", FILLED),
        ("{for_each: [1], task: shop.gives}", MISSING),
        ("{for_each: [1], task: shop.other, rescue: [{steps: [shop.gives]}]}", FILLED),
        ("{task: shop.other, rescue: [{errors: [A], steps: [shop.gives]}]}", FILLED),
        ("{steps: [shop.gives, shop.other]}", MISSING),
        ("{steps: [shop.other, shop.gives]}", FILLED),
        ("{steps: [shop.gives, {task: shop.other, if: event.data.a}]}", FILLED),
        ("{switch: [{if: event.data.a, steps: [shop.gives]}, {steps: []}]}", FILLED),
        ("{switch: [{if: event.data.a, steps: [shop.other]}, {steps: []}]}", MISSING),
        ("{parallel: {a: shop.other, b: [shop.gives]}}", FILLED),
        ("{parallel: {a: shop.other, b: shop.nothing}}", MISSING),
        ("{emit: b, with: {x: 1}}", MISSING),
        ("{sleep: 1s}", MISSING),
        ("{wait_for: {event: b, match: {a: 1}}, timeout: 1s}", FILLED),
        ("{approval: {ask: a, groups: [g], form: {x: string}}, timeout: 1s}", FILLED),
        ("{approval: {ask: a, groups: [g], form: {z: string}}, timeout: 1s}", MISSING),
        ("{workflow: w}", FILLED),
        ("{workflow: w, detach: true}", MISSING),
    ],
)
def test_parameter_is_filled_by_what_a_step_above_leaves(above: str, expected: list[str]) -> None:
    codes = found(f"  - steps: [{above}]\n  - {{id: last, task: shop.needs}}\n")

    assert codes == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("inputs: {x: integer}\n", FILLED),
        ("inputs: {y: integer}\n", MISSING),
        ("", FILLED),
    ],
)
def test_parameter_is_filled_at_last_by_the_inputs_or_by_whatever_the_event_has(
    head: str, expected: list[str]
) -> None:
    assert found("  - shop.other\n  - shop.needs\n", head) == expected


def test_parameter_is_looked_for_in_every_step_of_the_line_above() -> None:
    assert found("  - shop.gives\n  - shop.other\n  - shop.nothing\n  - shop.needs\n") == FILLED


def test_what_with_gives_is_not_looked_for() -> None:
    assert found("  - {task: shop.needs, with: {x: 1}}\n") == FILLED


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ("[shop.gives, {steps: [{steps: [shop.needs]}]}]", FILLED),
        ("[shop.gives, {switch: [{steps: [shop.needs]}]}]", FILLED),
        ("[shop.gives, {for_each: [1], steps: [shop.needs]}]", FILLED),
        ("[shop.gives, {parallel: {a: shop.needs, b: [shop.needs]}}]", FILLED),
        ("[{steps: [shop.needs, shop.gives]}]", MISSING),
        ("[{parallel: {a: shop.gives, b: shop.needs}}]", MISSING),
        ("[{parallel: {a: shop.gives, b: {needs: [a], task: shop.needs}}}]", FILLED),
        (
            (
                "[{parallel: {a: shop.gives, b: {needs: [a], task: shop.other},"
                " c: {needs: [b], steps: [shop.needs]}}}]"
            ),
            FILLED,
        ),
        ("[{task: shop.gives, rescue: [{steps: [shop.needs]}]}]", MISSING),
        ("[shop.gives, {task: shop.other, rescue: [{steps: [shop.needs]}]}]", FILLED),
        ("[{switch: [{if: event.data.a, steps: [shop.gives]}, {steps: [shop.needs]}]}]", MISSING),
    ],
)
def test_parameter_inside_a_block_is_looked_for_above_the_block(
    steps: str, expected: list[str]
) -> None:
    assert found(f"  - steps: {steps}\n") == expected


@pytest.mark.parametrize(
    ("branches", "expected"),
    [
        ("{a: shop.gives, b: shop.gives}", MISSING),
        ("{a: shop.gives, b: [shop.gives]}", MISSING),
        ("{a: shop.gives, b: {parallel: {c: shop.gives}}}", MISSING),
        ("{a: shop.gives, b: {task: shop.gives, if: event.data.a}}", FILLED),
        ("{a: shop.gives, b: {task: shop.gives, rescue: [{steps: []}]}}", FILLED),
        ("{a: shop.gives, b: {for_each: [1], task: shop.gives}}", FILLED),
        ("{a: shop.gives, b: shop.unknown}", FILLED),
        (
            (
                "{a: shop.gives, b: {switch: [{if: event.data.a, steps: [{id: c, task: shop.gives}]},"
                " {steps: [{id: d, task: shop.gives}]}]}}"
            ),
            MISSING,
        ),
    ],
)
def test_two_branches_that_both_return_a_name_are_ambiguous(
    branches: str, expected: list[str]
) -> None:
    assert found(f"  - parallel: {branches}\n  - shop.needs\n") == expected


def test_two_branches_that_a_branch_needs_are_ambiguous_too() -> None:
    branches = "{a: shop.gives, b: shop.gives, c: {needs: [a, b], task: shop.needs}}"

    assert found(f"  - parallel: {branches}\n") == MISSING


def test_nearest_place_decides() -> None:
    ambiguous = "{parallel: {a: shop.gives, b: shop.gives}}"

    assert found(f"  - {ambiguous}\n  - shop.gives\n  - shop.needs\n") == FILLED
    assert found(f"  - shop.gives\n  - {ambiguous}\n  - shop.needs\n") == MISSING


def test_block_with_a_condition_may_have_been_skipped() -> None:
    block = "{if: event.data.a, parallel: {a: shop.gives, b: shop.gives}}"

    assert found(f"  - {block}\n  - shop.needs\n") == FILLED


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("{task: shop.gives, compensate: shop.needs}", FILLED),
        ("{task: shop.other, compensate: shop.needs}", MISSING),
        ("{task: shop.unknown, compensate: shop.needs}", FILLED),
        ("{id: o, task: shop.needs, with: {x: 1}, compensate: shop.needs}", FILLED),
        ("{task: shop.other, compensate: {task: shop.needs, with: {x: 1}}}", FILLED),
        ("{workflow: w, compensate: shop.needs}", FILLED),
        ("{for_each: [1], task: shop.gives, compensate: shop.needs}", FILLED),
    ],
)
def test_undo_is_filled_by_what_its_step_returned_and_was_given(
    step: str, expected: list[str]
) -> None:
    assert found(f"  - {step}\n") == expected


def test_undo_is_filled_by_what_stands_above_its_step() -> None:
    assert found("  - shop.gives\n  - {task: shop.other, compensate: shop.needs}\n") == FILLED


def test_hooks_are_filled_by_hooks_above_and_by_the_inputs_alone() -> None:
    line = "  - shop.gives\non_failure: [{id: hook, task: shop.needs}]\n"
    hook = "  - shop.other\nfinally: [shop.gives, shop.needs]\n"

    assert found(line) == MISSING
    assert found(hook) == FILLED
