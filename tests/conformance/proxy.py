"""A TCP proxy between a client and a service, to cut and to freeze what goes through."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit, urlunsplit

T = TypeVar("T")


class Proxy:
    """Listens on a free port of the loopback; one thread, whatever the number of connections."""

    def __init__(self, url: str, *, default_port: int) -> None:
        self._url = urlsplit(url)
        self._target = (self._url.hostname or "127.0.0.1", self._url.port or default_port)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._writers: set[asyncio.StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()
        self._flowing = asyncio.Event()
        self._is_tearing = False
        self._server: asyncio.Server | None = None
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._flowing.set()
        self._server = self._call(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        """The service's URL, by way of this proxy."""
        credentials, at, _host = self._url.netloc.rpartition("@")
        return urlunsplit(self._url._replace(netloc=f"{credentials}{at}127.0.0.1:{self.port}"))

    def cut(self) -> None:
        """End every connection; new ones are let through."""
        self._call(self._cut())

    def freeze(self) -> None:
        """Let nothing through, and close nothing: what a partition looks like."""
        self._loop.call_soon_threadsafe(self._flowing.clear)

    def thaw(self) -> None:
        """Let through again, what waited first."""
        self._loop.call_soon_threadsafe(self._flowing.set)

    def tear(self) -> None:
        """Let half of what comes next through, and end its connection in the middle of it."""
        self._is_tearing = True

    def _call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _cut(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        await self._cut()
        for pump in self._pumps:
            pump.cancel()
        if self._pumps:
            await asyncio.wait(self._pumps)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        for source, sink in ((reader, far_writer), (far_reader, writer)):
            self._writers.add(sink)
            pump = asyncio.ensure_future(self._pump(source, sink))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError):
                while content := await source.read(65536):
                    await self._flowing.wait()
                    if self._is_tearing:
                        self._is_tearing = False
                        sink.write(content[: len(content) // 2])
                        await sink.drain()
                        return
                    sink.write(content)
                    await sink.drain()
        finally:
            self._writers.discard(sink)
            sink.transport.abort()
