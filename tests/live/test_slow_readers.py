"""Readers of streams that are slow or stand still, and sockets whose browser goes while it is written to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import pytest

from flowengine.live import consumer, hub, outbox
from flowengine.live.hints import announce
from flowengine.live.outbox import Lagging
from flowengine.live.peer import Peer
from tests.asgi import application
from tests.live.browser import (
    ALL_STEPS,
    Open,
    a_line,
    a_user,
    cookie_of,
    state_told,
    until,
    worked,
)


class SlowStream:
    """Somebody who has opened a stream, and takes nothing of it until they are let."""

    def __init__(self, cookie: str, run: UUID) -> None:
        self.takes = asyncio.Event()
        self.goes = asyncio.Event()
        self.frames: list[dict[str, Any]] = []
        self._asked = [json.dumps({"m": {f"run:{run}": None}}).encode()]
        headers = {"host": "localhost:8000", "origin": "http://localhost:8000", "cookie": cookie}
        self._scope = {
            "type": "http",
            "method": "POST",
            "path": "/flow/live/events",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }

    async def read(self) -> None:
        """Until either side ends it."""
        await application(self._scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        if self._asked:
            return {"type": "http.request", "body": self._asked.pop()}
        await self.goes.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        await self.takes.wait()
        if body := message.get("body"):
            self.frames.append(json.loads(body.removeprefix(b"data: ")))

    @property
    def state(self) -> str:
        """In which the run is, by what was read last."""
        whole = [frame for frame in self.frames if frame["t"] in {"snap", "pub"}]
        if not whole:
            return ""
        return str(whole[-1]["s"]["state"]) if "s" in whole[-1] else state_told(whole[-1])


async def test_slow_reader_of_a_stream_slows_nobody_and_is_shown_the_end(
    browse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await a_user()
    run = await a_line(user)
    quick = await browse(user)
    [quicks] = hub.hub()._peers
    await quick.watch(run)
    dropped: list[Iterable[str]] = []
    resync = hub.Hub.resync

    def noted(here: hub.Hub, peer: Peer, topics: Iterable[str]) -> None:
        dropped.append(topics)
        resync(here, peer, topics)

    monkeypatch.setattr(hub.Hub, "resync", noted)
    slow = SlowStream(await cookie_of(user), run)
    reading = asyncio.create_task(slow.read())
    slow.takes.set()
    await until(lambda: slow.state == "running")
    [slows] = hub.hub()._peers - {quicks}
    slows.outbox._frames_max = 2
    slow.takes.clear()

    for step in ALL_STEPS:
        announce(await worked(run, step))
        await quick.ping()
    seen_while_slow = slow.state
    slow.takes.set()
    await until(lambda: slow.state == "succeeded")
    slow.goes.set()
    await asyncio.wait_for(reading, 5)

    assert seen_while_slow == "running"
    assert dropped == [frozenset({f"run:{run}"})]
    await until(lambda: slows not in hub.hub()._peers)


async def test_stream_whose_reader_takes_nothing_is_ended(
    browse: Open, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setattr(outbox, "WRITE_S", 0.05)
    settings.FLOWENGINE = {"HEARTBEAT_S": 0.05}
    user = await a_user()
    slow = SlowStream(await cookie_of(user), await a_line(user))
    slow.takes.set()
    reading = asyncio.create_task(slow.read())
    await until(lambda: slow.state == "running")
    assert hub.hub()._peers

    slow.takes.clear()
    await asyncio.wait_for(reading, 5)

    await until(lambda: hub.hub()._peers == set())


async def test_browser_that_goes_while_it_is_written_to_leaves_nothing_behind(
    browse: Open,
) -> None:
    is_written_to = asyncio.Event()

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "websocket.send":
            is_written_to.set()
            await asyncio.Event().wait()

    came = [{"type": "websocket.connect"}]

    async def receive() -> dict[str, Any]:
        if came:
            return came.pop()
        await is_written_to.wait()
        return {"type": "websocket.disconnect", "code": 1006}

    socket = consumer.socket({"type": "websocket", "user": await a_user()}, receive, send)
    await asyncio.wait_for(socket, 5)

    assert hub.hub()._peers == set()


async def test_socket_that_is_cancelled_by_its_server_does_not_go_on(browse: Open) -> None:
    is_written_to = asyncio.Event()

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "websocket.send":
            is_written_to.set()
            await asyncio.Event().wait()

    came = [{"type": "websocket.connect"}]

    async def receive() -> dict[str, Any]:
        return came.pop() if came else await asyncio.Event().wait()  # type: ignore[return-value]

    scope = {"type": "websocket", "user": await a_user()}
    socket = asyncio.create_task(consumer.socket(scope, receive, send))
    await is_written_to.wait()
    socket.cancel()

    with pytest.raises(asyncio.CancelledError):
        await socket
    assert hub.hub()._peers == set()


def test_reader_is_stuck_once_one_frame_took_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "WRITE_S", 10.0)

    async def play() -> list[bool]:
        box = outbox.Outbox(frames_max=1)
        seen = [box.is_stuck(0.0)]
        box.put("one", "run:1")
        await box.take()
        seen += [box.is_stuck(100.0), box.is_stuck(109.0)]
        box.put("two", "run:1")
        await box.take()
        seen += [box.is_stuck(110.0), box.is_stuck(119.0), box.is_stuck(120.0)]
        box.put("three", "run:1")
        box.put("four", "run:1")
        assert isinstance(await box.take(), Lagging)
        return [*seen, box.is_stuck(200.0), box.is_stuck(300.0)]

    assert asyncio.run(play()) == [False, False, False, False, False, True, False, False]
