"""What PostgreSQL is sent at once, and what it keeps prepared."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from psycopg import IsolationLevel
from psycopg.pq import TransactionStatus

from flowengine.engine.transitions import RunStarted
from flowengine.store import history, sql, workers
from flowengine.store.workers import Worker
from tests.builders.events import NOON

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("postgres")]


def test_what_goes_in_one_go_fails_whole_and_says_why() -> None:
    worker = uuid4()

    def write() -> None:
        there = Worker(id=worker, name="w", host="h", pid=1, stations=())
        with sql.writing():
            workers.register(there, NOON, lease_s=1)
            with sql.in_one_go():
                history.append([(UUID(int=1), 1, (RunStarted(),))], NOON)
                history.append([(UUID(int=1), 1, (RunStarted(),))], NOON)
                history.append([(UUID(int=2), 1, (RunStarted(),))], NOON)

    with pytest.raises(IntegrityError):
        write()

    assert sql.query("SELECT 1 FROM flowengine_worker WHERE id = %(id)s", {"id": worker}) == []
    assert sql.query("SELECT 1 FROM flowengine_history", {}) == []


@pytest.mark.parametrize("numbers", [(1, 2), (1, 1)])
def test_commit_goes_with_the_writes_and_not_without_them(numbers: tuple[int, int]) -> None:
    told: list[str] = []

    def write() -> None:
        with sql.writing():
            transaction.on_commit(lambda: told.append("committed"))
            history.append([(UUID(int=3), 1, (RunStarted(),))], NOON)
            with sql.in_one_go():
                for number in numbers:
                    history.append([(UUID(int=number), 1, (RunStarted(),))], NOON)
                sql.commit_now()
            assert connection.connection.pgconn.transaction_status == TransactionStatus.IDLE

    if len(set(numbers)) == len(numbers):
        write()
    else:
        with pytest.raises(IntegrityError):
            write()

    connection.close()
    is_committed = bool(told)
    assert is_committed is (numbers == (1, 2))
    stored = sql.query("SELECT 1 FROM flowengine_history", {})
    assert len(stored) == (3 if is_committed else 0)


def test_part_of_another_transaction_is_committed_with_that() -> None:
    def write() -> None:
        with transaction.atomic():
            with sql.writing(), sql.in_one_go():
                history.append([(UUID(int=1), 1, (RunStarted(),))], NOON)
                sql.commit_now()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write()

    assert sql.query("SELECT 1 FROM flowengine_history", {}) == []


def test_transaction_of_another_isolation_begins_as_such() -> None:
    sql.query("SELECT 1", {})
    connection.connection.isolation_level = IsolationLevel.SERIALIZABLE

    with sql.writing():
        shown = sql.query("SELECT current_setting('transaction_isolation')", {})
    connection.close()

    assert shown == [("serializable",)]


def test_nothing_is_prepared_where_nobody_can_listen(settings: Any) -> None:
    def prepared() -> int:
        found = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%history%%'"
        return int(sql.query(found, {})[0][0])

    connection.close()
    settings.FLOWENGINE = {"LISTEN": False}
    history.append([(UUID(int=1), 1, (RunStarted(),))], NOON)
    assert prepared() == 0

    connection.close()
    settings.FLOWENGINE = {"LISTEN": True}
    history.append([(UUID(int=2), 1, (RunStarted(),))], NOON)
    assert prepared() == 1
    connection.close()


def test_nothing_can_be_written_after_the_commit() -> None:
    def write() -> None:
        with sql.writing():
            with sql.in_one_go():
                history.append([(UUID(int=1), 1, (RunStarted(),))], NOON)
                sql.commit_now()
            history.append([(UUID(int=2), 1, (RunStarted(),))], NOON)

    with pytest.raises(RuntimeError, match="nothing may follow"):
        write()

    assert sql.query("SELECT count(*) FROM flowengine_history", {}) == [(1,)]


def test_what_django_is_to_roll_back_is_not_committed() -> None:
    with sql.writing(), sql.in_one_go():
        history.append([(UUID(int=1), 1, (RunStarted(),))], NOON)
        transaction.set_rollback(True)
        sql.commit_now()

    assert sql.query("SELECT 1 FROM flowengine_history", {}) == []


def test_transaction_of_somebody_else_stays_as_django_has_begun_it() -> None:
    with transaction.atomic():
        sql.query("SELECT 1", {})
        locked = Group.objects.select_for_update().iterator()

        assert list(locked) == []
        assert connection.connection.autocommit is False
