"""What is sent and told of runs."""

from __future__ import annotations

from uuid import UUID

from flowengine.web.api.acting import Reason
from flowengine.web.api.failures import JSON, FailureTold
from flowengine.web.api.masked import Masked, MaskedFields, MaskedText
from flowengine.web.api.paging import Instant, Shape


class RunTold(Shape):
    """A run, without what went in and came out."""

    id: UUID
    workflow: str
    digest: str
    title: str
    state: str
    """``held`` without a *failure*: somebody holds it, until it is released."""
    holding: bool
    """It is to be held before its next step."""
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
    labels: MaskedFields
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


class HelpTold(Shape):
    """What helps a run that waits."""

    label: str
    place: str
    """Where it is done, in the dashboard; empty = by the command only."""
    command: str
    """The same by the command line, after ``flow``; empty = there is no command."""


class WaitTold(Shape):
    """One reason why a run waits."""

    cause: str
    """``unserved``, ``paused``, ``parked``, ``draining``, ``capped``, ``busy``, ``soon``, ``event``,
    ``sleep``, ``approval``, ``child``, ``retry``, ``limit``, ``place``, ``slot``, ``expiry``, ``turn``,
    ``held``, ``holding``, ``stopping``."""
    text: MaskedText
    """One sentence, without times; with values and what an error says only for ``view_payload``."""
    step: str
    """The step that waits; empty = the run itself."""
    item: str
    title: str
    """Of the step."""
    others: int
    """More items of the same step that wait for the same, as far as was counted."""
    since: Instant | None
    until: Instant | None
    until_word: str
    """How *until* is read: ``until``, ``again``, ``not before``, ``next try``, ``given up``."""
    act: HelpTold | None


class OneRunTold(RunTold):
    """A run, as its page shows it."""

    waits: list[WaitTold]
    """Why it does not go on, the most pressing first; empty where nothing holds it up."""

    epoch: str
    head: int
    """With *epoch*, its position in the live protocol."""
    view: dict[str, JSON]
    """As a snapshot of the live protocol has it: percent, steps, failure."""


class FactTold(Shape):
    """One numbered transition."""

    n: int
    at: Instant
    t: str
    """Its kind: ``step.started``."""
    said: MaskedFields
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
    idempotency_key: str | None
    """What its task hands to other systems, in each of its attempts; null = it is no task."""
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

    inputs: Masked
    """Null = it works with the event's data itself."""
    output: Masked
    failure: FailureTold | None


class StepPayload(Shape):
    """What went into a step and came out."""

    value: Masked
    """Of an item of a loop: the item."""
    input: Masked
    output: Masked
    answers: Masked
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
