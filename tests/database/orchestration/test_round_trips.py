"""How often a step, an event or a relay waits for PostgreSQL: what a lone one needs most of its time for."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from django.db import OperationalError, connection

from flowengine.engine.event import Event
from flowengine.engine.messages import Succeeded
from flowengine.orchestration.advance import Advanced, Told, Work, advance
from flowengine.orchestration.emit import emit
from flowengine.orchestration.route import route
from flowengine.store import due_events
from tests.builders.stored import TASKS, WORKER, claim, define, now, start

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("postgres")]

CHAIN = """
workflow: waited
on: waited.begun
steps:
  - {id: one, task: line.nothing}
  - {id: two, task: line.nothing}
  - {id: three, task: line.nothing}
"""


def waits(act: Callable[[], object]) -> int:
    """How often the server has said that it waits for what comes next, as libpq has seen it."""
    with tempfile.TemporaryFile() as said:
        libpq = connection.connection.pgconn
        libpq.trace(said.fileno())
        try:
            act()
        finally:
            libpq.untrace()
        said.seek(0)
        return sum(b"ReadyForQuery" in line for line in said)


def goes_on(advanced: Advanced) -> Work:
    """The attempts have ended, and the worker goes on from hand to hand."""
    return Work(
        told=tuple(
            Told(
                run_id=each.run.id,
                message=Succeeded(step=each.step.id, attempt=each.step.attempt, output=None),
                seen=each.run,
                handed=each.handed,
            )
            for each in advanced.begun
        ),
        worker=WORKER,
        tasks=TASKS,
        stations=frozenset({"default"}),
        places=len(advanced.begun),
    )


@pytest.mark.parametrize("count", [1, 20])
def test_step_from_hand_to_hand_waits_twice(count: int) -> None:
    begun = Advanced()
    for run in start(define(CHAIN), count):
        begun.add(claim(run, "one"))
    second = goes_on(advance(goes_on(begun), now()))

    assert waits(lambda: advance(second, now())) == 2


def test_event_that_starts_a_run_waits_four_times() -> None:
    define(CHAIN)
    first, second = (emit("waited.begun", {}, key=str(uuid4())).event_id for _ in range(2))
    route([first], now=now())

    assert waits(lambda: route([second], now=now())) == 4


@pytest.mark.parametrize("count", [0, 1, 20])
def test_relay_waits_once_to_claim_and_once_to_mark(count: int) -> None:
    due_events.claim_pending(now(), now(), limit=1)  # the connection is there
    later = now() + timedelta(minutes=1)
    emitted = [emit("waited.begun", {}).event_id for _ in range(count)]
    claimed: list[Event] = []

    assert waits(lambda: claimed.extend(due_events.claim_pending(later, later, limit=50))) == 1
    assert [event.id for event in claimed] == emitted
    if emitted:
        assert waits(lambda: due_events.mark_published(emitted, later)) == 1
        assert not due_events.claim_pending(later, later, limit=50)


def test_claim_that_has_failed_leaves_nothing_open() -> None:
    emit("waited.begun", {})
    connection.cursor().execute("SET statement_timeout = 1")
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute("LOCK TABLE flowengine_event")
        with pytest.raises(OperationalError, match="timeout"):
            due_events.claim_pending(now(), now(), limit=1)

    connection.cursor().execute("SET statement_timeout = 0")
    assert not connection.in_atomic_block
    assert len(due_events.claim_pending(now(), now(), limit=1)) == 1
