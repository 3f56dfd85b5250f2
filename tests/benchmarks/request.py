"""What ``emit()`` adds to a request: one that writes a row, with it and without, in turns.

Beside them the same request with one more statement that does nothing: so much any statement adds there.

A web process answers over one connection that stays open, and keeps its connection to the database, as in
production; a worker does what is emitted, and is done with it before the next request.
"""

from __future__ import annotations

import http.client
import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from tests.benchmarks.figures import Figure, percentile
from tests.faults.line import Line
from tests.nodes.process import free_port

ROUNDS = 200
WARM_UP = 20
"""Rounds at the begin that do not count."""
PAUSE_S = 0.03
"""After each request: what it has emitted is done by then."""
PAGES = ("plain", "asking", "emitting")
ORDERS = ((0, 1, 2), (2, 1, 0), (0, 2, 1), (1, 0, 2), (2, 0, 1), (1, 2, 0))
"""In which rounds ask for them: over and over, each comes equally often after each."""


@dataclass(frozen=True, slots=True)
class Requests:
    """Milliseconds of each request, by page."""

    ms: dict[str, list[float]] = field(default_factory=lambda: {page: [] for page in PAGES})

    def median(self, page: str) -> float:
        """Of one page."""
        return percentile(self.ms[page], 0.5)

    def added_ms(self, page: str) -> float:
        """To the median, by what that page does besides."""
        return self.median(page) - self.median("plain")


def figures(opened: Callable[[], AbstractContextManager[Line]], runs: int) -> list[Figure]:
    """The medians, and their differences."""
    with opened() as line:
        found = [_measure(line) for _ in range(runs)]
    rows = {
        "request that writes a row, p50": [each.median("plain") for each in found],
        "request that writes a row and emits, p50": [each.median("emitting") for each in found],
        "one statement adds to the p50 of a request": [each.added_ms("asking") for each in found],
        "emit() adds to the p50 of a request": [each.added_ms("emitting") for each in found],
    }
    return [Figure(name=name, unit="ms", runs=tuple(values)) for name, values in rows.items()]


def _measure(line: Line) -> Requests:
    port = free_port()
    before = line.finished()
    line.environment["FLOWENGINE_BENCH_KEEPS_CONNECTIONS"] = "1"
    worker = line.start("-m", "flowengine", "worker", "--concurrency", "16")
    web = line.start(
        *("-m", "uvicorn", "tests.benchmarks.asgi:application", "--log-level", "warning"),
        *("--host", "127.0.0.1", "--port", str(port)),
    )
    try:
        line.until_serving(1)
        found = _ask(_connected(line, port))
        line.until_finished(before + ROUNDS + WARM_UP, limit_s=60)
        return found
    finally:
        for process in (worker, web):
            process.signal(signal.SIGTERM)
            line.until(lambda: not process.is_running, what="its end", limit_s=40)  # noqa: B023


def _connected(line: Line, port: int) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def answers() -> bool:
        try:
            connection.connect()
        except OSError:
            return False
        return True

    line.until(answers, what="the web process answers", limit_s=60)
    return connection


def _ask(connection: http.client.HTTPConnection) -> Requests:
    found = Requests()
    for n in range(ROUNDS + WARM_UP):
        for page in (PAGES[place] for place in ORDERS[n % len(ORDERS)]):
            took_ms = _took_ms(connection, f"/measured/{page}?customer={n}")
            if n >= WARM_UP:
                found.ms[page].append(took_ms)
            time.sleep(PAUSE_S)
    connection.close()
    return found


def _took_ms(connection: http.client.HTTPConnection, url: str) -> float:
    began = time.perf_counter()
    connection.request("GET", url)
    answer = connection.getresponse()
    body = answer.read()
    took_ms = 1000 * (time.perf_counter() - began)
    assert (answer.status, body) == (200, b"ok"), (answer.status, body)
    return took_ms
