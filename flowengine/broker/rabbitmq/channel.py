"""pika's channel as awaitables. A channel that is gone fails what waits for it, always."""

from __future__ import annotations

import asyncio
from typing import Any

from pika.adapters.asyncio_connection import AsyncioConnection
from pika.exceptions import AMQPError, ChannelClosed, ConnectionClosed


class ChannelGone(Exception):
    """The channel was closed, by the broker or with its connection; private to this package."""

    def __init__(self, reason: BaseException) -> None:
        code = getattr(reason, "reply_code", 0)
        text = getattr(reason, "reply_text", "") or str(reason) or type(reason).__name__
        super().__init__(text)
        self.code: int = code if isinstance(reason, ChannelClosed | ConnectionClosed) else 0
        """The AMQP reply code, such as 406 for PRECONDITION_FAILED; 0 where there is none."""
        self.text = str(text)


class Channel:
    """One open channel. ``raw`` is pika's own, for what needs no answer."""

    def __init__(self, raw: Any, closed: asyncio.Future[ChannelGone]) -> None:
        self.raw = raw
        self.closed = closed
        """Done when the channel is closed, with the reason as its *result*."""

    async def call(self, method: str, **arguments: Any) -> Any:
        """Call *method* and wait for the broker's answer.

        Raises:
            ChannelGone: the channel was closed instead.
        """
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        try:
            getattr(self.raw, method)(callback=_resolver(answer), **arguments)
        except AMQPError as problem:
            raise ChannelGone(problem) from problem
        return await _answer_of(answer, self.closed)

    async def close(self) -> None:
        """Close it and wait until it is closed; nothing where it already is."""
        if self.raw.is_open:
            self.raw.close()
        await asyncio.wait({self.closed})


async def open_channel(connection: AsyncioConnection) -> Channel:
    """A new channel of *connection*.

    Raises:
        ChannelGone: the connection was lost first.
    """
    loop = asyncio.get_running_loop()
    opened: asyncio.Future[Any] = loop.create_future()
    closed: asyncio.Future[ChannelGone] = loop.create_future()
    try:
        raw = connection.channel(on_open_callback=_resolver(opened))
    except AMQPError as problem:
        raise ChannelGone(problem) from problem
    raw.add_on_close_callback(lambda _channel, reason: _resolve(closed, ChannelGone(reason)))
    await _answer_of(opened, closed)
    return Channel(raw, closed)


async def first_of(*futures: asyncio.Future[Any], timeout_s: float | None = None) -> None:
    """Wait until one of them is done, or the time is over. Cancels none."""
    await asyncio.wait(futures, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)


async def _answer_of(answer: asyncio.Future[Any], closed: asyncio.Future[ChannelGone]) -> Any:
    await first_of(answer, closed)
    if not answer.done():
        answer.cancel()
        raise closed.result()
    return answer.result()


def _resolver(future: asyncio.Future[Any]) -> Any:
    return lambda value=None: _resolve(future, value)


def _resolve(future: asyncio.Future[Any], value: Any) -> None:
    if not future.done():
        future.set_result(value)
