"""What is committed in SQLite, as rows of the model's tables.

Triggers note which rows a transaction has touched, in a table of their own, so that a rollback takes
the notes back too. After a commit those rows are read, by the store's own readers where it has one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db.backends.base.base import BaseDatabaseWrapper

from flowengine.engine.rules.gates import Gate
from flowengine.engine.transitions import Transition, public
from flowengine.store import definitions, events, places, runs, schedules, sql, steps, waits
from tests.simulation.invariants import Violated
from tests.simulation.model.database import Changes
from tests.simulation.model.keys import KeyRow
from tests.simulation.model.places import PlaceRow
from tests.simulation.model.session import Key
from tests.simulation.model.tables import (
    ActiveRow,
    CountRow,
    DecisionRow,
    EventRow,
    Row,
    StepRow,
    SubscriptionRow,
    WorkerRow,
    all_tables,
)
from tests.simulation.model.waits import WaitRow

COUNT = "simulation_count"
_NOTES = "simulation_touched"
_KEYS: dict[str, tuple[str, tuple[str, ...]]] = {
    "event": ("flowengine_event", ("id",)),
    "decision": ("flowengine_decision", ("run_id",)),
    "run": ("flowengine_run", ("id",)),
    "step": ("flowengine_step", ("run_id", "step", "item")),
    "history": ("flowengine_history", ("run_id", "first")),
    "dead_letter": ("flowengine_dead_letter", ("id",)),
    "wait": ("flowengine_wait", ("run_id", "step", "item", "entry")),
    "key": ("flowengine_key", ("id",)),
    "place": ("flowengine_place", ("run_id",)),
    "schedule": ("flowengine_schedule", ("workflow", '"trigger"')),
    "worker": ("flowengine_worker", ("id",)),
    "definition": ("flowengine_definition", ("digest",)),
    "subscription": ("flowengine_subscription", ("digest", "pattern", "path")),
    "workflow": ("flowengine_workflow", ("name",)),
    "count": (COUNT, ("run", "step", "item", "number")),
}
"""By the model's table: SQLite's, and the columns that tell its rows apart."""


def prepare(connection: BaseDatabaseWrapper) -> None:
    """Make the triggers, and the tables of a simulation."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {COUNT} (run text, step text, item text, number integer)")
        cursor.execute(f"CREATE TABLE {_NOTES} (n integer PRIMARY KEY, name text, a, b, c, d)")
        for name, (table, columns) in _KEYS.items():
            for verb, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
                values = [f"{row}.{column}" for column in columns] + ["NULL"] * (4 - len(columns))
                cursor.execute(
                    f"CREATE TRIGGER simulation_{name}_{verb} AFTER {verb} ON {table} BEGIN INSERT"
                    f" INTO {_NOTES} (name, a, b, c, d) VALUES ('{name}', {', '.join(values)}); END"
                )


class Mirror:
    """The tables of one schedule."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        """Empty.

        Args:
            connection: what it reads by; the store's readers must have the same when it is asked.
        """
        self.tables = {table.name: table for table in all_tables()}
        self.appended: dict[tuple[UUID, int], tuple[int, tuple[Transition, ...], datetime]] = {}
        """By run and first number: what was last written to the history, committed or not."""
        self._connection = connection
        self._seen = 0

    def catch_up(self) -> Changes:
        """Read what was committed since the last time; what it changed."""
        with self._connection.cursor() as cursor:
            cursor.execute(f"SELECT n, name, a, b, c, d FROM {_NOTES} WHERE n > {self._seen}")
            notes = cursor.fetchall()
        changes: Changes = {}
        if not notes:
            return changes
        self._seen = notes[-1][0]
        for name, *key in dict.fromkeys(note[1:] for note in notes):
            found = getattr(self, f"_{name}")(*key[: len(_KEYS[name][1])])
            own_key: Key = found[0]
            row = found[1]
            rows = self.tables[name].rows
            changes[name, own_key] = (rows.get(own_key), row)
            if row is None:
                rows.pop(own_key, None)
            else:
                rows[own_key] = row
        return changes

    def forget(self) -> None:
        """What was noted until now is of another schedule."""
        with self._connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {_NOTES}")

    def _one(self, columns: str, name: str, *key: Any) -> tuple[Any, ...] | None:
        table, names = _KEYS[name]
        tests = " AND ".join(f"{column} = %s" for column in names)
        with self._connection.cursor() as cursor:
            cursor.execute(f"SELECT {columns} FROM {table} e WHERE {tests}", key)
            row: tuple[Any, ...] | None = cursor.fetchone()
        return row

    # -- rows: each gives the model's key, and the row or None ------------------------------------

    def _event(self, event_id: str) -> tuple[UUID, EventRow | None]:
        columns = f"{events.columns('e')}, e.state, e.due_at, e.created_at, e.tries"
        row = self._one(columns, "event", event_id)
        if row is None:
            return UUID(event_id), None
        event = events.value(row)
        state, due_at, created_at, tries = row[-4:]
        return event.id, EventRow(
            event=event,
            state=state,
            due_at=sql.as_datetime(due_at),
            created_at=_instant(created_at),
            tries=tries,
        )

    def _decision(self, run_id: str) -> tuple[Key, DecisionRow | None]:
        row = self._one("event_id, workflow, replay, outcome", "decision", run_id)
        assert row is not None, "answers are not deleted"
        key = (UUID(row[0]), row[1], row[2])
        return key, DecisionRow(key=key, run=UUID(run_id), outcome=row[3])

    def _run(self, run_id: str) -> tuple[UUID, Any]:
        found = UUID(run_id)
        locked = runs.lock([found], wait=True)
        if locked.unreadable:
            raise Violated(f"a run cannot be read again: {locked.unreadable}")
        run = locked.readable.get(found)
        return found, None if run is None else msgspec.structs.replace(run, known=None)

    def _step(self, run_id: str, step: str, item: str) -> tuple[Key, StepRow | None]:
        run, place = UUID(run_id), (step, item)
        found = steps.load([(run, place)]).get(run, {}).get(place)
        row = None if found is None else StepRow(run=run, step=found, priority=0)
        return (run, *place), row

    def _history(self, run_id: str, first: int) -> tuple[Key, Row]:
        """Folded over what was given to the store, of which the row holds the public part."""
        key = (UUID(run_id), first)
        head, facts, at = self.appended[key]
        row = self._one("last, transitions", "history", run_id, first)
        told = msgspec.json.decode(msgspec.json.encode([public(fact) for fact in facts]))
        if row is None or row[0] != head or msgspec.json.decode(row[1]) != told:
            raise Violated(f"I3: the history of {key} holds {row}, not {head}: {told}")
        return key, Row(key=key, value=(head, facts, at))

    def _dead_letter(self, letter_id: str) -> tuple[UUID, Row]:
        row = self._one("run_id, kind", "dead_letter", letter_id)
        if row is None:
            raise Violated(f"I13: the dead letter {letter_id} is gone")
        value = Buried(run_id=None if row[0] is None else UUID(row[0]), kind=row[1])
        return UUID(letter_id), Row(key=UUID(letter_id), value=value)

    def _wait(self, run_id: str, step: str, item: str, entry: int) -> tuple[Key, WaitRow | None]:
        key = (UUID(run_id), step, item, entry)
        columns = "run_id, step, item, entry, patterns, match, event_id, created_at, due_at"
        row = self._one(columns, "wait", run_id, step, item, entry)
        if row is None:
            return key, None
        wait = waits.value(row)
        return key, WaitRow(
            wait=wait,
            key=wait.key,
            created_at=_instant(row[7]),
            due_at=sql.as_datetime(row[8]),
            event_id=wait.event_id,
        )

    def _key(self, key_id: str) -> tuple[UUID, KeyRow | None]:
        row = self._one("workflow, gate, due_at", "key", key_id)
        if row is None:
            return UUID(key_id), None
        due_at = sql.as_datetime(row[2])
        return UUID(key_id), KeyRow(
            id=UUID(key_id), workflow=row[0], gate=Gate(row[1]), due_at=due_at
        )

    def _place(self, run_id: str) -> tuple[UUID, PlaceRow | None]:
        run = UUID(run_id)
        for place in places.of_runs([run]):
            return run, PlaceRow(run=run, queued=place.queued, state=place.state)
        return run, None

    def _schedule(self, workflow: str, trigger: int) -> tuple[Key, schedules.Schedule | None]:
        return (workflow, trigger), schedules.every().get((workflow, trigger))

    def _worker(self, worker_id: str) -> tuple[UUID, WorkerRow | None]:
        row = self._one("state, due_at, seen_at", "worker", worker_id)
        if row is None:
            return UUID(worker_id), None
        return UUID(worker_id), WorkerRow(
            id=UUID(worker_id),
            state=row[0],
            due_at=sql.as_datetime(row[1]),
            seen_at=_instant(row[2]),
        )

    def _definition(self, digest: str) -> tuple[str, Row]:
        row = self._one("workflow, path, source, signatures", "definition", digest)
        assert row is not None, "definitions are not deleted"
        stored = definitions.Definition(
            digest=digest,
            workflow=row[0],
            path=row[1],
            source=row[2],
            signatures=definitions._signatures(row[3]),
        )
        return digest, Row(key=digest, value=stored)

    def _subscription(self, *key: str) -> tuple[Key, SubscriptionRow | None]:
        row = self._one("unused_since", "subscription", *key)
        if row is None:
            return key, None
        return key, SubscriptionRow(
            key=(key[0], key[1], key[2]),
            subscription=definitions.Subscription(*key[1:]),
            unused_since=sql.as_datetime(row[0]),
        )

    def _workflow(self, name: str) -> tuple[str, ActiveRow | None]:
        row = self._one("digest, is_enabled", "workflow", name)
        if row is None:
            return name, None
        return name, ActiveRow(name=name, digest=row[0], is_enabled=bool(row[1]))

    def _count(self, run: str, step: str, item: str, number: int) -> tuple[Key, CountRow]:
        effect = (UUID(run), step, item)
        return (effect, number), CountRow(effect=effect, number=number)


class Buried(msgspec.Struct, frozen=True, kw_only=True):
    """What the oracle asks of a dead letter."""

    run_id: UUID | None
    kind: str


def tables_of(connection: BaseDatabaseWrapper) -> Iterator[str]:
    """Every table that a schedule may have written to."""
    for name in connection.introspection.table_names():
        if name.startswith(("flowengine_", "simulation_")):
            yield name


def _instant(value: Any) -> datetime:
    at = sql.as_datetime(value)
    assert at is not None, "the column is never empty"
    return at
