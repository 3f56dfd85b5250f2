"""Selections: what a bulk act is about, frozen when it is chosen, so that it is never worked out again.

The ids are written by one statement, whatever their number, with a number each, oldest first.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Model, Q, QuerySet
from django.db.models.expressions import Window
from django.db.models.functions import RowNumber

from flowengine.conf import settings
from flowengine.engine.identity import uuid7
from flowengine.errors import SelectionRefused
from flowengine.models import (
    DeadLetterRecord,
    EventRecord,
    RunRecord,
    SelectionItemRecord,
    SelectionRecord,
)
from flowengine.orchestration import querying
from flowengine.orchestration.querying import COLUMNS, TEXT, Filter, parse
from flowengine.store import sql
from flowengine.store.clock import DatabaseClock
from flowengine.store.newest import among_newest

__all__ = ["Filter", "freeze", "load", "objects", "page", "parse", "searched", "shown"]

COUNT_MAX = 1_000_000
"""So many things can be chosen at once."""
_MODELS: dict[str, type[Model]] = {
    "dead_letter": DeadLetterRecord,
    "run": RunRecord,
    "event": EventRecord,
}
_PAYLOAD: dict[str, tuple[str, ...]] = {
    "dead_letter": ("body", "headers", "failure"),
    "run": ("inputs", "output", "failure"),
    "event": ("data",),
}
"""What a list does not read."""
_INSERT = """
INSERT INTO flowengine_selection_item (selection_id, object_id, n)
SELECT %s, found.id, found.n FROM ({}) AS found"""

After = tuple[datetime, UUID]
"""When the last row of the page before was written, and its id."""


def freeze(kind: str, query: str, by: str) -> SelectionRecord:
    """Choose what *query* finds now; *by* is the key of a user.

    Raises:
        QueryRefused: the query cannot be understood.
        SelectionRefused: it finds nothing, or more than a million.
    """
    now = DatabaseClock().now()
    chosen = parse(query, kind, now)
    # What is written while this is read has a later time, or no part in it.
    found = _indexed(chosen).filter(_looked_for(chosen), created_at__lte=now)
    found = found.order_by("created_at", "id")
    numbered = found.annotate(n=Window(RowNumber(), order_by=[F("created_at"), F("id")]))
    selection = SelectionRecord(
        id=uuid7(int(now.timestamp() * 1000), os.urandom(10)),
        kind=kind,
        query=query,
        words=chosen.words,
        filter=json.dumps(_plain(chosen)),
        created_at=now,
        created_by=by,
    )
    with sql.writing():
        selection.count = _insert(selection.id, numbered.values("id", "n")[: COUNT_MAX + 1])
        if selection.count > COUNT_MAX:
            raise SelectionRefused(
                f"more than {COUNT_MAX:,} {kind.replace('_', ' ')}s: choose fewer with since: and until:"
            )
        if not selection.count:
            raise SelectionRefused(f"nothing was found: {chosen.words}")
        selection.save(using=settings().DATABASE, force_insert=True)
    return selection


def load(selection_id: UUID, kind: str) -> SelectionRecord:
    """The selection of that id.

    Raises:
        SelectionRefused: there is none, or it is of another kind.
    """
    found = SelectionRecord.objects.using(settings().DATABASE).filter(pk=selection_id).first()
    if found is None:
        raise SelectionRefused(f"there is no selection {selection_id}")
    if found.kind != kind:
        raise SelectionRefused(f"selection {selection_id} is of {found.kind}s, not of {kind}s")
    return found


def shown(selection: SelectionRecord, *, with_text: bool) -> tuple[str, str]:
    """The query, and the same in words, as somebody sees them.

    What is looked for in error texts says what stands in them: without the right to see payloads
    (*with_text*) there is ``…`` in its place.
    """
    kept = json.loads(selection.filter)
    if with_text or selection.kind != "dead_letter" or not kept.get("texts"):
        return selection.query, selection.words
    times = {name: kept[name] and datetime.fromisoformat(kept[name]) for name in ("since", "until")}
    texts = tuple("…" for _text in kept["texts"])
    values = {key: tuple(each) for key, each in kept["values"].items()}
    hidden = Filter(kind=selection.kind, values=values, texts=texts, **times)
    return hidden.query, hidden.words


def objects(selection_id: UUID, *, after: int = 0, limit: int) -> list[UUID]:
    """The ids of things that it names, in order, from the one after number *after*."""
    items = SelectionItemRecord.objects.using(settings().DATABASE)
    # Numbers have no gaps: both bounds are in the index, also where the planner knows nothing yet.
    found = items.filter(selection_id=selection_id, n__gt=after, n__lte=after + limit)
    return [*found.order_by("n").values_list("object_id", flat=True)]


def page(kind: str, chosen: Filter, after: After | None = None, limit: int = 50) -> Sequence[Any]:
    """A page of what *chosen* asks for, newest first: rows without their payloads. One statement.

    What has no index is looked for in the newest ``SEARCHED_MAX`` of what the rest finds.
    """
    wanted = _looked_for(chosen)
    if after is not None:
        at, last = after
        # The first says where the index begins; the other leaves out what the page before had.
        wanted &= Q(created_at__lte=at) & (Q(created_at__lt=at) | Q(id__lt=last))
    newest = _indexed(chosen).order_by("-created_at", "-id").defer(*_PAYLOAD[kind])
    if chosen.is_search:
        return among_newest(newest, wanted, looked=querying.SEARCHED_MAX, limit=limit)
    return [*newest.filter(wanted)[:limit]]


def searched(chosen: Filter) -> int | None:
    """How many of the newest a list looks at, where there are more than these; None = at all."""
    count = querying.SEARCHED_MAX
    if not chosen.is_search:
        return None
    newest = _indexed(chosen).order_by("-created_at", "-id")
    return count if newest[count : count + 1].exists() else None


def _looked_for(chosen: Filter) -> Q:
    """What has to be seen in each row."""
    wanted, columns = Q(), COLUMNS[chosen.kind]
    for key, values in chosen.values.items():
        if not chosen.has_index(key):
            wanted &= _any_of(columns[key].name, values)
    for text in chosen.texts:
        wanted &= Q(**{f"{TEXT[chosen.kind]}__icontains": text.replace("\x00", "")})
    return wanted


def _indexed(chosen: Filter) -> QuerySet[Any]:
    """What is found without looking at rows one by one."""
    columns = COLUMNS[chosen.kind]
    found: QuerySet[Any] = QuerySet(_MODELS[chosen.kind], using=settings().DATABASE)
    for key, values in chosen.values.items():
        if chosen.has_index(key):
            found = found.filter(_any_of(columns[key].name, values))
    if chosen.since is not None:
        found = found.filter(created_at__gte=chosen.since)
    if chosen.until is not None:
        found = found.filter(created_at__lt=chosen.until)
    return found


def _any_of(column: str, values: Sequence[str]) -> Q:
    plain = [value for value in values if "*" not in value]
    asked = Q()
    if len(plain) == 1:
        asked |= Q(**{column: plain[0]})
    elif plain:
        asked |= Q(**{f"{column}__in": plain})
    for value in values:
        if "*" in value:
            pattern = ".*".join(re.escape(part) for part in value.split("*"))
            asked |= Q(**{f"{column}__regex": f"^{pattern}$"})
    return asked


def _insert(selection_id: UUID, numbered: QuerySet[Any, Any]) -> int:
    alias = settings().DATABASE
    text, values = numbered.query.get_compiler(using=alias).as_sql()
    own = selection_id if sql.is_postgresql() else sql.for_sqlite(selection_id)
    with sql.connection().cursor() as cursor:
        cursor.execute(_INSERT.format(text), [own, *values])
        return int(cursor.rowcount)


def _plain(chosen: Filter) -> dict[str, Any]:
    return {
        "values": {key: list(values) for key, values in chosen.values.items()},
        "texts": list(chosen.texts),
        "since": None if chosen.since is None else chosen.since.isoformat(),
        "until": None if chosen.until is None else chosen.until.isoformat(),
    }
