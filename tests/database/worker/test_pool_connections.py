from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections, transaction

from flowengine.models import WorkflowRecord
from tests.builders.events import NOON
from tests.unit.worker.line import PATIENCE_S, Line
from tests.unit.worker.orders import failure

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line()
    yield line
    assert line.pool.close(PATIENCE_S)


def write(name: str) -> None:
    WorkflowRecord.objects.create(name=name, digest="", updated_at=NOON)


def test_what_a_task_writes_is_there_after_it(line: Line) -> None:
    def reserve() -> None:
        write("by a task")

    line.submit(reserve)
    line.end()

    assert WorkflowRecord.objects.filter(name="by a task").exists()


def test_connection_of_a_task_is_closed_after_it(line: Line) -> None:
    used: list[Any] = []

    def reserve() -> None:
        connection.ensure_connection()
        used.append(connections["default"])

    line.submit(reserve)
    line.end()

    assert connection.settings_dict["CONN_MAX_AGE"] == 0
    assert used[0].connection is None


def test_connection_younger_than_its_age_is_used_again(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connections["default"].settings_dict, "CONN_MAX_AGE", 600)

    def reserve() -> int:
        connection.ensure_connection()
        return id(connection.connection)

    line.submit(reserve)
    first = line.output()
    line.submit(reserve)

    assert line.output() == first


def test_transaction_that_a_task_left_open_is_rolled_back_and_its_thread_retired(
    line: Line,
) -> None:
    def leaves() -> str:
        transaction.atomic().__enter__()
        write("never committed")
        return "left"

    def reserve() -> None:
        assert not connection.in_atomic_block
        write("by the next task")

    line.submit(leaves)
    assert line.output() == "left"
    line.submit(reserve)
    assert line.output() is None

    assert line.pool.close(PATIENCE_S)
    assert not WorkflowRecord.objects.filter(name="never committed").exists()
    assert WorkflowRecord.objects.filter(name="by the next task").exists()


def test_failed_query_of_one_task_does_not_harm_the_next(line: Line) -> None:
    def breaks() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT broken FROM nowhere")

    def reserve() -> None:
        write("after a failed query")

    line.submit(breaks)
    assert failure(line.end().message).code in {"OperationalError", "ProgrammingError"}
    line.submit(reserve)

    assert line.output() is None


def test_coroutine_uses_the_orm_and_its_connection_is_closed(line: Line) -> None:
    used: list[Any] = []

    def remember() -> None:
        used.extend([connections["default"], threading.current_thread()])

    async def reserve() -> bool:
        await WorkflowRecord.objects.acreate(name="by a coroutine", digest="", updated_at=NOON)
        await sync_to_async(remember)()
        return await WorkflowRecord.objects.filter(name="by a coroutine").aexists()

    line.submit(reserve)

    assert line.output() is True
    used[1].join(PATIENCE_S)
    assert used[0].connection is None
