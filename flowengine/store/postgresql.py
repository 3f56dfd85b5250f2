"""What our statements need of a connection to PostgreSQL: it takes our arrays, keeps plans, and finds by keys.

The planner weighs each statement by the size of the tables. In a table of some thousand rows that is all in
memory it reads every row to find sixty of them, and says that an index would cost more: for a batch that
is a third of PostgreSQL's time, and it grows with the table until the plan changes. It also parses and
plans each statement anew, for a lone step the greater part. Where every statement of a part of a
transaction finds its rows by keys, there is only one plan worth having: then it is told so, and
keeps the plan.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from django.db.backends.base.base import BaseDatabaseWrapper

from flowengine.conf import settings
from flowengine.store import arrays

try:
    import psycopg
    from psycopg.adapt import Dumper
except ImportError:  # the extra ``postgres`` is not installed: no database here is PostgreSQL
    psycopg = None  # type: ignore[assignment,unused-ignore]
    Dumper = object  # type: ignore[assignment,misc,unused-ignore]

NEVER_BY_ITSELF = 1 << 30
"""Runs of a statement before psycopg prepares it unasked."""
_ASKED = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit")
"""How rows are found by reading a table from end to end, and whether a plan is compiled for it."""
_TURN_OFF = f"""
WITH was AS MATERIALIZED (SELECT {", ".join(f"current_setting('{name}') AS {name}" for name in _ASKED)})
SELECT was.*, {", ".join(f"set_config('{name}', 'off', true)" for name in _ASKED)} FROM was"""
_TURN_BACK = "SELECT " + ", ".join(f"set_config('{name}', %s, true)" for name in _ASKED)

_taught: WeakSet[Any] = WeakSet()
"""The connections of psycopg that know our arrays."""
_by_keys: WeakKeyDictionary[Any, tuple[str, ...]] = WeakKeyDictionary()
"""Those whose transaction finds its rows by keys now, with what was set of ``_ASKED`` before."""


class _AsItIs(Dumper):
    """Of what is encoded already, in binary."""

    def dump(self, obj: bytes) -> bytes:
        return obj


def teach(connection: Any) -> None:
    """Let this connection of psycopg take our arrays, and keep what is to be prepared."""
    if connection in _taught:
        return
    for name, (kind, _oid, _element) in arrays.ARRAYS.items():
        oid = psycopg.postgres.types[name].array_oid
        facts = {"oid": oid, "format": psycopg.pq.Format.BINARY}
        dumper = type(f"{kind.__name__}Dumper", (_AsItIs,), facts)
        connection.adapters.register_dumper(kind, dumper)
    if connection.prepare_threshold is None and settings().LISTEN:  # else nothing ever is
        connection.prepare_threshold = NEVER_BY_ITSELF
    _taught.add(connection)


def finds_by_keys(connection: Any) -> bool:
    """Whether its transaction does now: what it runs has one plan, which may be kept."""
    return connection in _by_keys


def begin_by_keys(database: BaseDatabaseWrapper) -> None:
    """From here on its transaction finds rows by keys; goes to the server together with BEGIN."""
    teach(database.connection)
    with database.wrap_database_errors, psycopg.Cursor(database.connection) as cursor:
        with database.connection.pipeline():
            _tell(database, cursor, _TURN_OFF, ())
        was = cursor.fetchone()
    assert was is not None, "what is selected from one row has one"
    _by_keys[database.connection] = was[: len(_ASKED)]


def end_by_keys(database: BaseDatabaseWrapper) -> None:
    """What follows in the transaction is planned as before; nothing where it is already.

    What the server, the user or the session had turned off stays off.
    """
    was = _by_keys.pop(database.connection, None)
    if was is not None:
        with psycopg.Cursor(database.connection) as cursor:
            _tell(database, cursor, _TURN_BACK, was)


def forget(connection: Any) -> None:
    """Its transaction is over, and with it what the planner was told."""
    _by_keys.pop(connection, None)


def _tell(database: BaseDatabaseWrapper, cursor: Any, text: str, values: tuple[str, ...]) -> None:
    if database.queries_logged:
        database.queries_log.append({"sql": text, "time": "0"})
    cursor.execute(text.encode(), values, prepare=True)
