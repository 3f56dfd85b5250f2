"""The states of a run and of a step, and the table of every legal move.

Everything that constrains the state machine lives in this file; ``evolve`` refuses a move that is
not in the tables, and ``docs/reference/state-machine.md`` is compared with them by a test.
"""

from __future__ import annotations

from enum import StrEnum


class RunState(StrEnum):
    """Where a run stands. Language §4.4."""

    QUEUED = "queued"
    """Admitted, but there is no place for it yet."""
    RUNNING = "running"
    WAITING = "waiting"
    """Every active step waits: no worker is in use."""
    HELD = "held"
    """A step has failed for good; a person may repair and resume before anything is undone. Or somebody
    has held it before its next step."""
    CANCELLING = "cancelling"
    """Decided to end early; an attempt that runs is told and awaited."""
    COMPENSATING = "compensating"
    """What had succeeded is undone, latest end first."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    """It would have started too late."""

    @property
    def is_final(self) -> bool:
        """True where nothing follows by itself, but for hooks."""
        return self in FINAL_RUN_STATES


class StepState(StrEnum):
    """Where a step stands. A step without a row is *pending*, in a final run *not_reached*."""

    PENDING = "pending"
    READY = "ready"
    """Its input is stored; a station has been told, or the row is overdue."""
    RUNNING = "running"
    """A worker has it; or it is a block, and steps inside it are not decided."""
    WAITING = "waiting"
    """For an event, a time, people, or another run."""
    RETRYING = "retrying"
    RESCUING = "rescuing"
    """It has failed, and the steps of a rescue clause are at work."""
    SUCCEEDED = "succeeded"
    RESCUED = "rescued"
    SKIPPED = "skipped"
    FAILED = "failed"
    CANCELLED = "cancelled"
    NOT_REACHED = "not_reached"
    UNDOING = "undoing"
    UNDONE = "undone"
    UNDO_FAILED = "undo_failed"

    @property
    def is_final(self) -> bool:
        """True where the step is decided: nothing follows but an undo or a resume."""
        return self in FINAL_STEP_STATES


FINAL_RUN_STATES = frozenset(
    {RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED, RunState.EXPIRED}
)
FINAL_STEP_STATES = frozenset(
    {
        StepState.SUCCEEDED,
        StepState.RESCUED,
        StepState.SKIPPED,
        StepState.FAILED,
        StepState.CANCELLED,
        StepState.NOT_REACHED,
        StepState.UNDOING,
        StepState.UNDONE,
        StepState.UNDO_FAILED,
    }
)
ACTIVE_STEP_STATES = frozenset(
    {
        StepState.READY,
        StepState.RUNNING,
        StepState.WAITING,
        StepState.RETRYING,
        StepState.RESCUING,
    }
)
"""Begun and not decided."""

_R, _S = RunState, StepState

_ENDING = frozenset({_R.CANCELLING, _R.COMPENSATING, _R.FAILED})

RUN_MOVES: dict[RunState | None, frozenset[RunState]] = {
    None: frozenset({_R.RUNNING, _R.QUEUED}),
    _R.QUEUED: frozenset({_R.RUNNING, _R.EXPIRED, _R.CANCELLED}),
    _R.RUNNING: _ENDING | {_R.WAITING, _R.HELD, _R.SUCCEEDED},
    _R.WAITING: _ENDING | {_R.RUNNING, _R.HELD, _R.SUCCEEDED},
    _R.HELD: _ENDING | {_R.RUNNING},
    _R.CANCELLING: frozenset({_R.COMPENSATING, _R.CANCELLED, _R.FAILED}),
    _R.COMPENSATING: frozenset({_R.CANCELLED, _R.FAILED}),
    _R.SUCCEEDED: frozenset(),
    _R.FAILED: frozenset({_R.RUNNING}),
    _R.CANCELLED: frozenset(),
    _R.EXPIRED: frozenset(),
}
"""From (None = not there yet) to the states that may follow. Failed -> running is a resume."""

_BEGINS = frozenset({_S.READY, _S.RUNNING, _S.WAITING})
_ENDS = frozenset({_S.SUCCEEDED, _S.RESCUING, _S.FAILED, _S.CANCELLED})

STEP_MOVES: dict[StepState, frozenset[StepState]] = {
    _S.PENDING: _BEGINS | {_S.SUCCEEDED, _S.SKIPPED, _S.FAILED, _S.RESCUING},
    _S.READY: frozenset({_S.RUNNING, _S.CANCELLED}),
    _S.RUNNING: _ENDS | {_S.RETRYING, _S.READY},
    _S.WAITING: _ENDS,
    _S.RETRYING: frozenset({_S.READY, _S.CANCELLED}),
    _S.RESCUING: frozenset({_S.RESCUED, _S.FAILED, _S.CANCELLED}),
    _S.SUCCEEDED: frozenset({_S.UNDOING, _S.PENDING}),
    _S.RESCUED: frozenset(),
    _S.SKIPPED: frozenset({_S.PENDING}),
    _S.FAILED: frozenset({_S.UNDOING, _S.PENDING}),
    _S.CANCELLED: frozenset({_S.UNDOING, _S.PENDING}),
    _S.NOT_REACHED: frozenset(),
    _S.UNDOING: frozenset({_S.UNDONE, _S.UNDO_FAILED}),
    _S.UNDONE: frozenset(),
    _S.UNDO_FAILED: frozenset(),
}
"""Running -> ready is an attempt that was lost or given back. Pending -> failed: its ``if`` or input
has no value. Pending -> succeeded: it is done at once (emit, an empty loop). Failed or cancelled ->
pending is a resume; pending -> running and pending -> rescuing then, too, take up what was begun before.
Succeeded or skipped -> pending: a hook, which runs once more after a resume."""
