"""Selections: what a bulk act is about, frozen when it is chosen, so that it is never worked out again.

The ids are written with a number each, oldest first, by statements that look at so many rows each: none of
them grows with what is chosen.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
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
from flowengine.store import sql, sqlite
from flowengine.store.clock import DatabaseClock
from flowengine.store.newest import Found, among_newest

__all__ = [
    "Filter",
    "freeze",
    "freeze_these",
    "load",
    "objects",
    "page",
    "parse",
    "shown",
]

COUNT_MAX = 1_000_000
"""So many things can be chosen at once."""
FREEZE_ROWS = 20_000
"""Rows that one statement looks at: with a limit to the time of statements, a million can be chosen as well."""
IDS_MAX = 1_000
"""So many by their ids."""
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
SELECT %s, found.id, found.n + %s FROM ({}) AS found"""

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
    return _freeze(chosen, query, chosen.words, by, now)


def freeze_these(kind: str, ids: Collection[UUID], by: str) -> SelectionRecord:
    """Choose these, as far as they are there.

    Raises:
        SelectionRefused: none of them is there, or they are more than ``IDS_MAX``.
    """
    if len(ids) > IDS_MAX:
        raise SelectionRefused(f"more than {IDS_MAX:,} one by one: choose by a query")
    chosen = Filter(kind=kind, values={"id": tuple(map(str, ids))})
    words = f"{kind.replace('_', ' ')}s: chosen one by one"
    return _freeze(chosen, "", words, by, DatabaseClock().now())


def _freeze(chosen: Filter, query: str, words: str, by: str, now: datetime) -> SelectionRecord:
    kind = chosen.kind
    selection = SelectionRecord(
        id=uuid7(int(now.timestamp() * 1000), os.urandom(10)),
        kind=kind,
        query=query,
        words=words,
        filter=json.dumps(_plain(chosen)),
        created_at=now,
        created_by=by,
    )
    with sql.writing():
        for part in _parts(chosen, now):
            selection.count += _insert(selection.id, part, after=selection.count)
            if selection.count > COUNT_MAX:
                things = f"{kind.replace('_', ' ')}s"
                raise SelectionRefused(
                    f"more than {COUNT_MAX:,} {things}: choose fewer with since: and until:"
                )
        if not selection.count:
            raise SelectionRefused(f"nothing was found: {words}")
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


def page(kind: str, chosen: Filter, after: After | None = None, limit: int = 50) -> Found[Any]:
    """A page of what *chosen* asks for, newest first: rows without their payloads. One statement.

    What has no index is looked for in the newest ``SEARCHED_MAX`` of what the rest finds.
    """
    wanted = _looked_for(chosen)
    if after is not None:
        wanted &= _before(after)
    newest = _indexed(chosen).order_by("-created_at", "-id").defer(*_PAYLOAD[kind])
    if chosen.is_search:
        return among_newest(newest, wanted, looked=querying.SEARCHED_MAX, limit=limit)
    return Found(newest.filter(wanted)[:limit])


def _looked_for(chosen: Filter) -> Q:
    """What has to be seen in each row."""
    wanted, columns = Q(), COLUMNS[chosen.kind]
    for key, values in chosen.values.items():
        if columns[key].is_labels:
            wanted &= _any_label(columns[key].name, values)
        elif not chosen.has_index(key):
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
            pattern = _pattern([re.escape(part) for part in value.split("*")], ".*")
            asked |= Q(**{f"{column}__regex": f"^{pattern}$"})
    return asked


def _parts(chosen: Filter, now: datetime) -> Iterator[QuerySet[Any, Any]]:
    """What is chosen of so many rows after one another, oldest first, each with its number there."""
    # What is written while this is read has a later time, or no part in it.
    found = _indexed(chosen).filter(created_at__lte=now).order_by("created_at", "id")
    first: After | None = None
    while True:
        # From all that is found each time: one border more in each part would be read for every row.
        rest = found if first is None else found.filter(_from(first))
        border = rest.values_list("created_at", "id")[FREEZE_ROWS : FREEZE_ROWS + 1].first()
        part = rest if border is None else rest.filter(_before(border))
        numbered = part.filter(_looked_for(chosen)).annotate(
            n=Window(RowNumber(), order_by=[F("created_at"), F("id")])
        )
        yield numbered.values("id", "n")
        if border is None:
            return
        first = border


def _from(border: After) -> Q:
    """That row, and what is younger; the first says where an index begins."""
    at, key = border
    return Q(created_at__gte=at) & (Q(created_at__gt=at) | Q(id__gte=key))


def _before(border: After) -> Q:
    """What is older than that row."""
    at, key = border
    return Q(created_at__lte=at) & (Q(created_at__lt=at) | Q(id__lt=key))


def _any_label(column: str, values: Sequence[str]) -> Q:
    """Any of these labels, each ``name=value``, stands in the JSON object.

    A quote inside a text of it stands behind a backslash, so what looks like a label there is none.
    """
    asked = Q()
    for each in values:
        name, _, value = each.partition("=")
        parts = [re.escape(_encode(part)[1:-1]) for part in value.split("*")]
        text = _pattern(parts, '[^"]*')
        pattern = f'[{{,] ?{re.escape(_encode(name))}: ?("{text}"|{text})[,}}]'
        asked |= Q(**{f"{column}__regex": pattern})
    return asked


def _pattern(parts: Sequence[str], between: str) -> str:
    """The regular expression of these *parts*, with *between* before each but the first.

    SQLite's are Python's, which would try each part at each place with each place of the others: so each
    but the last is taken where it first stands, and that is not asked again. PostgreSQL's never do so.
    """
    if len(parts) == 1 or sql.is_postgresql():
        return between.join(parts)
    first, *middle, last = parts
    return f"{first}{''.join(f'(?>{between}?{part})' for part in middle)}{between}{last}"


def _encode(text: str) -> str:
    return msgspec.json.encode(text).decode()


def _insert(selection_id: UUID, numbered: QuerySet[Any, Any], *, after: int) -> int:
    """Write what is chosen, with the numbers *after* that one; how many they are."""
    alias = settings().DATABASE
    text, values = numbered.query.get_compiler(using=alias).as_sql()
    own = selection_id if sql.is_postgresql() else sqlite.plain(selection_id)
    with sql.connection().cursor() as cursor:
        cursor.execute(_INSERT.format(text), [own, after, *values])
        return int(cursor.rowcount)


def _plain(chosen: Filter) -> dict[str, Any]:
    return {
        "values": {key: list(values) for key, values in chosen.values.items()},
        "texts": list(chosen.texts),
        "since": None if chosen.since is None else chosen.since.isoformat(),
        "until": None if chosen.until is None else chosen.until.isoformat(),
    }
