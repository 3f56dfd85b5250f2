"""The live protocol without a socket: a stream of events, and one answer at a time.

For where something between browser and server does not let sockets through. Same frames, same
positions, same question who may see what; a page may change from one to the other at any moment. What
is asked comes in the body of a POST, so no grant stands in a log; nothing is changed by it, so it needs
no CSRF token, but it is answered only to the project's own pages, like the socket.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from channels.db import database_sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from flowengine.access import is_known
from flowengine.conf import settings
from flowengine.live import polling, protocol
from flowengine.live.consumer import COME_BACK_MS, watch
from flowengine.live.handshakes import HANDSHAKES
from flowengine.live.hub import Hub, hub
from flowengine.live.origin import is_own_page
from flowengine.live.outbox import Closing, Frame, Lagging
from flowengine.live.peer import Peer, guest, member
from flowengine.live.protocol import FRAME_MAX_BYTES, Close, Position
from flowengine.live.sessions import credential

_STREAM_HEADERS = {"X-Accel-Buffering": "no", "Cache-Control": "no-store, no-transform"}


class Ask(msgspec.Struct, frozen=True):
    """The body of a request: what a ``subs`` frame says."""

    m: dict[str, Position | None]
    g: list[str] = []


_decode = msgspec.json.Decoder(Ask).decode


@csrf_exempt
@require_POST
@never_cache
def poll(request: HttpRequest) -> HttpResponse:
    """The frames of what is news since the positions in the body, then a heartbeat."""
    ask = _ask(request)
    if isinstance(ask, HttpResponse):
        return ask
    peer = _peer(request.user, request.session, ask)
    if peer is None:
        return _refused("signed_out", 401)
    texts = polling.frames(peer, ask.m, int(time.time() * 1000))
    return HttpResponse(f'{{"frames":[{",".join(texts)}]}}', content_type="application/json")


@csrf_exempt
@require_POST
@never_cache
async def stream(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """The frames that the socket would send, one by one, until either side ends it."""
    ask = _ask(request)
    if isinstance(ask, HttpResponse):
        return ask
    if not isinstance(request, ASGIRequest):
        return _refused("needs_asgi", 501)
    user = await request.auser()
    peer = await database_sync_to_async(_peer)(user, request.session, ask)
    if peer is None:
        return _refused("signed_out", 401)
    return StreamingHttpResponse(
        _events(peer, ask), content_type="text/event-stream", headers=_STREAM_HEADERS
    )


def _ask(request: HttpRequest) -> Ask | HttpResponse:
    """What is asked, or the refusal."""
    origin = request.headers.get("Origin", "")
    if not is_own_page(origin, request.META.get("HTTP_HOST", "")):
        return _refused("forbidden", 403)
    if not HANDSHAKES.allows(time.monotonic()):
        return _refused("too_many", 429, **{"Retry-After": str(COME_BACK_MS // 1000)})
    if int(request.META.get("CONTENT_LENGTH") or 0) > FRAME_MAX_BYTES:
        return _refused("too_large", 413)
    try:
        return _decode(request.body)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return _refused("bad_frame", 400)


def _peer(user: Any, session: Any, ask: Ask) -> Peer | None:
    """Who asks; None = nobody that is known, and with no grant that holds."""
    if not is_known(user):
        return guest(ask.g)
    peer = member(user, credential(user, session))
    peer.show(ask.g)
    return peer


def _refused(code: str, status: int, **headers: str) -> HttpResponse:
    body = {"frames": [protocol.refusal(None, code)]}
    return JsonResponse(body, status=status, headers=headers)


async def _events(peer: Peer, ask: Ask) -> AsyncIterator[str]:
    here = hub()
    if not here.admit(peer):
        yield _closing(Close.TOO_MANY, str(COME_BACK_MS))
        return
    try:
        yield _event(protocol.encode(protocol.hello(settings().HEARTBEAT_S)))
        for topic, position in ask.m.items():
            watch(here, peer, topic, position)
        async for event in _written(here, peer):
            yield event
    finally:
        await here.leave(peer)


async def _written(here: Hub, peer: Peer) -> AsyncIterator[str]:
    while True:
        match await peer.outbox.take():
            case Frame(text=text):
                yield _event(text)
            case Lagging(topics=lagging):
                here.resync(peer, lagging)
            case Closing(code=code, reason=reason):
                if code is not None:
                    yield _closing(code, reason)
                return


def _event(text: str) -> str:
    return f"data: {text}\n\n"


def _closing(code: Close, reason: str) -> str:
    return _event(protocol.encode({"t": "close", "code": int(code), "reason": reason}))
