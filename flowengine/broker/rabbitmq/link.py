"""One connection, kept for ever."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

import pika
from pika.adapters.asyncio_connection import AsyncioConnection
from pika.exceptions import AMQPConnectionError, AMQPHeartbeatTimeout

from flowengine.broker.rabbitmq.channel import ChannelGone, first_of
from flowengine.broker.rabbitmq.connection import Connection
from flowengine.broker.status import Delays, described

logger = logging.getLogger("flowengine.broker")

STEADY_S = 5.0
"""A connection that held this long was a good one: the next wait is short again."""
CLOSE_TIMEOUT_S = 1.0
Serve = Callable[[AsyncioConnection], Awaitable[None]]


class Link:
    """Connects, runs *serve* while connected, and begins again, until told to stop.

    *serve* is a coroutine over one open connection; it is cancelled when the connection is lost.
    *on_down* gets the reason, each time, also when connecting failed.
    """

    def __init__(
        self,
        label: str,
        parameters: pika.ConnectionParameters,
        serve: Serve,
        on_down: Callable[[str], None],
    ) -> None:
        self._label = label
        self._parameters = parameters
        self._serve = serve
        self._on_down = on_down
        self._delays = Delays()
        self._stopping = asyncio.Event()
        self._connection: AsyncioConnection | None = None
        self._trouble = "not connected yet"

    async def run(self) -> None:
        """Stay connected until :meth:`stop`."""
        while not self._stopping.is_set():
            try:
                trouble = await self._once()
            except Exception as problem:  # no bug may end the attempts to connect
                logger.exception("%s connection: a bug ended it", self._label)
                trouble = described(problem)
            self._told(trouble)
            self._on_down(trouble)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), self._delays.next_s())

    def _told(self, trouble: str) -> None:
        """Log what is new only: an outage of a day is not a line every five seconds."""
        if self._stopping.is_set() or trouble == self._trouble:
            return
        self._trouble = trouble
        if trouble:
            logger.warning("%s connection to RabbitMQ lost: %s", self._label, trouble)
        else:
            logger.info("%s connection to RabbitMQ is open", self._label)

    def stop(self) -> None:
        """Close the connection in order, and end :meth:`run`."""
        self._stopping.set()
        connection = self._connection
        if connection is not None and not (connection.is_closing or connection.is_closed):
            connection.close()
        asyncio.get_running_loop().call_later(CLOSE_TIMEOUT_S, self.abort, "closing took too long")

    def abort(self, reason: str) -> None:
        """Drop the connection without asking the broker, which does not answer."""
        connection = self._connection
        if connection is not None and not connection.is_closed:
            # pika has no public way; its own heartbeat does the same.
            connection._terminate_stream(AMQPHeartbeatTimeout(reason))  # noqa: SLF001

    async def _once(self) -> str:
        loop = asyncio.get_running_loop()
        opened: asyncio.Future[None] = loop.create_future()
        closed: asyncio.Future[str] = loop.create_future()

        def on_closed(_connection: Any, problem: BaseException) -> None:
            if not closed.done():
                closed.set_result(reason(problem))

        self._connection = Connection(
            self._parameters,
            on_open_callback=lambda _connection: opened.set_result(None),
            on_open_error_callback=on_closed,
            on_close_callback=on_closed,
            custom_ioloop=loop,
        )
        try:
            await first_of(opened, closed)
            if opened.done() and not closed.done():
                await self._served(self._connection, closed)
            return await closed
        finally:
            self._connection = None

    async def _served(self, connection: AsyncioConnection, closed: asyncio.Future[str]) -> None:
        begun_at = monotonic()
        self._told("")
        if self._stopping.is_set():
            connection.close()
        serving = asyncio.ensure_future(self._serve(connection))
        try:
            await first_of(serving, closed)
            if serving.done() and not closed.done():
                self._give_up(serving)
                await closed
        finally:
            serving.cancel()
            await asyncio.wait({serving})
        if monotonic() - begun_at >= STEADY_S:
            self._delays.reset()

    def _give_up(self, serving: asyncio.Future[None]) -> None:
        problem = serving.exception()
        if isinstance(problem, ChannelGone):
            self.abort(problem.text)
        else:
            logger.error("%s connection: a bug ended it", self._label, exc_info=problem)
            self.abort("internal error")


def reason(problem: BaseException) -> str:
    """Why a connection failed or ended, without pika's wrappings."""
    for _ in range(5):  # pika wraps at most three times; never loop for ever
        inner = getattr(problem, "exceptions", None) or getattr(problem, "exception", None)
        if inner is None and isinstance(problem, AMQPConnectionError) and problem.args:
            inner = problem.args[0]
        if isinstance(inner, tuple | list) and inner:
            inner = inner[-1]
        if not isinstance(inner, BaseException):
            break
        problem = inner
    return described(problem)
