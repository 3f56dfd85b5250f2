"""A consumer as the documentation of Channels shows it: a group for each topic, JSON for each socket.

It asks nobody who is there and reads no database: ``uvicorn tests.benchmarks.live.stock:application``.
"""

from __future__ import annotations

from typing import Any

import django

django.setup()  # first: what follows needs Django's apps

from channels.generic.websocket import AsyncJsonWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path  # noqa: E402


def group_of(topic: str) -> str:
    """The group of the sockets that watch *topic*."""
    return topic.replace(":", ".")


class Consumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc,unused-ignore]
    """One socket, which is told what its group is told."""

    async def receive_json(self, content: Any, **_named: Any) -> None:
        """The frame that names its topic."""
        await self.channel_layer.group_add(group_of(content["c"]), self.channel_name)

    async def tell(self, event: dict[str, Any]) -> None:
        """A message of its group."""
        await self.send_json(event["frame"])


_consumer: Any = Consumer.as_asgi()  # django-stubs knows routes of HTTP views only
application = ProtocolTypeRouter({"websocket": URLRouter([path("", _consumer)])})
