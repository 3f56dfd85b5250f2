"""What the live socket is measured beside: bare ``websockets`` and one Redis subscription.

It knows no users, no numbers and no database: a message goes to the sockets that have named its topic,
as it is, and every few seconds a heartbeat to all, as large as ours.
``python -m tests.benchmarks.live.bare PORT REDIS_URL CHANNEL``
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import defaultdict
from typing import Any

import redis.asyncio
import websockets

HEARTBEAT_S = 5.0
HEARTBEAT = '{"t":"hb","ts":%d,"h":{"run:01930000-0000-7000-8000-000000000000":["0123abcd",2]}}'


async def main(port: int, redis_url: str, channel: str) -> None:
    """Serve until killed."""
    sockets: defaultdict[str, set[Any]] = defaultdict(set)

    async def serve(socket: Any) -> None:
        topic = json.loads(await socket.recv())["c"]
        sockets[topic].add(socket)
        try:
            await socket.wait_closed()
        finally:
            sockets[topic].discard(socket)

    async def beat() -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            everybody = set().union(*sockets.values())
            websockets.broadcast(everybody, HEARTBEAT % int(time.time() * 1000))

    source = redis.asyncio.from_url(redis_url)  # type: ignore[no-untyped-call,unused-ignore]
    async with (
        source.pubsub() as heard,
        websockets.serve(
            serve, "127.0.0.1", port, compression=None, backlog=4096, ping_interval=None
        ),
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(beat())
        await heard.subscribe(channel)
        async for message in heard.listen():
            if message["type"] == "message":
                topic, _, text = message["data"].decode().partition(" ")
                websockets.broadcast(sockets[topic], text)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
