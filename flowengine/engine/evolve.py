"""Fold one transition over a run. The only place where a run changes.

``evolve`` refuses what the tables of :mod:`flowengine.engine.states` do not have, so a rule that is
wrong is found at the move, not in the database. It reads no clock and no workflow: what a
transition does not say, the run after it does not know.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from flowengine.engine.run import Run, Step
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


def evolve(run: Run, transition: Transition, at: datetime) -> Run:
    """The run after *transition*, which happened at *at*; its number is the new ``seq``.

    Raises:
        IllegalMove: the run or the step is not in a state from which this can follow.
    """
    kind = type(transition)
    if kind in _STEP_FOLDS:
        return _step_moved(run, transition, at)
    to, changes = _RUN_FOLDS[kind]
    if to not in RUN_MOVES[run.state]:
        raise IllegalMove(f"run {run.id} cannot go from {run.state} to {to}")
    return replace(run, seq=run.seq + 1, state=to, **changes(run, transition, at))


def _step_moved(run: Run, transition: Any, at: datetime) -> Run:
    name: str = transition.step
    before = run.steps.get(name) or Step(id=name)
    to, changes = _STEP_FOLDS[type(transition)]
    if to not in STEP_MOVES[before.state]:
        raise IllegalMove(f"step {name!r} of run {run.id} cannot go from {before.state} to {to}")
    after = replace(before, state=to, **changes(before, transition, at))
    return replace(run, seq=run.seq + 1, steps={**run.steps, name: after})


Changes = dict[str, Any]


def _run_started(run: Run, happened: RunStarted, at: datetime) -> Changes:
    return {
        "title": happened.title,
        "due_at": happened.due_at,
        "created_at": run.created_at or at,
        "started_at": at,
    }


def _run_as_it_is(_run: Run, _happened: RunWaiting | RunContinued, _at: datetime) -> Changes:
    return {}


def _run_cancelling(_run: Run, happened: RunCancelling, _at: datetime) -> Changes:
    # No time-out any more: what still runs is ended by its own time or its worker's lease.
    outcome = RunState(happened.outcome)
    return {"outcome": outcome, "failure": happened.failure, "due_at": None}


def _run_succeeded(_run: Run, happened: RunSucceeded, at: datetime) -> Changes:
    return {"output": happened.output, "due_at": None, "finished_at": at}


def _run_failed(_run: Run, happened: RunFailed, at: datetime) -> Changes:
    return {"failure": happened.failure, "outcome": None, "due_at": None, "finished_at": at}


def _run_cancelled(_run: Run, _happened: RunCancelled, at: datetime) -> Changes:
    return {"outcome": None, "due_at": None, "finished_at": at}


def _step_ready(_step: Step, happened: StepReady, at: datetime) -> Changes:
    if happened.again:
        return {"worker": None, "due_at": None, "ready_at": at}
    return {
        "item": happened.item,
        "task": happened.task,
        "station": happened.station,
        "input": happened.input,
        "ready_at": at,
    }


def _step_started(step: Step, happened: StepStarted, at: datetime) -> Changes:
    return {
        "attempt": happened.attempt,
        "worker": happened.worker,
        "due_at": None,
        "first_started_at": step.first_started_at or at,
        "started_at": at,
    }


def _step_succeeded(_step: Step, happened: StepSucceeded, at: datetime) -> Changes:
    return {"output": happened.output, "worker": None, "finished_at": at}


def _step_retrying(_step: Step, happened: StepRetrying, _at: datetime) -> Changes:
    return {
        "tries": happened.tries,
        "failure": happened.failure,
        "due_at": happened.due_at,
        "worker": None,
    }


def _step_returned(step: Step, happened: StepReturned, at: datetime) -> Changes:
    crashes = step.crashes + happened.lost
    return {"crashes": crashes, "worker": None, "ready_at": at, "started_at": None}


def _step_skipped(_step: Step, happened: StepSkipped, at: datetime) -> Changes:
    return {
        "item": happened.item,
        "task": happened.task,
        "station": happened.station,
        "finished_at": at,
    }


def _step_failed(step: Step, happened: StepFailed, at: datetime) -> Changes:
    # A running step that fails without using a try has lost its worker once too often.
    crashed = step.state is StepState.RUNNING and happened.tries == step.tries
    return {
        "item": happened.item,
        "task": happened.task or step.task,
        "station": happened.station or step.station,
        "tries": happened.tries,
        "crashes": step.crashes + crashed,
        "failure": happened.failure,
        "worker": None,
        "finished_at": at,
    }


def _step_cancelled(_step: Step, _happened: StepCancelled, at: datetime) -> Changes:
    return {"worker": None, "due_at": None, "finished_at": at}


_RUN_FOLDS: dict[type[Any], tuple[RunState, Callable[[Run, Any, datetime], Changes]]] = {
    RunStarted: (RunState.RUNNING, _run_started),
    RunWaiting: (RunState.WAITING, _run_as_it_is),
    RunContinued: (RunState.RUNNING, _run_as_it_is),
    RunCancelling: (RunState.CANCELLING, _run_cancelling),
    RunSucceeded: (RunState.SUCCEEDED, _run_succeeded),
    RunFailed: (RunState.FAILED, _run_failed),
    RunCancelled: (RunState.CANCELLED, _run_cancelled),
}
"""To which state such a transition leads, and what else it changes."""

_STEP_FOLDS: dict[type[Any], tuple[StepState, Callable[[Step, Any, datetime], Changes]]] = {
    StepReady: (StepState.READY, _step_ready),
    StepStarted: (StepState.RUNNING, _step_started),
    StepSucceeded: (StepState.SUCCEEDED, _step_succeeded),
    StepRetrying: (StepState.RETRYING, _step_retrying),
    StepReturned: (StepState.READY, _step_returned),
    StepSkipped: (StepState.SKIPPED, _step_skipped),
    StepFailed: (StepState.FAILED, _step_failed),
    StepCancelled: (StepState.CANCELLED, _step_cancelled),
}
"""The same for a step."""
