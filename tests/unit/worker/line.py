"""A pool with a set clock, and a gate for its tasks, for the tests of this folder."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from flowengine.engine.messages import Succeeded
from flowengine.tasks.registry import RegisteredTask
from flowengine.worker.attempt import End, Finished, Order
from flowengine.worker.pool import Pool
from tests.builders.events import NOON
from tests.unit.worker.orders import a_task, an_order

PATIENCE_S = 10.0
"""How long a test waits for a thread before it calls the thread lost."""


class Line:
    """A pool whose clock is set by the test, and what it told."""

    def __init__(self, concurrency: int = 2) -> None:
        self.at = 100.0
        self.tasks: dict[str, RegisteredTask] = {}
        self.ends: SimpleQueue[Finished] = SimpleQueue()
        self.said: SimpleQueue[tuple[Order, float, str]] = SimpleQueue()
        self.in_transaction: Callable[[Order, Callable[[], End]], Finished] = commit
        self.pool = Pool(
            concurrency=concurrency,
            on_finished=self.ends.put,
            on_progress=lambda *said: self.said.put(said),
            in_transaction=self._in_transaction,
            fence_s=10.0,
            output_max_bytes=1024,
            find=self.tasks.get,
            now=lambda: NOON,
            monotonic=lambda: self.at,
        )

    def _in_transaction(self, order: Order, call: Callable[[], End]) -> Finished:
        return self.in_transaction(order, call)

    def submit(self, function: Callable[..., Any], **fields: Any) -> Order:
        """Order *function*, with its own name as the step."""
        name = f"shop.{function.__name__}"
        self.tasks[name] = a_task(function, name)
        order = an_order(task=name, **{"step": function.__name__, **fields})
        self.pool.submit(order)
        return order

    def end(self) -> Finished:
        """The next end that is told."""
        return self.ends.get(timeout=PATIENCE_S)

    def output(self) -> Any:
        """The output of the next end."""
        message = self.end().message
        assert isinstance(message, Succeeded), message
        return message.output


class Gate:
    """A place in a task where it waits until the test lets it go on."""

    def __init__(self) -> None:
        self._reached = threading.Event()
        self._open = threading.Event()

    def wait(self) -> None:
        """The task is here."""
        self._reached.set()
        assert self._open.wait(PATIENCE_S)

    async def wait_async(self) -> None:
        """A coroutine is here; every other one goes on."""
        self._reached.set()
        while not self._open.is_set():  # noqa: ASYNC110 - opened by another thread
            await asyncio.sleep(0)

    def reached(self) -> None:
        """Wait until the task is here."""
        assert self._reached.wait(PATIENCE_S)

    def open(self) -> None:
        """Let it go on."""
        self._open.set()


def commit(order: Order, call: Callable[[], End]) -> Finished:
    return Finished(order=order, message=call(), committed=True)
