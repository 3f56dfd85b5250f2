"""Folding transitions, counting what they count, and refusing what cannot follow."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from msgspec.structs import replace

from flowengine.engine.evolve import evolve
from flowengine.engine.rows import RowsMissing
from flowengine.engine.run import Answer, Failure, Run, Step
from flowengine.engine.states import RUN_MOVES, STEP_MOVES, RunState, StepState
from flowengine.engine.transitions import (
    HooksEnded,
    HooksStarted,
    RunCancelled,
    RunCancelling,
    RunCompensating,
    RunContinued,
    RunExpired,
    RunFailed,
    RunHeld,
    RunQueued,
    RunResumed,
    RunStarted,
    RunSucceeded,
    RunWaiting,
    StepAnswered,
    StepCancelled,
    StepFailed,
    StepFailing,
    StepInDoubt,
    StepOpened,
    StepReady,
    StepRescued,
    StepRescuing,
    StepReset,
    StepRetrying,
    StepReturned,
    StepSkipped,
    StepStarted,
    StepStopping,
    StepSucceeded,
    StepUndoFailed,
    StepUndoing,
    StepUndone,
    StepWaiting,
    Transition,
)
from flowengine.errors import IllegalMove
from tests.builders import NOON, WORKER, a_run, a_workflow, an_event, running
from tests.builders.runs import known

WHY = Failure(code="CardDeclined", message="no")
LATER = NOON + timedelta(minutes=1)
CHARGE = ("charge", "")

OF_RUNS: list[tuple[Transition, RunState]] = [
    (RunQueued(), RunState.QUEUED),
    (RunStarted(), RunState.RUNNING),
    (RunWaiting(), RunState.WAITING),
    (RunContinued(), RunState.RUNNING),
    (RunHeld(failure=WHY, due_at=NOON), RunState.HELD),
    (RunResumed(), RunState.RUNNING),
    (RunCancelling(), RunState.CANCELLING),
    (RunCompensating(outcome="failed"), RunState.COMPENSATING),
    (RunSucceeded(), RunState.SUCCEEDED),
    (RunFailed(failure=WHY), RunState.FAILED),
    (RunCancelled(), RunState.CANCELLED),
    (RunExpired(), RunState.EXPIRED),
]
OF_STEPS: list[tuple[Transition, StepState]] = [
    (StepReady(step="charge"), StepState.READY),
    (StepReady(step="charge", again=True), StepState.READY),
    (StepOpened(step="charge"), StepState.RUNNING),
    (StepWaiting(step="charge"), StepState.WAITING),
    (StepStarted(step="charge", attempt=1, worker=WORKER), StepState.RUNNING),
    (StepSucceeded(step="charge", attempt=1), StepState.SUCCEEDED),
    (
        StepRetrying(step="charge", attempt=1, tries=1, failure=WHY, due_at=NOON),
        StepState.RETRYING,
    ),
    (StepReturned(step="charge", attempt=1), StepState.READY),
    (StepSkipped(step="charge"), StepState.SKIPPED),
    (StepRescuing(step="charge", clause=0, failure=WHY), StepState.RESCUING),
    (StepRescued(step="charge"), StepState.RESCUED),
    (StepFailed(step="charge", attempt=1, tries=1, failure=WHY), StepState.FAILED),
    (StepCancelled(step="charge"), StepState.CANCELLED),
    (StepReset(step="charge"), StepState.PENDING),
    (StepReset(step="charge", reopened=True), StepState.RUNNING),
    (StepUndoing(step="charge"), StepState.UNDOING),
    (StepUndone(step="charge"), StepState.UNDONE),
    (StepUndoFailed(step="charge", failure=WHY), StepState.UNDO_FAILED),
]
NOTES: list[Transition] = [
    StepAnswered(step="charge", answer=Answer(user="3", approved=True, at=NOON)),
    StepFailing(step="charge", failure=WHY),
    StepStopping(step="charge"),
    StepInDoubt(step="charge", how="Timeout"),
]
FOLDED_ONLY_BY_HAND = {StepState.NOT_REACHED}
"""What is shown where a row never began."""


def a_bare_run(state: RunState | None, *steps: Step) -> Run:
    run = a_run(a_workflow("charge"), state, fields={"finished_at": NOON, "held_at": NOON})
    return replace(run, steps={each.place: each for each in steps})


@pytest.mark.parametrize(("transition", "to"), OF_RUNS, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("state", [None, *RunState])
def test_run_moves_where_the_table_says_so_and_nowhere_else(
    state: RunState | None, transition: Transition, to: RunState
) -> None:
    run = a_bare_run(state)

    if to in RUN_MOVES[state]:
        after = evolve(run, transition, NOON)
        assert (after.state, after.seq) == (to, run.seq + 1)
    else:
        with pytest.raises(IllegalMove, match=f"cannot go from {state} to {to}"):
            evolve(run, transition, NOON)


@pytest.mark.parametrize(("transition", "to"), OF_STEPS, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("state", list(StepState))
def test_step_moves_where_the_table_says_so_and_nowhere_else(
    state: StepState, transition: Transition, to: StepState
) -> None:
    run = a_bare_run(RunState.RUNNING, Step(id="charge", state=state))

    if to in STEP_MOVES[state]:
        after = evolve(run, transition, NOON)
        assert (after.steps[CHARGE].state, after.seq) == (to, run.seq + 1)
    else:
        with pytest.raises(IllegalMove, match=r"'charge', ''.* cannot go from .* to "):
            evolve(run, transition, NOON)


@pytest.mark.parametrize("transition", NOTES, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("state", list(StepState))
def test_only_a_row_that_is_not_decided_is_noted_on_and_it_stays_where_it_is(
    state: StepState, transition: Transition
) -> None:
    run = a_bare_run(RunState.RUNNING, Step(id="charge", state=state))

    if state.is_final:
        with pytest.raises(IllegalMove, match="is not active"):
            evolve(run, transition, NOON)
    else:
        after = evolve(run, transition, NOON)
        assert (after.steps[CHARGE].state, after.seq) == (state, run.seq + 1)


def test_row_that_is_not_there_cannot_be_noted_on() -> None:
    with pytest.raises(IllegalMove):
        evolve(a_bare_run(RunState.RUNNING), NOTES[-1], NOON)


def test_every_legal_move_has_a_transition() -> None:
    to_runs = {to for _, to in OF_RUNS}
    to_steps = {to for _, to in OF_STEPS}

    assert to_runs == set().union(*RUN_MOVES.values())
    assert to_steps == set().union(*STEP_MOVES.values())
    assert to_steps | FOLDED_ONLY_BY_HAND == set(StepState)
    assert all(to in RunState for _, to in product([None], to_runs))


def test_step_that_is_absent_is_pending() -> None:
    run = a_bare_run(RunState.RUNNING)

    after = evolve(run, StepReady(step="charge", task="shop.charge", item="3"), NOON)

    assert after.steps["charge", "3"] == Step(
        id="charge", state=StepState.READY, item="3", task="shop.charge", ready_at=NOON
    )
    assert run.steps == {}


def test_row_that_was_not_read_is_not_written_over() -> None:
    run = known(a_bare_run(RunState.RUNNING, Step(id="charge", state=StepState.SUCCEEDED)))

    for transition in (StepReady(step="charge"), StepStopping(step="charge")):
        with pytest.raises(RowsMissing):
            evolve(run, transition, NOON)


def test_folding_is_the_same_as_replacing_the_fields_that_changed() -> None:
    workflow = a_workflow("charge")
    run = a_run(workflow, charge=running(input={"total": 9}))

    after = evolve(run, StepSucceeded(step="charge", attempt=1, output=1), NOON)

    done = replace(
        run.steps[CHARGE],
        state=StepState.SUCCEEDED,
        output=1,
        worker=None,
        finished_at=NOON,
        ended=2,
    )
    assert after == replace(run, seq=2, busy=0, output_bytes=1, steps={CHARGE: done})


def test_run_created_before_its_start_keeps_its_birth() -> None:
    run = Run(id=WORKER, workflow="w", digest="d", event=an_event())

    assert evolve(run, RunStarted(), NOON).created_at == NOON
    queued = evolve(run, RunQueued(), NOON)
    assert evolve(queued, RunStarted(), LATER).created_at == NOON


@pytest.mark.parametrize(
    ("fields", "crashes"), [({"tries": 0}, 3), ({"tries": 1}, 2)], ids=["a crash", "a try"]
)
@pytest.mark.parametrize("kind", [StepFailed, StepRescuing])
def test_failure_of_a_running_step_counts_what_it_used(
    kind: Any, fields: dict[str, Any], crashes: int
) -> None:
    run = a_run(a_workflow("charge"), charge=running(crashes=2))
    clause = {"clause": 0} if kind is StepRescuing else {}

    after = evolve(run, kind(step="charge", attempt=1, failure=WHY, **fields, **clause), NOON)

    assert after.steps[CHARGE].crashes == crashes


def test_failure_of_a_block_or_a_wait_is_no_crash() -> None:
    for state in (StepState.RUNNING, StepState.WAITING):
        run = a_bare_run(RunState.RUNNING, Step(id="charge", state=state))

        after = evolve(run, StepFailed(step="charge", failure=WHY), NOON)

        assert after.steps[CHARGE].crashes == 0


def test_row_that_stops_or_will_fail_has_no_timer_any_more() -> None:
    row = Step(id="charge", kind="steps", state=StepState.RUNNING, due_at=NOON)
    run = a_bare_run(RunState.RUNNING, row)

    stopping = evolve(run, StepStopping(step="charge"), NOON).steps[CHARGE]
    failing = evolve(run, StepFailing(step="charge", failure=WHY), NOON).steps[CHARGE]

    assert (stopping.due_at, stopping.is_stopping, stopping.failure) == (None, True, None)
    assert (failing.due_at, failing.is_stopping, failing.failure) == (None, False, WHY)


def test_answers_are_kept_in_the_order_they_came() -> None:
    run = a_bare_run(RunState.RUNNING, Step(id="charge", state=StepState.WAITING))
    answers = [Answer(user=user, approved=True, at=NOON) for user in ("3", "4")]

    for answer in answers:
        run = evolve(run, StepAnswered(step="charge", answer=answer), NOON)

    assert run.steps[CHARGE].answers == tuple(answers)


def test_number_of_the_transition_that_decided_a_row_is_kept_until_it_begins_anew() -> None:
    run = a_bare_run(RunState.RUNNING, Step(id="charge", state=StepState.READY))
    run = replace(run, seq=40)

    ended = evolve(run, StepCancelled(step="charge"), NOON)
    again = evolve(ended, StepReset(step="charge"), NOON)

    assert ended.steps[CHARGE].ended == 41
    assert again.steps[CHARGE].ended is None


def test_number_stays_through_the_undoing() -> None:
    done = Step(id="charge", state=StepState.SUCCEEDED, ended=7)
    run = a_bare_run(RunState.COMPENSATING, done)

    for transition in (StepUndoing(step="charge"), StepUndone(step="charge")):
        run = evolve(run, transition, NOON)
        assert run.steps[CHARGE].ended == 7


def test_hooks_are_noted_on_the_run() -> None:
    run = a_bare_run(RunState.FAILED)

    started = evolve(run, HooksStarted(hooks="finally"), NOON)
    ended = evolve(started, HooksEnded(), NOON)

    assert (started.tail, ended.tail) == ("finally", "")
    assert (ended.state, ended.seq) == (RunState.FAILED, run.seq + 2)
