"""Own events on their way into the database: the one statement that ``emit()`` makes.

Due at once, by the database's clock: what another process reads a moment later is not in its future.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from flowengine.store import sqlite, tables
from flowengine.store.clock import system_now


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An own event as ``emit()`` writes it."""

    id: UUID
    type: str
    data: bytes
    correlation_id: str
    time: datetime | None = None
    """None = the instant of writing, by the database's clock."""
    subject: str | None = None
    actor: str | None = None
    key: str | None = None
    causation_id: str | None = None
    hops: int = 0
    traceparent: str | None = None
    target: str | None = None
    """The one workflow it is for; None = whoever wants it."""
    parent: str | None = None
    """JSON: the step that calls; see :mod:`flowengine.store.parents`."""
    replay: int = 0
    again: str | None = None
    """JSON: how it is replayed; see :mod:`flowengine.store.again`."""


_GIVEN = (
    *("id", "type", "data", "correlation_id", "subject", "actor", "key", "causation_id"),
    *("hops", "traceparent", "target", "parent", "replay", "again", "time"),
)
_SQLITE_ROWS_MAX = 500


def put(drafts: Sequence[Draft], alias: str) -> None:
    """Write own events in the caller's transaction; all of them or none.

    One statement (on SQLite one per 500: a statement has only so many parameters).
    One whose id is there already is left as it is: it was emitted before, under the same key. Each was
    created a microsecond after the one before it in *drafts*: the order of creation is that of writing.
    """
    connection = connections[alias]
    if connection.vendor == "postgresql":
        _put_on_postgresql(drafts, connection)
    elif len(drafts) <= _SQLITE_ROWS_MAX:
        _put_on_sqlite(drafts, connection)
    else:
        with transaction.atomic(using=alias, savepoint=False):
            for start in range(0, len(drafts), _SQLITE_ROWS_MAX):
                _put_on_sqlite(drafts[start : start + _SQLITE_ROWS_MAX], connection)


def _put_on_postgresql(drafts: Sequence[Draft], connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        if len(drafts) == 1:  # by far the most frequent, and half the cost of arrays
            cursor.execute(_text_of_one(), [getattr(drafts[0], name) for name in _GIVEN])
        else:
            columns = [[getattr(draft, name) for draft in drafts] for name in _GIVEN]
            cursor.execute(_text_of_arrays(), columns)


def _put_on_sqlite(drafts: Sequence[Draft], connection: BaseDatabaseWrapper) -> None:
    instant = system_now()
    now = sqlite.plain(instant)
    values: list[Any] = []
    for place, draft in enumerate(drafts):
        written_at = sqlite.plain(instant + timedelta(microseconds=place))
        values += (draft.id.hex, *(getattr(draft, name) for name in _GIVEN[1:-1]))
        values += (now if draft.time is None else sqlite.plain(draft.time), written_at, now)
    with connection.cursor() as cursor:
        cursor.execute(_text_of_rows(len(drafts)), values)


_INTO = f"""
INSERT INTO flowengine_event ({", ".join(_GIVEN)}, created_at, due_at, state, tries)"""
# Of one statement all are the same instant, and two that follow each other have two.
_NOW = "statement_timestamp()"


@cache
def _text_of_one() -> str:
    values = ", ".join(["%s"] * (len(_GIVEN) - 1))
    return f"""{_INTO}
VALUES ({values}, COALESCE(%s, {_NOW}), {_NOW}, {_NOW}, 'pending', 0) ON CONFLICT DO NOTHING"""


@cache
def _text_of_arrays() -> str:
    arrays = ", ".join(f"%s::{tables.EVENT.types[name]}[]" for name in _GIVEN)
    values = ", ".join(f"v.{name}" for name in _GIVEN[:-1])
    return f"""{_INTO}
SELECT {values}, COALESCE(v.time, {_NOW}), {_NOW} + (v.n - 1) * interval '1 microsecond', {_NOW},
  'pending', 0
FROM unnest({arrays}) WITH ORDINALITY AS v({", ".join(_GIVEN)}, n)
ON CONFLICT DO NOTHING"""


@cache
def _text_of_rows(count: int) -> str:
    values = ", ".join(["%s"] * (len(_GIVEN) + 2))
    rows = ", ".join([f"({values}, 'pending', 0)"] * count)
    return f"{_INTO} VALUES {rows} ON CONFLICT DO NOTHING"
