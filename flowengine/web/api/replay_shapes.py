"""What is sent and told of replays."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from flowengine.web.api.acting import Reason
from flowengine.web.api.failures import JSON
from flowengine.web.api.masked import Masked, MaskedFields, MaskedText
from flowengine.web.api.paging import Given, Instant, Page, Paged, Shape

ModeName = Literal["event", "restart", "resume"]


class OptionsGiven(Given):
    """How; what is not said has its default."""

    workflow: str = ""
    """Of ``event``: the one workflow that is asked; ``*`` = all. Empty = the one that a dead letter
    names, all where it names none."""
    edit: list[JSON] = []
    """A JSON Patch (RFC 6902) of the event's data, for each item."""
    edits: dict[UUID, list[JSON]] = {}
    """Further ones for single items, by the ids of what was selected."""
    set: dict[str, JSON] = {}
    """Of ``resume``: corrected inputs of the failed step."""
    output: JSON = None
    """Of ``resume``: what the failed step left, which was done by hand."""
    skip: bool = False
    """Of ``resume``: the failed step is skipped."""
    new_keys: bool = False
    """Tasks get other idempotency keys than the first time."""
    even_if_succeeded: bool = False
    """Also what has succeeded since it failed."""
    suppress_notify: bool = False
    """The new runs are shown to nobody whom ``notify`` names."""


class PaceGiven(Given):
    """How fast, and when not to go on; what is not said has its default."""

    canary: int = 0
    """So many first; all others wait for their ends, and one that fails stops the replay."""
    rate: float = 10.0
    """Items per second."""
    in_flight: int = 100
    """Items that were sent and have not ended, at most."""
    stop_percent: float = 20.0
    """Stop when more of what has ended has failed; 100 = never."""
    stop_in_row: int = 10
    """Stop when so many have failed one after another; 0 = never."""


class ReplayPlan(Paged):
    """What is to be looked at; ``after`` and ``limit`` are of the items."""

    selection_id: UUID
    mode: ModeName
    options: OptionsGiven = OptionsGiven()


class ReplayStart(Reason):
    """What is to be done."""

    selection_id: UUID
    mode: ModeName
    options: OptionsGiven = OptionsGiven()
    pace: PaceGiven = PaceGiven()


class Discarding(Reason):
    """What to discard."""

    selection_id: UUID


class PlannedTold(Shape):
    """What would be done with one item."""

    object_id: UUID
    n: int
    """Its number in the selection."""
    word: str
    """``eligible``, ``succeeded_since``, ``invalid_edit``, ``undone``, ``definition_gone``,
    ``not_open`` or ``on_its_way``."""
    workflow: str
    why: MaskedText = ""
    """Only with ``view_payload``, as the rest."""
    before: Masked = None
    """Of an edit: the data as they are, and as they would be."""
    after: Masked = None


class EffectsTold(Shape):
    """What takes effect once more."""

    tasks: list[str]
    """Tasks that run again and do not say that they are idempotent."""
    unknown_tasks: list[str]
    """Tasks that this process does not know."""
    emits: list[str]
    """Types of events that are published again."""
    calls: list[str]
    """Workflows that are called again."""
    notifies: list[str]
    """Workflows whose runs are shown to whom ``notify`` names, or to the event's actor."""


class PlanTold(Shape):
    """What a replay would do."""

    total: int
    looked_at: int
    counts: dict[str, int]
    """How many of those looked at, by word."""
    effects: EffectsTold
    page: Page[PlannedTold]


class ReplayTold(Shape):
    """A replay, or an act that sends nothing: ``discard``, ``cancel``, ``hold``, ``release``.

    Of the latter what it has fitted has ``succeeded``, what it has not is ``skipped``; nothing is paced.
    """

    id: UUID
    selection_id: UUID
    kind: str
    """Of what was chosen: ``dead_letter``, ``run`` or ``event``."""
    words: str
    """What was chosen, for people."""
    mode: Literal["event", "restart", "resume", "discard", "cancel", "hold", "release"]
    state: Literal["proposed", "canary", "running", "paused", "stopped", "done"]
    by: str
    reason: str
    door: str
    approver: str
    total: int
    sent: int
    succeeded: int
    failed: int
    skipped: int
    pace: PaceGiven
    workflow: str
    is_edited: bool
    new_keys: bool
    even_if_succeeded: bool
    suppress_notify: bool
    verdict: str
    """Empty = it is not over."""
    stopped_why: str
    created_at: Instant
    ended_at: Instant | None
    expires_at: Instant | None
    """Of a proposed or paused one: it is stopped then, unless somebody lets it go on before. Null of
    all others."""
    options: MaskedFields = {}
    """All of them, with the edits; only with ``view_payload``."""


class ItemTold(Shape):
    """One item: the original, its copy, and what came of it."""

    object_id: UUID
    n: int
    state: str
    """``pending``, ``sent``, ``succeeded``, ``failed``, ``skipped`` or ``refused``."""
    event_id: UUID | None
    """The event of the copy."""
    run_id: UUID | None
    """The run of the copy."""
    before_sha256: str
    """Of the payload as it was; empty = it was not edited."""
    after_sha256: str
    sent_at: Instant | None
    ended_at: Instant | None
    detail: MaskedText = ""
    """Why it was skipped or refused, or how it ended; only with ``view_payload``, as the rest."""
    patch: list[Masked] = []
    """What was edited."""
