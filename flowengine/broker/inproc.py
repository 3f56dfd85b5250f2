"""``inproc://``: the embedded broker, queues in this process's memory.

A small kombu transport. It differs from ``memory://`` in what an engine needs: a waiting consumer is
woken by a condition variable instead of a polling interval, what a closed consumer had not settled
goes back to the very queue it came from, and brokers with different names share nothing.
Everything is lost with the process; the database is the truth, so that costs latency only.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from queue import Empty
from time import monotonic
from typing import Any

from kombu.connection import Connection
from kombu.transport import virtual

from flowengine.broker.topology import topic_matches


class Space:
    """The exchanges, bindings and queues of one ``inproc://`` name."""

    def __init__(self) -> None:
        self.condition = threading.Condition()
        self.queues: dict[str, deque[dict[str, Any]]] = {}
        self.state = virtual.BrokerState()
        self.puts = 0
        """How many messages were ever put; a waiting consumer sees that it changed."""


_spaces: dict[str, Space] = {}
_spaces_lock = threading.Lock()


def space(name: str) -> Space:
    """The one space of that name in this process."""
    with _spaces_lock:
        return _spaces.setdefault(name, Space())


def connection(name: str) -> Connection:
    """A kombu connection, not yet open, to the space of that name."""
    return Connection(hostname=name or "default", transport=Transport)


class TopicExchange(virtual.exchange.TopicExchange):
    """Routes by RabbitMQ's rule; kombu's own takes ``a.#`` not to match ``a``."""

    def lookup(
        self,
        table: Any,
        exchange: str,  # noqa: ARG002 - kombu's signature
        routing_key: str,
        default: Any,  # noqa: ARG002
    ) -> set[str]:
        """The queues bound for *routing_key*."""
        return {queue for pattern, _, queue in table if topic_matches(pattern, routing_key)}


class Channel(virtual.Channel):
    """A channel whose queues live in a :class:`Space`."""

    do_restore = True
    body_encoding = None  # type: ignore[assignment] # bytes stay bytes
    exchange_types = {**virtual.Channel.exchange_types, "topic": TopicExchange}

    @property
    def _space(self) -> Space:
        found: Space = self.connection.space
        return found

    def _has_queue(self, queue: str, **_kwargs: Any) -> bool:
        return queue in self._space.queues

    def _new_queue(self, queue: str, **_kwargs: Any) -> None:
        with self._space.condition:
            self._space.queues.setdefault(queue, deque())

    def _put(self, queue: str, message: dict[str, Any], **_kwargs: Any) -> None:
        # A copy for each queue, which knows its queue: returned messages go back to it alone.
        self._enter(queue, {**message, "queue": queue}, at_front=False)

    def _enter(self, queue: str, message: dict[str, Any], *, at_front: bool) -> None:
        here = self._space
        with here.condition:
            waiting = here.queues.setdefault(queue, deque())
            if at_front:
                waiting.appendleft(message)
            else:
                waiting.append(message)
            here.puts += 1
            here.condition.notify_all()

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:  # noqa: ARG002
        try:
            return self._space.queues[queue].popleft()
        except (KeyError, IndexError):
            raise Empty from None

    def _restore(self, message: Any) -> None:
        raw = {**message._raw, "redelivered": True}  # noqa: SLF001 - kombu's own subclasses use it
        self._enter(raw["queue"], raw, at_front=True)

    def _size(self, queue: str) -> int:
        return len(self._space.queues.get(queue, ()))


class Transport(virtual.Transport):
    """The transport behind ``inproc://``."""

    Channel = Channel
    driver_type = "inproc"
    driver_name = "inproc"
    implements = virtual.Transport.implements.extend(exchange_type=frozenset(["direct", "topic"]))

    def __init__(self, client: Connection, **kwargs: Any) -> None:
        super().__init__(client, **kwargs)  # type: ignore[no-untyped-call]
        self.space = space(str(client.hostname))
        self.state = self.space.state
        self._is_woken = False

    def wake(self) -> None:
        """End a waiting ``drain_events`` now; may be called from any thread."""
        with self.space.condition:
            self._is_woken = True
            self.space.condition.notify_all()

    def drain_events(  # type: ignore[override]
        self,
        connection: Any,  # noqa: ARG002 - kombu's signature
        timeout: float | None = None,
    ) -> None:
        """Deliver one message, waiting for it.

        Raises:
            TimeoutError: none came within *timeout* seconds, or :meth:`wake` was called.
        """
        cycle: Any = self.cycle
        deadline = None if timeout is None else monotonic() + timeout
        deliver: Callable[[Any, str], None] = self._deliver
        while True:
            puts = self.space.puts
            try:
                cycle.get(deliver)
            except Empty:
                self._wait(puts, deadline)
            else:
                return

    def _wait(self, puts: int, deadline: float | None) -> None:
        with self.space.condition:
            left = None if deadline is None else deadline - monotonic()
            self.space.condition.wait_for(lambda: self._is_woken or self.space.puts != puts, left)
            if self._is_woken or self.space.puts == puts:
                self._is_woken = False
                raise TimeoutError
