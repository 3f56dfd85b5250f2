"""The live socket: one connection of one browser, watching up to 200 topics.

Who it is comes before accept: somebody who is logged in, or a page with a grant, which it offers among
the subprotocols. The socket itself knows no topic: it reads frames, hands them to the hub, and writes
what the hub puts into its outbox.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, assert_never

from channels.db import database_sync_to_async

from flowengine.access import is_known, user_key
from flowengine.conf import settings
from flowengine.live import protocol
from flowengine.live.handshakes import Rate
from flowengine.live.hub import Hub, hub
from flowengine.live.outbox import Closing, Frame, Lagging
from flowengine.live.peer import Peer, guest, member
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
from flowengine.live.sessions import Credential, credential, session_key

logger = logging.getLogger("flowengine.live")

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

CLOSE_S = 10.0
"""One that takes longer to be told of the end is not told."""
HANDSHAKE_S = 5.0
"""From the handshake to the answer: who is not known by then is sent away."""
TOKENS_MAX = 10
"""Grants of one handshake that are looked at."""
COME_BACK_MS = 5000
"""Said to those who are too many."""


async def socket(scope: Any, receive: Receive, send: Send) -> None:
    """The ASGI application behind ``/flow/ws/``; by Django's session cookie.

    Where the project routes its sockets itself, ``scope["user"]`` and ``scope["session"]`` go first.
    """
    await receive()  # websocket.connect
    here = hub()
    patience = asyncio.timeout(HANDSHAKE_S)
    try:
        async with patience:
            peer = await _peer(here, scope)
    except TimeoutError:
        if not patience.expired():
            raise
        await _close(send, Close.TOO_MANY)
        return
    if peer is None:
        await _close(send, Close.SIGNED_OUT)
        return
    if not here.admit(peer):
        await _close(send, Close.TOO_MANY, str(COME_BACK_MS))
        return
    try:
        is_offered = protocol.SUBPROTOCOL in scope.get("subprotocols", ())
        chosen = protocol.SUBPROTOCOL if is_offered else None
        await send({"type": "websocket.accept", "subprotocol": chosen})
        peer.outbox.put(protocol.encode(protocol.hello(settings().HEARTBEAT_S)))
        await _converse(here, peer, receive, send)
    finally:
        await here.leave(peer)


async def _peer(here: Hub, scope: Any) -> Peer | None:
    """Who opens the socket; None = nobody that is known, and with no grant that holds."""
    tokens = [each for each in scope.get("subprotocols", ()) if each != protocol.SUBPROTOCOL]
    peer = await _member(here, scope)
    if peer is None:
        return guest(tokens[:TOKENS_MAX])
    peer.show(tokens[:TOKENS_MAX])
    return peer


async def _member(here: Hub, scope: Any) -> Peer | None:
    """The socket of who is logged in; None = nobody is."""
    user = scope.get("user")
    if user is not None:
        session = scope.get("session")
        by = await database_sync_to_async(credential)(user, session) if is_known(user) else None
        return None if by is None else member(user, by)
    key = session_key(scope.get("headers", ()))
    user = None if key is None else await here.who(key)
    return None if user is None else member(user, Credential(user_key(user), key))


async def _converse(here: Hub, peer: Peer, receive: Receive, send: Send) -> None:
    """Read and write until either side ends it."""
    reading = asyncio.create_task(_read(here, peer, receive))
    try:
        await _write(here, peer, send)
    except OSError:
        return  # Writing to who has gone is one in every server, and no news.
    except Exception:
        logger.exception("a live socket failed", extra={"user": peer.counted_as})
        await _close(send, Close.BROKEN)
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def _read(here: Hub, peer: Peer, receive: Receive) -> None:
    """Obey what comes, until the browser goes, or says what ends the socket."""
    rate = Rate(protocol.MESSAGES_PER_S, protocol.MESSAGES_BURST)
    clock = asyncio.get_running_loop().time
    try:
        while (message := await receive())["type"] != "websocket.disconnect":
            if not rate.allows(clock()):
                peer.outbox.close(Close.TOO_MANY, str(COME_BACK_MS))
                return
            try:
                _obey(here, peer, protocol.parse(message.get("text")))
            except FrameRefused as refused:
                if refused.close is not None:
                    peer.outbox.close(refused.close, refused.code)
                    return
                _refuse(peer, None, refused.code)
        peer.outbox.cut(None)
    except OSError:
        peer.outbox.cut(None)
    except Exception:
        logger.exception("a live socket failed", extra={"user": peer.counted_as})
        peer.outbox.close(Close.BROKEN)


def _obey(here: Hub, peer: Peer, frame: protocol.ClientFrame) -> None:
    match frame:
        case Subscribe(c=topic, p=position, g=grant):
            peer.show([] if grant is None else [grant])
            watch(here, peer, topic, position)
        case SubscribeAll(m=topics, g=tokens):
            peer.show(tokens)
            for topic, position in topics.items():
                watch(here, peer, topic, position)
        case Unsubscribe(c=topic):
            here.unsubscribe(peer, topic)
        case UnsubscribeAll(m=names):
            for topic in names:
                here.unsubscribe(peer, topic)
        case Ping():
            here.ping(peer)
        case _:
            assert_never(frame)


def watch(here: Hub, peer: Peer, topic: str, position: Position | None) -> None:
    """Have *peer* watch a topic, or be told why not."""
    refused = here.subscribe(peer, topic, (position.e, position.o) if position else None)
    if refused is not None:
        _refuse(peer, topic, refused)


def _refuse(peer: Peer, topic: str | None, code: str) -> None:
    peer.outbox.put(protocol.encode(protocol.refusal(topic and topic[:64], code)))


async def _write(here: Hub, peer: Peer, send: Send) -> None:
    while True:
        match await peer.outbox.take():
            case Frame(text=text):
                try:
                    await send({"type": "websocket.send", "text": text})
                except asyncio.CancelledError:
                    if not peer.outbox.take_back_cancel():
                        raise
            case Lagging(topics=topics):
                here.resync(peer, topics)
            case Closing(code=code, reason=reason):
                if code is not None:
                    await _close(send, code, reason)
                return


async def _close(send: Send, code: Close, reason: str = "") -> None:
    try:
        async with asyncio.timeout(CLOSE_S):
            await send({"type": "websocket.close", "code": int(code), "reason": reason})
    except (TimeoutError, OSError):
        return
