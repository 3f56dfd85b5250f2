"""The states of a run and of a step, and the table of every legal move.

Everything that constrains the state machine lives in this file; ``evolve`` refuses a move that is
not in the tables, and ``docs/reference/state-machine.md`` is compared with them by a test.
"""

from __future__ import annotations

from enum import StrEnum


class RunState(StrEnum):
    """Where a run stands. Language §4.4."""

    RUNNING = "running"
    WAITING = "waiting"
    """Every active step waits: no worker is in use."""
    CANCELLING = "cancelling"
    """Decided to end early; an attempt that runs is told and awaited."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """True where nothing follows by itself."""
        return self in FINAL_RUN_STATES


class StepState(StrEnum):
    """Where a step stands. A step without a row is *pending*, in a final run *not_reached*."""

    PENDING = "pending"
    READY = "ready"
    """Its input is stored; a station has been told, or the row is overdue."""
    RUNNING = "running"
    RETRYING = "retrying"
    SUCCEEDED = "succeeded"
    SKIPPED = "skipped"
    FAILED = "failed"
    CANCELLED = "cancelled"
    NOT_REACHED = "not_reached"

    @property
    def is_final(self) -> bool:
        """True where nothing follows by itself."""
        return self in FINAL_STEP_STATES


FINAL_RUN_STATES = frozenset({RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED})
FINAL_STEP_STATES = frozenset(
    {
        StepState.SUCCEEDED,
        StepState.SKIPPED,
        StepState.FAILED,
        StepState.CANCELLED,
        StepState.NOT_REACHED,
    }
)

RUN_MOVES: dict[RunState | None, frozenset[RunState]] = {
    None: frozenset({RunState.RUNNING}),
    RunState.RUNNING: frozenset(
        {RunState.WAITING, RunState.CANCELLING, RunState.SUCCEEDED, RunState.FAILED}
    ),
    RunState.WAITING: frozenset(
        {RunState.RUNNING, RunState.CANCELLING, RunState.SUCCEEDED, RunState.FAILED}
    ),
    RunState.CANCELLING: frozenset({RunState.CANCELLED, RunState.FAILED}),
    RunState.SUCCEEDED: frozenset(),
    RunState.FAILED: frozenset(),
    RunState.CANCELLED: frozenset(),
}
"""From (None = not there yet) to the states that may follow."""

STEP_MOVES: dict[StepState, frozenset[StepState]] = {
    StepState.PENDING: frozenset({StepState.READY, StepState.SKIPPED, StepState.FAILED}),
    StepState.READY: frozenset({StepState.RUNNING, StepState.CANCELLED}),
    StepState.RUNNING: frozenset(
        {
            StepState.SUCCEEDED,
            StepState.RETRYING,
            StepState.FAILED,
            StepState.READY,
            StepState.CANCELLED,
        }
    ),
    StepState.RETRYING: frozenset({StepState.READY, StepState.CANCELLED}),
    StepState.SUCCEEDED: frozenset(),
    StepState.SKIPPED: frozenset(),
    StepState.FAILED: frozenset(),
    StepState.CANCELLED: frozenset(),
    StepState.NOT_REACHED: frozenset(),
}
"""Running -> ready is an attempt that was lost or given back. Pending -> failed: its ``if`` or input
has no value."""
