"""What a replay is about: each selected thing with its letter, its run and its event."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from flowengine.broker.base import Delivery
from flowengine.engine.event import Event
from flowengine.engine.identity import run_id
from flowengine.errors import FlowengineError
from flowengine.orchestration.receive import parsed
from flowengine.orchestration.replay.options import ALL, Mode, Options
from flowengine.store import events, replayed
from flowengine.store.events import Locked
from flowengine.store.replayed import Letter, RunOf

DEAD_LETTER, RUN, EVENT = "dead_letter", "run", "event"
"""Kinds of selections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One thing."""

    id: UUID
    kind: str
    letter: Letter | None = None
    run: RunOf | None = None
    stored: Locked | None = None
    """Its event as it is stored; None = it has no row."""
    event: Event | None = None
    """The same, or what the bytes say that were delivered; None = there is none."""
    workflow: str = ""
    """The one workflow that is concerned; empty = whichever wants the event."""
    problem: str = ""
    """Why there is no event where one is needed."""

    @property
    def origin(self) -> UUID | None:
        """Its event; of an edited copy, and of a copy of that, the first one."""
        return None if self.event is None else _origin(self.event)

    @property
    def target(self) -> UUID | None:
        """What would be at work for it: that event and a workflow."""
        return None if self.origin is None else run_id(self.origin, self.workflow or ALL)

    @property
    def every(self) -> UUID | None:
        """The same, where all workflows of its event are."""
        return None if self.origin is None else run_id(self.origin, ALL)

    def meets(self, targets: Collection[UUID]) -> bool:
        """What is at work by these targets, all of them of its event, is at work for it."""
        if not self.workflow:
            return bool(targets)
        return self.target in targets or self.every in targets

    @property
    def since(self) -> datetime | None:
        """When it died, or stood still; what came later may have made that good."""
        if self.letter is not None:
            return self.letter.created_at
        if self.run is not None:
            return self.run.since
        return None if self.stored is None else self.stored.written_at

    @property
    def is_settled(self) -> bool:
        """Its event is not on its way: it was routed, or died, or was never stored."""
        return self.stored is None or not self.stored.is_open


def load(
    kind: str, ids: Sequence[UUID], mode: Mode, options: Options, now: datetime, *, lock: bool
) -> list[Subject]:
    """What these ids stand for, in their order; six statements at most.

    With *lock*, their events are held until the transaction ends, and those that they are copies of.
    What does not exist any more has neither letter nor run nor event.
    """
    letters = replayed.letters(ids) if kind == DEAD_LETTER else {}
    of_runs = {each.run_id for each in letters.values() if each.run_id is not None}
    runs = replayed.runs(sorted(of_runs | (set(ids) if kind == RUN else set())))
    wanted = {each.event_id for each in letters.values() if each.event_id is not None}
    wanted |= {each.event_id for each in runs.values()} | (set(ids) if kind == EVENT else set())
    if lock:
        wanted |= events.origins(sorted(wanted))
    rows = events.lock(sorted(wanted)) if lock else events.seen(sorted(wanted))
    stored = {each.event.id: each for each in rows}
    bodies = _bodies(letters.values(), stored)
    found = []
    for each in ids:
        letter = letters.get(each)
        run = runs.get(each if letter is None else letter.run_id or each)
        event_id = each
        if run is not None:
            event_id = run.event_id
        elif letter is not None:
            event_id = letter.event_id or each
        subject = Subject(
            id=each,
            kind=kind,
            letter=letter,
            run=run,
            stored=stored.get(event_id),
            workflow=_workflow(mode, options, letter, run),
        )
        found.append(_with_event(subject, bodies.get(each), now))
    return found


def _origin(event: Event) -> UUID:
    again = event.again
    return event.id if again is None or again.origin is None else again.origin


def _bodies(
    letters: Iterable[Letter], stored: dict[UUID, Locked]
) -> dict[UUID, tuple[bytes, dict[str, object]]]:
    """What was delivered, of letters whose event was never stored."""
    alone = [each.id for each in letters if each.run_id is None and each.event_id not in stored]
    return replayed.bodies(alone) if alone else {}


def _workflow(mode: Mode, options: Options, letter: Letter | None, run: RunOf | None) -> str:
    if mode is Mode.EVENT and options.workflow:
        return "" if options.workflow == ALL else options.workflow
    if run is not None:
        return run.workflow
    return "" if letter is None else letter.workflow


def _with_event(
    subject: Subject, body: tuple[bytes, dict[str, object]] | None, now: datetime
) -> Subject:
    """The subject with its event: the stored one, or what was delivered, read again."""
    if subject.stored is not None:
        event = subject.stored.event
        # A call, a tick or a start by hand is of one workflow, whoever else is asked for.
        return replace(subject, event=event, workflow=event.target or subject.workflow)
    if body is None:
        return replace(subject, problem="its event is not kept any more")
    raw, headers = body
    content_type = str(headers.get("content-type", ""))
    own = {name: value for name, value in headers.items() if name != "content-type"}
    delivery = Delivery(queue="", body=raw, headers=own, content_type=content_type)
    try:
        return replace(subject, event=parsed(delivery, now))
    except FlowengineError as error:
        return replace(subject, problem=f"what was delivered is still unreadable: {error.message}")
