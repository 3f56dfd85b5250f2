"""The services behind the line stop, restart and lose their data; the line goes on."""

from __future__ import annotations

import pytest

from tests.faults.line import Line
from tests.nodes.postgres import PostgresNode
from tests.nodes.rabbitmq import RabbitMQNode

pytestmark = pytest.mark.faults


def test_rabbitmq_stopped_and_started_under_load_loses_nothing(
    line: Line, rabbitmq_node: RabbitMQNode
) -> None:
    line.worker()
    emitter = line.emit_steadily("line.begun", 300, per_second=30)
    line.until(lambda: line.finished() > 20, what="work under way", limit_s=60)

    rabbitmq_node.stop()
    before = line.finished()
    line.until(lambda: line.finished() > before + 20, what="work goes on by polling", limit_s=30)
    rabbitmq_node.start()

    line.until(lambda: not emitter.is_running, what="all emitted", limit_s=60)
    line.until_finished(300, limit_s=90)
    line.assert_whole(300)


def test_rabbitmq_wiped_under_load_loses_nothing(line: Line, rabbitmq_node: RabbitMQNode) -> None:
    line.worker()
    emitter = line.emit_steadily("line.begun", 300, per_second=30)
    line.until(lambda: line.finished() > 20, what="work under way", limit_s=60)

    rabbitmq_node.wipe()
    rabbitmq_node.start()

    line.until(lambda: not emitter.is_running, what="all emitted", limit_s=60)
    line.until_finished(300, limit_s=90)
    line.assert_whole(300)


def test_without_rabbitmq_for_a_minute_work_goes_on_by_polling(
    line: Line, rabbitmq_node: RabbitMQNode
) -> None:
    rabbitmq_node.stop()
    line.worker()
    emitter = line.emit_steadily("line.begun", 240, per_second=4)

    line.until(lambda: not emitter.is_running, what="a minute of events", limit_s=90)

    line.until_finished(240, limit_s=60)
    line.assert_whole(240)


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
    import threading

    threading.Event().wait(seconds)
