"""Processes of the line die; the line goes on."""

from __future__ import annotations

import signal

import pytest

from tests.faults.line import Line
from tests.faults.settings_of import LEASE_S

pytestmark = pytest.mark.faults
RUNNING = "SELECT count(*) FROM flowengine_step WHERE state = 'running'"


def test_a_killed_workers_steps_are_taken_over_within_its_lease(line: Line) -> None:
    first = line.worker()
    line.worker()
    line.until_serving(2)
    line.emit("line.begun", 12, seconds=2)
    held = (
        "SELECT count(*) FROM flowengine_step s JOIN flowengine_worker w ON w.id = s.worker_id"
        f" WHERE w.pid = {first.pid} AND s.state = 'running'"
    )
    line.until(lambda: line.number(held) >= 2, what="it runs steps", limit_s=30)

    first.signal(signal.SIGKILL)

    line.until(lambda: line.number(held) == 0, what="taken over", limit_s=LEASE_S + 5)
    line.until_finished(12, limit_s=60)
    line.assert_whole(12)
    assert line.number("SELECT sum(crashes) FROM flowengine_step") >= 2


@pytest.mark.parametrize(
    "point",
    [
        "relay.published",
        "relay.marked",
        "router.stored",
        "router.committed",
        "cycle.before_commit",
        "cycle.committed",
        "cycle.before_ack",
        "cycle.announced",
    ],
)
def test_nothing_is_lost_or_doubled_when_a_worker_dies_at(line: Line, point: str) -> None:
    dying = line.dying_worker(point, times=3)
    line.until_serving(1)
    emitter = line.emit_steadily("line.begun", 30, per_second=30)
    line.until(lambda: not dying.is_running, what=f"death at {point}", limit_s=30)

    line.worker()

    line.until(lambda: not emitter.is_running, what="all emitted", limit_s=30)
    line.until_finished(30, limit_s=60)
    line.assert_whole(30)


def test_ten_kills_in_a_row_under_load_lose_nothing(line: Line) -> None:
    emitter = line.emit_steadily("line.begun", 300, per_second=40)
    for _ in range(10):
        worker = line.worker()
        line.until_serving(1)
        before = line.finished()
        line.until(lambda: line.finished() > before + 3, what="some work", limit_s=60)  # noqa: B023
        worker.signal(signal.SIGKILL)

    line.worker()
    line.until(lambda: not emitter.is_running, what="all emitted", limit_s=60)

    line.until_finished(300, limit_s=120)
    line.assert_whole(300)


def test_sigterm_under_load_drains_and_exits_zero_without_using_a_try_or_a_crash(
    line: Line,
) -> None:
    worker = line.worker()
    emitter = line.emit_steadily("line.begun", 200, per_second=60, seconds=0.1)
    line.until(lambda: line.finished() > 5, what="work under way", limit_s=60)

    worker.signal(signal.SIGTERM)
    line.until(lambda: not worker.is_running, what="the worker is gone", limit_s=15)
    held = line.number(
        "SELECT count(*) FROM flowengine_step s JOIN flowengine_worker w ON w.id = s.worker_id"
        " WHERE s.state IN ('ready', 'running')"
    )
    line.worker()
    line.until(lambda: not emitter.is_running, what="all emitted", limit_s=60)

    assert held == 0
    line.until_finished(200, limit_s=120)
    line.assert_whole(200)
    assert line.number("SELECT coalesce(sum(tries) + sum(crashes), 0) FROM flowengine_step") == 0


def test_a_second_sigterm_hands_running_work_back_at_once(line: Line) -> None:
    worker = line.worker()
    line.emit("line.begun", 4, seconds=4)
    line.until(lambda: line.number(RUNNING) == 4, what="four steps run", limit_s=30)

    worker.signal(signal.SIGTERM)
    line.until(
        lambda: line.number("SELECT count(*) FROM flowengine_worker WHERE state = 'draining'") == 1,
        what="draining",
        limit_s=5,
    )
    worker.signal(signal.SIGTERM)

    line.until(lambda: not worker.is_running, what="the worker is gone", limit_s=3)
    assert line.number(RUNNING) == 0
    line.worker()
    line.until_finished(4, limit_s=60)
    line.assert_whole(4)
