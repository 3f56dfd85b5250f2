"""Tells the hubs of all processes which runs and inboxes changed. Connected when Django starts.

The caller is a worker between two batches: it hands over all that its cycle changed and goes on. A thread
with an event loop of its own sends it, one message to each shard that it touches, or where these are many
a single one to all, a quarter of a second at most; a layer that fails three times in a row is left alone for five seconds. What is not sent is found
by the next heartbeat.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from threading import Lock, Thread
from typing import Any
from uuid import UUID

from flowengine.live.layer import (
    EVERYWHERE,
    MESSAGE_TYPE,
    InProcessChannelLayer,
    group_of,
    layer,
    shard_of,
)
from flowengine.signals import inbox_changed, replay_changed, run_changed

logger = logging.getLogger("flowengine.live")

SEND_TIMEOUT_S = 0.25
FAILURES_MAX = 3
"""Failed sends in a row after which the layer is left alone for *REST_S*."""
REST_S = 5.0
WAITING_MAX = 10_000
"""Runs and inboxes that may wait to be told of; beyond, the oldest is forgotten."""
MESSAGE_HEADS_MAX = 500
MESSAGES_MAX = 4
"""Hints for more shards than that go to all as one message: a message costs far more than a few heads."""

Hint = tuple[str, str, int]
"""``heads`` (of runs), ``inboxes`` or ``views``; the run's id, the user's key or the topic; and the head."""


def announce(heads: Sequence[tuple[UUID, int]]) -> None:
    """Tell every hub that these runs changed; returns at once, and never raises."""
    _announce([("heads", str(run_id), head) for run_id, head in heads])


def announce_inboxes(heads: Sequence[tuple[str, int]]) -> None:
    """Tell every hub that the inboxes of these users changed; returns at once, and never raises."""
    _announce([("inboxes", user, head) for user, head in heads])


def announce_replays(ids: Sequence[UUID]) -> None:
    """Tell every hub that these replays have moved; returns at once, and never raises."""
    _announce([("views", f"replay:{each}", 0) for each in ids])


def _announce(hints: Sequence[Hint]) -> None:
    if not hints:
        return
    try:
        target = layer()
    except Exception:
        logger.exception("the channel layer of the settings cannot be made")
        return
    if isinstance(target, InProcessChannelLayer):
        for group, message in _messages(hints):
            target.deliver_to_group(group, message)
    else:
        _sender().put(hints)


def stop() -> None:
    """End the sending thread of this process, if there is one."""
    sender = _senders.pop(os.getpid(), None)
    if sender is not None:
        sender.stop()


class Sender:
    """A thread that sends hints through the configured layer."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: dict[tuple[str, str], int] = {}
        self._loop = asyncio.new_event_loop()
        self._arrived = asyncio.Event()
        self._is_stopping = False
        self._failures = 0
        self._resting_until = 0.0
        self._thread = Thread(target=self._main, name="flowengine-hints", daemon=True)
        self._thread.start()

    def put(self, hints: Sequence[Hint]) -> None:
        """Have these told; what waits already is told once, with its newest head."""
        with self._lock:
            for kind, key, head in hints:
                self._waiting[kind, key] = max(head, self._waiting.pop((kind, key), 0))
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
                hints = [(kind, key, head) for (kind, key), head in self._waiting.items()]
                self._waiting.clear()
            if hints:
                await self._send(_messages(hints))

    async def _send(self, messages: Iterable[tuple[str, dict[str, Any]]]) -> None:
        if time.monotonic() < self._resting_until:
            return
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                target = layer()
                sends = [target.group_send(group, message) for group, message in messages]
                # Most often it is one, and a task of its own would cost as much as sending it.
                await (sends[0] if len(sends) == 1 else asyncio.gather(*sends))
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


def _messages(hints: Sequence[Hint]) -> list[tuple[str, dict[str, Any]]]:
    """The groups to be told, each with its message: for each shard one, or one for all; more if it is long."""
    by_shard: defaultdict[int, list[Hint]] = defaultdict(list)
    for hint in hints:
        by_shard[shard_of(hint[1])].append(hint)
    if len(by_shard) > MESSAGES_MAX:
        by_shard = defaultdict(list, {EVERYWHERE: list(hints)})
    return [
        (group_of(shard), _message(found[start : start + MESSAGE_HEADS_MAX]))
        for shard, found in by_shard.items()
        for start in range(0, len(found), MESSAGE_HEADS_MAX)
    ]


def _message(hints: Sequence[Hint]) -> dict[str, Any]:
    message: dict[str, Any] = {"type": MESSAGE_TYPE}
    for kind, key, head in hints:
        message.setdefault(kind, []).append([key, head])
    return message


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


def _on_inbox_changed(*, heads: Sequence[tuple[str, int]], **_signal: Any) -> None:
    announce_inboxes(heads)


def _on_replay_changed(*, ids: Sequence[UUID], **_signal: Any) -> None:
    announce_replays(ids)


replay_changed.connect(_on_replay_changed, dispatch_uid="flowengine.live.hints.replays")
inbox_changed.connect(_on_inbox_changed, dispatch_uid="flowengine.live.hints.inboxes")
run_changed.connect(_on_run_changed, dispatch_uid="flowengine.live.hints")
