"""Tables, transactions and locks in memory. Rows are immutable values.

A statement runs without a break; between two statements of one session any others may run. The caller
says where a statement begins (:meth:`Database.statement`), and there the scheduler may switch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol

from django.db import DatabaseError
from msgspec.structs import replace

from tests.simulation.model import errors
from tests.simulation.model.session import Key, Place, Row, Session, Trouble, check

Change = Callable[[Row], Row]


def to(row: Row) -> Change:
    """The change of any row to this one."""
    return lambda _row: row


def setting(**values: Any) -> Change:
    """The change of these members."""
    return lambda row: replace(row, **values)


class Threads(Protocol):
    """What the database asks of those who run it."""

    def session(self) -> Session:
        """The connection of the thread that runs now."""
        ...

    def before_statement(self, name: str) -> None:
        """Called at the beginning of each statement; others may run, or it may raise."""
        ...

    def before_commit(self) -> None:
        """Called before a commit; it may raise, and nothing is written."""
        ...

    def after_commit(self, changes: Changes) -> None:
        """Called after a commit with what it changed; it may raise: the answer was lost."""
        ...

    def wait_until(self, is_free: Callable[[], bool]) -> None:
        """Let others run until that is so."""
        ...

    def now(self) -> datetime:
        """The database's clock."""
        ...


Changes = dict[Place, tuple[Row | None, Row | None]]
"""Of each row that a transaction wrote: before and after; None = there was, or is, none."""


class Table:
    """One table: how its rows are told apart."""

    def __init__(
        self,
        name: str,
        key: Callable[[Row], Key],
        unique: Sequence[Callable[[Row], Key | None]] = (),
    ) -> None:
        """An empty table.

        Args:
            name: for messages.
            key: the primary key of a row.
            unique: other unique keys; None = this row has none.
        """
        self.name = name
        self.key = key
        self.unique = tuple(unique)
        self.rows: dict[Key, Row] = {}
        """What is committed."""


class Database:
    """All tables, and who holds what."""

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}
        self._threads: Threads
        self._held: dict[Place, Session] = {}

    def begin(self, tables: Iterable[Table], threads: Threads) -> None:
        """Be a new one, with these tables, for these threads."""
        self.tables = {table.name: table for table in tables}
        self._threads = threads
        self._held = {}

    def now(self) -> datetime:
        """What its clock shows."""
        return self._threads.now()

    # -- transactions ---------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One transaction, or a savepoint in the open one."""
        session = self._threads.session()
        before, noted = dict(session.writes), len(session.notes)
        session.depth += 1
        try:
            yield
            check(session)
        except BaseException:
            session.depth -= 1
            session.writes = before
            del session.notes[noted:]
            if session.trouble is Trouble.ABORTED:
                session.trouble = None
            if not session.depth:
                self.end(session)
            raise
        session.depth -= 1
        if not session.depth and session.writes:
            self.commit(session)
        elif not session.depth:
            notes = session.notes
            self.end(session)
            for note in notes:
                note()

    def end(self, session: Session) -> None:
        """Nothing of its transaction is written; its locks are free."""
        session.writes = {}
        session.notes = []
        session.depth = 0
        session.trouble = None
        session.waits_for = None
        if session.locks:
            for place in session.locks:
                self._held.pop(place, None)
            session.locks = set()

    def commit(self, session: Session) -> None:
        """Write what its transaction wrote, and tell."""
        try:
            self._threads.before_commit()
        except BaseException:
            self.end(session)
            raise
        changes: Changes = {}
        for place, row in session.writes.items():
            rows = self.tables[place[0]].rows
            changes[place] = (rows.get(place[1]), row)
            if row is None:
                rows.pop(place[1], None)
            else:
                rows[place[1]] = row
        notes = session.notes
        self.end(session)
        # Where the answer is lost, what was to be done after the commit is not done.
        self._threads.after_commit(changes)
        for note in notes:
            note()

    def statement(self, name: str) -> Statement:
        """One statement; outside a transaction it is one by itself. A context manager."""
        return Statement(self, self._threads, name)

    # -- rows -----------------------------------------------------------------------------------

    def read(self, table: str) -> list[Row]:
        """Every row that the present statement sees, in the order of their first insertion."""
        rows = self.tables[table].rows
        session = self._threads.session()
        if not session.writes:
            return list(rows.values())
        own = {place[1]: row for place, row in session.writes.items() if place[0] == table}
        merged = {**rows, **own}
        return [row for row in merged.values() if row is not None]

    def get(self, table: str, key: Key) -> Row | None:
        """The row of that key, as the present statement sees it."""
        writes = self._threads.session().writes
        place = (table, key)
        return writes[place] if place in writes else self.tables[table].rows.get(key)

    def lock(
        self,
        table: str,
        rows: Iterable[Row],
        *,
        is_wanted: Callable[[Row], bool] = lambda _row: True,
        skip: bool = False,
    ) -> list[Row]:
        """Those of *rows* that this transaction holds now, as they are now, one after another.

        A row that another transaction holds is waited for, or left out with *skip*. What has changed
        meanwhile is looked at again: a row that is not wanted any more, or gone, is left out.
        """
        key_of = self.tables[table].key
        found = []
        for row in rows:
            key = key_of(row)
            if not self._take((table, key), skip=skip):
                continue
            now = self.get(table, key)
            if now is not None and is_wanted(now):
                found.append(now)
        return found

    def insert(self, table: str, row: Row, *, ignore: bool = False) -> bool:
        """Write a new row; False where *ignore* and one with such a key is there.

        Raises:
            IntegrityError: a unique key of it is taken.
        """
        kind = self.tables[table]
        key = kind.key(row)
        if self._is_taken(kind, key, row):
            if ignore:
                return False
            raise errors.taken(f"{table}: a key of this row is taken: {key}")
        self._take((table, key), skip=False)
        self._threads.session().writes[table, key] = row
        return True

    def change(
        self,
        table: str,
        key: Key,
        change: Change,
        *,
        is_wanted: Callable[[Row], bool] = lambda _row: True,
    ) -> bool:
        """Write the row of that key anew, once nobody else holds it; False where there is none.

        What changed while it waited is seen by *is_wanted* and *change*.
        """
        row = self.get(table, key)
        if row is None or not is_wanted(row):
            return False
        place = (table, key)
        self._take(place, skip=False)
        row = self.get(table, key)
        if row is None or not is_wanted(row):
            return False
        self._threads.session().writes[place] = change(row)
        return True

    def delete(self, table: str, key: Key) -> bool:
        """Remove the row of that key, once nobody else holds it; False where there is none."""
        if self.get(table, key) is None:
            return False
        self._take((table, key), skip=False)
        if self.get(table, key) is None:
            return False
        self._threads.session().writes[table, key] = None
        return True

    def note(self, action: Callable[[], None]) -> None:
        """Do that if and when the open transaction commits."""
        self._threads.session().notes.append(action)

    def is_in_transaction(self) -> bool:
        """Whether the present thread has one open."""
        return self._threads.session().depth > 0

    # -- locks ----------------------------------------------------------------------------------

    def _take(self, place: Place, *, skip: bool) -> bool:
        session = self._threads.session()
        holder = self._held.get(place)
        if holder is session:
            return True
        if holder is not None and skip:
            return False
        if holder is not None:
            self._wait(session, place)
        self._held[place] = session
        session.locks.add(place)
        return True

    def _is_taken(self, kind: Table, key: Key, row: Row) -> bool:
        """Whether a key of *row* is there; waits for who is just inserting it."""
        while True:
            if self.get(kind.name, key) is not None:
                return True
            if self._held.get((kind.name, key)) not in {None, self._threads.session()}:
                self._wait(self._threads.session(), (kind.name, key))
                continue
            other = self._rival(kind, row)
            if other is None:
                return any(
                    value is not None
                    and any(unique(each) == value for each in self.read(kind.name))
                    for unique in kind.unique
                    for value in [unique(row)]
                )
            self._wait(self._threads.session(), other)

    def _rival(self, kind: Table, row: Row) -> Place | None:
        """A row not committed yet, of another transaction, that has a unique key of *row*."""
        if not kind.unique:
            return None
        mine = self._threads.session()
        values = [unique(row) for unique in kind.unique]
        for place, holder in self._held.items():
            if holder is mine or place[0] != kind.name:
                continue
            written = holder.writes.get(place)
            if written is None:
                continue
            for unique, value in zip(kind.unique, values, strict=True):
                if value is not None and unique(written) == value:
                    return place
        return None

    def _wait(self, session: Session, place: Place) -> None:
        """Until nobody holds it.

        Raises:
            OperationalError: who holds it waits for this session.
        """
        while (holder := self._held.get(place)) is not None:
            other: Session | None = holder
            while other is not None:
                if other is session:
                    raise errors.deadlock()
                other = other.waits_for
            session.waits_for = holder
            self._threads.wait_until(lambda: place not in self._held)
            session.waits_for = None


class Statement:
    """See :meth:`Database.statement`. A class, because there are a thousand in each schedule."""

    __slots__ = ("_database", "_is_alone", "_name", "_session", "_threads")

    def __init__(self, database: Database, threads: Threads, name: str) -> None:
        self._database = database
        self._threads = threads
        self._name = name

    def __enter__(self) -> None:
        self._session = self._threads.session()
        check(self._session)
        try:
            self._threads.before_statement(self._name)
        except DatabaseError as error:
            if self._session.depth:
                is_lost = getattr(error.__cause__, "sqlstate", None) is None
                self._session.trouble = Trouble.LOST if is_lost else Trouble.ABORTED
            raise
        self._is_alone = not self._session.depth
        if self._is_alone:
            self._session.depth = 1

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        if not self._is_alone:
            if kind is not None and issubclass(kind, DatabaseError):
                self._session.trouble = Trouble.ABORTED
            return
        self._session.depth = 0
        if kind is None and self._session.writes:
            self._database.commit(self._session)
        else:
            self._database.end(self._session)
