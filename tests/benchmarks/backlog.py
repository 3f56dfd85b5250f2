"""A relay before a million events: as fast as before a few, and no larger.

The events are written by the database itself, due and in the order in which they came. What the relay
publishes is counted where it arrives, in the intake, and thrown away there, so that neither the broker's
nor the database's counting is measured with it.
"""

from __future__ import annotations

import signal
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import pika
import psutil
import psycopg
from pika.adapters.blocking_connection import BlockingChannel

from flowengine.broker.topology import INTAKE_QUEUE
from tests.benchmarks.figures import Figure
from tests.faults.line import Line

FEW, MANY = 50_000, 1_000_000
TAKEN = 50_000
"""As many are published for a figure; of the many, all where that is asked for."""
LOOK_S = 0.5
LIMIT_S = 1_200.0
RATE, GROWN = "relay: {} events due", "relay: {} events due, grows by"

_FILL = """
INSERT INTO flowengine_event
  (id, type, time, data, correlation_id, hops, replay, state, due_at, tries, created_at)
SELECT gen_random_uuid(), 'backlog.begun', now(), convert_to(%s, 'UTF8'), 'c', 0, 0, 'pending',
  now() - n * interval '1 millisecond', 0, now() - n * interval '1 millisecond'
FROM generate_series(1, %s) n"""
_PUBLISHED = "SELECT count(*) FROM flowengine_event WHERE state = 'published'"
_DATA = '{"payload": "' + "x" * 180 + '"}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Drained:
    """One repetition."""

    per_s: float
    grown_mb: float
    """From when it had published its first events to its peak."""


def figures(
    opened: Callable[[], AbstractContextManager[Line]], runs: int, *, large: bool
) -> list[Figure]:
    """Few and many, in turns; *large* = the many to their end."""
    found: dict[int, list[Drained]] = {FEW: [], MANY: []}
    for _ in range(runs):
        for count, drained in found.items():
            with opened() as line:
                drained.append(_drain(line, count, count if large else TAKEN))
    rows = []
    for count, drained in found.items():
        rates = tuple(each.per_s for each in drained)
        grown = tuple(each.grown_mb for each in drained)
        rows.append(Figure(name=RATE.format(f"{count:,}"), unit="events/s", runs=rates))
        rows.append(Figure(name=GROWN.format(f"{count:,}"), unit="MB", runs=grown))
    return rows


def ratios(measured: Sequence[Figure]) -> dict[str, float]:
    """The rate before many over that before few: median of the pairs."""
    runs = {each.name: each.runs for each in measured}
    few, many = (runs.get(RATE.format(f"{count:,}"), ()) for count in (FEW, MANY))
    if not (few and many):
        return {}
    pairs = zip(many, few, strict=True)
    return {"relay_many_vs_few": statistics.median(a / b for a, b in pairs)}


def _drain(line: Line, count: int, taken: int) -> Drained:
    with psycopg.connect(line.database_url, autocommit=True) as connection:
        connection.execute(_FILL, (_DATA, count))
        connection.execute("VACUUM ANALYZE flowengine_event")
        connection.execute("CHECKPOINT")  # else it comes while the relay works
    with _intake(line) as intake:
        relay = line.start("-m", "flowengine", "worker", "--roles", "relay")
        try:
            drained, arrived = _watch(intake, psutil.Process(relay.pid), taken)
        finally:
            relay.signal(signal.SIGTERM)
        line.until(lambda: not relay.is_running, what="the relay is gone", limit_s=60)
        arrived += _arrived(intake)
    published = line.number(_PUBLISHED)
    assert published == arrived, f"{arrived} of {published} events have arrived"
    return drained


def _watch(intake: BlockingChannel, relay: psutil.Process, taken: int) -> tuple[Drained, int]:
    """Until so many have arrived; and how many that were."""
    began = until = time.perf_counter()
    first = arrived = 0
    least = most = 0.0
    while arrived < taken:
        time.sleep(LOOK_S)
        arrived += _arrived(intake)
        until = time.perf_counter()
        most = max(most, relay.memory_info().rss / 1e6)
        if arrived and not first:  # it has begun, and holds what it needs
            first, began, least = arrived, until, most
        assert until - began < LIMIT_S, f"{arrived} of {taken} events have arrived"
    return Drained(per_s=(arrived - first) / (until - began), grown_mb=most - least), arrived


def _arrived(intake: BlockingChannel) -> int:
    """What has arrived since the last look; it is thrown away."""
    return int(intake.queue_purge(INTAKE_QUEUE).method.message_count)


@contextmanager
def _intake(line: Line) -> Iterator[BlockingChannel]:
    """The intake's queue, empty at first and afterwards."""
    line.run("-m", "flowengine", "topology", "--declare")
    with pika.BlockingConnection(
        pika.URLParameters(line.environment["FLOWENGINE_TEST_BROKER_URL"])
    ) as connection:
        channel = connection.channel()
        channel.queue_purge(INTAKE_QUEUE)
        yield channel
        channel.queue_purge(INTAKE_QUEUE)
