"""What the parts can do by themselves: one hop through RabbitMQ, and rows into PostgreSQL.

No system that uses these clients on top of them can be faster; how near one comes is worth knowing. One
connection is served by one core of its service and one of its client. Two at once, in processes of their
own, show what is left of the machine then; ``python -m tests.benchmarks.limits hop|rows URL`` is one of them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial

import pika
import psycopg
from pika.adapters.blocking_connection import BlockingConnection
from pika.adapters.select_connection import SelectConnection
from pika.channel import Channel
from pika.spec import Basic, BasicProperties

from tests.benchmarks.systems import CLIENT, Raw
from tests.benchmarks.usage import OWN, Usage
from tests.faults.line import ROOT

HOP_QUEUE = f"limit_hop_{os.getpid()}"
HOPS = 20_000
PRELOADED = 2_000
BODY = b"x" * 300
WINDOW = 200
"""Deliveries unacknowledged at a time; as many confirms are awaited."""
ROWS = 50_000
BATCH = 100
Work = Callable[[], tuple[int, float]]
"""Does it; how many, and in how many seconds."""
LIMIT_S = 120


def measured(what: str, url: str) -> Raw:
    """One connection, of this process."""
    with _PREPARED[what](url) as work:
        usage = Usage([os.getpid()])
        count, seconds = work()
        used = usage.parts()
    return Raw(
        per_s=count / seconds,
        cpu_s_per_1000={
            CLIENT if who == OWN else who: 1000 * used_s / count for who, used_s in used.items()
        },
    )


def two_at_once(what: str, url: str) -> Raw:
    """Two connections, each of a process of its own; no costs, which are those of one."""
    command = [sys.executable, "-m", "tests.benchmarks.limits", what, url]
    begun = [
        subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for each in begun:  # both have been started before either begins
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in begun:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    rates = [float(each.communicate(timeout=LIMIT_S)[0]) for each in begun]
    return Raw(per_s=sum(rates), cpu_s_per_1000={})


def main() -> None:
    """Prepare, wait for the word, and print how many a second."""
    with _PREPARED[sys.argv[1]](sys.argv[2]) as work:
        print("ready", flush=True)
        sys.stdin.readline()
        count, seconds = work()
    print(count / seconds)


@contextmanager
def _hop(broker_url: str) -> Iterator[Work]:
    """Consume, publish the next with confirm, acknowledge once confirmed: on one quorum queue."""
    parameters = pika.URLParameters(broker_url)
    _preload(parameters)
    try:
        yield _Hop(parameters).run
    finally:
        with BlockingConnection(parameters) as connection:
            connection.channel().queue_delete(HOP_QUEUE)


def _preload(parameters: pika.URLParameters) -> None:
    with BlockingConnection(parameters) as connection:
        channel = connection.channel()
        channel.queue_delete(HOP_QUEUE)
        channel.queue_declare(HOP_QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
        channel.confirm_delivery()
        for _ in range(PRELOADED):
            channel.basic_publish("", HOP_QUEUE, BODY, BasicProperties(delivery_mode=2))


class _Hop:
    """One connection whose callbacks pass each message on, until there were enough."""

    def __init__(self, parameters: pika.URLParameters) -> None:
        self._connection = SelectConnection(
            parameters, on_open_callback=lambda c: c.channel(on_open_callback=self._opened)
        )
        self._channel: Channel
        self._published = 0
        self._done = 0
        self._tags: dict[int, int] = {}
        """By the number of a publish, the delivery that it passes on."""
        self._began = 0.0
        self._seconds = 0.0

    def run(self) -> tuple[int, float]:
        """Hops, and their seconds."""
        self._connection.ioloop.start()
        return HOPS, self._seconds

    def _opened(self, channel: Channel) -> None:
        self._channel = channel
        channel.confirm_delivery(self._confirmed)
        channel.basic_qos(prefetch_count=WINDOW)
        self._began = time.perf_counter()
        channel.basic_consume(HOP_QUEUE, self._delivered)

    def _delivered(
        self, channel: Channel, method: Basic.Deliver, _: BasicProperties, body: bytes
    ) -> None:
        self._published += 1
        self._tags[self._published] = method.delivery_tag
        channel.basic_publish("", HOP_QUEUE, body, BasicProperties(delivery_mode=2))

    def _confirmed(self, frame: object) -> None:
        method = frame.method  # type: ignore[attr-defined]
        assert isinstance(method, Basic.Ack), method
        first = method.delivery_tag
        numbers = [n for n in self._tags if n <= first] if method.multiple else [first]
        for number in numbers:
            self._channel.basic_ack(self._tags.pop(number))
        self._done += len(numbers)
        if self._done >= HOPS and not self._seconds:
            self._seconds = time.perf_counter() - self._began
            self._connection.close()
            self._connection.ioloop.stop()


@contextmanager
def _rows(database_url: str) -> Iterator[Work]:
    """Rows of 200 bytes by ``INSERT … SELECT unnest``, a hundred to a commit, fsync on; one index."""
    table = f"limit_rows_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            f"CREATE TABLE {table} (id uuid PRIMARY KEY, n int, body bytea, at timestamptz)"
        )
        try:
            yield partial(_write, connection, table)
        finally:
            connection.execute(f"DROP TABLE {table}")


def _write(connection: psycopg.Connection, table: str) -> tuple[int, float]:
    began = time.perf_counter()
    for _ in range(ROWS // BATCH):
        connection.execute(
            f"INSERT INTO {table} SELECT i, n, b, now()"
            " FROM unnest(%s::uuid[], %s::int[], %s::bytea[]) AS w(i, n, b)",
            (
                [uuid.uuid4() for _ in range(BATCH)],
                list(range(BATCH)),
                [b"x" * 200] * BATCH,
            ),
        )
    return ROWS, time.perf_counter() - began


_PREPARED: Mapping[str, Callable[[str], AbstractContextManager[Work]]] = {
    "hop": _hop,
    "rows": _rows,
}

if __name__ == "__main__":
    main()
