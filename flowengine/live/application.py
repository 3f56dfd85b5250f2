"""The ASGI application around a Django project: HTTP as before, and the live socket beside it.

In the project's ``asgi.py``, after what Django writes, because the import needs Django's apps::

    application = get_asgi_application()

    from flowengine import routing

    application = routing.application(application)
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any

from channels.routing import ProtocolTypeRouter
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

    async def sockets(scope: Any, receive: Any, send: Any) -> None:
        if _is_live(scope):
            await live(scope, receive, send)
        elif websocket is not None:
            await websocket(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": NOT_FOUND})

    async def life(_scope: Any, receive: Any, send: Any) -> None:
        await _live(lifespan, receive, send)

    router: Application = ProtocolTypeRouter({"http": http, "websocket": sockets, "lifespan": life})
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
        await send({"type": "lifespan.startup.complete"})
        await receive()  # lifespan.shutdown
        hub().close_all(Close.RESTART)
    await send({"type": "lifespan.shutdown.complete"})
