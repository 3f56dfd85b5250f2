"""Web processes on the database of a test, and sockets at them."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import websockets
from websockets.typing import Origin

from tests.faults.line import ROOT
from tests.nodes.process import Process, free_port, spawn

PREFIX = "flowengine-test-servers"
WAIT_S = 30.0


class Servers:
    """Web processes on the database of this test."""

    def __init__(self, directory: Path, redis_url: str, database_url: str) -> None:
        self._directory = directory
        self._environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.live.server_settings",
            "FLOWENGINE_TEST_DATABASE_URL": database_url,
            "FLOWENGINE_TEST_BROKER_URL": "inproc://",
            "FLOWENGINE_TEST_REDIS_URL": redis_url,
            "FLOWENGINE_TEST_LIVE_PREFIX": PREFIX,
        }
        self._started: list[Process] = []

    def start(
        self, server: str = "uvicorn", port: int = 0, **environment: str
    ) -> tuple[int, Process]:
        """Its port, and the process."""
        port = port or free_port()
        place = {
            "uvicorn": ["--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"],
            "daphne": ["-b", "127.0.0.1", "-p", str(port), "-v", "0"],
        }
        process = spawn(
            [sys.executable, "-m", server, *place[server], "tests.asgi:application"],
            directory=ROOT,
            log=self._directory / f"{server}-{len(self._started)}.log",
            environment={**self._environment, **environment},
        )
        self._started.append(process)
        return port, process

    def close(self) -> None:
        """End them all."""
        for process in self._started:
            process.signal(signal.SIGKILL)


def opening(port: int, cookie: str = "", **options: Any) -> Any:
    """A socket, as soon as the server answers."""
    headers = {"Cookie": cookie} if cookie else {}
    options.setdefault("origin", Origin(f"http://127.0.0.1:{port}"))
    url = f"ws://127.0.0.1:{port}/flow/ws/"
    return websockets.connect(url, additional_headers=headers, max_size=None, **options)


@asynccontextmanager
async def socket_at(port: int, cookie: str = "", **options: Any) -> AsyncIterator[Any]:
    """The same, left open for a while."""
    async with asyncio.timeout(WAIT_S):
        socket = await _opened(port, cookie, options)
    try:
        yield socket
    finally:
        await socket.close()


async def _opened(port: int, cookie: str, options: dict[str, Any]) -> Any:
    while True:
        try:
            return await opening(port, cookie, **options)
        except OSError:
            await asyncio.sleep(0.05)  # it is still starting


async def frame_of(socket: Any, *kinds: str) -> dict[str, Any]:
    async with asyncio.timeout(WAIT_S):
        while True:
            frame: dict[str, Any] = json.loads(await socket.recv())
            if frame["t"] in kinds:
                return frame


def resident_mb(process: Process) -> float:
    """What a process holds in memory."""
    pages = int(Path(f"/proc/{process.pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6
