"""Users, their cookies, and sockets as a browser would open them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.test import Client

from flowengine import Emitted, emit
from flowengine.engine.messages import Succeeded
from flowengine.orchestration.route import route
from flowengine.orchestration.sync import sync_project
from tests.asgi import application
from tests.builders.line import claim, now, tell

ORIGIN = b"http://localhost:8000"
HOST = b"localhost:8000"
SECRET = "card 4111-1111-1111-1111"
ALL_STEPS = ("one", "two", "three", "four", "five")


class Browser:
    """One socket of one user."""

    def __init__(
        self,
        cookie: str = "",
        *,
        origin: bytes | None = ORIGIN,
        path: str = "/flow/ws/",
        subprotocols: Sequence[str] = (),
    ) -> None:
        headers = [(b"host", HOST)]
        if origin is not None:
            headers.append((b"origin", origin))
        if cookie:
            headers.append((b"cookie", cookie.encode()))
        scope: dict[str, Any] = {
            "type": "websocket",
            "path": path,
            "headers": headers,
            "query_string": b"",
        }
        scope["subprotocols"] = list(subprotocols)
        # Channels' own communicator would do, but importing it takes Daphne.
        communicator: Any = ApplicationCommunicator  # asgiref annotates none of it
        self.socket = communicator(application, scope)
        self.hello: dict[str, Any] = {}
        self.subprotocol: str | None = None

    async def open(self) -> int | None:
        """The close code with which it was refused; None = it was let in."""
        await self.socket.send_input({"type": "websocket.connect"})
        answer = await self.socket.receive_output(timeout=5)
        if answer["type"] == "websocket.close":
            code: int = answer["code"]
            return code
        self.subprotocol = answer.get("subprotocol")
        self.hello = await self.frame()
        return None

    async def close(self) -> None:
        """The browser goes away."""
        if not self.socket.future.done():
            await self.socket.send_input({"type": "websocket.disconnect", "code": 1001})
        await self.socket.wait(timeout=5)

    async def frame(self, timeout_s: float = 5) -> dict[str, Any]:
        """The next frame."""
        message = await self.socket.receive_output(timeout=timeout_s)
        assert message["type"] == "websocket.send", message
        found: dict[str, Any] = json.loads(message["text"])
        return found

    async def frame_of(self, kind: str) -> dict[str, Any]:
        """The next frame of that kind; others before it are dropped."""
        while True:
            frame = await self.frame()
            if frame["t"] == kind:
                return frame

    async def until_run(self, state: str) -> dict[str, Any]:
        """The frame that tells that the run is in that state; others before it are dropped."""
        while True:
            frame = await self.frame_of("pub")
            if state_told(frame) == state:
                return frame

    async def is_silent(self, timeout_s: float = 0.3) -> bool:
        """Nothing comes for that long."""
        return bool(await self.socket.receive_nothing(timeout=timeout_s))

    async def closed(self) -> int:
        """The code with which the server closes it; frames before are dropped."""
        while True:
            message = await self.socket.receive_output(timeout=5)
            if message["type"] == "websocket.close":
                code: int = message["code"]
                return code

    async def send(self, **frame: Any) -> None:
        """Send a frame."""
        await self.send_text(json.dumps(frame))

    async def send_text(self, text: str) -> None:
        """Send what may be a frame."""
        await self.socket.send_input({"type": "websocket.receive", "text": text})

    async def watch(self, run: UUID, position: dict[str, Any] | None = None) -> None:
        """Watch a run, from there."""
        await self.send(t="sub", c=f"run:{run}", p=position)

    async def ping(self) -> dict[str, Any]:
        """The heartbeat that answers a ping."""
        await self.send(t="ping")
        return await self.frame_of("hb")


Open = Callable[..., Awaitable[Browser]]


def state_told(frame: dict[str, Any]) -> str:
    """The state of the run that a ``pub`` frame tells; empty where it tells nothing."""
    [*_, last] = frame["d"] or [{"state": ""}]
    return str(last["state"])


def steps_told(frame: dict[str, Any]) -> dict[str, str]:
    """The steps that a ``pub`` frame tells, with their states."""
    return {entry["id"]: entry["state"] for entry in frame["d"] if entry["t"] == "step"}


async def until(is_so: Callable[[], Any]) -> None:
    """Wait for what another task of this loop does."""
    async with asyncio.timeout(5):
        while not is_so():  # noqa: ASYNC110 - as below
            await asyncio.sleep(0)  # the hub tells nobody when it is done, and should not


async def in_database(call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """What *call* gives, in the thread where Django's synchronous code may run."""
    return await database_sync_to_async(call)(*arguments, **named)


@database_sync_to_async
def a_user(name: str = "ann", **fields: Any) -> Any:
    """A user."""
    return get_user_model().objects.create_user(username=name, password="secret", **fields)


@database_sync_to_async
def cookie_of(user: Any) -> str:
    """The Cookie header of a browser in which *user* has logged in."""
    client = Client()
    client.force_login(user)
    name = django_settings.SESSION_COOKIE_NAME
    return f"{name}={client.cookies[name].value}"


@database_sync_to_async
def an_emitted(type_: str = "line.begun", actor: Any = None, **data: Any) -> Emitted:
    """An event of *actor* that is committed and not yet routed."""
    sync_project(now=now())
    return emit(type_, data, actor=None if actor is None else str(actor.pk))


@database_sync_to_async
def routed(emitted: Emitted) -> list[tuple[UUID, int]]:
    """Have every workflow answer to that event; the heads to tell of."""
    return route([emitted.event_id], now=now()).committed.heads


async def a_line(actor: Any = None, **data: Any) -> UUID:
    """A run of five steps, begun by *actor*; its head is 2: started, and the first step ready."""
    emitted = await an_emitted(actor=actor, **data)
    await routed(emitted)
    return emitted.run_ids["line"]


@database_sync_to_async
def begun(run: UUID, step: str) -> list[tuple[UUID, int]]:
    """A worker begins that step; the heads to tell of."""
    return claim([run], step).committed.heads


@database_sync_to_async
def ended(run: UUID, step: str) -> list[tuple[UUID, int]]:
    """The first attempt of that step succeeds."""
    message = Succeeded(step=step, attempt=1, output={"secret": SECRET})
    return tell(run, message).committed.heads


async def worked(run: UUID, *steps: str) -> list[tuple[UUID, int]]:
    """These steps are begun and end well; nobody is told of it."""
    heads: list[tuple[UUID, int]] = []
    for step in steps:
        await begun(run, step)
        heads = await ended(run, step)
    return heads


async def watching(browse: Open) -> tuple[Browser, UUID]:
    """A browser that has the view of a run that has just begun."""
    user = await a_user()
    run = await a_line(user)
    browser = await browse(user)
    await browser.watch(run)
    assert (await browser.frame())["t"] == "snap"
    return browser, run
