"""Admission and the ends of runs at the same moment: no place is lost, none is given twice."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flowengine.models import KeyRecord, PlaceRecord, RunRecord
from flowengine.orchestration import bursts, turns
from flowengine.orchestration.pass_on import pass_on
from flowengine.orchestration.route import route
from flowengine.store import keys, runs, sql
from tests.builders.door import check_counts
from tests.builders.stored import claim, now
from tests.database.interleavings.actor import Cast
from tests.database.interleavings.scenes import (
    HOLDS_KEYS,
    HOLDS_RUNS,
    check_each_answered_once,
    finish,
    hello,
    of,
    outcomes,
    routing,
    run_through,
    said,
    state,
    through,
)

ONE_PLACE = "concurrency: {key: event.data.name}"
REPLACE = "concurrency: {key: event.data.name, on_conflict: replace}"
BURST = "debounce: {key: event.data.name, period: 10s}"
LATER = timedelta(seconds=15)


def states(*events: UUID) -> list[str]:
    return [state(of(event)) for event in events]


def settling(after: timedelta = LATER) -> None:
    """Start what bursts that are over have waited for."""
    committed, _more = bursts.run_due(now() + after, limit=10)
    through(committed)


def test_idempotency_key_that_two_events_use_at_once_starts_one_run(act: Cast) -> None:
    hello("idempotency: {key: event.data.name, window: 1h}")
    one, two = said(), said()
    first = act(lambda: route([one], now=now())).past(HOLDS_KEYS)
    second = act(lambda: route([two], now=now())).until_it_waits(first)

    first.ends()
    second.ends()
    assert outcomes() == {"started": 1, "duplicate": 1}
    assert states(one, two) == ["running", ""]
    check_each_answered_once()


def test_throttle_gives_the_slots_of_two_events_at_once_one_after_another(act: Cast) -> None:
    hello("throttle: {limit: 1, per: 1h}")
    one, two, three = said(), said(), said()
    first = act(lambda: route([one], now=now())).past(HOLDS_KEYS)
    second = act(lambda: route([two], now=now())).until_it_waits(first)
    first.ends()
    second.ends()
    routing(three)

    assert states(one, two, three) == ["running", "queued", "queued"]
    slots = PlaceRecord.objects.order_by("slot_at").values_list("run_id", "slot_at")
    assert [run for run, _slot in slots] == [of(two), of(three)]
    first_slot, second_slot = (slot for _run, slot in slots)
    assert first_slot is not None
    assert second_slot == first_slot + timedelta(hours=1)


def test_one_place_that_two_events_want_at_once_is_given_once(act: Cast) -> None:
    hello(ONE_PLACE)
    one, two = said(), said()
    first = act(lambda: route([one], now=now())).past(HOLDS_KEYS)
    second = act(lambda: route([two], now=now())).until_it_waits(first)

    first.ends()
    second.ends()
    assert states(one, two) == ["running", "queued"]
    check_counts()
    through(run_through(of(one)))
    assert states(one, two) == ["succeeded", "running"]
    check_counts()


def test_events_of_two_keys_in_opposite_orders_do_not_lock_each_other_out(act: Cast) -> None:
    hello(ONE_PLACE)
    events = [said("ann"), said("bob"), said("bob"), said("ann")]
    first = act(lambda: route(events[:2], now=now())).past(HOLDS_KEYS)
    second = act(lambda: route(events[2:], now=now())).until_it_waits(first)

    first.ends()
    second.ends()
    assert states(*events) == ["running", "running", "queued", "queued"]
    check_counts()


def test_event_that_comes_while_a_place_is_passed_on_gets_it(act: Cast) -> None:
    hello(ONE_PLACE)
    one, two = said(), said()
    routing(one)
    ended = run_through(of(one))
    worker = act(lambda: pass_on(ended.finals, now())).past(HOLDS_KEYS)
    router = act(lambda: routing(two)).until_it_waits(worker)

    worker.ends()
    router.ends()
    assert states(one, two) == ["succeeded", "running"]
    check_counts()


def test_place_that_is_passed_on_while_an_event_queues_for_it_wakes_that_run(act: Cast) -> None:
    hello(ONE_PLACE)
    one, two = said(), said()
    routing(one)
    ended = run_through(of(one))
    router = act(lambda: route([two], now=now())).up_to("COMMIT")
    worker = act(lambda: through(ended)).until_it_waits(router)

    router.ends()
    worker.ends()
    assert outcomes() == {"started": 1, "queued": 1}
    assert states(one, two) == ["succeeded", "running"]
    check_counts()


def test_place_that_two_pass_on_at_once_is_given_to_one_run(act: Cast) -> None:
    hello(ONE_PLACE)
    one, two, three = said(), said(), said()
    for event in (one, two, three):
        routing(event)
    ended = run_through(of(one))
    worker = act(lambda: pass_on(ended.finals, now())).up_to("COMMIT")
    beat = act(lambda: pass_on(runs.due(now(), limit=10)[1], now())).until_it_waits(worker)

    worker.ends()
    beat.ends()
    assert states(one, two, three) == ["succeeded", "running", "queued"]
    check_counts()
    assert runs.due(now(), limit=10) == ([], [])


def test_slot_that_two_beats_see_reached_starts_its_run_once(act: Cast) -> None:
    hello("throttle: {limit: 1, per: 1h}")
    one, two = said(), said()
    routing(one)
    routing(two)
    then = now() + timedelta(hours=2)
    first = act(lambda: turns.run_due(then, limit=10)).up_to("COMMIT")
    second = act(lambda: turns.run_due(then, limit=10)).until_it_waits(first)

    first.ends()
    second.ends()
    assert states(one, two) == ["running", "running"]
    assert RunRecord.objects.get(pk=of(two)).seq == 3  # queued, started, its step is ready
    assert not PlaceRecord.objects.exists()


def test_run_that_ends_while_a_new_one_replaces_it_has_succeeded(act: Cast) -> None:
    hello(REPLACE)
    one, two = said(), said()
    routing(one)
    claim(of(one), "nothing")
    worker = act(lambda: through(finish(of(one)))).up_to("COMMIT")
    router = act(lambda: routing(two)).until_it_waits(worker)

    worker.up_to(HOLDS_KEYS)
    router.ends()
    worker.ends()
    assert states(one, two) == ["succeeded", "running"]
    check_counts()


def test_run_that_is_replaced_while_its_step_ends_is_cancelled_and_makes_room(act: Cast) -> None:
    hello(REPLACE)
    one, two = said(), said()
    routing(one)
    claim(of(one), "nothing")
    router = act(lambda: routing(two)).past(HOLDS_RUNS)
    worker = act(lambda: through(finish(of(one)))).until_it_waits(router)

    router.ends()
    worker.ends()
    assert states(one, two) == ["cancelled", "running"]
    check_counts()


def test_event_that_comes_while_its_burst_is_settled_begins_a_new_burst(act: Cast) -> None:
    hello(BURST)
    one, two = said(), said()
    routing(one)
    beat = act(settling).up_to("COMMIT")
    router = act(lambda: route([two], now=now())).until_it_waits(beat)

    beat.ends()
    router.ends()
    assert states(one, two) == ["running", ""]
    assert outcomes() == {"started": 1, "debouncing": 1}
    settling()
    assert states(one, two) == ["running", "running"]


def test_burst_that_goes_on_while_it_is_being_settled_starts_nothing_yet(act: Cast) -> None:
    hello(BURST)
    one, two = said(), said()
    routing(one)
    router = act(lambda: route([two], now=now() + timedelta(seconds=9))).up_to("COMMIT")
    beat = act(settling).until_it_waits(router)

    router.ends()
    beat.ends()
    assert outcomes() == {"debounced": 1, "debouncing": 1}
    settling(timedelta(seconds=30))
    assert states(one, two) == ["", "running"]
    assert outcomes() == {"debounced": 1, "started": 1}


def test_burst_that_two_beats_settle_at_once_starts_one_run(act: Cast) -> None:
    hello(BURST)
    event = said()
    routing(event)
    first = act(settling).up_to("COMMIT")
    second = act(settling).until_it_waits(first)

    first.ends()
    second.ends()
    assert outcomes() == {"started": 1}
    assert RunRecord.objects.get().seq == 2
    check_each_answered_once()


def test_key_that_is_forgotten_while_an_event_uses_it_is_there_again(act: Cast) -> None:
    hello("idempotency: {key: event.data.name, window: 1h}")
    one, two, three = said(), said(), said()
    routing(one)
    then = now() + timedelta(hours=2)

    def forget() -> int:
        with sql.writing():
            return keys.forget(then, limit=10)

    beat = act(forget).up_to("COMMIT")
    router = act(lambda: route([two], now=then)).until_it_waits(beat)

    assert beat.ends() == 1
    router.ends()
    route([three], now=then)
    assert outcomes() == {"started": 2, "duplicate": 1}
    assert KeyRecord.objects.count() == 1


def test_key_that_an_event_holds_is_not_forgotten(act: Cast) -> None:
    hello("idempotency: {key: event.data.name, window: 1h}")
    one, two = said(), said()
    routing(one)
    then = now() + timedelta(hours=2)
    router = act(lambda: route([two], now=then)).past(HOLDS_KEYS)

    assert keys.forget(then, limit=10) == 0
    router.ends()
    assert KeyRecord.objects.count() == 1
