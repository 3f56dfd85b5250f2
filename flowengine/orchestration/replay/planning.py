"""The dry run: what a replay would do with each item, and what would take effect once more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flowengine.conf import settings
from flowengine.definitions.graph import Role, Spot
from flowengine.definitions.model import Workflow
from flowengine.definitions.steps import ChildStep, EmitStep, TaskStep
from flowengine.errors import ReplayRefused
from flowengine.models import SelectionItemRecord, SelectionRecord
from flowengine.orchestration import active
from flowengine.orchestration.replay.judging import Judged, judge
from flowengine.orchestration.replay.options import Mode, Options, options_of
from flowengine.orchestration.replay.subjects import load
from flowengine.store import definitions
from flowengine.store.clock import DatabaseClock
from flowengine.tasks import registry

PAGE = 500
LOOK_AT_MAX = 5000
"""Items that are looked at for a plan; of more, the counts are of these."""
_clock = DatabaseClock()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedItem:
    """What would be done with one thing."""

    object_id: UUID
    n: int
    """Its number in the selection."""
    word: str
    """``eligible``, ``succeeded_since``, ``invalid_edit``, ``undone``, ``definition_gone``,
    ``not_open``, ``on_its_way``."""
    why: str = ""
    workflow: str = ""
    before: Any = None
    """Of an edit: the data as they are, and as they would be."""
    after: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What takes effect once more."""

    tasks: tuple[str, ...] = ()
    """Tasks that run again and do not say that they are idempotent."""
    unknown_tasks: tuple[str, ...] = ()
    """Tasks that this process does not know."""
    emits: tuple[str, ...] = ()
    """Types of events that are published again."""
    calls: tuple[str, ...] = ()
    """Workflows that are called again."""
    notifies: tuple[str, ...] = ()
    """Workflows whose runs are shown to whom ``notify`` names, or to the event's actor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a replay would do."""

    total: int
    """Items of the selection."""
    looked_at: int
    counts: Mapping[str, int]
    """How many of those looked at, by word."""
    effects: Effects
    items: Sequence[PlannedItem] = field(default_factory=tuple)
    """A page of them, in the order of the selection."""

    @property
    def eligible(self) -> int:
        """How many can be replayed, of those looked at."""
        return self.counts.get("eligible", 0)


def plan(
    selection_id: UUID,
    mode: str,
    options: Mapping[str, Any] | Options | None = None,
    *,
    after: int = 0,
    limit: int = 50,
) -> Plan:
    """Look at each item as the replay would, without doing anything.

    Args:
        selection_id: what was chosen.
        mode: ``event``, ``restart`` or ``resume``.
        options: how; see :class:`Options`.
        after: the number in the selection of the last item of the page before.
        limit: of the page of items that is given.

    Raises:
        EditRefused: FE502, the options will not do.
        ReplayRefused: FE521, there is no such selection.
    """
    found_mode, found = options_of(mode, options)
    using = settings().DATABASE
    selection = SelectionRecord.objects.using(using).filter(pk=selection_id).first()
    if selection is None:
        raise ReplayRefused(f"there is no selection {selection_id}")
    counts: Counter[str] = Counter()
    shown: list[PlannedItem] = []
    digests: set[tuple[str, str, str | None]] = set()
    for page in _pages(selection_id, after):
        judged = _look(selection.kind, [each for each, _n in page], found_mode, found)
        counts.update(each.word.value for each in judged)
        digests |= {_concerned(each, found_mode) for each in judged if each.is_eligible}
        numbers = dict(page)
        for each in judged:
            if len(shown) < limit and numbers[each.subject.id] > after:
                shown.append(_shown(each, numbers[each.subject.id]))
    return Plan(
        total=selection.count,
        looked_at=counts.total(),
        counts=dict(counts),
        effects=_effects(digests, found_mode, found),
        items=shown,
    )


def _look(kind: str, ids: Sequence[UUID], mode: Mode, options: Options) -> list[Judged]:
    now = _clock.now()
    return judge(load(kind, ids, mode, options, now, lock=False), mode, options, now)


def _pages(selection_id: UUID, after: int) -> Iterator[list[tuple[UUID, int]]]:
    """The items that are looked at, with their numbers: the first ones, and those after *after*."""
    rows = SelectionItemRecord.objects.using(settings().DATABASE).filter(selection_id=selection_id)
    start = max(after - LOOK_AT_MAX + PAGE, 0)
    for first in range(start, start + LOOK_AT_MAX, PAGE):
        found = rows.filter(n__gt=first, n__lte=first + PAGE).order_by("n")
        page = list(found.values_list("object_id", "n"))
        if not page:
            return
        yield page


def _shown(judged: Judged, n: int) -> PlannedItem:
    is_edited = judged.edit is not None
    original, event = judged.subject.event, judged.event
    return PlannedItem(
        object_id=judged.subject.id,
        n=n,
        word=judged.word.value,
        why=judged.why,
        workflow=judged.subject.workflow,
        before=original.data if is_edited and original is not None else None,
        after=event.data if is_edited and event is not None else None,
    )


def _concerned(judged: Judged, mode: Mode) -> tuple[str, str, str | None]:
    """The workflow that works, the digest of a run that goes on, and the step it goes on from."""
    subject = judged.subject
    event_type = "" if subject.event is None else subject.event.type
    if mode is Mode.RESUME and subject.run is not None:
        letter = subject.letter
        step = (None if letter is None else letter.step) or subject.run.step
        return (subject.run.workflow, subject.run.digest, step)
    return (subject.workflow, "", None if subject.workflow else event_type)


def _effects(concerned: set[tuple[str, str, str | None]], mode: Mode, options: Options) -> Effects:
    """Of all workflows that would work, what they would do once more."""
    spots: list[Spot] = []
    notifying: set[str] = set()
    catalog = active.catalog()
    versions = definitions.load({digest for _name, digest, _step in concerned if digest})
    for name, digest, about in concerned:
        if digest:
            found, since = [versions[digest]], about
        elif name:
            found, since = [catalog.workflows[name]], None
        else:
            found, since = [*catalog.matching(about or "")], None
        for workflow in found:
            spots += _working(workflow, since)
            if mode is not Mode.RESUME and not options.suppress_notify:
                notifying.add(workflow.name)
    steps = [spot.step for spot in spots]
    tasks = {step.task for step in steps if isinstance(step, TaskStep)}
    known = {name: registry.get(name) for name in tasks}
    return Effects(
        tasks=tuple(sorted(name for name, task in known.items() if task and not task.idempotent)),
        unknown_tasks=tuple(sorted(name for name, task in known.items() if task is None)),
        emits=tuple(sorted({step.event for step in steps if isinstance(step, EmitStep)})),
        calls=tuple(sorted({step.workflow for step in steps if isinstance(step, ChildStep)})),
        notifies=tuple(sorted(notifying)),
    )


def _working(workflow: Workflow, since: str | None) -> Iterator[Spot]:
    """The steps that work; of a run that goes on, those of its line from the failed step on, and hooks."""
    first = 0
    if since is not None and since in workflow.graph.spots:
        first = _position(workflow, workflow.graph.spots[since])
    for spot in workflow.graph.spots.values():
        if _position(workflow, spot) >= first or _root(workflow, spot).line.role is not Role.LINE:
            yield spot


def _root(workflow: Workflow, spot: Spot) -> Spot:
    while spot.line.owner is not None:
        spot = workflow.graph.spots[spot.line.owner]
    return spot


def _position(workflow: Workflow, spot: Spot) -> int:
    return _root(workflow, spot).position
