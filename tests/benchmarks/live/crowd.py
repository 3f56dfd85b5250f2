"""A crowd of browsers in one process: each a socket that watches one topic and comes back when cut off.

It obeys lines of JSON on its standard input and answers each with one on its standard output:
``{"do": "connect" | "cut" | "forget" | "seen" | "stand", …}``.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from typing import Any

import msgspec
import websockets
from websockets.typing import Origin

AT_ONCE = 100
"""Connections that are opened side by side at first; later each comes back by itself."""
BACKOFF_MIN_S = 0.5
BACKOFF_MAX_S = 5.0

_decode = msgspec.json.decode


class Browser:
    """One socket, and what it knows."""

    def __init__(self, crowd: Crowd, cookie: str, topic: str) -> None:
        self._crowd = crowd
        self._cookie = cookie
        self._topic = topic
        self.position: dict[str, Any] | None = None
        self.state = ""
        self.is_open = False
        self.opened = 0
        self._socket: Any = None
        self._cut_at = 0.0

    def cut(self) -> None:
        """Its network goes, without a word."""
        self._cut_at = time.time()
        self._socket.transport.abort()

    async def live(self, opened: asyncio.Semaphore) -> None:
        """Connect, follow, and come back for ever."""
        tries = 0
        while True:
            async with opened:
                socket = await self._opened()
            if socket is None:
                longest_s = min(BACKOFF_MAX_S, BACKOFF_MIN_S * 2**tries)
                tries += 1
            else:
                self.opened += 1
                self._socket = socket
                tries, longest_s = 0, BACKOFF_MIN_S
                await self._read(socket)
            await asyncio.sleep(random.uniform(0, longest_s))

    async def _opened(self) -> Any | None:
        try:
            socket = await self._open()
        except (OSError, TimeoutError, EOFError, websockets.WebSocketException):
            return None
        self.is_open = True
        return socket

    async def _open(self) -> Any:
        crowd = self._crowd
        socket = await websockets.connect(
            f"ws://127.0.0.1:{crowd.port}{crowd.path}",
            additional_headers={"Cookie": f"sessionid={self._cookie}"},
            origin=Origin(f"http://127.0.0.1:{crowd.port}"),
            compression=None,
            ping_interval=None,
            open_timeout=20,
        )
        if self._topic:
            frame = {"t": "sub", "c": self._topic, "p": self.position}
            await socket.send(json.dumps(frame))
        return socket

    async def _read(self, socket: Any) -> None:
        crowd = self._crowd
        try:
            async for text in socket:
                at = time.time()
                crowd.frames += 1
                crowd.size += len(text) + (2 if len(text) < 126 else 4)
                if not self._topic:
                    crowd.seen.append(("", float(text), at))
                    continue
                frame = _decode(text)
                if frame["t"] in {"snap", "pub"}:
                    self._take(frame, at)
        except (OSError, websockets.WebSocketException):
            pass
        finally:
            self.is_open = False

    def _take(self, frame: dict[str, Any], at: float) -> None:
        self.position = {"e": frame["e"], "o": frame["o"]}
        if self._cut_at:
            self._crowd.healed.append(at - self._cut_at)
            self._cut_at = 0.0
        if frame["t"] == "snap":
            self.state = frame["s"]["state"]
        elif frame["d"]:
            self.state = frame["d"][-1]["state"]
            self._crowd.seen.append((frame["c"], frame["o"], at))


class Crowd:
    """All of them."""

    def __init__(self) -> None:
        self.port = 0
        self.path = "/"
        self.browsers: list[Browser] = []
        self.living: list[asyncio.Task[None]] = []
        self.seen: list[tuple[str, float, float]] = []
        self.healed: list[float] = []
        """Seconds, of each that was cut off, until it was told again."""
        self.frames = 0
        self.size = 0

    async def obey(self, order: dict[str, Any]) -> Any:
        """The answer to one order."""
        match order["do"]:
            case "connect":
                return await self._connect(order)
            case "cut":
                self.healed.clear()
                for browser in self.browsers:
                    browser.cut()
                return True
            case "forget":
                self.seen.clear()
                self.frames = self.size = 0
                return True
            case "seen":
                return {"seen": self.seen, "frames": self.frames, "bytes": self.size}
            case "stand":
                return {
                    "open": sum(each.is_open for each in self.browsers),
                    "back": sum(each.opened > 1 for each in self.browsers),
                    "states": [each.state for each in self.browsers],
                    "healed": self.healed,
                }
        raise AssertionError(order)

    async def _connect(self, order: dict[str, Any]) -> float:
        """Open a socket for each topic; the seconds it took."""
        self.port, self.path = order["port"], order["path"]
        began = time.monotonic()
        opened = asyncio.Semaphore(AT_ONCE)
        pairs = zip(order["cookies"], order["topics"], strict=True)
        self.browsers = [Browser(self, cookie, topic) for cookie, topic in pairs]
        for browser in self.browsers:
            self.living.append(asyncio.create_task(browser.live(opened)))
        while not all(each.is_open for each in self.browsers):  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.01)
        return time.monotonic() - began


async def main() -> None:
    """Obey until the input ends."""
    crowd = Crowd()
    lines = asyncio.StreamReader(limit=64 * 1024 * 1024)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        answer = await crowd.obey(json.loads(line))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
