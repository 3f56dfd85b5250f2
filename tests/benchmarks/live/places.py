"""The three servers that are measured: ours, the bare loop, and Channels' own consumer.

Each can be started, gives topics that may be watched, and has them changed. Only ours writes a change to
the database first, asks who is there, and asks who may see what.
"""

from __future__ import annotations

import asyncio
import json
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import redis

from tests.benchmarks.live import scene
from tests.benchmarks.live.scene import Crowd, Server
from tests.faults.line import Line
from tests.nodes.process import free_port

Told = list[tuple[str, int, float]]
"""Topic, number, and the instant at which it was committed, or handed over where nothing is committed."""


class Place(ABC):
    """One of them."""

    name: str

    def __init__(self, line: Line) -> None:
        self.line = line

    @abstractmethod
    def start(self) -> Server:
        """Its server."""

    @abstractmethod
    def topics(self, number: int) -> list[str]:
        """So many topics."""

    @abstractmethod
    def tell(self, topics: Sequence[str], fraction: float) -> Told:
        """Have each of these changed."""

    def enter(self, crowd: Crowd, server: Server, topics: Sequence[str]) -> None:
        """Have a socket watch each of these."""
        crowd.connect(server.port, [""] * len(topics), topics, "/")

    @abstractmethod
    def close(self) -> None:
        """Let go what :meth:`tell` holds."""


class Ours(Place):
    """The live socket."""

    name = "flowengine"

    def start(self) -> Server:
        """The project's web process."""
        return scene.web(self.line, "tests.benchmarks.asgi:application")

    def topics(self, number: int) -> list[str]:
        """Runs whose first step is at work."""
        return [f"run:{run}" for run in scene.runs(number)]

    def tell(self, topics: Sequence[str], fraction: float) -> Told:
        """Each says how far it is, as a task does."""
        return scene.change([UUID(topic.removeprefix("run:")) for topic in topics], fraction)

    def enter(self, crowd: Crowd, server: Server, topics: Sequence[str]) -> None:
        """Signed-in users, who may see everything."""
        crowd.connect(server.port, scene.cookies(len(topics)), topics, "/flow/ws/")

    def close(self) -> None:
        """It holds nothing."""


class Other(Place):
    """One whose topics are words, and whose frames the benchmark writes itself."""

    def __init__(self, line: Line, redis_url: str) -> None:
        super().__init__(line)
        self.redis_url = redis_url
        self._numbers = count(1)

    def topics(self, number: int) -> list[str]:
        """Words that look like runs."""
        return [f"run:{uuid4()}" for _ in range(number)]

    def frame(self, topic: str, number: int, fraction: float) -> dict[str, Any]:
        """As large as ours."""
        step: dict[str, Any] = {
            "t": "step",
            "id": "one",
            "kind": "task",
            "title": "One",
            "state": "running",
        }
        step |= {"attempt": 1, "tries": 0, "tries_max": 3, "due_at": None, "progress": fraction}
        step |= {"note": "", "weight": 1, "started_at": "2026-11-22T10:00:00Z", "finished_at": None}
        run: dict[str, Any] = {
            "t": "run",
            "state": "running",
            "percent": 10,
            "title": "Line",
            "workflow": "line",
        }
        run |= {"created_at": "2026-11-22T10:00:00Z", "started_at": None, "finished_at": None}
        return {"t": "pub", "c": topic, "e": "0", "f": number, "o": number, "d": [step, run]}


class Bare(Other):
    """The loop that knows nothing."""

    name = "websockets + Redis"

    def __init__(self, line: Line, redis_url: str) -> None:
        super().__init__(line, redis_url)
        self._channel = f"bench-{uuid4().hex}"
        self._sender = redis.Redis.from_url(redis_url)

    def start(self) -> Server:
        """The loop."""
        port = free_port()
        arguments = ("-m", "tests.benchmarks.live.bare", str(port), self.redis_url, self._channel)
        return Server(self.line, *arguments, port=port)

    def tell(self, topics: Sequence[str], fraction: float) -> Told:
        """One message each."""
        told: Told = []
        with self._sender.pipeline(transaction=False) as pipeline:
            for topic in topics:
                number = next(self._numbers)
                text = json.dumps(self.frame(topic, number, fraction))
                told.append((topic, number, time.time()))
                pipeline.publish(self._channel, f"{topic} {text}")
            pipeline.execute()
        return told

    def close(self) -> None:
        """The connection."""
        self._sender.close()


class Stock(Other):
    """Channels as its documentation says."""

    name = "Channels consumer"

    def __init__(self, line: Line, redis_url: str) -> None:
        super().__init__(line, redis_url)
        self._runner = asyncio.Runner()

    def start(self) -> Server:
        """The same web server as ours, around the consumer."""
        return scene.web(self.line, "tests.benchmarks.live.stock:application")

    def tell(self, topics: Sequence[str], fraction: float) -> Told:
        """One ``group_send`` each."""
        return self._runner.run(self._tell(topics, fraction))

    async def _tell(self, topics: Sequence[str], fraction: float) -> Told:
        from channels.layers import get_channel_layer

        layer: Any = get_channel_layer()
        told: Told = []
        for topic in topics:
            number = next(self._numbers)
            told.append((topic, number, time.time()))
            message = {"type": "tell", "frame": self.frame(topic, number, fraction)}
            await layer.group_send(topic.replace(":", "."), message)
        return told

    def close(self) -> None:
        """The event loop."""
        self._runner.close()
