"""The database behind the line is killed, and away for a minute; the line goes on."""

from __future__ import annotations

import threading

import pytest

from tests.faults.line import Line
from tests.nodes.postgres import PostgresNode

pytestmark = pytest.mark.faults


def test_postgresql_restarted_under_load_loses_nothing(
    line: Line, postgres_node: PostgresNode
) -> None:
    line.worker()
    line.emit("line.begun", 200, seconds=0.05)
    line.until(lambda: line.finished() > 10, what="work under way", limit_s=60)

    for _ in range(3):
        before = line.finished()
        postgres_node.kill()
        postgres_node.start()
        line.until(
            lambda: line.finished() > min(before + 5, 195),  # noqa: B023
            what="work goes on",
            limit_s=30,
        )

    line.until_finished(200, limit_s=90)
    line.assert_whole(200)


def test_postgresql_down_for_a_minute_loses_no_attempt_of_a_living_worker(
    line: Line, postgres_node: PostgresNode
) -> None:
    line.worker()
    line.worker()
    line.emit("line.begun", 12, seconds=3)
    line.until(
        lambda: line.number("SELECT count(*) FROM flowengine_step WHERE state = 'running'") >= 10,
        what="attempts under way",
        limit_s=30,
    )

    postgres_node.stop()
    _let_pass(60)
    postgres_node.start()

    line.until_finished(12, limit_s=90)
    line.assert_whole(12)
    assert line.number("SELECT sum(crashes) FROM flowengine_step") == 0


def _let_pass(seconds: float) -> None:
    """The minute is the condition under test: there is no event to wait for instead."""
    threading.Event().wait(seconds)
