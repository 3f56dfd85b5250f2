"""What a task logs is with its attempt where it fails, within bounds."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from flowengine.engine.messages import Failed, Succeeded
from flowengine.tasks import Attempt
from flowengine.tasks.kept_log import LINE_LENGTH_MAX, LOG_LENGTH_MAX, KeptLog
from tests.unit.worker.orders import failure
from tests.unit.worker.test_attempt import run, run_async

logger = logging.getLogger("tests.shop")


@pytest.fixture(autouse=True)
def info() -> Any:
    """Let the project hear of everything from INFO on, and hand nothing on to other loggers."""
    before, hands_on = logger.level, logger.propagate
    logger.setLevel(logging.INFO)
    logger.propagate = False
    yield
    logger.setLevel(before)
    logger.propagate = hands_on


def lines_of(task: Callable[..., Any]) -> list[str]:
    """What is kept of a task's log, without the times."""
    return [line.split(" ", 1)[1] for line in failure(run(task)).log.splitlines()]


def test_failed_attempt_has_what_it_has_logged() -> None:
    def charge(ctx: Attempt) -> None:
        logger.debug("nobody wants to hear of this")
        logger.info("paying %d", 42)
        ctx.logger.warning("slow")
        raise ValueError("no")

    assert lines_of(charge) == ["INFO tests.shop: paying 42", "WARNING flowengine.task: slow"]


async def test_async_attempt_has_it_too() -> None:
    async def charge() -> None:
        logger.info("paying")
        raise ValueError("no")

    assert failure(await run_async(charge)).log.endswith("INFO tests.shop: paying")


def test_nothing_is_kept_of_another_attempt_or_of_one_that_succeeds() -> None:
    def charge(amount: int) -> str:
        logger.info("paying")
        if amount == 0:
            raise ValueError("no")
        return "done"

    assert run(charge, {"amount": 1}) == Succeeded(step="charge", attempt=1, output="done")
    logger.info("outside of any attempt")
    ended = run(charge, {"amount": 0})
    assert isinstance(ended, Failed)
    assert len(ended.failure.log.splitlines()) == 1


def test_silent_attempt_has_nothing() -> None:
    def charge() -> None:
        raise ValueError("no")

    assert failure(run(charge)).log == ""


def test_exception_that_is_logged_is_named() -> None:
    def charge() -> None:
        try:
            int("vat")
        except ValueError:
            logger.exception("no rate")
        raise ValueError("no")

    assert lines_of(charge) == [
        "ERROR tests.shop: no rate ValueError: invalid literal for int() with base 10: 'vat'"
    ]


def test_last_lines_are_kept_and_how_many_came_before() -> None:
    def charge() -> None:
        for number in range(1_000):
            logger.info("line %d %s", number, "x" * 90)
        logger.info("y" * 50_000)
        raise ValueError("no")

    log = failure(run(charge)).log

    first, *lines = log.splitlines()
    assert len(log) <= LOG_LENGTH_MAX + len(first) + 1
    assert len(lines[-1]) <= LINE_LENGTH_MAX + 60
    assert "line 999 " in lines[-2]
    assert first == f"… {1_001 - len(lines)} lines before"


def test_what_cannot_be_written_down_harms_nobody() -> None:
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError("never")

    kept = KeptLog()

    kept.keep(logging.makeLogRecord({"msg": "so %s\x00", "args": (Broken(),), "name": "x"}))
    kept.keep(logging.makeLogRecord({"msg": ""}))

    (line,) = kept.text().splitlines()
    assert line.endswith("so %s\N{REPLACEMENT CHARACTER} (it cannot be written down)")
