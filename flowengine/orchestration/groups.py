"""What people do about causes of dead letters, and how causes keep count.

Every act needs a reason, and is one transaction with its row in the audit, written last. Counts come
from tallies, which :func:`run_due` folds in: whoever buries never waits for another one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from flowengine.conf import project_version, settings
from flowengine.engine.printable import printable
from flowengine.errors import GroupRefused
from flowengine.models import DeadGroupRecord
from flowengine.orchestration import audit
from flowengine.orchestration.audit import By, wants_reason
from flowengine.store import dead_groups, dead_moves, dead_places, sql
from flowengine.store.clock import DatabaseClock

FOLD_PAGE = 2000
"""Tallies folded in one transaction."""
MOVE_PAGE = 1000
"""Letters moved in one transaction."""
MERGED_MAX = 100
"""Causes merged in one act."""
TEXT_MAX = 4000
"""Characters of a note."""

_ACKNOWLEDGED_FROM = ("new", "regressed")
_RESOLVED_FROM = ("new", "acknowledged", "replayed", "regressed")


def acknowledge(group: UUID, by: By) -> None:
    """Somebody has seen it: *new* or *regressed* becomes *acknowledged*.

    Should it fail in another version of the project, it has *regressed*.

    Raises:
        GroupRefused: it is neither, or there is no such cause.
    """

    def do(now: datetime) -> dict[str, Any]:
        found = _one(group)
        if not dead_groups.set_state(group, "acknowledged", now, before=_ACKNOWLEDGED_FROM):
            raise GroupRefused(
                f"it is {found.state}; only what is new or regressed is acknowledged"
            )
        dead_groups.set_version(group, project_version())
        return {"before": found.state}

    _act("group.acknowledge", group, by, do)


def resolve(group: UUID, by: By) -> None:
    """Somebody says that the cause is gone; if it fails again, it has *regressed*.

    Raises:
        GroupRefused: it is resolved, or there is no such cause.
    """

    def do(now: datetime) -> dict[str, Any]:
        found = _one(group)
        if not dead_groups.set_state(group, "resolved", now, before=_RESOLVED_FROM):
            raise GroupRefused("it is resolved already")
        return {"before": found.state}

    _act("group.resolve", group, by, do)


def assign(group: UUID, owner: str, by: By) -> None:
    """*owner*, the key of a user, sees to it from now on; empty = nobody does."""

    def do(_now: datetime) -> dict[str, Any]:
        before = _one(group).owner
        dead_groups.set_owner(group, printable(owner[:200]))
        return {"before": before, "after": owner[:200]}

    _act("group.assign", group, by, do)


def note(group: UUID, text: str, by: By) -> None:
    """Say something about it, in the place of what was said before; that is reason enough."""

    def do(_now: datetime) -> dict[str, Any]:
        before = _one(group).note
        dead_groups.set_note(group, printable(text[:TEXT_MAX]))
        return {"before": before}

    _act("group.note", group, replace(by, reason=by.reason or text), do)


def snooze(group: UUID, until: datetime | None, by: By) -> None:
    """Nobody wants to hear of it until then; None = that is over. It ends when the cause regresses."""

    def do(_now: datetime) -> dict[str, Any]:
        _one(group)
        dead_groups.set_snooze(group, until)
        return {"until": until}

    _act("group.snooze", group, by, do)


def merge(groups: Sequence[UUID], into: UUID, by: By) -> None:
    """These causes are one: their letters, and those to come, belong to *into*.

    The first thousand letters are moved at once, the rest bit by bit.

    Raises:
        GroupRefused: one of them is merged, *into* is split or among them, or there is no such cause.
    """
    sources = sorted(set(groups))
    if not sources or len(sources) > MERGED_MAX:
        raise GroupRefused(f"from 1 to {MERGED_MAX} causes can be merged at a time")
    if into in sources:
        raise GroupRefused("a cause cannot be merged into itself")

    def do(now: datetime) -> dict[str, Any]:
        target = _one(into, others=sources)
        if target.split_by is not None:
            raise GroupRefused(f"it is split by {target.split_by}: name one of its parts")
        for source in sources:
            _one(source)
        dead_groups.merge(sources, into)
        _move_a_page(sources, now)
        return {"from": sources}

    _act("group.merge", into, by, do)


def split(group: UUID, field: str, by: By) -> None:
    """Its letters, and those to come, make a cause of their own for each value of *field*.

    Raises:
        GroupRefused: it is merged or split, or cannot be split by that, or there is no such cause.
    """
    if field not in dead_places.SPLIT_FIELDS:
        raise GroupRefused(
            f"a cause cannot be split by {field!r}: {', '.join(dead_places.SPLIT_FIELDS)} will do"
        )

    def do(now: datetime) -> dict[str, Any]:
        found = _one(group)
        if found.split_by is not None:
            raise GroupRefused(f"it is split by {found.split_by} already")
        dead_groups.split(group, field)
        _move_a_page([group], now)
        return {"field": field}

    _act("group.split", group, by, do)


def run_due(now: datetime) -> bool:
    """Fold a page of tallies, and move a page of letters; True where there may be more at once.

    Where there is nothing to do, nothing is written: SQLite has one writer.
    """
    has_tallies, has_letters = dead_groups.waiting()
    folded = 0
    if has_tallies:
        with sql.writing():
            folded = dead_groups.fold(now, limit=FOLD_PAGE)
    if has_letters:
        with sql.writing():
            group = dead_groups.moving()
            if group is not None:
                _move_a_page([group], now)
    return folded == FOLD_PAGE or has_letters


def _move_a_page(groups: Sequence[UUID], now: datetime) -> None:
    for group in groups:
        if dead_moves.move(group, now, limit=MOVE_PAGE) < MOVE_PAGE:
            dead_groups.settled(group)


def _one(group: UUID, *, others: Sequence[UUID] = ()) -> DeadGroupRecord:
    """The cause, locked with the *others*, where it still stands for itself."""
    dead_groups.lock([group, *others])
    found = DeadGroupRecord.objects.using(settings().DATABASE).filter(pk=group).first()
    if found is None:
        raise GroupRefused(f"there is no cause {group}")
    if found.merged_into is not None:
        raise GroupRefused(f"{group} is merged into {found.merged_into}")
    return found


def _act(verb: str, group: UUID, by: By, do: Callable[[datetime], dict[str, Any]]) -> None:
    """One transaction: what is done, then the row that says so.

    Raises:
        ReasonMissing: FE513.
    """
    wants_reason(by)
    now = DatabaseClock().now()
    with sql.writing():
        if audit.is_done(by, verb, "dead_group", group):
            return
        details = do(now)
        entry = audit.Entry(
            by=by, verb=verb, kind="dead_group", object_id=str(group), details=details
        )
        audit.record([entry], now)
