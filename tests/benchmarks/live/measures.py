"""The measurements of the live socket, each on a server of its own."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass
from uuid import uuid4

import redis

from flowengine.conf import settings
from tests.benchmarks.live import scene
from tests.benchmarks.live.scene import Crowd, Server
from tests.faults.line import Line

SOCKETS = 1_000
STORM = 5_000
CHANGES_PER_S = 200
CHANGING_S = 20.0
BATCH_S = 0.05
FAN_OUTS = 20
FAN_OUT_EVERY_S = 0.5
IDLE_S = 30.0
SETTLE_S = 12.0
"""After so long all sockets have had heartbeats and all permissions were looked at once."""
BACK_WITHIN_S = 120.0
PATH = "/flow/ws/"


@dataclass(slots=True, kw_only=True)
class Idle:
    """What sockets cost that only listen."""

    rss_kb: float
    cpu_percent: float
    """Of one core, all of them together."""
    bytes_per_s: float
    """To each socket."""
    statements: float = 0.0
    """Transactions of the whole database per heartbeat."""


@dataclass(slots=True, kw_only=True)
class Storm:
    """A server that is killed with all its sockets, and comes again."""

    back_s: float
    """From the new server's start until all were back and showed the end."""
    wrong: int
    """Sockets that showed another state than the database, at the end."""


def latency(line: Line) -> list[float]:
    """1,000 sockets, a run each; 200 changes a second: milliseconds from commit to frame."""
    begun = scene.runs(SOCKETS)
    server, crowd = scene.web(line), Crowd()
    try:
        topics = [f"run:{run}" for run in begun]
        crowd.connect(server.port, scene.cookies(SOCKETS), topics, PATH)
        time.sleep(1)
        crowd.forget()
        size = int(CHANGES_PER_S * BATCH_S)
        committed: dict[tuple[str, int], float] = {}
        began = time.monotonic()
        for n in range(int(CHANGING_S / BATCH_S)):
            at = n * size % SOCKETS
            changed = scene.change(begun[at : at + size], min(1.0, n * BATCH_S / CHANGING_S))
            committed |= {(topic, head): moment for topic, head, moment in changed}
            time.sleep(max(0.0, began + (n + 1) * BATCH_S - time.monotonic()))
        time.sleep(1)
        return _waits(committed, crowd)
    finally:
        _end(server, crowd)


def fan_out(line: Line, redis_url: str) -> tuple[list[float], list[float]]:
    """One change, 1,000 sockets: milliseconds until the last had it; here, and with the bare loop."""
    [run] = scene.runs(1)
    server, crowd = scene.web(line), Crowd()
    try:
        crowd.connect(server.port, scene.cookies(SOCKETS), [f"run:{run}"] * SOCKETS, PATH)
        time.sleep(1)
        crowd.forget()
        changes = []
        for n in range(FAN_OUTS):
            changes += scene.change([run], n / FAN_OUTS)
            time.sleep(FAN_OUT_EVERY_S)
        last: dict[float, float] = {}
        for _topic, head, at in crowd.seen()["seen"]:
            last[head] = max(at, last.get(head, at))
        ours = [(last[head] - at) * 1000 for _topic, head, at in changes]
    finally:
        _end(server, crowd)
    return ours, _bare_fan_out(line, redis_url)


def _bare_fan_out(line: Line, redis_url: str) -> list[float]:
    channel = f"bench-{uuid4().hex}"
    server, crowd = scene.bare(line, redis_url, channel), Crowd()
    sender = redis.Redis.from_url(redis_url)
    try:
        crowd.connect(server.port, [""] * SOCKETS, [""] * SOCKETS, "/")
        time.sleep(1)
        crowd.forget()
        for _ in range(FAN_OUTS):
            sender.publish(channel, repr(time.time()))
            time.sleep(FAN_OUT_EVERY_S)
        last: dict[float, float] = {}
        for _topic, sent_at, at in crowd.seen()["seen"]:
            last[sent_at] = max(at, last.get(sent_at, at))
        return [(at - sent_at) * 1000 for sent_at, at in last.items()]
    finally:
        sender.close()
        _end(server, crowd)


def idle(line: Line) -> Idle:
    """1,000 sockets, a run each, and nothing happens."""
    begun = scene.runs(SOCKETS)
    topics = [f"run:{run}" for run in begun]
    server, crowd = scene.web(line), Crowd()
    try:
        # The first sockets bring what is loaded once: it is not counted for the others.
        crowd.connect(server.port, scene.cookies(20), topics[:20], PATH)
        time.sleep(2)
        before = server.rss_mb()
        crowd.close()
        crowd = Crowd()
        crowd.connect(server.port, scene.cookies(SOCKETS), topics, PATH)
        time.sleep(SETTLE_S)
        rss = server.rss_mb() - before
        crowd.forget()
        transactions, cpu, began = _transactions(line), server.cpu_s(), time.monotonic()
        time.sleep(IDLE_S)
        took, cpu = time.monotonic() - began, server.cpu_s() - cpu
        asked = _transactions(line) - transactions
        return Idle(
            rss_kb=rss * 1000 / SOCKETS,
            cpu_percent=100 * cpu / took,
            bytes_per_s=crowd.seen()["bytes"] / took / SOCKETS,
            statements=asked / (took / settings().HEARTBEAT_S),
        )
    finally:
        _end(server, crowd)


def bare_idle_rss_kb(line: Line, redis_url: str) -> float:
    """What an idle socket of the bare loop holds."""
    server, crowd = scene.bare(line, redis_url, f"bench-{uuid4().hex}"), Crowd()
    try:
        crowd.connect(server.port, [""] * 20, [""] * 20, "/")
        before = server.rss_mb()
        crowd.close()
        crowd = Crowd()
        crowd.connect(server.port, [""] * SOCKETS, [""] * SOCKETS, "/")
        time.sleep(2)
        return (server.rss_mb() - before) * 1000 / SOCKETS
    finally:
        _end(server, crowd)


def storm(line: Line, sockets: int = STORM) -> Storm:
    """The server is killed, all runs end meanwhile, and a new one takes everybody back."""
    begun = scene.runs(sockets // 10)
    topics = [f"run:{run}" for run in begun] * 10
    server, crowd = scene.web(line), Crowd()
    try:
        crowd.connect(server.port, scene.cookies(len(topics)), topics, PATH)
        time.sleep(2)
        server.process.signal(signal.SIGKILL)
        scene.finish(begun)
        server.again()
        began = time.monotonic()
        while True:
            stand = crowd.stand()
            wrong = sum(state != "succeeded" for state in stand["states"])
            is_over = stand["open"] == len(topics) and wrong == 0
            if is_over or time.monotonic() - began > BACK_WITHIN_S:
                return Storm(back_s=time.monotonic() - began, wrong=wrong)
            time.sleep(0.25)
    finally:
        _end(server, crowd)


def _waits(committed: dict[tuple[str, int], float], crowd: Crowd) -> list[float]:
    """For each change, until the first frame that covers it."""
    frames: dict[str, list[tuple[float, float]]] = {}
    for topic, head, at in crowd.seen()["seen"]:
        frames.setdefault(topic, []).append((head, at))
    return [
        (min(seen for number, seen in frames[topic] if number >= head) - at) * 1000
        for (topic, head), at in committed.items()
    ]


def _transactions(line: Line) -> int:
    text = (
        "SELECT xact_commit + xact_rollback FROM pg_stat_database"
        " WHERE datname = current_database()"
    )
    time.sleep(1.5)  # the database counts with a delay
    return line.number(text)


def _end(server: Server, crowd: Crowd) -> None:
    crowd.close()
    server.process.signal(signal.SIGKILL)
