"""The model's database behaves as PostgreSQL does at read committed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from random import Random
from typing import Any

import pytest
from django.db import IntegrityError, InternalError, OperationalError

from tests.simulation.model.database import Changes, Database, Table
from tests.simulation.model.session import Session
from tests.simulation.scheduler import Scheduler, Thread


class Stage:
    """Threads that a test lets take their turns one statement at a time."""

    def __init__(self) -> None:
        self.scheduler = Scheduler(Random(0), switches=1.0)
        self.database = Database()
        self.database.begin([Table("t", key=lambda r: r[0], unique=[lambda r: r[1]])], self)
        self.sessions: dict[Thread | None, Session] = {None: Session("main")}
        self.errors: list[Exception] = []

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

    def start(self, body: Callable[[], None]) -> Thread:
        """A thread that does *body* once; its errors are kept."""

        def once() -> None:
            try:
                body()
            except (IntegrityError, OperationalError) as error:
                self.errors.append(error)

        return self.scheduler.start("thread", once)

    def rows(self) -> list[Any]:
        """What is committed."""
        return list(self.database.tables["t"].rows.values())


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    with stage.database.statement("seed"):
        stage.database.insert("t", (1, "a", 0))
        stage.database.insert("t", (2, "b", 0))
    return stage


def turns(stage: Stage, thread: Thread, count: int = 1) -> None:
    for _ in range(count):
        stage.scheduler.turn(thread)


def to_the_end(stage: Stage) -> None:
    while ready := stage.scheduler.ready():
        stage.scheduler.turn(ready[0])


def added(stage: Stage, key: int, amount: int) -> None:
    with stage.database.statement("update"):
        stage.database.change("t", key, lambda r: (r[0], r[1], r[2] + amount))


def test_what_is_not_committed_is_seen_by_its_own_transaction_only(stage: Stage) -> None:
    seen: list[Any] = []

    def write() -> None:
        with stage.database.transaction():
            added(stage, 1, 5)
            with stage.database.statement("read"):
                seen.append(stage.database.get("t", 1))

    def read() -> None:
        with stage.database.statement("read"):
            seen.append(stage.database.get("t", 1))

    writer, reader = stage.start(write), stage.start(read)
    turns(stage, writer, 2)
    turns(stage, reader, 3)
    to_the_end(stage)

    assert sorted(seen) == [(1, "a", 0), (1, "a", 5)]


def test_an_update_waits_for_the_one_before_it_and_sees_what_that_wrote(stage: Stage) -> None:
    def add() -> None:
        with stage.database.transaction():
            added(stage, 1, 1)
            added(stage, 2, 1)

    threads = [stage.start(add) for _ in range(3)]
    for thread in threads:
        turns(stage, thread, 2)
    to_the_end(stage)

    assert stage.rows() == [(1, "a", 3), (2, "b", 3)]
    assert stage.errors == []


def test_a_locked_row_is_skipped_or_waited_for(stage: Stage) -> None:
    got: list[list[int]] = []

    def hold() -> None:
        with stage.database.transaction():
            added(stage, 1, 1)
            with stage.database.statement("nothing"):
                pass

    def take(*, skip: bool) -> None:
        with stage.database.transaction(), stage.database.statement("lock"):
            rows = stage.database.lock("t", stage.database.read("t"), skip=skip)
            got.append([row[2] for row in rows])

    holder = stage.start(hold)
    turns(stage, holder, 2)
    skipping, waiting = stage.start(lambda: take(skip=True)), stage.start(lambda: take(skip=False))
    turns(stage, skipping, 3)
    turns(stage, waiting, 2)
    assert got == [[0]]
    to_the_end(stage)

    assert got == [[0], [1, 0]]


def test_a_row_that_is_not_wanted_any_more_after_the_wait_is_left_out(stage: Stage) -> None:
    got: list[Any] = []

    def take() -> None:
        with stage.database.transaction():
            with stage.database.statement("lock"):
                rows = stage.database.lock(
                    "t", stage.database.read("t")[:1], is_wanted=lambda row: row[2] == 0
                )
            got.append(rows)
            for row in rows:
                added(stage, row[0], 1)

    threads = [stage.start(take), stage.start(take)]
    for thread in threads:
        turns(stage, thread, 2)
    to_the_end(stage)

    assert got == [[(1, "a", 0)], []]


@pytest.mark.parametrize("row", [(3, "c", 0), (4, "c", 0)])
def test_a_key_that_another_inserts_is_waited_for_and_then_taken(
    stage: Stage, row: tuple[int, str, int]
) -> None:
    inserted: list[bool] = []

    def insert(what: tuple[int, str, int], *, ignore: bool) -> None:
        with stage.database.transaction():
            with stage.database.statement("insert"):
                inserted.append(stage.database.insert("t", what, ignore=ignore))
            with stage.database.statement("nothing"):
                pass

    first = stage.start(lambda: insert((3, "c", 0), ignore=False))
    turns(stage, first, 2)
    second = stage.start(lambda: insert(row, ignore=True))
    third = stage.start(lambda: insert(row, ignore=False))
    turns(stage, second, 2)
    turns(stage, third, 2)
    assert inserted == [True]
    to_the_end(stage)

    assert inserted == [True, False]
    assert [type(error) for error in stage.errors] == [IntegrityError]


def test_a_key_is_free_again_when_who_inserted_it_is_rolled_back(stage: Stage) -> None:
    def fail() -> None:
        with stage.database.transaction():
            with stage.database.statement("insert"):
                stage.database.insert("t", (3, "c", 0))
            with stage.database.statement("fails"):
                raise OperationalError("no")

    def insert() -> None:
        with stage.database.statement("insert"):
            stage.database.insert("t", (3, "c", 7))

    first, second = stage.start(fail), stage.start(insert)
    turns(stage, first, 2)
    turns(stage, second, 2)
    to_the_end(stage)

    assert (3, "c", 7) in stage.rows()


def test_two_that_wait_for_each_other_are_a_deadlock_of_one_of_them(stage: Stage) -> None:
    def add(*keys: int) -> None:
        with stage.database.transaction():
            for key in keys:
                added(stage, key, 1)

    one, other = stage.start(lambda: add(1, 2)), stage.start(lambda: add(2, 1))
    turns(stage, one, 2)
    turns(stage, other, 2)
    to_the_end(stage)

    assert [str(error) for error in stage.errors] == ["deadlock detected"]
    assert stage.rows() == [(1, "a", 1), (2, "b", 1)]


def test_a_savepoint_takes_back_only_what_came_after_it(stage: Stage) -> None:
    with stage.database.transaction():
        added(stage, 1, 1)
        with suppress(OperationalError), stage.database.transaction():
            added(stage, 2, 1)
            raise OperationalError("no")

    assert stage.rows() == [(1, "a", 1), (2, "b", 0)]


def test_after_an_error_nothing_succeeds_before_a_rollback(stage: Stage) -> None:
    def go_on() -> None:
        with stage.database.transaction():
            with suppress(IntegrityError), stage.database.statement("insert"):
                stage.database.insert("t", (1, "c", 0))
            added(stage, 2, 1)

    with pytest.raises(InternalError, match="aborted"):
        go_on()

    assert stage.rows() == [(1, "a", 0), (2, "b", 0)]


def test_a_rollback_to_a_savepoint_is_enough_after_an_error(stage: Stage) -> None:
    def insert_again() -> None:
        with stage.database.transaction(), stage.database.statement("insert"):
            stage.database.insert("t", (1, "c", 0))

    with stage.database.transaction():
        with suppress(IntegrityError):
            insert_again()
        added(stage, 2, 1)

    assert stage.rows() == [(1, "a", 0), (2, "b", 1)]


def test_what_a_killed_thread_wrote_is_gone_and_its_locks_are_free(stage: Stage) -> None:
    def write() -> None:
        with stage.database.transaction():
            added(stage, 1, 1)
            added(stage, 2, 1)

    thread = stage.start(write)
    turns(stage, thread, 2)
    stage.scheduler.kill(thread)
    stage.database.end(stage.sessions[thread])

    other = stage.start(lambda: added(stage, 1, 7))
    turns(stage, other, 3)
    stage.scheduler.close()

    assert stage.rows() == [(1, "a", 7), (2, "b", 0)]
