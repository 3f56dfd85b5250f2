"""Tells the hubs of all processes which runs changed. Connected when Django starts.

The caller is a worker between two batches: it hands the heads over and goes on. A thread with an event
loop of its own sends them, a quarter of a second at most; a layer that fails three times in a row is
left alone for five seconds. What is not sent is found by the next heartbeat.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Sequence
from threading import Lock, Thread
from typing import Any
from uuid import UUID

from flowengine.live.layer import GROUP, MESSAGE_TYPE, InProcessChannelLayer, layer
from flowengine.signals import run_changed

logger = logging.getLogger("flowengine.live")

SEND_TIMEOUT_S = 0.25
FAILURES_MAX = 3
"""Failed sends in a row after which the layer is left alone for *REST_S*."""
REST_S = 5.0
WAITING_MAX = 10_000
"""Runs that may wait to be told of; beyond, the oldest is forgotten."""
MESSAGE_RUNS_MAX = 500


def announce(heads: Sequence[tuple[UUID, int]]) -> None:
    """Tell every hub that these runs changed; returns at once, and never raises."""
    if not heads:
        return
    try:
        target = layer()
    except Exception:
        logger.exception("the channel layer of the settings cannot be made")
        return
    if isinstance(target, InProcessChannelLayer):
        for start in range(0, len(heads), MESSAGE_RUNS_MAX):
            target.deliver_to_group(GROUP, _message(heads[start : start + MESSAGE_RUNS_MAX]))
    else:
        _sender().put(heads)


def stop() -> None:
    """End the sending thread of this process, if there is one."""
    sender = _senders.pop(os.getpid(), None)
    if sender is not None:
        sender.stop()


class Sender:
    """A thread that sends hints through the configured layer."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: dict[UUID, int] = {}
        self._loop = asyncio.new_event_loop()
        self._arrived = asyncio.Event()
        self._is_stopping = False
        self._failures = 0
        self._resting_until = 0.0
        self._thread = Thread(target=self._main, name="flowengine-hints", daemon=True)
        self._thread.start()

    def put(self, heads: Sequence[tuple[UUID, int]]) -> None:
        """Have these told; a run that waits already is told once, with its newest head."""
        with self._lock:
            for run_id, head in heads:
                self._waiting[run_id] = max(head, self._waiting.pop(run_id, 0))
            while len(self._waiting) > WAITING_MAX:
                del self._waiting[next(iter(self._waiting))]
        self._wake()

    def stop(self) -> None:
        """End the thread; what waits is forgotten."""
        self._is_stopping = True
        self._wake()
        self._thread.join(timeout=5)

    def _wake(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._arrived.set)
        except RuntimeError:
            return  # The loop is closed: the process ends.

    def _main(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._send_all())

    async def _send_all(self) -> None:
        while not self._is_stopping:
            await self._arrived.wait()
            self._arrived.clear()
            with self._lock:
                heads = list(self._waiting.items())
                self._waiting.clear()
            for start in range(0, len(heads), MESSAGE_RUNS_MAX):
                await self._send(_message(heads[start : start + MESSAGE_RUNS_MAX]))

    async def _send(self, message: dict[str, Any]) -> None:
        if time.monotonic() < self._resting_until:
            return
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await layer().group_send(GROUP, message)
        except Exception as error:  # noqa: BLE001 - a layer is foreign code; hints may be lost
            self._failures += 1
            if self._failures >= FAILURES_MAX:
                self._resting_until = time.monotonic() + REST_S
                self._failures = 0
                logger.warning(
                    "the channel layer does not answer; pages follow by heartbeat meanwhile",
                    extra={"error": repr(error), "rest_s": REST_S},
                )
        else:
            self._failures = 0


def _message(heads: Sequence[tuple[UUID, int]]) -> dict[str, Any]:
    return {"type": MESSAGE_TYPE, "heads": [[str(run_id), head] for run_id, head in heads]}


_senders: dict[int, Sender] = {}
_senders_lock = Lock()


def _sender() -> Sender:
    """The one of this process: a thread does not survive a fork, so the key is the process's id."""
    with _senders_lock:
        pid = os.getpid()
        if pid not in _senders:
            _senders.clear()
            _senders[pid] = Sender()
        return _senders[pid]


def _on_run_changed(*, heads: Sequence[tuple[UUID, int]], **_signal: Any) -> None:
    announce(heads)


run_changed.connect(_on_run_changed, dispatch_uid="flowengine.live.hints")
