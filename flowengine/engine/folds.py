"""What each transition changes of a run or of a row: the tables behind ``evolve``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flowengine.engine import transitions as t
from flowengine.engine.run import Counts, Failure, Run, Step
from flowengine.engine.states import RunState, StepState

Changes = dict[str, Any]


def _queued(run: Run, happened: t.RunQueued, at: datetime) -> Changes:
    created_at = run.created_at or at
    return {"title": happened.title, "due_at": happened.due_at, "created_at": created_at}


def _started(run: Run, happened: t.RunStarted, at: datetime) -> Changes:
    return {
        "title": happened.title,
        "due_at": happened.due_at,
        "created_at": run.created_at or at,
        "started_at": at,
    }


def _as_it_is(_run: Run, _happened: Any, _at: datetime) -> Changes:
    return {}


def _held(_run: Run, happened: t.RunHeld, at: datetime) -> Changes:
    return {
        "failure": happened.failure,
        "due_at": happened.due_at,
        "held_at": at,
        "holding": False,
    }


def _held_by_hand(_run: Run, _happened: t.RunHeldByHand, at: datetime) -> Changes:
    return {"due_at": None, "held_at": at, "holding": False}


def _holding(_run: Run, happened: t.RunHolding, _at: datetime) -> Changes:
    return {"holding": not happened.is_off}


def _resumed(run: Run, happened: t.RunResumed, at: datetime) -> Changes:
    since = run.held_at if run.state is RunState.HELD else run.finished_at
    still_s = 0.0 if since is None else (at - since).total_seconds()
    changes: Changes = {
        "failure": None,
        "due_at": happened.due_at,
        "held_at": None,
        "finished_at": None,
        "holding": False,
        "still_s": run.still_s + still_s,
    }
    if run.state is RunState.FAILED:
        changes["replay"] = run.replay + 1
    return changes


def _cancelling(_run: Run, happened: t.RunCancelling, _at: datetime) -> Changes:
    # No time-out any more: what still runs is ended by its own time or its worker's lease.
    return _begins_to_end(RunState(happened.outcome), happened.failure)


def _compensating(_run: Run, happened: t.RunCompensating, _at: datetime) -> Changes:
    return _begins_to_end(RunState(happened.outcome), happened.failure)


def _begins_to_end(outcome: RunState, failure: Failure | None) -> Changes:
    # What somebody wanted to be held has no next step any more.
    return {
        "outcome": outcome,
        "failure": failure,
        "due_at": None,
        "held_at": None,
        "holding": False,
    }


def _succeeded(_run: Run, happened: t.RunSucceeded, at: datetime) -> Changes:
    return {"output": happened.output, "due_at": None, "finished_at": at, "holding": False}


def _failed(_run: Run, happened: t.RunFailed, at: datetime) -> Changes:
    return {
        "failure": happened.failure,
        "outcome": None,
        "due_at": None,
        "held_at": None,
        "finished_at": at,
        "holding": False,
    }


def _ended(_run: Run, _happened: Any, at: datetime) -> Changes:
    return {"outcome": None, "due_at": None, "finished_at": at, "holding": False}


def _hooks_started(run: Run, happened: t.HooksStarted, _at: datetime) -> Changes:
    return {"tail": happened.hooks, "due_at": happened.due_at or run.due_at}


def _hooks_ended(_run: Run, _happened: t.HooksEnded, _at: datetime) -> Changes:
    return {"tail": "", "due_at": None}


RUN_FOLDS: dict[type[Any], tuple[RunState, Callable[[Run, Any, datetime], Changes]]] = {
    t.RunQueued: (RunState.QUEUED, _queued),
    t.RunStarted: (RunState.RUNNING, _started),
    t.RunWaiting: (RunState.WAITING, _as_it_is),
    t.RunContinued: (RunState.RUNNING, _as_it_is),
    t.RunHeld: (RunState.HELD, _held),
    t.RunHeldByHand: (RunState.HELD, _held_by_hand),
    t.RunResumed: (RunState.RUNNING, _resumed),
    t.RunCancelling: (RunState.CANCELLING, _cancelling),
    t.RunCompensating: (RunState.COMPENSATING, _compensating),
    t.RunSucceeded: (RunState.SUCCEEDED, _succeeded),
    t.RunFailed: (RunState.FAILED, _failed),
    t.RunCancelled: (RunState.CANCELLED, _ended),
    t.RunExpired: (RunState.EXPIRED, _ended),
}
"""To which state such a transition leads, and what else it changes."""

RUN_NOTES: dict[type[Any], Callable[[Run, Any, datetime], Changes]] = {
    t.RunHolding: _holding,
    t.HooksStarted: _hooks_started,
    t.HooksEnded: _hooks_ended,
}
"""What is noted of a run without moving it."""


def _begin(step: Step, happened: Any) -> Changes:
    """What a row says of itself, where this is its first fact."""
    if step.state is not StepState.PENDING or not happened.kind:
        return {}
    return {
        "kind": happened.kind,
        "title": happened.title,
        "block": happened.block if step.block is None else step.block,
    }


def _step_ready(step: Step, happened: t.StepReady, at: datetime) -> Changes:
    if happened.again:
        return {"worker": None, "due_at": None, "ready_at": at}
    return {
        **_begin(step, happened),
        "task": happened.task,
        "station": happened.station,
        "input": happened.input,
        "ready_at": at,
    }


def _step_opened(step: Step, happened: t.StepOpened, at: datetime) -> Changes:
    counts = None if happened.total is None else Counts(total=happened.total)
    return {
        **_begin(step, happened),
        "counts": counts,
        "clause": happened.clause,
        "due_at": happened.due_at,
        "ready_at": at,
        "first_started_at": step.first_started_at or at,
        "started_at": at,
    }


def _step_waiting(step: Step, happened: t.StepWaiting, at: datetime) -> Changes:
    return {
        **_begin(step, happened),
        "input": happened.input,
        "due_at": happened.due_at,
        "attempt": step.attempt + 1,
        "answers": (),
        "ready_at": at,
        "first_started_at": step.first_started_at or at,
        "started_at": at,
    }


def _step_started(step: Step, happened: t.StepStarted, at: datetime) -> Changes:
    return {
        "attempt": happened.attempt,
        "worker": happened.worker,
        "due_at": None,
        "first_started_at": step.first_started_at or at,
        "started_at": at,
    }


def _step_succeeded(step: Step, happened: t.StepSucceeded, at: datetime) -> Changes:
    return {
        **_begin(step, happened),
        "attempt": max(step.attempt, happened.attempt),
        "output": happened.output,
        "worker": None,
        "due_at": None,
        "failure": None if step.counts is not None else step.failure,
        "finished_at": at,
    }


def _step_retrying(_step: Step, happened: t.StepRetrying, _at: datetime) -> Changes:
    return {
        "tries": happened.tries,
        "failure": happened.failure,
        "due_at": happened.due_at,
        "worker": None,
    }


def _step_returned(step: Step, happened: t.StepReturned, at: datetime) -> Changes:
    crashes = step.crashes + happened.lost
    return {"crashes": crashes, "worker": None, "ready_at": at, "started_at": None}


def _step_skipped(step: Step, happened: t.StepSkipped, at: datetime) -> Changes:
    return {
        **_begin(step, happened),
        "task": happened.task,
        "station": happened.station,
        "finished_at": at,
    }


def _step_rescuing(step: Step, happened: t.StepRescuing, _at: datetime) -> Changes:
    crashed = _has_crashed(step, happened.tries)
    return {
        **_begin(step, happened),
        "clause": happened.clause,
        "failure": happened.failure,
        "tries": happened.tries,
        "crashes": step.crashes + crashed,
        "worker": None,
        "due_at": None,
    }


def _step_rescued(_step: Step, happened: t.StepRescued, at: datetime) -> Changes:
    return {"output": happened.output, "finished_at": at}


def _step_failed(step: Step, happened: t.StepFailed, at: datetime) -> Changes:
    crashed = _has_crashed(step, happened.tries)
    return {
        **_begin(step, happened),
        "task": happened.task or step.task,
        "station": happened.station or step.station,
        "tries": happened.tries,
        "crashes": step.crashes + crashed,
        "failure": happened.failure,
        "worker": None,
        "due_at": None,
        "finished_at": at,
    }


def _has_crashed(step: Step, tries: int) -> bool:
    """A running piece of work that fails without using a try has lost its worker once too often."""
    has_run = step.state is StepState.RUNNING and step.worker is not None
    return has_run and tries == step.tries


def _step_cancelled(_step: Step, _happened: t.StepCancelled, at: datetime) -> Changes:
    return {"worker": None, "due_at": None, "finished_at": at}


def _step_reset(step: Step, happened: t.StepReset, _at: datetime) -> Changes:
    if happened.reopened:
        due_at = happened.due_at
        return {"failure": None, "is_stopping": False, "finished_at": None, "due_at": due_at}
    changes: Changes = {
        "tries": 0,
        "crashes": 0,
        "failure": happened.failure,
        "is_stopping": False,
        "output": None,
        "finished_at": None,
        "first_started_at": None,
        "started_at": None,
    }
    if happened.input is not None:
        changes["input"] = {**(step.input or {}), **happened.input}
    if happened.afresh:
        changes |= {"input": None, "ready_at": None, "clause": None, "counts": None}
    return changes


def _reset_to(_step: Step, happened: t.StepReset) -> StepState:
    return StepState.RUNNING if happened.reopened else StepState.PENDING


def _as_before(_step: Step, _happened: Any, _at: datetime) -> Changes:
    return {}


def _undo_failed(_step: Step, happened: t.StepUndoFailed, _at: datetime) -> Changes:
    return {"failure": happened.failure}


Target = StepState | Callable[[Step, Any], StepState]

STEP_FOLDS: dict[type[Any], tuple[Target, Callable[[Step, Any, datetime], Changes]]] = {
    t.StepReady: (StepState.READY, _step_ready),
    t.StepOpened: (StepState.RUNNING, _step_opened),
    t.StepWaiting: (StepState.WAITING, _step_waiting),
    t.StepStarted: (StepState.RUNNING, _step_started),
    t.StepSucceeded: (StepState.SUCCEEDED, _step_succeeded),
    t.StepRetrying: (StepState.RETRYING, _step_retrying),
    t.StepReturned: (StepState.READY, _step_returned),
    t.StepSkipped: (StepState.SKIPPED, _step_skipped),
    t.StepRescuing: (StepState.RESCUING, _step_rescuing),
    t.StepRescued: (StepState.RESCUED, _step_rescued),
    t.StepFailed: (StepState.FAILED, _step_failed),
    t.StepCancelled: (StepState.CANCELLED, _step_cancelled),
    t.StepReset: (_reset_to, _step_reset),
    t.StepUndoing: (StepState.UNDOING, _as_before),
    t.StepUndone: (StepState.UNDONE, _as_before),
    t.StepUndoFailed: (StepState.UNDO_FAILED, _undo_failed),
}
"""To which state such a transition leads, and what else it changes of the row."""


def _answered(step: Step, happened: t.StepAnswered) -> Changes:
    return {"answers": (*step.answers, happened.answer)}


def _failing(_step: Step, happened: t.StepFailing) -> Changes:
    return {"failure": happened.failure, "due_at": None}


def _stopping(_step: Step, _happened: t.StepStopping) -> Changes:
    return {"is_stopping": True, "due_at": None}


def _in_doubt(_step: Step, happened: t.StepInDoubt) -> Changes:
    return {"doubt": happened.how}


STEP_NOTES: dict[type[Any], Callable[[Step, Any], Changes]] = {
    t.StepAnswered: _answered,
    t.StepFailing: _failing,
    t.StepStopping: _stopping,
    t.StepInDoubt: _in_doubt,
}
"""What is noted on a row without moving it."""
