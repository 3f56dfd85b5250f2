"""Copies of what a database has, made by the database itself: rows in every form that the engine writes.

A copy of an event comes with everything that the event caused: answers, runs, steps, history and dead
letters. Nothing in it is due, so no worker and no beat takes it up. The same seed over the same rows
gives the same copies.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import md5
from random import Random
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import DateTimeField, Field, Model, UUIDField

from flowengine.models import (
    DeadLetterRecord,
    DecisionRecord,
    EventRecord,
    HistoryRecord,
    RunRecord,
    StepRecord,
)
from tests.seeding import causes

SHARES: Mapping[str, int] = {
    "succeeded": 837,
    "failed": 100,
    "cancelled": 20,
    "no run": 16,
    "expired": 5,
    "held": 2,
    "waiting": 20,
}
"""How many of a thousand events end like that; of states that the templates do not have, none."""
_TEMPLATES = """
SELECT e.id, e.created_at, r.state FROM flowengine_event e
LEFT JOIN flowengine_run r ON r.event_id = e.id
WHERE e.parent IS NULL AND e.again IS NULL AND e.due_at IS NULL ORDER BY e.created_at, e.id"""
_POOL = "CREATE TEMPORARY TABLE seeding_pool (k integer, event {uuid}, ahead_s double precision)"
_SERIES = {
    "postgresql": "SELECT n FROM generate_series(1, {count}) n",
    "sqlite": "WITH RECURSIVE up(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < {count})"
    " SELECT n FROM up",
}
# The newer, the more of them: a house that grows.
_COPIES = """
CREATE TEMPORARY TABLE seeding_copy AS
SELECT s.n AS n, p.event AS event,
  p.ahead_s - {span_s} * (1.0 * s.n / {count}) * (1.0 * s.n / {count}) AS by_s
FROM ({series}) s JOIN seeding_pool p ON p.k = s.n % {size}"""
_OF_EVENT = "FROM seeding_copy c JOIN {table} t ON t.{key} = c.event"
_OF_RUN = (
    "FROM seeding_copy c JOIN flowengine_run r ON r.event_id = c.event JOIN {table} t"
    " ON t.run_id = r.id"
)
_NOTHING_IS_DUE = {"due_at": "NULL", "worker_id": "NULL"}
# Of every cause three in four: its letters are every fortieth.
_IS_OVER = f"(c.n / {causes.CAUSES}) % 4 < 3"
_NUMBERED = "CASE t.{0} WHEN '' THEN '' ELSE t.{0} || ' · ' || c.n END"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """What is copied of one table."""

    model: type[Model]
    rows: str
    """The template's rows ``t``, each with its copy ``c``."""
    others: Mapping[str, str]
    """Columns that are made in a way of their own, as SQL."""


_KINDS = (
    _Kind(model=StepRecord, rows=_OF_RUN, others=_NOTHING_IS_DUE),
    _Kind(model=HistoryRecord, rows=_OF_RUN, others={}),
    _Kind(model=DecisionRecord, rows=_OF_EVENT, others={}),
    _Kind(
        model=DeadLetterRecord,
        rows=_OF_EVENT,
        others={
            "group_id": causes.GROUP_OF_COPY + "{uuid}",
            "replay_id": "NULL",
            "state": "CASE WHEN {is_over} THEN 'resolved' ELSE 'open' END",
            "closed_at": "CASE WHEN {is_over} THEN {created_at} END",
        },
    ),
    _Kind(
        model=RunRecord,
        rows=_OF_EVENT,
        others={
            **_NOTHING_IS_DUE,
            "title": _NUMBERED.format("title"),
            **dict.fromkeys(("replay_of", "keys"), "NULL"),
        },
    ),
    _Kind(
        model=EventRecord,
        rows=_OF_EVENT,
        others={
            **_NOTHING_IS_DUE,
            "subject": _NUMBERED.format("subject"),
            **dict.fromkeys(("external_id", "causation_id", "key"), "NULL"),
        },
    ),
)
"""Those that others are found by come last."""


def seed(*, events: int, until: datetime, days: float = 30, seed: int = 1) -> int:
    """Copy what is there until there are about that many more *events*; how many rows that were.

    Args:
        events: how many copies of events are made, with all that each has caused.
        until: the newest of them; the others are spread over the *days* before.
        seed: another one chooses other templates, in another order.

    Raises:
        LookupError: there is no event that has been routed: nothing to copy.
    """
    pool = list(_pool(until, Random(seed)))
    uuid = "uuid" if connection.vendor == "postgresql" else "text"
    amount = {"count": events, "size": len(pool), "span_s": timedelta(days=days).total_seconds()}
    with transaction.atomic(), connection.cursor() as cursor:
        _teach()
        cursor.execute(_POOL.format(uuid=uuid))
        cursor.executemany("INSERT INTO seeding_pool VALUES (%s, %s, %s)", pool)
        series = _SERIES[connection.vendor].format(**amount)
        cursor.execute(_COPIES.format(series=series, **amount))
        cursor.execute("CREATE INDEX seeding_copy_event ON seeding_copy (event)")
        causes.copy(cursor)
        rows = 0
        for kind in _KINDS:
            cursor.execute(_statement(kind))
            rows += cursor.rowcount
        for table in ("seeding_pool", "seeding_copy"):
            cursor.execute(f"DROP TABLE {table}")
        causes.count(until)
        if connection.vendor == "postgresql":  # which does it by itself, a little later
            cursor.execute("ANALYZE")
    return rows


def _pool(until: datetime, random: Random) -> Iterator[tuple[int, Any, float]]:
    """A thousand templates or so in the order in which they are copied, again and again."""
    with connection.cursor() as cursor:
        cursor.execute(_TEMPLATES)
        found = cursor.fetchall()
    by_state: dict[str, dict[Any, datetime]] = defaultdict(dict)
    for event, created_at, state in found:
        at = datetime.fromisoformat(created_at) if isinstance(created_at, str) else created_at
        by_state[state or "no run"][event] = at.replace(tzinfo=until.tzinfo)
    if not by_state:
        raise LookupError("nothing to copy: emit some events first, and let them be routed")
    chosen = []
    for state in SHARES.keys() & by_state.keys():
        templates = sorted(by_state[state].items(), key=lambda each: str(each[0]))
        chosen += [templates[n % len(templates)] for n in range(SHARES[state])]
    chosen.sort(key=lambda each: md5(str(each[0]).encode(), usedforsecurity=False).digest())
    random.shuffle(chosen)
    for k, (event, at) in enumerate(chosen):
        yield k, event, (until - at).total_seconds()


def _teach() -> None:
    """SQLite has no function for ids that follow from others."""
    if connection.vendor == "sqlite":
        raw = connection.connection
        assert isinstance(raw, sqlite3.Connection)
        raw.create_function("md5", 1, _md5, deterministic=True)


def _md5(text: str | None) -> str | None:
    return None if text is None else md5(text.encode(), usedforsecurity=False).hexdigest()


def _statement(kind: _Kind) -> str:
    """The one that writes all copies of a table's rows."""
    fields = kind.model._meta.concrete_fields
    made = {field.column: _copied(field) for field in fields if field.column}
    uuid = "::uuid" if connection.vendor == "postgresql" else ""
    others = {
        name: text.format(uuid=uuid, is_over=_IS_OVER, **made) for name, text in kind.others.items()
    }
    made |= {name: text for name, text in others.items() if name in made}
    table = kind.model._meta.db_table
    rows = kind.rows.format(table=table, key="id" if kind.model is EventRecord else "event_id")
    return f"INSERT INTO {table} ({', '.join(made)}) SELECT {', '.join(made.values())} {rows}"


def _copied(field: Field[Any, Any]) -> str:
    column = f"t.{field.column}"
    if isinstance(field, UUIDField):
        text = f"md5(c.n || ':' || {column})"
        return f"{text}::uuid" if connection.vendor == "postgresql" else text
    if not isinstance(field, DateTimeField):
        return column
    if connection.vendor == "postgresql":
        return f"{column} + c.by_s * interval '1 second'"
    return f"strftime('%Y-%m-%d %H:%M:%f', {column}, printf('%+f seconds', c.by_s))"


def copy_of(template: UUID, n: int) -> UUID:
    """The id that copy *n* of that row has."""
    text = str(template) if connection.vendor == "postgresql" else template.hex
    return UUID(_md5(f"{n}:{text}"))
