"""The live socket: one connection of one browser, watching up to 200 runs.

Authentication comes before accept. The socket itself knows no run: it reads frames, hands them to the
hub, and writes what the hub puts into its outbox.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, assert_never

from channels.db import database_sync_to_async

from flowengine.access import is_known
from flowengine.conf import settings
from flowengine.live import protocol
from flowengine.live.hub import Hub, hub
from flowengine.live.outbox import Closing, Frame, Lagging
from flowengine.live.peer import Peer
from flowengine.live.protocol import (
    Close,
    FrameRefused,
    Ping,
    Position,
    Subscribe,
    SubscribeAll,
    Unsubscribe,
    UnsubscribeAll,
)
from flowengine.live.sessions import credential

logger = logging.getLogger("flowengine.live")

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

SEND_TIMEOUT_S = 10.0
"""A reader that takes longer for one frame is cut off."""
COME_BACK_MS = 5000
"""Said to those who are too many."""


async def socket(scope: Any, receive: Receive, send: Send) -> None:
    """The ASGI application behind ``/flow/ws/``; it needs ``scope["user"]`` (AuthMiddlewareStack)."""
    await receive()  # websocket.connect
    user = scope.get("user")
    if not is_known(user):
        await _close(send, Close.SIGNED_OUT)
        return
    peer = Peer(user, await database_sync_to_async(credential)(user, scope.get("session")))
    here = hub()
    if not here.admit(peer):
        await _close(send, Close.TOO_MANY, str(COME_BACK_MS))
        return
    try:
        await send({"type": "websocket.accept"})
        peer.outbox.put(protocol.encode(protocol.hello(settings().HEARTBEAT_S)))
        await _converse(here, peer, receive, send)
    finally:
        await here.leave(peer)


async def _converse(here: Hub, peer: Peer, receive: Receive, send: Send) -> None:
    """Read and write until either side ends it."""
    reading = asyncio.create_task(_read(here, peer, receive))
    writing = asyncio.create_task(_write(here, peer, send))
    try:
        done, _ = await asyncio.wait({reading, writing}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        reading.cancel()
        writing.cancel()
        await asyncio.gather(reading, writing, return_exceptions=True)
    for task in done:
        error = task.exception()
        # Writing to who has gone is an OSError in every server, and no news.
        if error is not None and not isinstance(error, OSError):
            logger.error("a live socket failed", exc_info=error, extra={"user": peer.key})
            await _close(send, Close.BROKEN)


async def _read(here: Hub, peer: Peer, receive: Receive) -> None:
    """Obey what comes, until the browser goes, or says what ends the socket."""
    rate = _Rate()
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        if not rate.allows(asyncio.get_running_loop().time()):
            peer.outbox.close(Close.TOO_MANY, str(COME_BACK_MS))
            break
        try:
            _obey(here, peer, protocol.parse(message.get("text")))
        except FrameRefused as refused:
            if refused.close is not None:
                peer.outbox.close(refused.close, refused.code)
                break
            _refuse(peer, None, refused.code)
    # The writer ends the socket; nothing more is read of it.
    await asyncio.get_running_loop().create_future()


def _obey(here: Hub, peer: Peer, frame: protocol.ClientFrame) -> None:
    match frame:
        case Subscribe(c=topic, p=position):
            _subscribe(here, peer, topic, position)
        case SubscribeAll(m=topics):
            for topic, position in topics.items():
                _subscribe(here, peer, topic, position)
        case Unsubscribe(c=topic):
            _unsubscribe(here, peer, topic)
        case UnsubscribeAll(m=names):
            for topic in names:
                _unsubscribe(here, peer, topic)
        case Ping():
            here.ping(peer)
        case _:
            assert_never(frame)


def _subscribe(here: Hub, peer: Peer, topic: str, position: Position | None) -> None:
    run_id = protocol.run_of(topic)
    if run_id is None:
        _refuse(peer, topic, "unknown_topic")
    elif not here.subscribe(peer, run_id, (position.e, position.o) if position else None):
        _refuse(peer, topic, "too_many")


def _unsubscribe(here: Hub, peer: Peer, topic: str) -> None:
    run_id = protocol.run_of(topic)
    if run_id is not None:
        here.unsubscribe(peer, run_id)


def _refuse(peer: Peer, topic: str | None, code: str) -> None:
    peer.outbox.put(protocol.encode(protocol.refusal(topic and topic[:64], code)))


async def _write(here: Hub, peer: Peer, send: Send) -> None:
    while True:
        match await peer.outbox.take():
            case Frame(text=text):
                try:
                    async with asyncio.timeout(SEND_TIMEOUT_S):
                        await send({"type": "websocket.send", "text": text})
                except TimeoutError:
                    await _close(send, Close.SLOW)
                    return
            case Lagging(topics=topics):
                here.resync(peer, topics)
            case Closing(code=code, reason=reason):
                await _close(send, code, reason)
                return


async def _close(send: Send, code: Close, reason: str = "") -> None:
    try:
        async with asyncio.timeout(SEND_TIMEOUT_S):
            await send({"type": "websocket.close", "code": int(code), "reason": reason})
    except (TimeoutError, OSError):
        return


class _Rate:
    """A bucket of messages that fills again with time."""

    def __init__(self) -> None:
        self._left = protocol.MESSAGES_BURST
        self._at: float | None = None

    def allows(self, now: float) -> bool:
        if self._at is not None:
            gained = (now - self._at) * protocol.MESSAGES_PER_S
            self._left = min(protocol.MESSAGES_BURST, self._left + gained)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
