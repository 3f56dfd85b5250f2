"""The model's database behaves as PostgreSQL does at read committed.

``tests/database/interleavings/test_read_committed.py`` plays the same scenes on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import datetime
from random import Random
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, InternalError

from tests.simulation.model.database import Changes, Database, Table
from tests.simulation.model.session import Session
from tests.simulation.read_committed import (
    SCENES,
    SEED,
    Add,
    Doing,
    End,
    Fail,
    Failed,
    Insert,
    Kill,
    Lock,
    Read,
    Scene,
    Swallow,
    Turn,
    Wait,
    in_any_order,
)
from tests.simulation.scheduler import Scheduler, Thread


class Stage:
    """Threads that a test lets take their turns one statement at a time."""

    def __init__(self) -> None:
        self.scheduler = Scheduler(Random(0), switches=1.0)
        self.database = Database()
        self.database.begin([Table("t", key=lambda r: r[0], unique=[lambda r: r[1]])], self)
        self.sessions: dict[Thread | None, Session] = {None: Session("main")}

    def session(self) -> Session:
        return self.sessions.setdefault(self.scheduler.current, Session("one"))

    def before_statement(self, name: str) -> None:
        self.scheduler.pass_point(name)

    def before_commit(self) -> None:
        self.scheduler.pass_point("commit")

    def after_commit(self, changes: Changes) -> None:
        """Nothing is to be held."""

    def wait_until(self, is_free: Callable[[], bool]) -> None:
        self.scheduler.wait_until(is_free)

    def now(self) -> datetime:
        return self.scheduler.clock.now()

    def start(self, doings: tuple[Doing, ...], told: list[Any]) -> Thread:
        """A thread that does all of that in one transaction, and stands before the first of it."""

        def once() -> None:
            try:
                with self.database.transaction():
                    for doing in doings:
                        self._do(doing, told)
            except (DatabaseError, Failed) as error:
                told.append(_name(error))

        thread = self.scheduler.start("thread", once)
        self.scheduler.turn(thread)
        return thread

    def kill(self, thread: Thread) -> None:
        """Its connection is gone."""
        self.scheduler.kill(thread)
        self.database.end(self.sessions[thread])

    def rows(self) -> tuple[Any, ...]:
        """What is committed."""
        return tuple(sorted(self.database.tables["t"].rows.values()))

    def _do(self, doing: Doing, told: list[Any]) -> None:
        database = self.database
        match doing:
            case Add(key):
                with database.statement("update"):
                    database.change("t", key, lambda r: (r[0], r[1], r[2] + 1))
            case Read(key):
                with database.statement("read"):
                    told.append(database.get("t", key))
            case Lock(keys, skip, number):
                with database.statement("lock"):
                    rows = [row for row in database.read("t") if row[0] in keys]
                    got = database.lock(
                        "t", rows, is_wanted=lambda r: number in {None, r[2]}, skip=skip
                    )
                    told.append(tuple(got))
            case Insert(row, ignore):
                with database.statement("insert"):
                    told.append(database.insert("t", row, ignore=ignore))
            case Fail():
                raise Failed
            case Swallow(doings, has_savepoint):
                with suppress(DatabaseError, Failed), ExitStack() as stack:
                    if has_savepoint:
                        stack.enter_context(database.transaction())
                    for each in doings:
                        self._do(each, told)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_the_model_does_what_postgresql_does(scene: Scene) -> None:
    stage = Stage()
    with stage.database.statement("seed"):
        for row in SEED:
            stage.database.insert("t", row)
    told: list[list[Any]] = [[] for _ in scene.does]
    threads = [stage.start(*each) for each in zip(scene.does, told, strict=True)]
    killed = set()
    for step in scene.steps:
        match step:
            case Turn(of):
                stage.scheduler.turn(threads[of])
                assert threads[of].awaits is None, f"{step} waits"
            case Wait(of):
                stage.scheduler.turn(threads[of])
                assert threads[of].awaits is not None, f"{step} does not wait"
            case End(of):
                while threads[of].body is not None:
                    stage.scheduler.turn(threads[of])
            case Kill(of):
                stage.kill(threads[of])
                killed.add(of)
    while ready := stage.scheduler.ready():
        stage.scheduler.turn(ready[0])

    heard = [said for number, said in enumerate(told) if number not in killed]
    assert in_any_order(heard) == in_any_order(scene.told)
    assert stage.rows() == scene.rows
    stage.scheduler.close()


def _name(error: Exception) -> str:
    if isinstance(error, Failed):
        return "failed"
    if isinstance(error, IntegrityError):
        return "taken"
    return "aborted" if isinstance(error, InternalError) else str(error).partition(" ")[0]
