"""What waits to be written to one socket: bounded, whatever the reader does.

A reader that is slow loses frames, never the last state: when too much waits, the frames of its topics
are dropped, and once it reads again each of them is given anew, as a whole view. One that reads nothing
at all is cut off: the hub asks all of them at once how long they have been at it, so that no frame needs
a clock of its own.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Any, NamedTuple
from weakref import ReferenceType, ref

from flowengine.live.protocol import Close

FRAMES_MAX = 256
BYTES_MAX = 1024 * 1024
CONTROL_MAX = 2_048
"""Frames of no topic that may wait; a peer that asks for more and does not read is cut off. One frame
of a client, of at most 64 KiB, names some 1,300 topics, each of which may be refused."""
WRITE_S = 10.0
"""A reader that takes longer for one frame is cut off."""


class Frame(NamedTuple):
    """Text to be written."""

    text: str
    topic: str | None = None
    """What it speaks of, if it may be dropped for a newer whole view."""


@dataclass(frozen=True, slots=True)
class Lagging:
    """The topics whose frames were dropped: they are to be given anew."""

    topics: frozenset[str]


@dataclass(frozen=True, slots=True)
class Closing:
    """The end of the socket."""

    code: Close | None
    """None = the browser has gone: there is nobody to be told."""
    reason: str = ""


class Outbox:
    """Frames in order, then the end. Used by one event loop; one reader."""

    def __init__(self, *, frames_max: int = FRAMES_MAX, bytes_max: int = BYTES_MAX) -> None:
        self._frames: deque[Frame] = deque()
        self._heartbeat = ""
        self._lagging: set[str] = set()
        self._closing: Closing | None = None
        self._size = 0
        self._frames_max = frames_max
        self._bytes_max = bytes_max
        self._waiting: asyncio.Future[None] | None = None
        self._writer: ReferenceType[asyncio.Task[Any]] | None = None
        self._is_writing = False
        self._is_cut = False
        self._stuck_since: float | None = None

    def put(self, text: str, topic: str | None = None) -> None:
        """Have *text* written; with a *topic* it may be dropped for a newer whole view."""
        if topic is not None and topic in self._lagging:
            return
        self._frames.append(Frame(text, topic))
        self._size += len(text)
        if len(self._frames) > self._frames_max or self._size > self._bytes_max:
            self._drop_topics()
            if len(self._frames) > CONTROL_MAX:
                self.close(Close.SLOW)
        self._wake()

    def put_heartbeat(self, text: str) -> None:
        """Have *text* written after all that waits; it takes the place of an older heartbeat."""
        self._heartbeat = text
        self._wake()

    def close(self, code: Close | None, reason: str = "") -> None:
        """End the socket now: nothing more is written. The first reason counts."""
        if self._closing is None:
            self._closing = Closing(code, reason)
            self._frames.clear()
            self._lagging.clear()
            self._heartbeat = ""
        self._wake()

    def cut(self, code: Close | None) -> None:
        """:meth:`close`, and do not wait for the frame that is being written: cancel its writer."""
        self.close(code)
        writer = None if self._writer is None else self._writer()
        if self._is_writing and writer is not None:
            self._is_cut = True
            writer.cancel()

    def take_back_cancel(self) -> bool:
        """Whether it was :meth:`cut` that cancelled the writer, which then goes on as if nothing were."""
        is_cut, self._is_cut = self._is_cut, False
        writer = asyncio.current_task()
        if is_cut and writer is not None:
            writer.uncancel()
        return is_cut

    def is_stuck(self, now: float) -> bool:
        """One frame has been at its writer for :data:`WRITE_S`; asked again and again, by one clock."""
        if not self._is_writing:
            return False
        if self._stuck_since is None:
            self._stuck_since = now
        return now - self._stuck_since >= WRITE_S

    def forget(self, topic: str) -> None:
        """Write nothing more of *topic*."""
        self._lagging.discard(topic)
        self._keep([frame for frame in self._frames if frame.topic != topic])

    async def take(self) -> Frame | Lagging | Closing:
        """What is to be done next, waiting for it; what was taken before is done by now."""
        self._is_writing, self._stuck_since = False, None
        while True:
            if self._closing is not None:
                return self._closing
            if self._frames:
                frame = self._frames.popleft()
                self._size -= len(frame.text)
                return self._given(frame)
            if self._lagging:
                lagging = Lagging(frozenset(self._lagging))
                self._lagging.clear()
                return lagging
            if self._heartbeat:
                frame, self._heartbeat = Frame(self._heartbeat), ""
                return self._given(frame)
            # Most sockets wait most of the time: a future costs half of an event.
            self._waiting = asyncio.get_running_loop().create_future()
            try:
                await self._waiting
            finally:
                self._waiting = None

    def _given(self, frame: Frame) -> Frame:
        self._is_writing = True
        writer = asyncio.current_task() if self._writer is None else None
        if writer is not None:
            # Weakly: the task of a stream holds what holds this.
            self._writer = ref(writer)
        return frame

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _drop_topics(self) -> None:
        self._lagging.update(frame.topic for frame in self._frames if frame.topic is not None)
        self._keep([frame for frame in self._frames if frame.topic is None])

    def _keep(self, frames: list[Frame]) -> None:
        self._frames = deque(frames)
        self._size = sum(len(frame.text) for frame in frames)
