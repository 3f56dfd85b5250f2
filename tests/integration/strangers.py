"""A real worker on a real RabbitMQ, and a stranger who publishes there what no ``emit()`` would."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pika
from pika.data import encode_short_string, encode_value

from flowengine import emit
from flowengine.broker.connect import connect
from flowengine.broker.topology import DEAD_QUEUE, EVENTS_EXCHANGE, INTAKE_QUEUE, station_queue
from flowengine.engine.states import FINAL_RUN_STATES
from flowengine.models import RunRecord
from flowengine.orchestration.sync import sync_project
from flowengine.worker.program import Program, WorkerOptions
from tests.conformance.witness import LIMIT_S, eventually

STRUCTURED = "application/cloudevents+json"
SOURCE = "https://billing.example"
TRUSTED = "https://portal.example"
STATION = station_queue("default")
QUEUES = (INTAKE_QUEUE, STATION, DEAD_QUEUE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a stranger publishes; by default to the events' exchange."""

    body: bytes
    content_type: str | bytes | None = STRUCTURED
    headers: dict[str, Any] = field(default_factory=dict)
    exchange: str = EVENTS_EXCHANGE
    routing_key: str = "stranger.speaks"


class Wire(bytes):
    """A header's value as it stands on the wire, type and all: what pika would not encode."""

    __slots__ = ()


class Stranger:
    """A program of somebody else's: it knows pika, and nothing of ours."""

    def __init__(self, url: str) -> None:
        self._connection = pika.BlockingConnection(pika.URLParameters(url))
        self._channel = self._connection.channel()
        self._channel.confirm_delivery()

    def publish(self, *messages: Message) -> None:
        """Publish; returns when a queue holds them."""
        for message in messages:
            self._channel.basic_publish(
                message.exchange,
                message.routing_key,
                message.body,
                properties=_Properties(message),
                mandatory=True,
            )

    def lengths(self) -> dict[str, int]:
        """The queues that hold messages which nobody has taken."""
        answers = {queue: self._channel.queue_declare(queue, passive=True) for queue in QUEUES}
        counts = {queue: answer.method.message_count for queue, answer in answers.items()}
        return {queue: count for queue, count in counts.items() if count}

    def refuse(self, queue: str) -> None:
        """Take one message of the queue, and refuse it for good."""
        self._channel.basic_reject(self._take(queue), requeue=False)

    def give_back(self, queue: str) -> None:
        """Take one message of the queue, and give it back."""
        self._channel.basic_nack(self._take(queue), requeue=True)

    def _take(self, queue: str) -> int:
        found: list[int] = []

        def is_there() -> bool:
            method, _properties, _body = self._channel.basic_get(queue)
            found.extend([] if method is None else [method.delivery_tag])
            return bool(found)

        eventually(is_there, f"{queue} has a message")
        return found[0]

    def close(self) -> None:
        """Disconnect."""
        self._connection.close()


class Worker:
    """A worker with all its roles, in threads of this process."""

    def __init__(self, url: str) -> None:
        sync_project(now=datetime.now(UTC))
        self._broker = connect(url, name="worker among strangers")
        self._broker.start()
        self._program = Program(WorkerOptions(concurrency=4), self._broker)
        self._program.start()
        assert self._broker.wait_open(LIMIT_S), self._broker.trouble

    @property
    def strays(self) -> int:
        """Messages from our own source that named no event of ours."""
        assert self._program._router is not None
        return self._program._router.strays

    @property
    def stale(self) -> int:
        """Hints that named nothing to take."""
        assert self._program._stations is not None
        return self._program._stations.cycle.stale

    def end(self) -> bool:
        """Drain it, and let the broker have back what was not acknowledged."""
        clean = self._program.drain(LIMIT_S)
        self._broker.close()
        return clean


def assert_undisturbed(worker: Worker, stranger: Stranger) -> None:
    """What is emitted now runs to its end; then the worker ends well, and all was acknowledged.

    A queue keeps its order: by the time this run ends, every event that came before it was seen. Of
    the runs they started, hints may be on their way still; a worker that ends leaves those to others.
    """
    until_ended(emit("chain.begun", {}).run_ids["chain"])
    under_way = RunRecord.objects.exclude(state__in=FINAL_RUN_STATES)
    eventually(lambda: not under_way.exists(), "every run ends")
    eventually(lambda: stranger.lengths() == {}, "every message is taken")
    assert worker.end()
    assert stranger.lengths() == {}


def until_ended(run_id: UUID) -> None:
    """Wait until the run has succeeded."""
    found = RunRecord.objects.filter(pk=run_id, state="succeeded")
    eventually(found.exists, f"run {run_id} succeeds")


def an_event(_leave_out: str = "", /, **fields: Any) -> Message:
    """A CloudEvent in structured mode, from ``SOURCE``; it begins a ``chain``."""
    whole = {
        "specversion": "1.0",
        "id": "i-1",
        "source": SOURCE,
        "type": "chain.begun",
        "data": {"n": 1},
        **fields,
    }
    whole.pop(_leave_out, None)
    return Message(body=json.dumps(whole).encode())


def with_data(data: str) -> Message:
    """The same with that text as its data, be it JSON or not."""
    message = an_event(data="%")
    return replace(message, body=message.body.replace(b'"%"', data.encode()))


def in_headers(prefix: str, body: bytes = b'{"n": 1}', /, **fields: Any) -> Message:
    """The same event in binary mode: attributes in headers, data in the body."""
    whole = {"specversion": "1.0", "id": "i-1", "source": SOURCE, "type": "chain.begun", **fields}
    headers = {f"{prefix}{name}": value for name, value in whole.items() if value is not None}
    return Message(body=body, headers=headers, content_type="application/json")


def a_hint(_leave_out: str = "", /, **fields: Any) -> Message:
    """A hint in the queue of a station; by default of a run that is not there."""
    whole = {"run_id": str(UUID(int=7)), "step": "one", "item": "", "attempt": 0, **fields}
    whole.pop(_leave_out, None)
    return to_station(Message(body=json.dumps(whole).encode(), content_type="application/json"))


def to_station(message: Message) -> Message:
    """The same message, put into the queue of a station."""
    return replace(message, exchange="", routing_key=STATION)


def nested_table(depth: int) -> Wire:
    """A header whose value is a table in a table in a table …"""
    inner = b"\x01aV"
    for _ in range(depth):
        inner = b"\x01aF" + struct.pack(">I", len(inner)) + inner
    return Wire(b"F" + struct.pack(">I", len(inner)) + inner)


def timestamp(value: int) -> Wire:
    """A header of AMQP's type for seconds since 1970, 64 bits."""
    return Wire(b"T" + struct.pack(">Q", value))


class _Properties(pika.BasicProperties):  # type: ignore[misc]
    """Content type, headers and delivery mode, also such as pika would not encode."""

    def __init__(self, message: Message) -> None:
        super().__init__(delivery_mode=2)
        self._message = message

    def encode(self) -> list[bytes]:
        """Flags, then the properties in the protocol's order."""
        flags = self.FLAG_HEADERS | self.FLAG_DELIVERY_MODE
        pieces: list[bytes] = []
        if self._message.content_type is not None:
            flags |= self.FLAG_CONTENT_TYPE
            encode_short_string(pieces, self._message.content_type)
        fields: list[bytes] = []
        for name, value in self._message.headers.items():
            encode_short_string(fields, name)
            if isinstance(value, Wire):
                fields.append(bytes(value))
            else:
                encode_value(fields, value)
        table = b"".join(fields)
        pieces += [struct.pack(">I", len(table)), table, struct.pack("B", self.delivery_mode)]
        return [struct.pack(">H", flags), *pieces]
