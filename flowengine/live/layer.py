"""The channel layer that carries hints; without one configured, one that stays in the process.

A hint is at most once, and only ever an economy: a hub that misses one finds the head of the run at
its next heartbeat, in the database.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from functools import cache
from secrets import token_hex
from threading import Lock
from typing import Any
from zlib import crc32

from channels.layers import BaseChannelLayer, InMemoryChannelLayer, get_channel_layer

from flowengine.conf import settings

SHARDS = 16
"""Groups over which hints are spread: a hub is in those of what is watched in it, and hears no others."""

EVERYWHERE = SHARDS
"""The number of one more group: whoever is in any of the others is in it, too."""

MESSAGE_TYPE = "flowengine.hint"


def shard_of(key: str) -> int:
    """The shard in which there are hints at *key*: a run's id, or a user's key."""
    return crc32(key.encode()) % SHARDS


def group_of(shard: int) -> str:
    """The name of a shard's group, or of that of ``EVERYWHERE``."""
    return f"flowengine.live.{shard}"


def layer() -> BaseChannelLayer:
    """The layer of the setting ``CHANNEL_LAYER``, or the one of this process.

    Channels' own in-memory layer is bound to one event loop and would deliver a worker thread's
    hints late; the one of this process stands in for it.
    """
    configured = get_channel_layer(settings().CHANNEL_LAYER)
    if configured is None or isinstance(configured, InMemoryChannelLayer):
        return in_process()
    return configured


@cache
def in_process() -> InProcessChannelLayer:
    """The layer that all event loops and threads of this process share."""
    return InProcessChannelLayer()


class InProcessChannelLayer(BaseChannelLayer):
    """A channel layer for one process, whatever its threads and event loops.

    Meets the specification: at most once, a full channel drops what comes (``capacity``). A message
    is handed over as it is, not copied, and must not be changed afterwards.
    """

    extensions = ["groups", "flush"]

    def __init__(self, expiry: int = 60, capacity: int = 100, **_config: Any) -> None:
        super().__init__(expiry=expiry, capacity=capacity)
        self._lock = Lock()
        self._boxes: dict[str, _Box] = {}
        self._groups: dict[str, set[str]] = {}

    async def new_channel(self, prefix: str = "specific") -> str:
        """The name of a channel that nobody else has."""
        return f"{prefix}.inprocess!{token_hex(8)}"

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        """Put *message* on *channel*; a full one drops it."""
        self.deliver(channel, message)

    async def receive(self, channel: str) -> dict[str, Any]:
        """The next message of *channel*, waiting for it. One receiver per channel."""
        with self._lock:
            box = self._boxes.setdefault(channel, _Box(self.capacity))
        return await box.take()

    async def group_add(self, group: str, channel: str) -> None:
        """*channel* gets what is sent to *group*."""
        with self._lock:
            self._groups.setdefault(group, set()).add(channel)

    async def group_discard(self, group: str, channel: str) -> None:
        """*channel* no longer gets what is sent to *group*; out of its last one, what waits is dropped."""
        with self._lock:
            channels = self._groups.get(group, set())
            channels.discard(channel)
            if not channels:
                self._groups.pop(group, None)
            box = self._boxes.get(channel)
            if box is not None and not box.is_awaited and not self._is_member(channel):
                del self._boxes[channel]

    def _is_member(self, channel: str) -> bool:
        return any(channel in channels for channels in self._groups.values())

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Put *message* on each channel of *group*."""
        self.deliver_to_group(group, message)

    async def flush(self) -> None:
        """Forget groups and messages. Who waits on a channel goes on waiting on that channel."""
        with self._lock:
            for box in self._boxes.values():
                box.empty()
            self._groups.clear()

    async def close(self) -> None:
        """Nothing is open."""

    def deliver(self, channel: str, message: dict[str, Any]) -> None:
        """:meth:`send`, from any thread, at once."""
        with self._lock:
            box = self._boxes.setdefault(channel, _Box(self.capacity))
        box.put(message)

    def deliver_to_group(self, group: str, message: dict[str, Any]) -> None:
        """:meth:`group_send`, from any thread, at once."""
        with self._lock:
            channels = list(self._groups.get(group, ()))
        for channel in channels:
            self.deliver(channel, message)


class _Box:
    """The messages of one channel, and who waits for them."""

    def __init__(self, capacity: int) -> None:
        self._lock = Lock()
        self._capacity = capacity
        self._messages: deque[dict[str, Any]] = deque()
        self._wake: Callable[[], None] | None = None

    def put(self, message: dict[str, Any]) -> None:
        with self._lock:
            if len(self._messages) >= self._capacity:
                return
            self._messages.append(message)
            wake = self._wake
        if wake is not None:
            wake()

    @property
    def is_awaited(self) -> bool:
        """Somebody waits for the next message."""
        return self._wake is not None

    def empty(self) -> None:
        with self._lock:
            self._messages.clear()

    async def take(self) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        arrived = asyncio.Event()

        def wake() -> None:
            try:
                loop.call_soon_threadsafe(arrived.set)
            except RuntimeError:
                # The receiver's loop is closed: it will not come back, and nothing is owed to it.
                return

        try:
            while True:
                with self._lock:
                    if self._messages:
                        return self._messages.popleft()
                    self._wake = wake
                await arrived.wait()
                arrived.clear()
        finally:
            with self._lock:
                self._wake = None
