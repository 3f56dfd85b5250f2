"""What is sent and told of runs."""

from __future__ import annotations

from uuid import UUID

from flowengine.web.api.acting import Reason
from flowengine.web.api.failures import JSON, FailureTold
from flowengine.web.api.paging import Instant, Shape


class RunTold(Shape):
    """A run, without what went in and came out."""

    id: UUID
    workflow: str
    digest: str
    title: str
    state: str
    outcome: str | None
    """Of a run that is final."""
    priority: int
    replay: int
    event_id: UUID
    parent_run: UUID | None
    """The run whose step called it."""
    replay_of: UUID | None
    """The run that this one is a restart of."""
    actor: str | None
    labels: dict[str, JSON]
    failure: FailureTold | None
    created_at: Instant
    started_at: Instant | None
    held_at: Instant | None
    finished_at: Instant | None


class ListedRunTold(RunTold):
    """A run, as a list shows it."""

    subject: str | None
    """Of the event that caused it."""
    progress: int | None
    """Per cent; null = its definition cannot be read here."""
    done: int | None
    total: int | None
    """Steps of its line, without those inside others; null as above."""
    step: str
    """The title of the step that it is at, or at which it failed; empty = at none."""
    note: str
    """What that step says of itself."""
    attempts: int
    """How often that step was tried."""


class OneRunTold(RunTold):
    """A run, as its page shows it."""

    epoch: str
    head: int
    """With *epoch*, its position in the live protocol."""
    view: dict[str, JSON]
    """As a snapshot of the live protocol has it: percent, steps, message."""


class FactTold(Shape):
    """One numbered transition."""

    n: int
    at: Instant
    t: str
    """Its kind: ``step.started``."""
    said: dict[str, JSON]
    """The rest of it."""


class StepTold(Shape):
    """One row: a step, a loop, an item of a loop, or an undo."""

    step: str
    item: str
    kind: str
    title: str
    task: str
    station: str
    state: str
    attempt: int
    tries: int
    crashes: int
    doubt: str
    worker_id: UUID | None
    progress: float | None
    note: str
    failure: FailureTold | None
    due_at: Instant | None
    ready_at: Instant | None
    first_started_at: Instant | None
    started_at: Instant | None
    finished_at: Instant | None


class RunPayload(Shape):
    """What went into a run and came out."""

    inputs: JSON
    """Null = it works with the event's data itself."""
    output: JSON
    failure: FailureTold | None


class StepPayload(Shape):
    """What went into a step and came out."""

    value: JSON
    """Of an item of a loop: the item."""
    input: JSON
    output: JSON
    answers: JSON
    """Of an approval: what people said."""
    failure: FailureTold | None


class Acted(Shape):
    """Where the run stands after the act."""

    id: UUID
    state: str


class Resumption(Reason):
    """How to go on with what failed."""

    inputs: dict[str, JSON] | None = None
    """Corrected inputs, by name."""
    output: JSON = None
    is_done: bool = False
    """It was done by hand; *output* is what it left."""
    skip: bool = False
