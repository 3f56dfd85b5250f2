"""The reference model as a store of schedules."""

from __future__ import annotations

from contextlib import AbstractContextManager

from django.db import Error

from flowengine.store.events import EventState
from tests.simulation.model import errors
from tests.simulation.model.database import Database, setting
from tests.simulation.model.install import installed
from tests.simulation.model.session import Session
from tests.simulation.model.tables import CountRow, EventRow, all_tables
from tests.simulation.scheduler import Thread
from tests.simulation.stores import Effect, Hooks, Tables

_ERRORS = {
    "statement.fails": errors.lost,
    "statement.slow": errors.slow,
    "commit.fails": errors.conflict,
    "commit.unheard": errors.lost,
}


class ModelStore:
    """Tables in memory that behave as PostgreSQL does at *read committed*."""

    name = "model"
    loses_answers = True

    def __init__(self) -> None:
        self._database = Database()
        self._oracle = Session("oracle")
        self._session = self._oracle
        self._hooks: Hooks

    @property
    def tables(self) -> Tables:
        """What is committed."""
        return self._database.tables

    def installed(self) -> AbstractContextManager[None]:
        """Within, the product's store is this one."""
        return installed(self._database)

    def begin(self, hooks: Hooks) -> None:
        """Be empty, for that schedule."""
        self._hooks = hooks
        self._oracle = self._session = Session("oracle")
        self._database.begin(all_tables(), self)
        # Bound at once: there are a thousand calls in each schedule.
        self.before_statement = hooks.before_statement
        self.before_commit = hooks.before_commit
        self.after_commit = hooks.after_commit
        self.wait_until = hooks.wait_until
        self.now = hooks.now

    def switch(self, thread: Thread | None) -> None:
        """It is that thread's turn."""
        if thread is None:
            self._session = self._oracle
            return
        if thread.session is None:
            thread.session = Session(thread.name)
        assert isinstance(thread.session, Session)
        self._session = thread.session

    def session(self) -> Session:
        """The connection of the present thread."""
        return self._session

    def hang_up(self, thread: Thread) -> None:
        """What it had not committed is gone, and its locks are free."""
        if isinstance(thread.session, Session):
            self._database.end(thread.session)

    def error(self, fault: str) -> Error:
        """What PostgreSQL answers."""
        return _ERRORS[fault]()

    def count(self, effect: Effect, number: int) -> None:
        """Write an effect of a task into the transaction of the present thread."""
        with self._database.statement("count.insert"):
            self._database.insert("count", CountRow(effect=effect, number=number))

    def enable(self, workflow: str, *, is_enabled: bool) -> None:
        """One statement: the workflow takes new runs from now on, or does not."""
        with self._database.statement("workflow.enable"):
            self._database.change("workflow", workflow, setting(is_enabled=is_enabled))


def _is_routed(row: EventRow) -> bool:
    return row.state == EventState.ROUTED
