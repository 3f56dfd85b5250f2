"""What the run and its blocks count, by folding alone."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from flowengine.engine.evolve import FAILURES_KEPT, evolve
from flowengine.engine.rows import RowsMissing
from flowengine.engine.run import Counts, Failure, Run, Step
from flowengine.engine.states import StepState
from flowengine.engine.transitions import (
    StepCancelled,
    StepFailed,
    StepOpened,
    StepReady,
    StepRescued,
    StepRescuing,
    StepReset,
    StepRetrying,
    StepSkipped,
    StepStarted,
    StepSucceeded,
    StepUndoing,
    StepWaiting,
)
from tests.builders import NOON, WORKER, a_run, a_workflow
from tests.builders.runs import known

WHY = Failure(code="CardDeclined", message="no")


def a_bare_run(*steps: Step) -> Run:
    run = a_run(a_workflow("charge"))
    return replace(run, steps={each.place: each for each in steps})


# What the run counts


def test_run_counts_the_rows_that_need_a_worker_and_those_that_sleep() -> None:
    run = a_bare_run()
    counted = []

    for transition in (
        StepReady(step="a"),
        StepReady(step="undo b", kind="undo"),
        StepOpened(step="c", kind="parallel", total=2),
        StepWaiting(step="d", kind="sleep"),
        StepStarted(step="a", attempt=1, worker=WORKER),
        StepRetrying(step="a", attempt=1, tries=1, failure=WHY, due_at=NOON),
        StepReady(step="a", again=True),
        StepSucceeded(step="d"),
        StepCancelled(step="a"),
        StepCancelled(step="c"),
        StepCancelled(step="undo b"),
    ):
        run = evolve(run, transition, NOON)
        counted.append((run.busy, run.asleep))

    assert counted == [
        (1, 0),
        (2, 0),
        (2, 0),
        (2, 1),
        (2, 1),
        (1, 2),
        (2, 1),
        (2, 0),
        (1, 0),
        (1, 0),
        (0, 0),
    ]


# What a block counts


def a_run_with_a_block(total: int = 3) -> Run:
    opened = StepOpened(step="all", kind="parallel", total=total)
    return evolve(a_bare_run(), opened, NOON)


def counts(run: Run, block: str = "all", item: str = "") -> Counts:
    found = run.steps[block, item].counts
    assert found is not None
    return found


def test_block_counts_its_branches_as_they_begin_and_are_decided() -> None:
    run = a_run_with_a_block()
    told = []

    for transition in (
        StepReady(step="a", block="all"),
        StepStarted(step="a", attempt=1, worker=WORKER),
        StepSkipped(step="b", block="all"),
        StepSucceeded(step="a", attempt=1),
        StepReady(step="elsewhere"),
        StepFailed(step="c", failure=WHY, block="all"),
    ):
        run = evolve(run, transition, NOON)
        told.append((counts(run).begun, counts(run).done, counts(run).failed, counts(run).open))

    assert told == [
        (1, 0, 0, 1),
        (1, 0, 0, 1),
        (2, 1, 0, 1),
        (2, 2, 0, 0),
        (2, 2, 0, 0),
        (3, 3, 1, 0),
    ]
    assert counts(run).failures == (("c", "CardDeclined", "no"),)


def test_rescued_branch_is_done_and_not_failed() -> None:
    run = evolve(a_run_with_a_block(), StepReady(step="a", block="all"), NOON)
    run = evolve(run, StepStarted(step="a", attempt=1, worker=WORKER), NOON)

    rescuing = evolve(run, StepRescuing(step="a", clause=0, failure=WHY), NOON)
    rescued = evolve(rescuing, StepRescued(step="a"), NOON)

    assert counts(rescuing) == Counts(total=3, begun=1)
    assert counts(rescued) == Counts(total=3, begun=1, done=1)


def test_branch_that_begins_anew_is_counted_back() -> None:
    run = a_run_with_a_block()
    for transition in (
        StepFailed(step="a", failure=WHY, block="all"),
        StepSkipped(step="b", block="all"),
        StepReset(step="a"),
    ):
        run = evolve(run, transition, NOON)

    assert counts(run) == Counts(total=3, begun=1, done=1)


def test_failed_branch_that_is_undone_has_failed_for_all_that() -> None:
    run = evolve(a_run_with_a_block(), StepFailed(step="a", failure=WHY, block="all"), NOON)

    undoing = evolve(run, StepUndoing(step="a"), NOON)

    assert counts(undoing) == counts(run)


def test_loop_has_a_row_for_each_item_and_counts_them_at_its_own_place() -> None:
    opened = StepOpened(step="post", item="4", kind="workflow", total=3, values=("a", "b", "c"))
    run = evolve(a_bare_run(), opened, NOON)

    rows = {place: (row.kind, row.state, row.value) for place, row in run.steps.items()}
    pending = StepState.PENDING
    assert rows == {
        ("post", "4"): ("for_each", StepState.RUNNING, None),
        ("post", "4.0"): ("workflow", pending, "a"),
        ("post", "4.1"): ("workflow", pending, "b"),
        ("post", "4.2"): ("workflow", pending, "c"),
    }

    begun = evolve(run, StepWaiting(step="post", item="4.1", kind="workflow"), NOON)
    failed = evolve(begun, StepFailed(step="post", item="4.1", failure=WHY), NOON)
    assert counts(failed, "post", "4") == Counts(
        total=3, begun=1, done=1, failed=1, failures=(("1", "CardDeclined", "no"),), offset=1
    )
    assert counts(failed, "post", "4").next == 2


def test_loop_in_a_block_is_counted_once_whatever_its_items_do() -> None:
    run = a_run_with_a_block()
    for transition in (
        StepOpened(step="post", block="all", total=1, values=(1,)),
        StepReady(step="post", item="0", block="post"),
        StepCancelled(step="post", item="0"),
    ):
        run = evolve(run, transition, NOON)

    assert counts(run) == Counts(total=3, begun=1)
    assert counts(run, "post") == Counts(total=1, begun=1, done=1)


def test_only_the_first_failures_are_remembered_one_by_one() -> None:
    total = FAILURES_KEPT + 2
    opened = StepOpened(step="post", total=total, values=tuple(range(total)))
    run = evolve(a_bare_run(), opened, NOON)

    for index in range(total):
        run = evolve(run, StepFailed(step="post", item=str(index), failure=WHY), NOON)

    assert counts(run, "post").failed == total
    names = [name for name, _, _ in counts(run, "post").failures]
    assert names == [str(index) for index in range(FAILURES_KEPT)]


def test_block_that_was_not_read_is_asked_for_when_its_counts_move_and_only_then() -> None:
    full = evolve(a_run_with_a_block(), StepReady(step="a", block="all"), NOON)
    run = known(full, ("a", ""))

    started = evolve(run, StepStarted(step="a", attempt=1, worker=WORKER), NOON)
    with pytest.raises(RowsMissing):
        evolve(started, StepSucceeded(step="a", attempt=1), NOON)
