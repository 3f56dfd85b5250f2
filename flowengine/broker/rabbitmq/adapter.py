"""The broker protocol over pika."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

import pika

from flowengine.broker.answer import answer
from flowengine.broker.base import Capability, Delivery, Outcome, Verdict
from flowengine.broker.envelope import Envelope
from flowengine.broker.rabbitmq.consuming import Consuming
from flowengine.broker.rabbitmq.link import CLOSE_TIMEOUT_S, Link
from flowengine.broker.rabbitmq.publisher import Publisher
from flowengine.broker.status import Status
from flowengine.broker.topology import Topology

CAPABILITIES = frozenset(Capability)


class RabbitBroker:
    """RabbitMQ 3.10 to 4.3. Commands from any thread are handed over, in batches, to the loop's."""

    def __init__(self, parameters: pika.ConnectionParameters, *, name: str = "flowengine") -> None:
        self._parameters = parameters
        self._status = Status()
        self._thread = threading.Thread(target=self._run, name=f"{name}-broker", daemon=True)
        self._lock = threading.Lock()
        self._commands: deque[Callable[[], None]] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_posted = False
        self._is_over = False
        self._close_timeout_s = 0.0
        self._stopping = asyncio.Event()
        self._publisher = Publisher(self._status, self._abort_publishing)
        self._consuming = Consuming(self._abort_consuming)
        self._publishing_link = Link(
            "publishing", parameters, self._publisher.serve, self._status.closed
        )
        self._consuming_link = Link(
            "consuming", parameters, self._consuming.serve, self._consuming.lost
        )
        self._links: list[asyncio.Task[None]] = []

    @property
    def capabilities(self) -> frozenset[Capability]:
        return CAPABILITIES

    @property
    def is_open(self) -> bool:
        return self._status.is_open

    @property
    def trouble(self) -> str:
        return self._status.trouble or self._consuming.trouble

    def start(self) -> None:
        _quiet_pika()
        self._status.closed("connecting")
        self._thread.start()

    def wait_open(self, timeout_s: float) -> bool:
        return self._status.wait_open(timeout_s)

    def declare(self, topology: Topology) -> None:
        self._post(partial(self._publisher.declare, topology))
        self._post(partial(self._consuming.declare, topology))

    def publish(
        self,
        envelopes: Sequence[Envelope],
        on_outcome: Callable[[Envelope, Outcome], None],
    ) -> None:
        is_possible = self._status.is_open and self._post(
            partial(self._publisher.publish, envelopes, on_outcome)
        )
        if not is_possible:
            answer(on_outcome, envelopes, Outcome.REFUSED)

    def consume(self, queue: str, *, prefetch: int, sink: Callable[[Delivery], None]) -> None:
        self._post(partial(self._consume, queue, prefetch, sink))

    def cancel(self, queue: str) -> None:
        self._post(partial(self._consuming.cancel, queue))

    def settle(self, deliveries: Sequence[Delivery], verdict: Verdict) -> None:
        self._post(partial(self._consuming.settle, deliveries, verdict))

    def close(self, timeout_s: float = 5.0) -> None:
        self._close_timeout_s = timeout_s
        self._post(self._stopping.set)
        if self._thread.is_alive():
            self._thread.join(timeout_s + 2 * CLOSE_TIMEOUT_S)
        self._status.closed("closed")

    def _post(self, command: Callable[[], None]) -> bool:
        """Run *command* soon on the loop's thread; False after the end."""
        with self._lock:
            if self._is_over:
                return False
            self._commands.append(command)
            # One wake-up for all that comes before the loop looks: that is what makes batches.
            if self._loop is not None and not self._is_posted:
                self._is_posted = True
                self._loop.call_soon_threadsafe(self._run_commands)
            return True

    # --- everything below runs on the loop's thread ---

    def _run(self) -> None:
        # pika wants a loop that can watch sockets, which Windows' default cannot.
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(self._main())

    async def _main(self) -> None:
        with self._lock:
            self._loop = asyncio.get_running_loop()
        self._links.append(asyncio.ensure_future(self._publishing_link.run()))
        self._run_commands()
        try:
            await self._stopping.wait()
            await self._shut_down()
        finally:
            with self._lock:
                self._is_over = True
            self._run_commands()
            self._status.closed("closed")

    def _run_commands(self) -> None:
        self._is_posted = False
        while self._commands:
            self._commands.popleft()()
        self._consuming.flush()

    def _consume(self, queue: str, prefetch: int, sink: Callable[[Delivery], None]) -> None:
        self._consuming.consume(queue, prefetch, sink)
        if len(self._links) == 1:
            self._links.append(asyncio.ensure_future(self._consuming_link.run()))

    async def _shut_down(self) -> None:
        self._consuming.cancel_all()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._publisher.idle.wait(), self._close_timeout_s)
        self._publishing_link.stop()
        self._consuming_link.stop()
        await asyncio.wait(self._links, timeout=2 * CLOSE_TIMEOUT_S)

    def _abort_publishing(self, reason: str) -> None:
        self._publishing_link.abort(reason)

    def _abort_consuming(self, reason: str) -> None:
        self._consuming_link.abort(reason)


def _quiet_pika() -> None:
    # pika logs each failed connection several times as an error; it is logged here, once. Whoever
    # has set a level of their own keeps it.
    logger = logging.getLogger("pika")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.CRITICAL)
