"""Saved views: filters of a list under a name, of one user or of the team; and those that are always there.

A filter is kept as it was written, and is parsed anew wherever it is used: ``since:24h`` is counted from when
somebody looks. What is done to the team's stands in the audit; a view of one's own is nobody else's business.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flowengine.conf import settings
from flowengine.engine.identity import uuid7
from flowengine.engine.printable import printable
from flowengine.errors import QueryRefused, ViewRefused
from flowengine.models import SavedViewRecord
from flowengine.orchestration import audit, once
from flowengine.orchestration.audit import By, Entry
from flowengine.orchestration.querying import parse
from flowengine.store import sql
from flowengine.store.clock import DatabaseClock, system_now

NAME_MAX = 60
"""Characters of a name."""
VIEWS_MAX = 50
"""Of one list that somebody, or the team, has saved."""
TEAM = ""
"""The owner of what is everybody's."""
_REMOVE = "view.remove"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A filter under a name."""

    id: UUID | None
    """None = it is always there."""
    kind: str
    name: str
    query: str
    is_team: bool = False
    created_by: str = ""
    """The key of a user; empty = it is always there."""
    problem: str = ""
    """Why the filter is not understood any more; empty = it is."""
    has_texts: bool = False
    """It looks for words in the text that people see."""


BUILT_IN: Mapping[str, Sequence[tuple[str, str]]] = {
    "run": (
        ("All", ""),
        ("At work", "state:queued,running,waiting"),
        ("Failed in 24 h", "state:failed since:24h"),
        ("Held", "state:held"),
        ("Longer than 1 h", "state:running,waiting until:1h"),
        ("Mine", "actor:{user}"),
    ),
    "event": (
        ("All", ""),
        ("On their way", "state:pending,published"),
        ("Dead", "state:dead"),
        ("Last hour", "since:1h"),
    ),
    "dead_letter": (
        ("Open", "state:open"),
        ("All", ""),
        ("Open, last hour", "state:open since:1h"),
        ("Replaying", "state:replaying"),
        ("Discarded in 24 h", "state:discarded since:24h"),
    ),
}
"""By kind: names and filters; ``{user}`` is the key of who asks."""


def of_user(kind: str, user: str) -> list[View]:
    """What somebody may choose of the views of that list: those always there, the team's, his own.

    Args:
        kind: ``run``, ``event`` or ``dead_letter``.
        user: his key.
    """
    always = [
        View(id=None, kind=kind, name=name, query=query.format(user=_value(user)))
        for name, query in BUILT_IN[kind]
    ]
    rows = SavedViewRecord.objects.using(settings().DATABASE)
    found = rows.filter(kind=kind, owner__in=[TEAM, user]).order_by("owner", "name")
    return [*always, *map(_view, found[: 2 * VIEWS_MAX])]


def save(kind: str, name: str, query: str, *, owner: str, by: By) -> View:
    """Keep a filter under a name; one of that name is another from now on.

    The caller has checked that *by* may see such things, and may speak for the team.

    Args:
        kind: ``run``, ``event`` or ``dead_letter``.
        name: for people.
        query: as it is written.
        owner: the key of the user whose own it is; ``TEAM`` = everybody's.
        by: who saves it; of the team's, the audit has it.

    Raises:
        QueryRefused: FE510, the filter cannot be understood.
        ViewRefused: FE514, the name will not do, or there are too many.
    """
    query, name = query.strip(), _checked_name(kind, name)
    parse(query, kind, system_now())
    now = DatabaseClock().now()
    rows = SavedViewRecord.objects.using(settings().DATABASE)
    mine = rows.filter(kind=kind, owner=owner)
    told: dict[str, Any] = {"query": query, "created_by": by.who}
    with sql.writing():
        was = mine.filter(name=name).first()
        if was is not None and audit.is_done(by, "view.save", "view", was.id):
            was.refresh_from_db()  # the same, sent at the same moment, was waited for
            return _view(was)
        if was is None and mine.count() >= VIEWS_MAX:
            raise ViewRefused(f"there are {VIEWS_MAX} already: remove one first")
        new = {"id": uuid7(int(now.timestamp() * 1000), os.urandom(10)), "created_at": now}
        # Saved by another request meanwhile, it is that one.
        kept, is_new = rows.update_or_create(
            kind=kind, owner=owner, name=name, defaults=told, create_defaults={**told, **new}
        )
        if was is None and not is_new and audit.is_done(by, "view.save", "view", kept.id):
            return _view(kept)
        _keep("view.save", kept, by, now, {"was": None if was is None else was.query})
    return _view(kept)


def find(view_id: UUID, user: str) -> View | None:
    """A view that somebody may choose; None = there is none, or it is another user's."""
    rows = SavedViewRecord.objects.using(settings().DATABASE)
    found = rows.filter(pk=view_id, owner__in=[TEAM, user]).first()
    return None if found is None else _view(found)


def remove(view_id: UUID, by: By) -> None:
    """Keep it no longer; nothing where there is none. The caller has checked who may."""
    rows = SavedViewRecord.objects.using(settings().DATABASE)
    with sql.writing():
        row = rows.select_for_update().filter(pk=view_id).first()
        if row is not None:
            now = DatabaseClock().now()
            rows.filter(pk=view_id).delete()
            once.keep(by, _REMOVE, view_id, now)
            _keep(_REMOVE, row, by, now, {})


def is_removed(view_id: UUID, by: By) -> bool:
    """Whether he has removed it before, under the same key."""
    return once.is_done(by, _REMOVE, view_id)


def _checked_name(kind: str, name: str) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= NAME_MAX:
        raise ViewRefused(f"a name has 1 to {NAME_MAX} characters")
    if name != printable(name) or not name.isprintable():
        raise ViewRefused("a name is of characters that can be seen")
    if name.casefold() in {always.casefold() for always, _query in BUILT_IN[kind]}:
        raise ViewRefused(f"{name!r} is there already, and stays as it is: take another name")
    return name


def _keep(verb: str, row: SavedViewRecord, by: By, now: datetime, more: Mapping[str, Any]) -> None:
    """What somebody has done to a view stands in the audit, where it is the team's."""
    if row.owner != TEAM:
        return
    details = {"list": row.kind, "name": row.name, "query": row.query, **more}
    entry = Entry(by=by, verb=verb, kind="view", object_id=str(row.id), details=details)
    audit.record([entry], now)


def _view(row: SavedViewRecord) -> View:
    problem, has_texts = "", False
    try:
        has_texts = bool(parse(row.query, row.kind, system_now()).texts)
    except QueryRefused as error:
        problem = error.message
    return View(
        id=row.id,
        kind=row.kind,
        name=row.name,
        query=row.query,
        is_team=row.owner == TEAM,
        created_by=row.created_by,
        problem=problem,
        has_texts=has_texts,
    )


def _value(user: str) -> str:
    """A value of a query: a user's key may have anything in it."""
    if user.isalnum():
        return user
    escaped = user.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
