"""Events, routers and relays at the same moment: one answer to each event, nothing lost."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import transaction

from flowengine import emit
from flowengine.definitions.catalog import Catalog
from flowengine.definitions.check import bind
from flowengine.definitions.parse import parse
from flowengine.engine.identity import foreign_event_id, keyed_event_id
from flowengine.models import EventRecord, RunRecord
from flowengine.orchestration.route import overdue, route
from flowengine.orchestration.sync import Synchronised, sync
from flowengine.store import due_events, events, sql
from flowengine.tasks import registry
from tests.builders.events import an_event
from tests.builders.files import HELLO
from tests.builders.stored import now
from tests.database.interleavings.actor import Cast
from tests.database.interleavings.scenes import (
    HOLDS_EVENTS,
    ROUTED,
    check_each_answered_once,
    hello,
    outcomes,
    routing,
    said,
)

LATE = timedelta(minutes=1)


class Undone(Exception):
    """Rolls a transaction back."""


def emitting(*, fails: bool = False) -> UUID:
    """Emit the one event of a key, in a transaction."""
    with transaction.atomic():
        emitted = emit("hello.said", {"name": "ann"}, key="1")
        if fails:
            raise Undone
    return emitted.event_id


KEYED = keyed_event_id("hello.said", "1")


def published(event: UUID) -> None:
    """As a relay writes it down."""
    with sql.writing():
        due_events.mark_published([event], now() + LATE)


def claimed() -> list[UUID]:
    """What a relay takes to publish."""
    with sql.writing():
        return [event.id for event in due_events.claim_pending(now(), now() + LATE, limit=10)]


def synchronising(*texts: str) -> Synchronised:
    """These workflows take new runs, no others."""
    found = [bind(parse(text), registry.signatures()) for text in texts]
    catalog = Catalog({workflow.name: workflow for workflow in found})
    sources = {workflow.name: text for workflow, text in zip(found, texts, strict=True)}
    return sync(catalog, now=now(), sources=sources)


def stored(event: UUID) -> EventRecord:
    return EventRecord.objects.get(pk=event)


def test_two_routers_have_the_same_event_and_one_starts_the_run(act: Cast) -> None:
    hello()
    event = said()
    first = act(lambda: route([event], now=now())).up_to("COMMIT")
    second = act(lambda: route([event], now=now())).until_it_waits(first)

    assert first.ends().routed == 1
    assert second.ends().routed == 0
    assert outcomes() == {"started": 1}
    check_each_answered_once()


def test_router_that_dies_before_its_commit_leaves_the_event_to_the_one_that_waits(
    act: Cast,
) -> None:
    hello()
    event = said()

    def dies() -> None:
        with transaction.atomic():
            route([event], now=now())
            raise Undone

    first = act(dies).past(ROUTED)
    second = act(lambda: route([event], now=now())).until_it_waits(first)

    with pytest.raises(Undone):
        first.ends()
    assert second.ends().routed == 1
    assert outcomes() == {"started": 1}
    check_each_answered_once()


def test_batches_that_name_events_in_opposite_orders_do_not_lock_each_other_out(act: Cast) -> None:
    hello()
    one, two = said(), said()
    first = act(lambda: route([two, one], now=now())).past(HOLDS_EVENTS)
    second = act(lambda: route([one, two], now=now())).until_it_waits(first)

    assert (first.ends().routed, second.ends().routed) == (2, 0)
    assert outcomes() == {"started": 2}


def test_confirm_of_an_event_that_is_being_routed_out_of_hand_waits_for_the_router(
    act: Cast,
) -> None:
    hello()
    event = said()
    assert claimed() == [event]
    router = act(lambda: route([event], now=now(), in_hand=True)).past(ROUTED)

    relay = act(lambda: due_events.mark_sent([event], now() + LATE)).until_it_waits(router)
    router.ends()
    relay.ends()

    record = stored(event)
    assert (record.state, record.due_at) == ("routed", None)
    check_each_answered_once()


@pytest.mark.usefixtures("act")
def test_confirm_that_comes_before_the_router_leaves_nothing_due() -> None:
    hello()
    event = said()
    assert claimed() == [event]

    due_events.mark_sent([event], now() + LATE)
    route([event], now=now(), in_hand=True)

    record = stored(event)
    assert (record.state, record.due_at) == ("routed", None)


def test_event_that_is_routed_before_its_commit_is_seen_is_missing_and_routed_later(
    act: Cast,
) -> None:
    hello()
    person = act(emitting).up_to("COMMIT")

    early = route([KEYED], now=now())
    assert (early.routed, early.missing) == (0, 1)
    person.ends()

    assert overdue(now(), limit=10, broker_open=False) == [KEYED]
    assert routing(KEYED).routed == 1
    check_each_answered_once()


def test_event_that_is_rolled_back_after_a_router_asked_for_it_never_has_a_run(act: Cast) -> None:
    hello()
    person = act(lambda: emitting(fails=True)).past("INSERT INTO flowengine_event")

    assert route([KEYED], now=now()).missing == 1
    with pytest.raises(Undone):
        person.ends()

    assert route([KEYED], now=now()).missing == 1
    assert not EventRecord.objects.exists()
    assert not RunRecord.objects.exists()


def test_key_that_two_emit_at_once_is_one_event(act: Cast) -> None:
    hello()
    first = act(emitting).up_to("COMMIT")
    second = act(emitting).until_it_waits(first)

    assert first.ends() == second.ends() == KEYED
    assert EventRecord.objects.count() == 1
    routing(KEYED)
    assert outcomes() == {"started": 1}


def test_key_whose_first_emit_is_rolled_back_is_the_event_of_the_second(act: Cast) -> None:
    first = act(lambda: emitting(fails=True)).past("INSERT INTO flowengine_event")
    second = act(emitting).until_it_waits(first)

    with pytest.raises(Undone):
        first.ends()
    assert second.ends() == KEYED
    assert stored(KEYED).state == "pending"


def test_foreign_event_that_two_routers_store_at_once_is_one_event(act: Cast) -> None:
    event_id = foreign_event_id("urn:shop", "1")
    event = an_event("hello.said", {}, id=event_id, source="urn:shop", external_id="1")

    def store() -> None:
        with sql.writing():
            events.insert_foreign([(event, b"{}")], now(), overdue_at=now() + LATE)

    first = act(store).up_to("COMMIT")
    second = act(store).until_it_waits(first)

    first.ends()
    second.ends()
    assert stored(event_id).state == "published"


def test_relay_that_marks_an_event_while_it_is_being_routed_passes_it_over(act: Cast) -> None:
    hello()
    event = said()
    router = act(lambda: route([event], now=now())).up_to("COMMIT")

    act(lambda: published(event)).ends()
    router.ends()

    assert (stored(event).state, stored(event).due_at) == ("routed", None)


def test_router_that_comes_while_the_relay_marks_an_event_waits_and_has_the_last_word(
    act: Cast,
) -> None:
    hello()
    event = said()
    relay = act(lambda: published(event)).up_to("COMMIT")
    router = act(lambda: route([event], now=now())).until_it_waits(relay)

    relay.ends()
    assert router.ends().routed == 1
    assert (stored(event).state, stored(event).due_at) == ("routed", None)


def test_two_relays_at_once_publish_each_event_once(act: Cast) -> None:
    one = said()
    first = act(claimed).up_to("COMMIT")
    two = said()

    assert act(claimed).ends() == [two]
    assert first.ends() == [one]
    assert claimed() == []


def test_overdue_event_that_two_routers_have_seen_is_of_the_one_that_claims_first(
    act: Cast,
) -> None:
    event = said()
    slow = act(lambda: overdue(now(), limit=10, broker_open=False)).up_to("FOR UPDATE SKIP LOCKED")

    assert overdue(now(), limit=10, broker_open=False) == [event]
    assert slow.ends() == []


def test_overdue_event_that_another_claims_just_now_is_left_to_it(act: Cast) -> None:
    event = said()
    first = act(lambda: overdue(now(), limit=10, broker_open=False)).up_to("COMMIT")

    assert act(lambda: overdue(now(), limit=10, broker_open=False)).ends() == []
    assert first.ends() == [event]


def test_new_version_that_comes_while_an_event_is_routed_takes_the_next_event(act: Cast) -> None:
    synchronising(HELLO)
    one, two = said(), said()
    newer = act(lambda: synchronising(f"{HELLO}\ntitle: Newer"))
    newer.past("INSERT INTO flowengine_workflow")

    routing(one)
    assert newer.ends().changed == ("hello",)
    routing(two)

    older_run, newer_run = (RunRecord.objects.get(event_id=event) for event in (one, two))
    assert older_run.digest != newer_run.digest
    assert newer_run.title == "Newer"
    check_each_answered_once()


def test_workflow_that_is_taken_away_while_an_event_is_routed_still_answers_it(act: Cast) -> None:
    synchronising(HELLO)
    one, two = said(), said()
    router = act(lambda: routing(one)).up_to("INSERT INTO flowengine_decision")

    assert synchronising().removed == ("hello",)
    router.ends()
    routing(two)

    assert list(RunRecord.objects.values_list("event_id", flat=True)) == [one]
    assert stored(two).state == "routed"


def test_two_synchronisations_at_once_leave_the_version_of_the_later_one(act: Cast) -> None:
    synchronising(HELLO)
    first = act(lambda: synchronising(f"{HELLO}\ntitle: One"))
    first.past("INSERT INTO flowengine_workflow")
    second = act(lambda: synchronising(f"{HELLO}\ntitle: Two")).until_it_waits(first)

    first.ends()
    second.ends()
    routing(said())

    assert RunRecord.objects.get().title == "Two"
