"""Hearing hints: one channel per event loop, in the one group that every change is told to.

Membership is not trusted: groups expire and servers forget, so the channel joins again and again. A
layer that is away is tried again for ever; meanwhile heads come from the database.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

from channels.layers import BaseChannelLayer

from flowengine.live.layer import GROUP, layer

logger = logging.getLogger("flowengine.live")

REJOIN_S = 30.0
JOIN_TIMEOUT_S = 5.0
RETRY_S = 2.0
CANCEL_S = 0.5
"""Between two cancellations of a task that did not end by the first."""


async def listen(heard: Callable[[UUID, int], None]) -> None:
    """Call *heard* with run and head of every hint, until cancelled."""
    while True:
        try:
            await _listen(layer(), heard)
        except Exception as error:  # noqa: BLE001 - a layer is foreign code, and may be away
            logger.warning(
                "the channel layer is away; pages follow by heartbeat", extra={"error": repr(error)}
            )
            await asyncio.sleep(RETRY_S)


async def _listen(source: BaseChannelLayer, heard: Callable[[UUID, int], None]) -> None:
    channel = await source.new_channel()
    tasks = {
        asyncio.create_task(_stay(source, channel)),
        asyncio.create_task(_receive(source, channel, heard)),
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
                await source.group_discard(GROUP, channel)
        except Exception:  # noqa: BLE001 - as above
            logger.debug("the hub's channel could not leave its group")


async def _end(tasks: Collection[asyncio.Task[None]]) -> None:
    """Cancel *tasks* until they have ended: a layer's client may swallow a cancellation.

    A task group would cancel once, and wait for ever.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=CANCEL_S)


async def _stay(source: BaseChannelLayer, channel: str) -> None:
    """Join, again and again. Beside receiving: to layers, a cancelled receive ends the channel."""
    while True:
        async with asyncio.timeout(JOIN_TIMEOUT_S):
            await source.group_add(GROUP, channel)
        await asyncio.sleep(REJOIN_S)


async def _receive(
    source: BaseChannelLayer, channel: str, heard: Callable[[UUID, int], None]
) -> None:
    while True:
        _tell(await source.receive(channel), heard)


def _tell(message: dict[str, Any], heard: Callable[[UUID, int], None]) -> None:
    for run_id, head in message.get("heads", ()):
        heard(UUID(run_id), int(head))
