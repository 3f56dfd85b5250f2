"""Writing and reading many rows in one statement, on PostgreSQL and on SQLite.

PostgreSQL takes one array per column (``unnest``), so a batch is one statement and one round trip of
the same text whatever its size; SQLite, which has no round trips, takes the rows one after another in
one ``executemany``. Both are hidden behind :func:`insert`, :func:`update` and :func:`query`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from threading import RLock
from typing import Any
from uuid import UUID

from django.db import OperationalError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from flowengine.conf import settings
from flowengine.store import arrays, postgresql, sqlite

WRITE_WAIT_S = 10.0
"""How long a writer waits for the one before it on SQLite: shorter than a supervisor's patience with
a silent loop, which reports that it could not write, and tries again."""

_sqlite_writer = RLock()


@dataclass(frozen=True, slots=True)
class Table:
    """A table as this module needs to know it; compared by identity, made once per module."""

    name: str
    types: Mapping[str, str]
    """The PostgreSQL type of each column."""

    def __hash__(self) -> int:
        return hash(self.name)


def connection() -> BaseDatabaseWrapper:
    """The calling thread's connection to the database that holds flowengine's tables."""
    return connections[settings().DATABASE]


def is_postgresql() -> bool:
    """True for PostgreSQL, false for SQLite."""
    return connection().vendor == "postgresql"


@contextmanager
def writing(*, durable: bool = False) -> Iterator[None]:
    """One transaction that writes, or a part of the one that is open.

    On SQLite, which has one writer at a time, the process's own writers queue for a lock here: a
    wait in memory is exact, the database's busy time-out is not. Who has a transaction open already
    does not queue: it may hold the file, and the first of the queue would wait for it.

    So there is one transactional task at a time on SQLite, and while it runs nothing else is
    written: keep such tasks short. A *durable* transaction, which is that of such a task, waits for
    its turn as long as it takes, within the time limit of its step; all others give up after
    ``WRITE_WAIT_S``.

    Raises:
        django.db.OperationalError: the database is away, or another writer has it for too long.
    """
    database = connection()
    # A durable one is that of a task, whose statements are none of ours.
    is_ours = is_postgresql() and not durable and not database.in_atomic_block
    with (
        _turn_to_write(durable),
        transaction.atomic(using=settings().DATABASE, durable=durable),
        postgresql.opened(database) if is_ours else nullcontext(),
    ):
        yield


@contextmanager
def one_statement() -> Iterator[None]:
    """A transaction of one writing statement, or a part of the one that is open.

    PostgreSQL makes one of each statement by itself: no round trips to begin and to commit it.

    Raises:
        django.db.OperationalError: as :func:`writing`.
    """
    if is_postgresql():
        yield
    else:
        with writing():
            yield


@contextmanager
def in_one_go() -> Iterator[None]:
    """Statements that nobody waits for one by one: what they did is known, and raised, at the end.

    On PostgreSQL they are sent while those before them are at work, and answered together. Inside a
    transaction; those that touch rows do not say how many.

    Raises:
        django.db.Error: of the first statement that failed; those after it did nothing.
    """
    if not is_postgresql():
        yield
        return
    database = connection()
    with (
        database.wrap_database_errors,
        postgresql.begun(database),
        postgresql.pipeline(database),
    ):
        yield
        postgresql.end_by_keys(database)


def commit_now() -> None:
    """Commit the transaction with what :func:`in_one_go` sends; the last statement in it.

    So nobody waits for the writes, and then for the commit. A part of another's transaction is committed
    with that, at its end; so is any on SQLite. One that Django is to roll back is not committed.
    """
    database = connection()
    if is_postgresql() and postgresql.is_own(database) and not database.needs_rollback:
        postgresql.commit(database)


@contextmanager
def by_keys() -> Iterator[None]:
    """From here to the end of :func:`in_one_go` each statement finds its rows by keys, and keeps its plan.

    PostgreSQL is told with the BEGIN of a transaction that has just been opened here, or of none: who
    opened another may go on with statements that are no concern of ours.
    """
    database = connection()
    if not is_postgresql() or not postgresql.is_own(database) or not settings().LISTEN:
        yield
        return
    postgresql.begin_by_keys(database)
    try:
        yield
    finally:
        postgresql.forget(database.connection)


@contextmanager
def at_once() -> Iterator[None]:
    """A transaction whose statements find rows by keys, and are sent with its COMMIT: one round trip.

    A part of the transaction that is open, if one is. What the statements did is known at the end.

    Raises:
        django.db.Error: as :func:`writing` and :func:`in_one_go`.
    """
    with writing(), by_keys(), in_one_go():
        yield
        commit_now()


@contextmanager
def _turn_to_write(waits_for_ever: bool) -> Iterator[None]:  # noqa: FBT001 - private, one caller
    if is_postgresql() or connection().in_atomic_block:
        yield
        return
    if not _sqlite_writer.acquire(timeout=-1 if waits_for_ever else WRITE_WAIT_S):
        raise OperationalError(
            f"another thread of this process has been writing for {WRITE_WAIT_S:g} s; SQLite has one"
            " writer at a time: is there a long task with `transaction: true`?"
        )
    try:
        yield
    finally:
        _sqlite_writer.release()


def insert(
    table: Table,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    ignore: bool = False,
    over: Sequence[str] = (),
) -> int:
    """Insert all *rows*, each in the order of *columns*; the number inserted, -1 in :func:`in_one_go`.

    With *ignore*, a row that meets a unique key that is already there is left out. With *over*, the
    columns of a unique key, it takes the place of the one that is there; no two *rows* may share it.
    """
    if not rows:
        return 0
    text = _insert_text(
        table, tuple(columns), ignore=ignore, over=tuple(over), arrays=is_postgresql()
    )
    return _write_rows(text, rows, [table.types[name] for name in columns], is_prepared=True)


def insert_new(
    table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, key: str
) -> set[Any]:
    """Insert those of *rows* whose *key*, a unique column, is not there yet; the keys inserted."""
    if not rows:
        return set()
    place = list(columns).index(key)
    if is_postgresql():
        text = _insert_text(table, tuple(columns), ignore=True, over=(), arrays=True)
        types = [table.types[name] for name in columns]
        with _executed(_binary(f"{text} RETURNING {key}"), _encoded(types, rows)) as cursor:
            return {row[0] for row in cursor.fetchall()}
    # There is one writer at a time: nobody adds one between the two.
    known = query(
        f"SELECT {key} FROM {table.name} WHERE {key} = ANY(%(keys)s)",
        {"keys": [row[place] for row in rows]},
    )
    there = {value for (value,) in known}
    new = {sqlite.plain(row[place]): row for row in reversed(rows)}
    wanted = [row for value, row in new.items() if value not in there]
    insert(table, columns, wanted)
    return {row[place] for row in wanted}


def update(
    table: Table,
    columns: Sequence[str],
    by: Sequence[str],
    rows: Sequence[Sequence[Any]],
) -> int:
    """Set *columns* of the row found by the *by* columns, for each row; the number touched, or -1.

    A row holds the values of *columns*, then those of *by*.
    """
    if not rows:
        return 0
    text = _update_text(table, tuple(columns), tuple(by), arrays=is_postgresql())
    return _write_rows(text, rows, [table.types[name] for name in (*columns, *by)])


def query(
    text: str, parameters: Mapping[str, Any], *, is_prepared: bool = False
) -> list[tuple[Any, ...]]:
    """The rows of a SELECT; lists are arrays, used as ``= ANY(%(name)s)``.

    On SQLite such a test becomes a look-up in ``json_each``, and row locks, which it has not, are
    left out. *Prepared* is what reads tables that stay small: its plan is kept.
    """
    if is_postgresql():
        given = _arrays_of(parameters)
        with _executed(_binary(text), given, is_prepared=is_prepared) as cursor:
            return list(cursor.fetchall())
    with connection().cursor() as cursor:
        cursor.execute(sqlite.text_of(text), sqlite.parameters_of(parameters))
        return list(cursor.fetchall())


def query_at_once(text: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of one statement that writes, sent :func:`at_once`; PostgreSQL only."""
    with ExitStack() as held:
        with at_once():
            cursor = held.enter_context(_executed(_binary(text), _arrays_of(parameters)))
        return list(cursor.fetchall())


def query_rows(
    text: str, sqlite_text: str, parameters: Mapping[str, Any], columns: Mapping[str, Sequence[Any]]
) -> list[tuple[Any, ...]]:
    """The rows of a SELECT that joins rows given to it, by *columns* of equal length.

    On PostgreSQL each column is an array of its name, for ``unnest``. On SQLite all are one value
    ``rows``, for one ``json_each``: joining several by their keys would be a loop in a loop.
    """
    if is_postgresql():
        return query(text, {**parameters, **{name: list(of) for name, of in columns.items()}})
    return query(sqlite_text, {**parameters, "rows": list(zip(*columns.values(), strict=True))})


def rows_of_texts(parameter: str) -> str:
    """What stands in FROM for the texts of a list *parameter*, as rows with the column ``key``."""
    if is_postgresql():
        return f"(SELECT unnest(%({parameter})s::text[]) AS key)"
    return f"(SELECT value AS key FROM json_each(%({parameter})s))"


def execute(text: str, parameters: Mapping[str, Any]) -> int:
    """Run one writing statement by the rules of :func:`query`; the number of rows it touched."""
    if is_postgresql():
        with _executed(_binary(text), _arrays_of(parameters)) as cursor:
            return int(cursor.rowcount)
    with connection().cursor() as cursor:
        cursor.execute(sqlite.text_of(text), sqlite.parameters_of(parameters))
        return int(cursor.rowcount)


def as_uuid(value: Any) -> UUID:
    """A UUID column's value, as either database gives it."""
    return value if isinstance(value, UUID) else UUID(value)


def as_datetime(value: Any) -> datetime | None:
    """A timestamp column's value, aware and UTC, as either database gives it."""
    if value is None:
        return None
    given = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return given if given.tzinfo is not None else given.replace(tzinfo=UTC)


def as_bytes(value: Any) -> bytes | None:
    """A binary column's value, as either database gives it."""
    return value if value is None or isinstance(value, bytes) else bytes(value)


def _write_rows(
    text: str, rows: Sequence[Sequence[Any]], types: Sequence[str], *, is_prepared: bool = False
) -> int:
    if is_postgresql():
        given = _encoded(types, rows)
        with _executed(_binary(text), given, is_prepared=is_prepared) as cursor:
            return int(cursor.rowcount)
    with connection().cursor() as cursor:
        cursor.executemany(text, [[sqlite.plain(value) for value in row] for row in rows])
        return int(cursor.rowcount)


def _encoded(types: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[Any]:
    columns = zip(*rows, strict=True)
    return [arrays.encode(kind, column) for kind, column in zip(types, columns, strict=True)]


@contextmanager
def _executed(
    text: str, parameters: Mapping[str, Any] | Sequence[Any], *, is_prepared: bool = False
) -> Iterator[Any]:
    """A cursor that has run *text*, with values and rows in binary.

    Django's own cursor writes values into the text on the client's side, which on large arrays costs
    more than the statement. *Prepared* is what has only one plan: one made while the tables were small
    would be kept when they are not. Nor is anything where connections are shared by transactions, so that
    nobody can listen. Errors are Django's, and who captures queries sees this one.
    """
    database = connection()
    database.ensure_connection()
    postgresql.teach(database)
    with database.wrap_database_errors, postgresql.cursor_of(database) as cursor:
        if database.queries_logged:
            database.queries_log.append({"sql": text, "time": "0"})
        by_keys = postgresql.finds_by_keys(database.connection)
        prepare = (is_prepared or by_keys) and settings().LISTEN
        with postgresql.begun(database):
            cursor.execute(text.encode(), parameters, prepare=prepare, binary=True)
        yield cursor


def _arrays_of(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: arrays.encoded(value) for name, value in parameters.items()}


@cache
def _binary(text: str) -> str:
    """The same statement with its values in binary."""
    return re.sub(r"%(\(\w+\))?s", r"%\1b", text)


@cache
def _insert_text(
    table: Table, columns: tuple[str, ...], *, ignore: bool, over: tuple[str, ...], arrays: bool
) -> str:
    names = ", ".join(columns)
    if arrays:
        source = f"SELECT * FROM unnest({_arrays(table, columns)})"
    else:
        source = f"VALUES ({', '.join(['%s'] * len(columns))})"
    conflict = " ON CONFLICT DO NOTHING" if ignore else ""
    if over:
        sets = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in over)
        conflict = f" ON CONFLICT ({', '.join(over)}) DO UPDATE SET {sets}"
    return f"INSERT INTO {table.name} ({names}) {source}{conflict}"


@cache
def _update_text(
    table: Table, columns: tuple[str, ...], by: tuple[str, ...], *, arrays: bool
) -> str:
    if not arrays:
        sets = ", ".join(f"{column} = %s" for column in columns)
        tests = " AND ".join(f"{column} = %s" for column in by)
        return f"UPDATE {table.name} SET {sets} WHERE {tests}"
    sets = ", ".join(f"{column} = v.{column}" for column in columns)
    every = (*columns, *by)
    source = f"unnest({_arrays(table, every)}) AS v({', '.join(every)})"
    tests = " AND ".join(f"{table.name}.{column} = v.{column}" for column in by)
    return f"UPDATE {table.name} SET {sets} FROM {source} WHERE {tests}"


def _arrays(table: Table, columns: Sequence[str]) -> str:
    return ", ".join(f"%s::{table.types[column]}[]" for column in columns)
