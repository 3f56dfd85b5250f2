"""A run and its steps as values: what ``decide`` is given and ``evolve`` folds.

Structs, not dataclasses: each step of a run makes several copies of both, and a frozen dataclass of
twenty fields takes ten times as long to make.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from flowengine.engine.event import Event
from flowengine.engine.states import RunState, StepState


class Failure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why an attempt, a step or a run failed."""

    code: str
    """The name of the error class, or one of the engine's own codes (``Timeout``, ``WorkerLost``)."""
    message: str
    bases: tuple[str, ...] = ()
    """The names of the class's bases, nearest first: what ``errors:`` also matches."""
    fe: str = "FE421"
    """The code of the catalogue."""
    permanent: bool = False
    """Trying again cannot help."""
    retry_after_s: float | None = None
    """The task asked for this wait; None = the policy decides."""
    traceback: str = ""
    details: Any = None
    step: str | None = None
    """Set where it is the failure of a run: the step that failed."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step of one run."""

    id: str
    state: StepState = StepState.PENDING
    item: int = 0
    task: str = ""
    station: str = ""
    attempt: int = 0
    """The fence: grows with each begin, over retries, crashes and hand-backs."""
    tries: int = 0
    """Attempts that ended in an error."""
    crashes: int = 0
    """Begun attempts whose worker was lost."""
    input: Any = None
    output: Any = None
    failure: Failure | None = None
    """Of the last failed try; kept after a later success."""
    due_at: datetime | None = None
    """Retrying: when the delay is over. Ready: when it counts as overdue. Else None."""
    worker: UUID | None = None
    ready_at: datetime | None = None
    first_started_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One execution of one workflow version, caused by one event."""

    id: UUID
    workflow: str
    digest: str
    event: Event
    state: RunState | None = None
    """None only before it has started."""
    seq: int = 0
    """The head: the number of its last transition or progress."""
    replay: int = 0
    inputs: Mapping[str, Any] | None = None
    """None where the workflow declares no inputs and works with ``event.data``."""
    title: str = ""
    steps: Mapping[str, Step] = {}
    """By id: the steps spoken of and those whose outputs are asked for; never all of them.
    A step that is absent is pending."""
    failure: Failure | None = None
    outcome: RunState | None = None
    """While cancelling: the final state it will end in."""
    output: Any = None
    due_at: datetime | None = None
    """When the run itself wants attention: its timeout; None when final."""
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
