"""The ASGI application around a Django project: HTTP as before, and the live socket beside it.

In the project's ``asgi.py``, after what Django writes, because the import needs Django's apps::

    application = get_asgi_application()

    from flowengine import routing

    application = routing.application(application)
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any

from django.urls import NoReverseMatch, get_script_prefix, reverse

from flowengine.live.consumer import socket
from flowengine.live.handshakes import limited
from flowengine.live.hub import hub
from flowengine.live.origin import same_origin
from flowengine.live.protocol import Close

logger = logging.getLogger("flowengine.live")

Application = Callable[[Any, Any, Any], Awaitable[None]]
Lifespan = Callable[[], AbstractAsyncContextManager[Any]]

SOCKET_PATH = "/flow/ws/"
"""Where the socket is when ``flowengine.urls`` is not included anywhere."""
NOT_FOUND = 4404
YOUNG_MAX = 10_000
"""New objects after which garbage is looked for among them."""


def application(
    http: Application, *, websocket: Application | None = None, lifespan: Lifespan | None = None
) -> Application:
    """*http*, with the live socket beside it.

    Args:
        http: the project's ``get_asgi_application()``.
        websocket: takes the sockets of all other paths; None = there are no others.
        lifespan: entered when the server starts and left when it stops, in its event loop.
    """
    live = same_origin(limited(socket))

    async def router(scope: Any, receive: Any, send: Any) -> None:
        # One coroutine stays open for each socket: no router of routers here.
        match scope["type"]:
            case "http":
                await http(scope, receive, send)
            case "websocket" if _is_live(scope):
                await live(scope, receive, send)
            case "websocket" if websocket is not None:
                await websocket(scope, receive, send)
            case "websocket":
                await receive()
                await send({"type": "websocket.close", "code": NOT_FOUND})
            case "lifespan":
                await _live(lifespan, receive, send)
            case other:
                raise ValueError(f"nothing here answers to the ASGI scope {other!r}")

    return router


def _is_live(scope: Any) -> bool:
    """The handshake asks for ``ws/`` below where ``flowengine.urls`` is included.

    Compared without what the server, or ``FORCE_SCRIPT_NAME``, puts in front of every path.
    """
    prefix = get_script_prefix()
    try:
        own = reverse("flowengine:socket")
    except NoReverseMatch:
        own = SOCKET_PATH
    asked: str = scope["path"]
    asked = asked.removeprefix(scope.get("root_path", "").rstrip("/"))
    return asked.removeprefix(prefix).lstrip("/") == own.removeprefix(prefix).lstrip("/")


async def _live(lifespan: Lifespan | None, receive: Any, send: Any) -> None:
    """The server's start and stop; Django itself refuses to hear of them."""
    async with AsyncExitStack() as stack:
        await receive()  # lifespan.startup
        try:
            if lifespan is not None:
                await stack.enter_async_context(lifespan())
        except Exception as error:
            logger.exception("the application could not start")
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        _settle()
        await send({"type": "lifespan.startup.complete"})
        await receive()  # lifespan.shutdown
        hub().close_all(Close.RESTART)
    await send({"type": "lifespan.shutdown.complete"})


def _settle() -> None:
    """Spare the garbage collector what the process has loaded, which stays until it ends.

    Each full collection stops all sockets while it looks at every object; the modules of a Django
    project are most of them. One heartbeat of a thousand sockets makes more new objects than Python
    waits for by default.
    """
    gc.collect()
    gc.freeze()
    young, *older = gc.get_threshold()
    if 0 < young < YOUNG_MAX:
        gc.set_threshold(YOUNG_MAX, *older)
