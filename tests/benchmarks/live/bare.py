"""What the live socket is measured beside: bare ``websockets`` and one Redis subscription.

It knows no users, no topics, no numbers and no database: every message goes to every socket, as it is.
``python -m tests.benchmarks.live.bare PORT REDIS_URL CHANNEL``
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import redis.asyncio
import websockets


async def main(port: int, redis_url: str, channel: str) -> None:
    """Serve until killed."""
    sockets: set[Any] = set()

    async def serve(socket: Any) -> None:
        sockets.add(socket)
        try:
            await socket.wait_closed()
        finally:
            sockets.discard(socket)

    source = redis.asyncio.from_url(redis_url)  # type: ignore[no-untyped-call,unused-ignore]
    async with (
        source.pubsub() as heard,
        websockets.serve(serve, "127.0.0.1", port, compression=None, backlog=4096),
    ):
        await heard.subscribe(channel)
        async for message in heard.listen():
            if message["type"] == "message":
                websockets.broadcast(sockets, message["data"].decode())


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
