"""The broker behind the line stops, restarts and loses its data; the line goes on."""

from __future__ import annotations

import pytest

from tests.faults.line import Line
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
