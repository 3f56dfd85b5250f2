from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import threading
from collections.abc import Callable
from contextvars import ContextVar
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import translation

from flowengine.engine.messages import Failed, Succeeded
from flowengine.tasks import Attempt
from flowengine.worker.attempt import End, Finished, Order
from flowengine.worker.pool import Pool
from tests.builders.events import NOON
from tests.unit.worker.line import PATIENCE_S, Gate, Line, commit
from tests.unit.worker.orders import a_task, an_order, failure


def test_submitted_task_runs_in_a_thread_of_the_pool(line: Line) -> None:
    def reserve(order_id: int) -> list[Any]:
        thread = threading.current_thread()
        return [order_id, thread.name, thread.daemon]

    order = line.submit(reserve, input={"order_id": 42})

    finished = line.end()
    assert finished.order is order
    assert finished.message == Succeeded(
        step="reserve", attempt=1, output=[42, "flowengine-task-1", True]
    )
    assert not finished.committed


def test_submitted_coroutine_runs_on_the_loop(line: Line) -> None:
    async def reserve() -> str:
        await asyncio.sleep(0)
        return threading.current_thread().name

    line.submit(reserve)

    assert line.output() == "flowengine-task-loop"


def test_place_is_taken_until_the_end_is_told(line: Line, gate: Gate) -> None:
    def reserve() -> None:
        gate.wait()

    order = line.submit(reserve)
    gate.reached()
    assert line.pool.free == 1
    assert line.pool.running() == (order,)

    gate.open()
    line.end()

    assert line.pool.free == 2


def test_place_is_free_and_the_attempt_still_known_while_its_end_is_told() -> None:
    seen: SimpleQueue[tuple[int, int]] = SimpleQueue()
    pool = Pool(
        concurrency=1,
        on_finished=lambda _finished: seen.put((pool.free, len(pool.running()))),
        on_progress=lambda *_said: None,
        in_transaction=commit,
        fence_s=1,
        output_max_bytes=10,
        find={"shop.charge": a_task(lambda_task())}.get,
    )

    pool.submit(an_order())

    assert seen.get(timeout=PATIENCE_S) == (1, 1)
    assert pool.close(PATIENCE_S)
    assert pool.running() == ()


def lambda_task() -> Callable[[], None]:
    def nothing() -> None: ...

    return nothing


def test_both_kinds_share_the_places_and_work_at_the_same_time(line: Line, gate: Gate) -> None:
    other = Gate()

    def reserve() -> None:
        gate.wait()

    async def charge() -> None:
        await other.wait_async()

    line.submit(reserve)
    line.submit(charge)
    gate.reached()
    other.reached()

    assert line.pool.free == 0
    gate.open()
    other.open()
    line.end()
    line.end()


def test_thread_is_used_again(line: Line) -> None:
    def reserve() -> str:
        return threading.current_thread().name

    names = set()
    for _ in range(5):
        line.submit(reserve)
        names.add(line.output())

    assert names == {"flowengine-task-1"}


def test_what_a_task_sets_in_its_context_ends_with_it(line: Line) -> None:
    mark: ContextVar[int] = ContextVar("mark", default=0)

    def reserve() -> list[Any]:
        seen = [mark.get(), translation.get_language()]
        mark.set(1)
        translation.activate("de")
        return seen

    line.submit(reserve)
    first = line.output()
    line.submit(reserve)

    assert line.output() == first == [0, "en-us"]


def test_deadline_is_now_and_the_timeout(line: Line) -> None:
    def reserve(ctx: Attempt) -> bool:
        return ctx.deadline == NOON + timedelta(minutes=2)

    line.submit(reserve, timeout=timedelta(minutes=2))

    assert line.output() is True


def test_progress_is_handed_over_while_the_attempt_runs(line: Line) -> None:
    def reserve(ctx: Attempt) -> None:
        ctx.progress(0.5, "half")

    order = line.submit(reserve)
    line.end()

    assert line.said.get(timeout=PATIENCE_S) == (order, 0.5, "half")


def test_unknown_task_is_the_steps_failure(line: Line) -> None:
    line.pool.submit(an_order(task="shop.gone"))

    failed = failure(line.end().message)
    assert failed.code == "UnknownTask"
    assert failed.fe == "FE115"
    assert line.pool.free == 2
    assert line.pool.running() == ()


@pytest.mark.parametrize(
    "error", [SystemExit(1), KeyboardInterrupt(), BaseException(), ValueError()]
)
def test_thread_survives_whatever_its_task_raises(line: Line, error: BaseException) -> None:
    def break_it() -> None:
        raise error

    def reserve() -> str:
        return threading.current_thread().name

    line.submit(break_it)
    assert failure(line.end().message).code == type(error).__name__
    line.submit(reserve)

    assert line.output() == "flowengine-task-1"


@pytest.mark.parametrize(
    "error", [SystemExit(1), KeyboardInterrupt(), BaseException(), ValueError()]
)
def test_loop_survives_whatever_a_coroutine_raises(line: Line, error: BaseException) -> None:
    async def break_it() -> None:
        raise error

    async def reserve() -> str:
        return "still there"

    line.submit(break_it)
    assert failure(line.end().message).code == type(error).__name__
    line.submit(reserve)

    assert line.output() == "still there"


def test_loop_goes_on_when_a_coroutine_of_a_coroutine_exits(
    line: Line, gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    async def bystander() -> str:
        await gate.wait_async()
        return "unharmed"

    async def exits() -> None:
        sys.exit(1)

    async def break_it() -> None:
        background = asyncio.create_task(exits())
        await asyncio.wait([background])
        with contextlib.suppress(SystemExit):
            background.result()

    line.submit(bystander)
    gate.reached()
    line.submit(break_it)
    assert line.output() is None
    gate.open()

    assert line.output() == "unharmed"
    assert "a coroutine tried to end the loop" in caplog.text


def test_transactional_task_runs_inside_what_was_injected(line: Line) -> None:
    def reserve() -> str:
        return threading.current_thread().name

    def in_transaction(order: Order, call: Callable[[], End]) -> Finished:
        message = call()
        assert threading.current_thread().name == "flowengine-task-1"
        return Finished(order=order, message=message, committed=True)

    line.in_transaction = in_transaction
    line.submit(reserve, transaction=True)

    finished = line.end()
    assert finished.committed
    assert finished.message == Succeeded(step="reserve", attempt=1, output="flowengine-task-1")


def test_call_inside_a_transaction_gives_the_failure_instead_of_raising(line: Line) -> None:
    def reserve() -> None:
        raise ValueError("no stock")

    calls: list[End] = []

    def in_transaction(order: Order, call: Callable[[], End]) -> Finished:
        calls.append(call())
        return Finished(order=order, message=calls[0])

    line.in_transaction = in_transaction
    line.submit(reserve, transaction=True)

    assert not line.end().committed
    assert isinstance(calls[0], Failed)


def test_commit_that_is_refused_is_how_the_attempt_failed(line: Line) -> None:
    def reserve() -> None: ...

    def in_transaction(order: Order, call: Callable[[], End]) -> Finished:
        call()
        raise PermissionError("a deferred constraint")

    line.in_transaction = in_transaction
    line.submit(reserve, transaction=True)

    finished = line.end()
    assert failure(finished.message).code == "PermissionError"
    assert not finished.committed


def test_coroutine_in_a_transaction_is_refused(line: Line) -> None:
    async def reserve() -> None: ...

    line.submit(reserve, transaction=True)

    failed = failure(line.end().message)
    assert failed.fe == "FE126"
    assert failed.permanent


def test_end_that_cannot_be_handed_over_leaves_the_thread_alive(
    line: Line, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told = threading.Event()

    def refuse(_finished: Finished) -> None:
        told.set()
        raise OSError("full")

    def reserve() -> str:
        return threading.current_thread().name

    monkeypatch.setattr(line.pool, "_on_finished", refuse)
    line.submit(reserve)
    assert told.wait(PATIENCE_S)
    monkeypatch.setattr(line.pool, "_on_finished", line.ends.put)
    line.submit(reserve)

    assert line.output().startswith("flowengine-task-")
    assert "could not be handed over" in caplog.text


def test_failure_is_logged_with_the_ids_of_the_attempt(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    def reserve() -> None:
        raise ValueError("no stock")

    with caplog.at_level(logging.WARNING, logger="flowengine.worker"):
        order = line.submit(reserve)
        line.end()

    [record] = caplog.records
    assert "task shop.reserve failed: ValueError: no stock" in record.getMessage()
    assert record.__dict__["run"] == str(order.run_id)
    assert record.__dict__["attempt"] == 1


def test_blocking_calls_of_coroutines_have_a_thread_each(line: Line, gate: Gate) -> None:
    def block() -> str:
        gate.wait()
        return "slow"

    async def slow() -> str:
        return await sync_to_async(block)()

    async def quick() -> str:
        return await sync_to_async(lambda: "quick")()

    line.submit(slow)
    gate.reached()
    line.submit(quick)

    assert line.output() == "quick"
    gate.open()
    assert line.output() == "slow"


def test_coroutine_cancelled_in_a_blocking_call_does_not_hold_up_the_loop(
    line: Line, gate: Gate
) -> None:
    async def slow() -> None:
        await sync_to_async(gate.wait)()

    async def quick() -> str:
        return "quick"

    order = line.submit(slow)
    gate.reached()
    line.pool.cancel(order.run_id, order.step, order.item, order.attempt)
    assert failure(line.end().message).code == "Cancelled"
    line.submit(quick)

    assert line.output() == "quick"
    gate.open()


def test_many_attempts_end_exactly_once_each() -> None:
    line = Line(concurrency=8)

    def reserve(number: int, ctx: Attempt) -> int:
        ctx.progress(0.5)
        return number

    async def charge(number: int) -> int:
        await asyncio.sleep(0)
        return number

    for function in (reserve, charge):
        name = f"shop.{function.__name__}"
        line.tasks[name] = a_task(function, name)
    outputs: list[int] = []
    pending = [
        an_order(
            {"number": number},
            step=f"s{number}",
            task="shop.reserve" if number % 2 else "shop.charge",
        )
        for number in range(400)
    ]
    while len(outputs) < 400:
        while pending and line.pool.free:
            line.pool.submit(pending.pop())
        outputs.append(line.output())

    assert sorted(outputs) == list(range(400))
    assert line.pool.free == 8
    assert line.pool.close(PATIENCE_S)
    with pytest.raises(Empty):
        line.ends.get_nowait()
