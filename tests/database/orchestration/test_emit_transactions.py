"""An event row exists if and only if the transaction that emitted it has committed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import connections, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from flowengine.engine.event import Event
from flowengine.errors import LoopSuspected, WrongDatabase
from flowengine.models import EventRecord
from flowengine.orchestration.emit import emit
from flowengine.tasks import attempt as attempts
from flowengine.tasks.attempt import Attempt
from tests.builders.events import NOON, an_event
from tests.project.models import Order


@pytest.mark.django_db(transaction=True)
def test_emit_outside_a_transaction_is_committed_at_once() -> None:
    emit("order.placed", {})

    assert _seen_by_others() == 1


@pytest.mark.django_db(transaction=True)
def test_event_is_seen_by_others_only_after_the_commit() -> None:
    with transaction.atomic():
        emit("order.placed", {})
        inside = _seen_by_others()

    assert (inside, _seen_by_others()) == (0, 1)


@pytest.mark.django_db(transaction=True)
def test_event_and_row_are_rolled_back_together() -> None:
    with transaction.atomic():
        Order.objects.create(customer="ann")
        emit("order.placed", {})
        transaction.set_rollback(True)

    assert (Order.objects.count(), EventRecord.objects.count()) == (0, 0)


TREES: st.SearchStrategy[Any] = st.recursive(
    st.just("emit"),
    lambda inner: st.tuples(st.booleans(), st.lists(inner, max_size=3)),
    max_leaves=8,
)
"""Emit, or a block: whether it is rolled back, and what stands in it."""


@pytest.mark.django_db(transaction=True)
@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(TREES, max_size=4))
def test_in_any_nesting_of_blocks_and_savepoints_events_share_the_fate_of_rows(
    trees: list[Any],
) -> None:
    Order.objects.all().delete()
    EventRecord.objects.all().delete()

    for tree in trees:
        _play(tree)

    tags = set(Order.objects.values_list("customer", flat=True))
    assert set(EventRecord.objects.values_list("subject", flat=True)) == tags


def _play(tree: Any) -> None:
    if tree == "emit":
        with transaction.atomic():
            tag = f"o{Order.objects.count()}-{EventRecord.objects.count()}"
            Order.objects.create(customer=tag)
            emit("order.placed", {}, subject=tag)
        return
    rolled_back, children = tree
    with transaction.atomic():
        for child in children:
            _play(child)
        transaction.set_rollback(rolled_back)


@pytest.mark.django_db(transaction=True)
def test_key_of_a_rolled_back_event_is_free_again() -> None:
    with transaction.atomic():
        emit("order.paid", {"n": 1}, key="42")
        transaction.set_rollback(True)

    emitted = emit("order.paid", {"n": 2}, key="42")

    assert bytes(EventRecord.objects.get(pk=emitted.event_id).data) == b'{"n":2}'


@pytest.fixture
def other_alias() -> Iterator[str]:
    """A second database, without flowengine's tables."""
    connections.databases["other"] = {
        **connections.databases["default"],
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": ":memory:",
        "OPTIONS": {},
    }
    connections["other"].connect()  # by hand: tests may open only the databases they name
    yield "other"
    connections["other"].connection.close()  # Django keeps one in memory open
    del connections["other"]
    del connections.databases["other"]


@pytest.mark.django_db(transaction=True)
def test_emit_in_a_transaction_of_another_database_only_is_refused_with_the_way_out(
    other_alias: str,
) -> None:
    with transaction.atomic(using=other_alias), pytest.raises(WrongDatabase) as caught:
        emit("order.placed", {})

    assert "FLOWENGINE = {'DATABASE': 'other'}" in caught.value.message
    assert "transaction.atomic(using='default')" in caught.value.message
    assert not EventRecord.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_emit_in_transactions_of_both_databases_belongs_to_its_own(other_alias: str) -> None:
    with transaction.atomic(using=other_alias), transaction.atomic():
        emit("order.placed", {})

    assert EventRecord.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_connection_whose_transactions_are_managed_by_hand_may_emit() -> None:
    transaction.set_autocommit(False)
    try:
        emit("order.placed", {})
        transaction.commit()
        emit("order.placed", {})
        transaction.rollback()
    finally:
        transaction.set_autocommit(True)

    assert EventRecord.objects.count() == 1


@pytest.fixture
def running(request: pytest.FixtureRequest) -> Iterator[Event]:
    """This code runs for an attempt whose run was caused by that event."""
    cause: Event = request.param
    attempt = Attempt(run_id=UUID(int=1), step="charge", event=cause, deadline=NOON)
    token = attempts._current.set(attempt)
    yield cause
    attempts._current.reset(token)


FIRST = an_event(traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01")
SECOND = an_event(correlation_id="the-first", hops=3)


@pytest.mark.django_db
@pytest.mark.parametrize("running", [FIRST, SECOND], indirect=True)
def test_emit_in_a_task_continues_the_chain_of_its_event(running: Event) -> None:
    emit("order.paid", {})

    record = EventRecord.objects.get()
    assert record.correlation_id == (running.correlation_id or str(running.id))
    assert record.causation_id == str(running.id)
    assert record.hops == running.hops + 1
    assert record.traceparent == running.traceparent


@pytest.mark.django_db
@pytest.mark.parametrize("running", [FIRST], indirect=True)
def test_emit_in_a_task_with_its_own_chain_keeps_it(running: Event) -> None:
    emit("order.paid", {}, correlation_id="mine", causation_id="this")

    record = EventRecord.objects.get()
    assert (record.correlation_id, record.causation_id, record.hops) == ("mine", "this", 1)


@pytest.mark.django_db
@pytest.mark.parametrize("running", [an_event(hops=15)], indirect=True)
def test_sixteenth_event_of_a_chain_is_accepted(running: Event) -> None:
    emit("order.paid", {})

    assert EventRecord.objects.get().hops == 16


@pytest.mark.django_db
@pytest.mark.parametrize("running", [an_event(hops=16)], indirect=True)
def test_seventeenth_event_of_a_chain_is_refused_as_a_loop(running: Event) -> None:
    with pytest.raises(LoopSuspected, match=r"order\.paid would be the 17th of a chain") as caught:
        emit("order.paid", {})

    assert caught.value.code == "FE425"


def _seen_by_others() -> int:
    """How many events another connection sees."""
    counted: list[int] = []

    def count() -> None:
        counted.append(EventRecord.objects.count())
        connections.close_all()

    thread = threading.Thread(target=count)
    thread.start()
    thread.join()
    return counted[0]
