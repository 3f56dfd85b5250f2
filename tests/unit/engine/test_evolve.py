"""Folding transitions, and refusing what cannot follow."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from msgspec.structs import replace

from flowengine.engine.evolve import evolve
from flowengine.engine.run import Failure, Run, Step
from flowengine.engine.states import RUN_MOVES, STEP_MOVES, RunState, StepState
from flowengine.engine.transitions import (
    RunCancelled,
    RunCancelling,
    RunContinued,
    RunFailed,
    RunStarted,
    RunSucceeded,
    RunWaiting,
    StepCancelled,
    StepFailed,
    StepReady,
    StepRetrying,
    StepReturned,
    StepSkipped,
    StepStarted,
    StepSucceeded,
    Transition,
)
from flowengine.errors import IllegalMove
from tests.builders import NOON, WORKER, a_run, a_workflow, an_event, running

WHY = Failure(code="CardDeclined", message="no")

OF_RUNS: list[tuple[Transition, RunState]] = [
    (RunStarted(), RunState.RUNNING),
    (RunWaiting(due_at=NOON), RunState.WAITING),
    (RunContinued(), RunState.RUNNING),
    (RunCancelling(), RunState.CANCELLING),
    (RunSucceeded(), RunState.SUCCEEDED),
    (RunFailed(failure=WHY), RunState.FAILED),
    (RunCancelled(), RunState.CANCELLED),
]
OF_STEPS: list[tuple[Transition, StepState]] = [
    (StepReady(step="charge"), StepState.READY),
    (StepReady(step="charge", again=True), StepState.READY),
    (StepStarted(step="charge", attempt=1, worker=WORKER), StepState.RUNNING),
    (StepSucceeded(step="charge", attempt=1), StepState.SUCCEEDED),
    (
        StepRetrying(step="charge", attempt=1, tries=1, failure=WHY, due_at=NOON),
        StepState.RETRYING,
    ),
    (StepReturned(step="charge", attempt=1), StepState.READY),
    (StepSkipped(step="charge"), StepState.SKIPPED),
    (StepFailed(step="charge", attempt=1, tries=1, failure=WHY), StepState.FAILED),
    (StepCancelled(step="charge"), StepState.CANCELLED),
]


def a_bare_run(state: RunState | None, **steps: Step) -> Run:
    return replace(a_run(a_workflow("charge"), state), steps=steps)


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
    run = a_bare_run(RunState.RUNNING, charge=Step(id="charge", state=state))

    if to in STEP_MOVES[state]:
        after = evolve(run, transition, NOON)
        assert (after.steps["charge"].state, after.seq) == (to, run.seq + 1)
    else:
        with pytest.raises(IllegalMove, match=f"'charge' of run .* cannot go from {state} to {to}"):
            evolve(run, transition, NOON)


def test_every_legal_move_has_a_transition() -> None:
    to_runs = {to for _, to in OF_RUNS}
    to_steps = {to for _, to in OF_STEPS}

    assert to_runs == set().union(*RUN_MOVES.values())
    assert to_steps == set().union(*STEP_MOVES.values())
    assert all(to in RunState for _, to in product([None], to_runs))


def test_step_that_is_absent_is_pending() -> None:
    run = a_bare_run(RunState.RUNNING)

    after = evolve(run, StepReady(step="charge", task="shop.charge", item=3), NOON)

    assert after.steps["charge"] == Step(
        id="charge", state=StepState.READY, item=3, task="shop.charge", ready_at=NOON
    )
    assert run.steps == {}


def test_folding_is_the_same_as_replacing_the_fields_that_changed() -> None:
    workflow = a_workflow("charge")
    run = a_run(workflow, charge=running(input={"total": 9}))

    after = evolve(run, StepSucceeded(step="charge", attempt=1, output=1), NOON)

    done = replace(
        run.steps["charge"],
        state=StepState.SUCCEEDED,
        output=1,
        worker=None,
        finished_at=NOON,
    )
    assert after == replace(run, seq=2, steps={"charge": done})


def test_run_created_before_its_start_keeps_its_birth() -> None:
    run = Run(id=WORKER, workflow="w", digest="d", event=an_event())

    assert evolve(run, RunStarted(), NOON).created_at == NOON


@pytest.mark.parametrize(
    ("fields", "crashes"), [({"tries": 0}, 3), ({"tries": 1}, 2)], ids=["a crash", "a try"]
)
def test_failure_of_a_running_step_counts_what_it_used(
    fields: dict[str, Any], crashes: int
) -> None:
    run = a_run(a_workflow("charge"), charge=running(crashes=2))

    after = evolve(run, StepFailed(step="charge", attempt=1, failure=WHY, **fields), NOON)

    assert after.steps["charge"].crashes == crashes
