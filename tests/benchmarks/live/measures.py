"""The measurements of live sockets, each on a server of its own."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connections

from flowengine.conf import settings
from tests.benchmarks.live.places import Ours, Place, Told
from tests.benchmarks.live.scene import Crowd, Server
from tests.faults.line import Line

CHANGES_PER_S = 200
BATCH_S = 0.05
FAN_OUT_EVERY_S = 0.5
ARRIVED_WITHIN_S = 60.0
BACK_WITHIN_S = 240.0
COMINGS = 3
UNWATCHED_BEATS = 3
FEW = 20
"""Sockets with which a process has all that it needs for any number of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much of each."""

    sockets: int = 1_000
    changing_s: float = 20.0
    fan_outs: int = 20
    settle_s: float = 12.0
    """After so long all sockets have had heartbeats and all permissions were looked at once."""
    idle_s: float = 40.0
    storm: int = 5_000


SMALL = Sizes(sockets=100, changing_s=4.0, fan_outs=5, settle_s=2.0, idle_s=10.0, storm=300)
"""Shows that all of it works; the figures are worth nothing."""


@dataclass(slots=True, kw_only=True)
class Idle:
    """What sockets cost that only listen."""

    rss_kb: float
    """Each."""
    cpu_percent: float
    """Of one core, for a thousand of them; without what the process takes with twenty."""
    base_percent: float
    """What it takes with twenty: mostly its server, and its client of Redis, which look about ten times a second."""
    bytes_per_s: float
    """To each."""
    statements: float
    """Transactions of the whole database per heartbeat: heads, and who is there and may see what."""
    unwatched: float
    """The same once all of them have gone; what the database does for itself is counted too."""
    handshake_kb: float
    """What the process grows by for each socket that came and went."""


@dataclass(slots=True, kw_only=True)
class Storm:
    """A server that is killed with all its sockets, and comes again."""

    back_s: float
    """From the new server's start until all were back and showed the end."""
    away: int
    """Sockets that were not back, at the end."""
    wrong: int
    """Sockets that showed another state than the database, at the end."""


def latency(place: Place, sizes: Sizes) -> tuple[list[float], float]:
    """A topic for each socket, 200 changes a second: milliseconds from commit to frame.

    And the processor time of the server for each change, in milliseconds: heartbeats and all.
    """
    topics = place.topics(sizes.sockets)
    with watched(place, topics) as (server, crowd):
        size = int(CHANGES_PER_S * BATCH_S)
        told: Told = []
        began, cpu = time.monotonic(), server.cpu_s()
        for n in range(int(sizes.changing_s / BATCH_S)):
            at = n * size % len(topics)
            told += place.tell(topics[at : at + size], (n + 1) * BATCH_S / sizes.changing_s)
            time.sleep(max(0.0, began + (n + 1) * BATCH_S - time.monotonic()))
        waits = _waits(told, crowd, sockets=1)
        return waits, (server.cpu_s() - cpu) * 1000 / len(told)


def fan_out(place: Place, sizes: Sizes) -> list[float]:
    """One topic for all sockets: milliseconds from a commit until the last of them had it."""
    [topic] = place.topics(1)
    with watched(place, [topic] * sizes.sockets) as (_server, crowd):
        told: Told = []
        for n in range(sizes.fan_outs):
            told += place.tell([topic], (n + 1) / sizes.fan_outs)
            time.sleep(FAN_OUT_EVERY_S)
        return _waits(told, crowd, sockets=sizes.sockets)


def idle(place: Place, sizes: Sizes) -> Idle:
    """A topic for each socket, and nothing happens."""
    topics = place.topics(sizes.sockets)
    server = place.start()
    first, crowd = Crowd(), Crowd()
    try:
        # The first sockets bring what is loaded once: it is not counted for the others.
        place.enter(first, server, topics[:FEW])
        time.sleep(sizes.settle_s)
        before = server.rss_mb()
        cpu, began = server.cpu_s(), time.monotonic()
        time.sleep(sizes.idle_s / 2)
        base = (server.cpu_s() - cpu) / (time.monotonic() - began)
        first.close()
        place.enter(crowd, server, topics)
        time.sleep(sizes.settle_s)
        rss = server.rss_mb() - before
        connections.close_all()  # else what was asked from here is counted up to ten seconds later
        crowd.forget()
        transactions, cpu, began = _transactions(place.line), server.cpu_s(), time.monotonic()
        time.sleep(sizes.idle_s)
        took, cpu = time.monotonic() - began, server.cpu_s() - cpu
        asked = _transactions(place.line) - transactions
        assert crowd.stand()["open"] == len(topics), "sockets were lost while nothing happened"
        sent = crowd.seen()["bytes"]
        crowd.close()
        time.sleep(1)
        connections.close_all()
        left, began = _transactions(place.line), time.monotonic()
        time.sleep(UNWATCHED_BEATS * settings().HEARTBEAT_S)
        # What asks is counted as well, once.
        left = max(0, _transactions(place.line) - left - 1)
        beats = (time.monotonic() - began) / settings().HEARTBEAT_S
        held = server.rss_mb()
        for _ in range(COMINGS):
            _come_and_go(place, server, topics)
        grown = server.rss_mb() - held
        return Idle(
            rss_kb=rss * 1000 / len(topics),
            cpu_percent=100 * (cpu / took - base) * 1000 / (len(topics) - FEW),
            base_percent=100 * base,
            bytes_per_s=sent / took / len(topics),
            statements=asked / (took / settings().HEARTBEAT_S),
            unwatched=left / beats,
            handshake_kb=grown * 1000 / (COMINGS * len(topics)),
        )
    finally:
        _end(server, first, crowd)


def heal(ours: Ours, sizes: Sizes) -> list[float]:
    """All sockets are cut off while their runs move: milliseconds until each was told again."""
    topics = ours.topics(sizes.sockets)
    with watched(ours, topics) as (_server, crowd):
        crowd.cut()
        ours.tell(topics, 0.5)
        until = time.monotonic() + BACK_WITHIN_S
        while len(found := crowd.stand()["healed"]) < len(topics):
            assert time.monotonic() < until, f"{len(topics) - len(found)} have not come back"
            time.sleep(0.25)
        return [1000 * each for each in found]


def storm(ours: Ours, sizes: Sizes) -> Storm:
    """The server is killed, all runs end meanwhile, and a new one takes everybody back."""
    from tests.benchmarks.live.scene import finish

    runs = ours.topics(sizes.storm // 10)
    topics = runs * 10
    server, crowd = ours.start(), Crowd()
    try:
        ours.enter(crowd, server, topics)
        time.sleep(2)
        server.process.signal(signal.SIGKILL)
        finish(runs)
        server.again()
        began = time.monotonic()
        while True:
            stand = crowd.stand()
            away = len(topics) - stand["open"]
            wrong = sum(state != "succeeded" for state in stand["states"])
            took = time.monotonic() - began
            if not (away or wrong) or took > BACK_WITHIN_S:
                assert stand["back"] >= len(topics) - away, "some were never cut off"
                return Storm(back_s=took, away=away, wrong=wrong)
            time.sleep(0.25)
    finally:
        _end(server, crowd)


@contextmanager
def watched(place: Place, topics: list[str]) -> Iterator[tuple[Server, Crowd]]:
    """A server, and a socket for each of the topics, all of which have been answered."""
    server, crowd = place.start(), Crowd()
    try:
        place.enter(crowd, server, topics)
        place.tell(
            sorted(set(topics)), 0.001
        )  # what is loaded with the first change is not counted
        time.sleep(2)
        crowd.forget()
        yield server, crowd
    finally:
        _end(server, crowd)


def _waits(told: Told, crowd: Crowd, *, sockets: int) -> list[float]:
    """For each change, until as many sockets had a frame that covers it.

    Raises:
        AssertionError: some never had one.
    """
    until = time.monotonic() + ARRIVED_WITHIN_S
    while True:
        frames: dict[str, list[tuple[float, float]]] = {}
        for topic, number, at in crowd.seen()["seen"]:
            frames.setdefault(topic, []).append((number, at))
        waits = []
        for topic, number, at in told:
            covering = sorted(seen for n, seen in frames.get(topic, ()) if n >= number)
            if len(covering) >= sockets:
                waits.append((covering[sockets - 1] - at) * 1000)
        if len(waits) == len(told):
            return waits
        assert time.monotonic() < until, f"{len(told) - len(waits)} changes have not arrived"
        time.sleep(1)


def _come_and_go(place: Place, server: Server, topics: list[str]) -> None:
    crowd = Crowd()
    place.enter(crowd, server, topics)
    crowd.close()
    time.sleep(0.5)


def _transactions(line: Line) -> int:
    text = (
        "SELECT xact_commit + xact_rollback FROM pg_stat_database"
        " WHERE datname = current_database()"
    )
    time.sleep(1.5)  # the database counts with a delay
    return line.number(text)


def _end(server: Server, *crowds: Crowd) -> None:
    for crowd in crowds:
        crowd.close()
    server.process.signal(signal.SIGKILL)
