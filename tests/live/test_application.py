"""The ASGI application around a project: what goes where, start and stop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from asgiref.testing import ApplicationCommunicator

from flowengine.routing import application, websocket_urlpatterns

Communicator: Any = ApplicationCommunicator


async def echo(scope: Any, _receive: Any, send: Any) -> None:
    """An inner application that says by whom it was called."""
    await send({"type": "called", "path": scope["path"]})


class Broken(AbstractAsyncContextManager[None]):
    """A lifespan that cannot start."""

    async def __aenter__(self) -> None:
        raise OSError("no broker")

    async def __aexit__(self, *_error: object) -> None:
        return None


async def test_http_goes_to_the_project() -> None:
    socket = Communicator(application(echo), {"type": "http", "path": "/x"})

    assert (await socket.receive_output())["path"] == "/x"


async def test_other_sockets_go_to_the_project() -> None:
    inner = Communicator(application(echo, websocket=echo), {"type": "websocket", "path": "/chat/"})

    assert (await inner.receive_output())["path"] == "/chat/"


async def test_socket_below_a_mount_point_is_found() -> None:
    scope = {"type": "websocket", "path": "/app/flow/ws/", "root_path": "/app", "headers": []}
    socket = Communicator(application(echo), scope)
    await socket.send_input({"type": "websocket.connect"})

    assert (await socket.receive_output())["code"] == 4403  # found, and refused: it has no origin


async def test_server_starts_and_stops_what_is_embedded() -> None:
    events: list[str] = []

    @asynccontextmanager
    async def embedded() -> AsyncIterator[None]:
        events.append("started")
        yield
        events.append("stopped")

    server = Communicator(application(echo, lifespan=embedded), {"type": "lifespan"})
    await server.send_input({"type": "lifespan.startup"})
    started = await server.receive_output()
    events.append("serving")
    await server.send_input({"type": "lifespan.shutdown"})
    stopped = await server.receive_output()

    assert [started["type"], stopped["type"]] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]
    assert events == ["started", "serving", "stopped"]


async def test_server_is_told_what_could_not_start() -> None:
    server = Communicator(application(echo, lifespan=Broken), {"type": "lifespan"})
    await server.send_input({"type": "lifespan.startup"})

    assert await server.receive_output() == {
        "type": "lifespan.startup.failed",
        "message": "no broker",
    }


def test_route_for_projects_that_route_their_sockets_themselves() -> None:
    [route] = websocket_urlpatterns

    assert route.resolve("flow/ws/") is not None
