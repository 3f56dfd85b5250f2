"""What attempts log is written beside their work, where the project keeps that of all of them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextvars import Context
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError

from flowengine import emit
from flowengine.broker.connect import connect
from flowengine.models import AttemptLogRecord, RunRecord
from flowengine.orchestration.sync import sync_project
from flowengine.store import attempt_logs
from flowengine.store.clock import DatabaseClock
from flowengine.tasks import Attempt, registry
from flowengine.worker import log_writer, logs
from flowengine.worker.attempt import execute
from flowengine.worker.log_writer import LogWriter
from flowengine.worker.program import Program, WorkerOptions
from tests.builders.line import now
from tests.unit.worker.orders import a_task, an_order
from tests.unit.worker.test_attempt import attempt_of

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE_S = 10.0
logger = logging.getLogger("tests.shop")


@pytest.fixture(autouse=True)
def info(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the project hear of everything from INFO on; and nobody remembers who has logged before."""
    monkeypatch.setattr(logs, "_unwritten", None)
    before = logger.level
    logger.setLevel(logging.INFO)
    yield
    logger.setLevel(before)


def run(function: Callable[..., Any], **fields: Any) -> None:
    order = an_order(**fields)
    Context().run(execute, order, a_task(function), attempt_of(order), output_max_bytes=1000)


def kept() -> dict[int, list[str]]:
    """What there is, by attempt, without the times of the lines."""
    return {
        row.attempt: [line.split(": ", 1)[1] for line in row.log.splitlines()]
        for row in AttemptLogRecord.objects.order_by("attempt")
    }


def test_lines_are_there_while_the_attempt_is_at_work_and_after_it_has_succeeded() -> None:
    writer = LogWriter(DatabaseClock())
    at_work = []

    def charge() -> str:
        logger.info("paying")
        writer.write_once()
        at_work.append(kept())
        logger.info("paid")
        return "done"

    run(charge)
    writer.write_once()

    assert at_work == [{1: ["paying"]}]
    assert kept() == {1: ["paying", "paid"]}


def test_each_attempt_has_its_own_and_a_silent_one_none() -> None:
    writer = LogWriter(DatabaseClock())

    def charge(ctx: Attempt) -> None:
        if ctx.attempt != 2:
            logger.info("try %d", ctx.attempt)
            raise ValueError("no")

    for attempt in (1, 2, 3):
        run(charge, attempt=attempt)
    writer.write_once()

    assert kept() == {1: ["try 1"], 3: ["try 3"]}


def test_what_has_not_changed_is_not_written_again() -> None:
    writer = LogWriter(DatabaseClock())
    run(lambda: logger.info("paying"))
    writer.write_once()
    AttemptLogRecord.objects.all().delete()

    assert not writer.write_once()

    assert kept() == {}


def test_more_than_a_page_is_written_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_writer, "PAGE", 2)
    writer = LogWriter(DatabaseClock())
    for attempt in (1, 2, 3):
        run(lambda: logger.info("paying"), attempt=attempt)

    assert [writer.write_once(), len(kept()), writer.write_once(), len(kept())] == [
        *(True, 2),
        *(False, 3),
    ]


def test_lines_wait_for_a_database_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    writer = LogWriter(DatabaseClock())
    run(lambda: logger.info("paying"))

    def away(*_args: Any) -> None:
        raise OperationalError("away")

    with monkeypatch.context() as patched:
        patched.setattr(attempt_logs, "write", away)
        with pytest.raises(OperationalError):
            writer.write_once()
    writer.end()

    assert kept() == {1: ["paying"]}


def test_end_gives_up_where_the_database_is_away_and_remembers_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    writer = LogWriter(DatabaseClock())
    run(lambda: logger.info("paying"))

    def away(*_args: Any) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(attempt_logs, "write", away)
    writer.end()

    assert logs.take(10) == []


def test_only_so_many_attempts_wait_to_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "UNWRITTEN_MAX", 2)
    writer = LogWriter(DatabaseClock())
    for attempt in (1, 2, 3):
        run(lambda: logger.info("paying"), attempt=attempt)
    writer.write_once()

    assert list(kept()) == [1, 2]


@pytest.mark.parametrize(("keeps", "count"), [("all", 5), ("failed", 0)])
def test_worker_keeps_what_the_setting_says(
    keeps: str, count: int, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FLOWENGINE = {"KEEP_LOGS": keeps}
    talkative = a_task(lambda: logger.info("working"), "line.nothing")
    monkeypatch.setitem(registry._tasks, "line.nothing", talkative)
    sync_project(now=now())
    options = WorkerOptions(roles=frozenset({"stations", "routing", "relay"}), concurrency=2)
    broker = connect(f"inproc://{keeps}-logs", name="worker")
    program = Program(options, broker)
    assert program.start()
    [run_id] = emit("chain.begun", {}).run_ids.values()

    until = time.monotonic() + PATIENCE_S
    while not has_ended(run_id) and time.monotonic() < until:
        pass
    program.drain(PATIENCE_S)
    broker.close()

    assert has_ended(run_id)
    logged = AttemptLogRecord.objects.filter(run_id=run_id)
    assert logged.count() == count
    assert {row.log.split(": ", 1)[1] for row in logged} <= {"working"}


def has_ended(run_id: UUID) -> bool:
    return RunRecord.objects.filter(pk=run_id, state="succeeded").exists()
