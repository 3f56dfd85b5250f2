"""What our statements need of a connection to PostgreSQL: it takes our arrays, keeps plans, and finds by keys.

The planner weighs each statement by the size of the tables. In a table of some thousand rows that is all in
memory it reads every row to find sixty of them, and says that an index would cost more: for a batch that
is a third of PostgreSQL's time, and it grows with the table until the plan changes. It also parses and
plans each statement anew, for a lone step the greater part. Where every statement of a part of a
transaction finds its rows by keys, there is only one plan worth having: then it is told so, and
keeps the plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from django.db.backends.base.base import BaseDatabaseWrapper

from flowengine.conf import settings
from flowengine.store import arrays

NEVER_BY_ITSELF = 1 << 30
"""Runs of a statement before psycopg prepares it unasked."""
_ASKED = {
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
}
"""How rows are found by reading a table from end to end, whether a plan is compiled for it, and whether
one that is kept is used: by itself PostgreSQL plans anew for arrays whose length it sees."""
_TURN_OFF = f"""
WITH was AS MATERIALIZED (SELECT {", ".join(f"current_setting('{name}') AS {name}" for name in _ASKED)})
SELECT was.*, {", ".join(f"set_config('{name}', '{to}', true)" for name, to in _ASKED.items())} FROM was"""
_TURN_BACK = "SELECT " + ", ".join(f"set_config('{name}', %s, true)" for name in _ASKED)

_opened: WeakSet[Any] = WeakSet()
"""The connections of psycopg whose open transaction was opened here."""
_taught: WeakSet[Any] = WeakSet()
"""The connections of psycopg that know our arrays."""
_by_keys: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
"""Those whose transaction finds its rows by keys now, each with the cursor that knows what was set of
``_ASKED`` before; None = nothing has been sent of it yet."""
_IDLE = 0
"""libpq's word for a connection without an open transaction."""
_NO_PIPELINE = 0
"""And for one that is answered statement by statement."""


def driver_of(database: Any) -> Any:
    """The module psycopg, as Django has it: a project on another database does without loading it."""
    return database.Database


def teach(database: BaseDatabaseWrapper) -> None:
    """Let its connection of psycopg take our arrays, and keep what is to be prepared."""
    connection: Any = database.connection
    if connection in _taught:
        return
    for kind, dumper in _dumpers(driver_of(database)):
        connection.adapters.register_dumper(kind, dumper)
    if connection.prepare_threshold is None and settings().LISTEN:  # else nothing ever is
        connection.prepare_threshold = NEVER_BY_ITSELF
    _taught.add(connection)


@cache
def _dumpers(psycopg: Any) -> list[tuple[type, type]]:
    class AsItIs(psycopg.adapt.Dumper):  # type: ignore[misc]
        """Of what is encoded already, in binary."""

        def dump(self, obj: bytes) -> bytes:
            return obj

    found = []
    for name, (kind, _oid, _element) in arrays.ARRAYS.items():
        facts = {"oid": psycopg.postgres.types[name].array_oid, "format": psycopg.pq.Format.BINARY}
        found.append((kind, type(f"{kind.__name__}Dumper", (AsItIs,), facts)))
    return found


def cursor_of(database: BaseDatabaseWrapper) -> Any:
    """A cursor of psycopg's own, which sends values apart from the statement."""
    return driver_of(database).Cursor(database.connection)


def finds_by_keys(connection: Any) -> bool:
    """Whether its transaction does now: what it runs has one plan, which may be kept."""
    return connection in _by_keys


@contextmanager
def opened(database: BaseDatabaseWrapper) -> Iterator[None]:
    """Around a transaction that was opened here, and is nobody else's: only those are begun and told here."""
    connection: Any = database.connection
    _opened.add(connection)
    try:
        yield
    finally:
        _opened.discard(connection)


def is_own(database: BaseDatabaseWrapper) -> bool:
    """Whether the open transaction was opened here, and no part of it is at work."""
    return database.connection in _opened and not database.savepoint_ids


def begin_by_keys(database: BaseDatabaseWrapper) -> None:
    """From here on its transaction finds rows by keys; the server is told with the first statement."""
    teach(database)
    _by_keys[database.connection] = None


@contextmanager
def begun(database: BaseDatabaseWrapper) -> Iterator[None]:
    """Around what is sent together: BEGIN, and what else has to be said before the first one, goes with it.

    psycopg begins by itself, but waits for the server's answer before it sends anything more.
    """
    connection: Any = database.connection
    is_to_begin = _is_to_begin(database)
    is_to_tell = _by_keys.get(connection, _ASKED) is None
    if not is_to_begin and not is_to_tell:
        yield
        return
    if is_to_begin:
        connection.autocommit = True  # to psycopg; Django knows that there is a transaction
    with pipeline(database):
        if is_to_begin:
            with cursor_of(database) as cursor:
                cursor.execute(b"BEGIN", prepare=settings().LISTEN)
        if is_to_tell:
            _by_keys[connection] = cursor_of(database)
            _tell(database, _by_keys[connection], _TURN_OFF)
        yield


def end_by_keys(database: BaseDatabaseWrapper) -> None:
    """What follows in the transaction is planned as before; nothing where it is already.

    What the server, the user or the session had turned off stays off.
    """
    told = _by_keys.pop(database.connection, None)
    if told is not None:
        was = told.fetchone()
        with cursor_of(database) as cursor:
            _tell(database, cursor, _TURN_BACK, was[: len(_ASKED)])


def commit(database: BaseDatabaseWrapper) -> None:
    """Commit with the statements of the open pipeline; Django will find that there is nothing left to do."""
    forget(database.connection)
    with cursor_of(database) as cursor:
        cursor.execute(b"COMMIT", prepare=settings().LISTEN)


def forget(connection: Any) -> None:
    """Its transaction is over, and with it what the planner was told."""
    _by_keys.pop(connection, None)


def pipeline(database: BaseDatabaseWrapper) -> AbstractContextManager[Any]:
    """The open one, or one for what is sent now: psycopg waits where one is opened within another."""
    connection: Any = database.connection
    is_open = connection.pgconn.pipeline_status != _NO_PIPELINE
    return nullcontext() if is_open else connection.pipeline()


def _is_to_begin(database: BaseDatabaseWrapper) -> bool:
    """Whether the server knows nothing yet of the transaction that Django has opened, an ordinary one.

    Raises:
        RuntimeError: it has been committed already. What came now would be committed by itself, without the
            locks of the others.
    """
    connection: Any = database.connection
    server: Any = connection.pgconn
    if not is_own(database) or server.transaction_status != _IDLE:
        return False
    if connection.autocommit:
        if server.pipeline_status == _NO_PIPELINE:
            raise RuntimeError(
                "this transaction has been committed: nothing may follow commit_now()"
            )
        return False  # BEGIN is on its way
    return connection.isolation_level is connection.read_only is connection.deferrable is None


def _tell(
    database: BaseDatabaseWrapper, cursor: Any, text: str, values: tuple[str, ...] = ()
) -> None:
    if database.queries_logged:
        database.queries_log.append({"sql": text, "time": "0"})
    cursor.execute(text.encode(), values, prepare=True)
