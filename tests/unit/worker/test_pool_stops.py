from __future__ import annotations

import asyncio
import contextlib
import threading
from datetime import timedelta
from queue import SimpleQueue

import pytest

from flowengine.engine.messages import Succeeded
from flowengine.errors import AttemptCancelled, SoftTimeout
from flowengine.tasks import Attempt
from tests.unit.worker.line import PATIENCE_S, Gate, Line
from tests.unit.worker.orders import an_order, failure


def test_end_has_what_the_task_said_to_people(line: Line) -> None:
    def pack(ctx: Attempt) -> None:
        ctx.notify("Half done")

    line.submit(pack)

    assert [each.title for each in line.end().notifications] == ["Half done"]


def test_cancelled_thread_meets_its_stop_sign_at_the_next_checkpoint(
    line: Line, gate: Gate
) -> None:
    def reserve(ctx: Attempt) -> None:
        gate.wait()
        assert ctx.cancelled
        ctx.check()

    order = line.submit(reserve)
    gate.reached()

    assert line.pool.cancel(order.run_id, order.step, order.item, order.attempt)
    gate.open()

    assert failure(line.end().message).code == "Cancelled"


def test_cancelled_coroutine_ends_at_its_await(line: Line) -> None:
    started = threading.Event()

    async def reserve() -> None:
        started.set()
        await asyncio.Event().wait()

    order = line.submit(reserve)
    assert started.wait(PATIENCE_S)

    assert line.pool.cancel(order.run_id, order.step, order.item, order.attempt)

    assert failure(line.end().message).code == "Cancelled"


def test_coroutine_cancelled_before_its_first_step_is_told_as_ended(line: Line, gate: Gate) -> None:
    async def blocks() -> None:
        gate.wait()

    async def reserve() -> None:
        raise AssertionError("it was started")

    line.submit(blocks)
    gate.reached()
    order = line.submit(reserve)
    line.pool.cancel(order.run_id, order.step, order.item, order.attempt)
    gate.open()

    ends = {finished.order.step: finished.message for finished in (line.end(), line.end())}
    assert isinstance(ends["blocks"], Succeeded)
    assert failure(ends["reserve"]).code == "Cancelled"


def test_attempt_that_does_not_run_here_cannot_be_cancelled(line: Line) -> None:
    order = an_order()

    assert not line.pool.cancel(order.run_id, order.step, order.item, order.attempt)


def test_other_attempt_of_the_same_step_is_not_cancelled(line: Line, gate: Gate) -> None:
    def reserve(ctx: Attempt) -> bool:
        gate.wait()
        return ctx.cancelled

    order = line.submit(reserve, attempt=2)
    gate.reached()

    assert not line.pool.cancel(order.run_id, order.step, order.item, 1)
    gate.open()
    assert line.output() is False


def test_stop_sign_of_a_cancel_is_not_overwritten_by_the_time_out(line: Line, gate: Gate) -> None:
    def reserve(ctx: Attempt) -> None:
        gate.wait()
        with pytest.raises(AttemptCancelled):
            ctx.check()

    order = line.submit(reserve)
    gate.reached()
    line.pool.cancel(order.run_id, order.step, order.item, order.attempt)
    line.at += 60
    line.pool.sweep()
    gate.open()

    assert line.output() is None


def test_sweep_says_when_there_is_something_to_do_again(line: Line, gate: Gate) -> None:
    def reserve() -> None:
        gate.wait()

    assert line.pool.sweep() is None
    line.submit(reserve, timeout=timedelta(seconds=60))
    gate.reached()
    assert line.pool.sweep() == 60.0

    line.at += 59
    assert line.pool.sweep() == 1.0
    line.at += 3

    assert line.pool.sweep() == 8.0
    gate.open()
    line.end()


def test_attempt_out_of_time_is_told_at_its_next_checkpoint(line: Line, gate: Gate) -> None:
    def reserve(ctx: Attempt) -> None:
        gate.wait()
        ctx.check()

    line.submit(reserve, timeout=timedelta(seconds=60))
    gate.reached()
    line.at += 60
    line.pool.sweep()
    gate.open()

    failed = failure(line.end().message)
    assert failed.code == "Timeout"
    assert failed.message == "its time of 60 s was over"
    assert not line.pool.must_recycle


def test_attempt_out_of_time_may_still_end_well_before_its_fence(line: Line, gate: Gate) -> None:
    def reserve(ctx: Attempt) -> str:
        gate.wait()
        try:
            ctx.check()
        except SoftTimeout:
            return "what there is"
        return "all"

    line.submit(reserve)
    gate.reached()
    line.at += 60
    line.pool.sweep()
    gate.open()

    assert line.output() == "what there is"


def test_coroutine_is_cancelled_when_its_time_is_over(line: Line) -> None:
    started = threading.Event()

    async def reserve() -> None:
        started.set()
        await asyncio.Event().wait()

    line.submit(reserve)
    assert started.wait(PATIENCE_S)
    line.at += 60
    line.pool.sweep()

    assert failure(line.end().message).code == "Timeout"
    assert not line.pool.must_recycle


def test_thread_that_does_not_notice_is_given_up_at_its_fence(line: Line, gate: Gate) -> None:
    def hangs() -> str:
        gate.wait()
        return "too late"

    def reserve() -> str:
        return threading.current_thread().name

    line.submit(hangs)
    gate.reached()
    line.at += 60
    line.pool.sweep()
    line.at += 10
    line.pool.sweep()

    failed = failure(line.end().message)
    assert failed.code == "Timeout"
    assert failed.message.endswith("it had not noticed 10 s later; it was given up")
    assert line.pool.must_recycle
    assert line.pool.free == 2
    assert line.pool.running() == ()
    line.submit(reserve)
    assert line.output() == "flowengine-task-2"


def test_late_end_of_a_fenced_attempt_is_ignored_and_counted(line: Line, gate: Gate) -> None:
    ended = threading.Event()

    def hangs(ctx: Attempt) -> None:
        try:
            gate.wait()
            with contextlib.suppress(SoftTimeout):
                ctx.progress(0.9)
        finally:
            ended.set()

    before = set(threading.enumerate())
    line.submit(hangs)
    gate.reached()
    [thread] = set(threading.enumerate()) - before
    line.at += 70
    line.pool.sweep()
    line.end()

    gate.open()
    assert ended.wait(PATIENCE_S)
    thread.join(PATIENCE_S)

    assert line.pool.late == 1
    assert line.ends.empty()
    assert line.said.empty()
    assert not thread.is_alive()


def test_progress_of_a_fenced_attempt_is_ignored(line: Line, gate: Gate) -> None:
    attempts: list[Attempt] = []

    def hangs(ctx: Attempt) -> None:
        attempts.append(ctx)
        gate.wait()

    line.submit(hangs)
    gate.reached()
    line.at += 70
    line.pool.sweep()

    with pytest.raises(SoftTimeout):
        attempts[0].progress(0.5)
    attempts[0]._on_progress(0.5, "")

    assert line.said.empty()


def test_coroutine_that_swallows_its_cancellation_is_fenced(line: Line, gate: Gate) -> None:
    async def stubborn() -> None:
        while True:
            with contextlib.suppress(asyncio.CancelledError):
                await gate.wait_async()
                return

    line.submit(stubborn)
    gate.reached()
    line.at += 60
    line.pool.sweep()
    line.at += 10
    line.pool.sweep()

    assert failure(line.end().message).code == "Timeout"
    assert line.pool.must_recycle


def test_loop_that_a_coroutine_blocks_is_replaced_at_the_fence(line: Line, gate: Gate) -> None:
    async def blocks() -> None:
        gate.wait()

    async def reserve() -> str:
        return "on the new loop"

    line.submit(blocks)
    gate.reached()
    line.at += 70
    line.pool.sweep()
    line.end()

    line.submit(reserve)

    assert line.output() == "on the new loop"


def test_attempt_that_ended_before_its_fence_is_told_once(line: Line) -> None:
    def reserve() -> None: ...

    line.submit(reserve)
    line.end()
    line.at += 1000

    assert line.pool.sweep() is None
    assert line.ends.empty()
    assert not line.pool.must_recycle


def test_what_still_runs_is_given_back_once_and_told_to_stop(line: Line, gate: Gate) -> None:
    seen: SimpleQueue[bool] = SimpleQueue()

    def reserve(ctx: Attempt) -> None:
        gate.wait()
        seen.put(ctx.cancelled)

    order = line.submit(reserve)
    gate.reached()

    assert line.pool.give_back() == (order,)
    assert line.pool.give_back() == ()
    assert line.pool.running() == ()
    gate.open()
    assert seen.get(timeout=PATIENCE_S)
    line.pool.close(PATIENCE_S)
    assert line.ends.empty()


def test_coroutine_that_is_given_back_is_cancelled(line: Line) -> None:
    started, stopped = threading.Event(), threading.Event()

    async def reserve() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    line.submit(reserve)
    assert started.wait(PATIENCE_S)
    line.pool.give_back()

    assert stopped.wait(PATIENCE_S)
    assert line.ends.empty()


def test_close_says_when_a_thread_still_works(line: Line, gate: Gate) -> None:
    def hangs() -> None:
        gate.wait()

    line.submit(hangs)
    gate.reached()

    assert not line.pool.close(0.0)

    gate.open()
    line.end()
