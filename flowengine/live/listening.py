"""Hearing hints: one channel per event loop, in the one group that every change is told to.

Membership is not trusted: groups expire and servers forget, so the channel joins again and again. A
layer that is away is tried again for ever; meanwhile heads come from the database.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

from channels.layers import BaseChannelLayer

from flowengine.live.layer import GROUP, layer

logger = logging.getLogger("flowengine.live")

REJOIN_S = 30.0
JOIN_TIMEOUT_S = 5.0
RETRY_S = 2.0


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
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_stay(source, channel))
            tasks.create_task(_receive(source, channel, heard))
    finally:
        # Being forgotten is enough where the layer does not answer.
        try:
            async with asyncio.timeout(JOIN_TIMEOUT_S):
                await source.group_discard(GROUP, channel)
        except Exception:  # noqa: BLE001 - as above
            logger.debug("the hub's channel could not leave its group")


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
