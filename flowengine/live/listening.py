"""Hearing hints: one channel per event loop, in the groups of what is watched there.

Membership is not trusted: groups expire and servers forget, so the channel joins again and again. A
layer that is away is tried again for ever; meanwhile heads come from the database.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from typing import Any, Protocol
from uuid import UUID

from channels.layers import BaseChannelLayer

from flowengine.live.layer import EVERYWHERE, group_of, layer

logger = logging.getLogger("flowengine.live")

REJOIN_S = 30.0
JOIN_TIMEOUT_S = 5.0
RETRY_S = 2.0
CANCEL_S = 0.5
"""Between two cancellations of a task that did not end by the first."""


class Listener(Protocol):
    """Who wants to hear."""

    shards_changed: asyncio.Event
    """Set when what :meth:`shards` gives has changed."""

    def shards(self) -> frozenset[int]:
        """The shards that are to be heard."""

    def joined(self, shards: frozenset[int]) -> None:
        """From now on these are heard, ``EVERYWHERE`` among them, which were not until now."""

    def hint(self, run_id: UUID, head: int) -> None:
        """A run may stand there."""

    def hint_inbox(self, user: str, number: int) -> None:
        """A user's inbox may stand there."""

    def hint_view(self, topic: str) -> None:
        """What that topic shows may have moved."""


async def listen(listener: Listener) -> None:
    """Tell *listener* of every hint in its shards, until cancelled."""
    while True:
        try:
            await _listen(layer(), listener)
        except Exception as error:  # noqa: BLE001 - a layer is foreign code, and may be away
            logger.warning(
                "the channel layer is away; pages follow by heartbeat", extra={"error": repr(error)}
            )
            await asyncio.sleep(RETRY_S)


async def _listen(source: BaseChannelLayer, listener: Listener) -> None:
    channel = await source.new_channel()
    own = asyncio.current_task()
    if own is not None and own.cancelling():
        # Its client has swallowed that while it was connecting.
        raise asyncio.CancelledError
    joined: set[int] = set()
    tasks = {
        asyncio.create_task(_stay(source, channel, listener, joined)),
        asyncio.create_task(_receive(source, channel, listener)),
    }
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            task.result()
    finally:
        await _end(tasks)
        # Being forgotten is enough where the layer does not answer.
        try:
            async with asyncio.timeout(JOIN_TIMEOUT_S):
                for shard in joined:
                    await source.group_discard(group_of(shard), channel)
        except Exception:  # noqa: BLE001 - as above
            logger.debug("the hub's channel could not leave its groups")


async def _end(tasks: Collection[asyncio.Task[None]]) -> None:
    """Cancel *tasks* until they have ended: a layer's client may swallow a cancellation.

    A task group would cancel once, and wait for ever.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=CANCEL_S)


async def _stay(
    source: BaseChannelLayer, channel: str, listener: Listener, joined: set[int]
) -> None:
    """Join what is wanted, and all of it again and again; leave what is wanted no longer.

    Beside receiving: to layers, a cancelled receive ends the channel.
    """
    renew_at = 0.0
    clock = asyncio.get_running_loop().time
    while True:
        listener.shards_changed.clear()
        is_renewal = clock() >= renew_at
        wanted = listener.shards()
        if wanted:
            wanted |= {EVERYWHERE}
        new = frozenset(wanted - joined)
        async with asyncio.timeout(JOIN_TIMEOUT_S):
            if is_renewal:
                # Those that are wanted no longer are left now and then only: they may be again.
                for shard in joined - wanted:
                    await source.group_discard(group_of(shard), channel)
                joined &= wanted
            for shard in wanted if is_renewal else new:
                joined.add(shard)
                await source.group_add(group_of(shard), channel)
        if new:
            listener.joined(new)
        renew_at = clock() + REJOIN_S if is_renewal else renew_at
        try:
            async with asyncio.timeout_at(renew_at):
                await listener.shards_changed.wait()
        except TimeoutError:
            continue


async def _receive(source: BaseChannelLayer, channel: str, listener: Listener) -> None:
    while True:
        _tell(await source.receive(channel), listener)


def _tell(message: dict[str, Any], listener: Listener) -> None:
    for run_id, head in message.get("heads", ()):
        listener.hint(UUID(run_id), int(head))
    for user, number in message.get("inboxes", ()):
        listener.hint_inbox(str(user), int(number))
    for topic, _head in message.get("views", ()):
        listener.hint_view(str(topic))
