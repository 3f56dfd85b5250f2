"""An idle system, one event at a time: how long until its first step is called, and a browser knows."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import websockets
from websockets.typing import Origin

from tests.faults.line import Line
from tests.nodes.process import free_port

EVENTS = 120
EVERY_S = 0.05
WARM_UP = 10
"""The first events warm up connections and caches; they do not count."""


@dataclass(slots=True)
class Latency:
    """Milliseconds from the commit of ``emit``, one per event."""

    first_step: list[float] = field(default_factory=list)
    """Until the function of the first step is called: later than its begin, which is committed before."""
    chain_end: list[float] = field(default_factory=list)
    """Until the end of the last of five steps is decided."""
    frame: list[float] = field(default_factory=list)


def measure(line: Line, prefix: str) -> Latency:
    """Start a worker and a web process, watch every run over one socket, emit, and compare."""
    import django

    django.setup()
    port = free_port()
    worker = line.start("-m", "flowengine", "worker", "--concurrency", "16")
    web = line.start(
        *("-m", "uvicorn", "tests.benchmarks.asgi:application", "--log-level", "warning"),
        *("--host", "127.0.0.1", "--port", str(port)),
    )
    try:
        serving = "SELECT count(*) FROM flowengine_worker WHERE state = 'alive'"
        line.until(lambda: line.number(serving) > 0, what="a worker", limit_s=30)
        cookie = _session()
        return asyncio.run(_measure(line, port, cookie, prefix))
    finally:
        for process in (worker, web):
            process.signal(signal.SIGTERM)
            line.until(lambda: not process.is_running, what="its end", limit_s=40)  # noqa: B023


def _session() -> str:
    """A signed-in user's cookie."""
    from django.contrib.auth import get_user_model
    from django.contrib.auth.hashers import make_password
    from django.test import Client

    user, _ = get_user_model().objects.get_or_create(
        username="watcher", defaults={"password": make_password("x")}
    )
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


async def _measure(line: Line, port: int, cookie: str, prefix: str) -> Latency:
    async with await _connected(port, cookie) as socket:
        seen: dict[str, float] = {}
        reader = asyncio.create_task(_read(socket, seen))
        committed: dict[UUID, float] = {}
        before = line.finished()
        for n in range(EVENTS + WARM_UP):
            key = f"{prefix}-{n}"
            run = _run_of(key)
            await socket.send(json.dumps({"t": "sub", "c": f"run:{run}", "p": None}))
            at = await asyncio.to_thread(_emit, key)
            if n >= WARM_UP:
                committed[run] = at
            await asyncio.sleep(EVERY_S)
        await asyncio.to_thread(line.until_finished, before + EVENTS + WARM_UP, limit_s=30)
        await asyncio.sleep(0.5)
        reader.cancel()
    called = await asyncio.to_thread(_called, list(committed))
    ended = await asyncio.to_thread(_ended, list(committed))
    return Latency(
        first_step=[(called[run] - at) * 1000 for run, at in committed.items()],
        chain_end=[(ended[run] - at) * 1000 for run, at in committed.items()],
        frame=[(seen[f"run:{run}"] - at) * 1000 for run, at in committed.items()],
    )


async def _connected(port: int, cookie: str) -> Any:
    for _ in range(200):
        try:
            return await websockets.connect(
                f"ws://127.0.0.1:{port}/flow/ws/",
                additional_headers={"Cookie": f"sessionid={cookie}"},
                origin=Origin(f"http://127.0.0.1:{port}"),
            )
        except OSError:
            await asyncio.sleep(0.1)
    raise AssertionError("the web process does not answer")


async def _read(socket: Any, seen: dict[str, float]) -> None:
    """The instant of the first frame that shows that a run has begun."""
    async for text in socket:
        at = time.time()
        frame = json.loads(text)
        if frame["t"] in {"snap", "pub"}:
            seen.setdefault(frame["c"], at)


def _run_of(key: str) -> UUID:
    """The id of the run before its event is there: derived from the key."""
    from flowengine.engine.identity import keyed_event_id, run_id

    return run_id(keyed_event_id("timed.begun", key), "timed", 0)


def _emit(key: str) -> float:
    from django.contrib.auth import get_user_model

    from flowengine import emit

    user = get_user_model().objects.get(username="watcher")
    emit("timed.begun", {}, key=key, actor=user)
    return time.time()


def _called(runs: Sequence[UUID]) -> dict[UUID, float]:
    """What the first step of each has returned: when it was called."""
    from flowengine.models import StepRecord

    rows = StepRecord.objects.filter(run_id__in=runs, step="one").values_list("run_id", "output")
    return {run: float(json.loads(bytes(at))) for run, at in rows if at is not None}


def _ended(runs: Sequence[UUID]) -> dict[UUID, float]:
    from flowengine.models import RunRecord

    rows = RunRecord.objects.filter(pk__in=runs).values_list("pk", "finished_at")
    return {run: _seconds(at) for run, at in rows if at is not None}


def _seconds(at: datetime) -> float:
    return at.astimezone(UTC).timestamp()
