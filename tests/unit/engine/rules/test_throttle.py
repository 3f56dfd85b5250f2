"""So many starts in so much time."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.definitions.model import Concurrency, Throttle
from flowengine.engine.rules import slots
from flowengine.engine.rules.gates import QUEUED_MAX, Gate
from flowengine.engine.rules.slots import EXACT_MAX, Slots
from tests.builders.events import NOON
from tests.builders.gate import MINUTE, Door, at


def test_excess_start_waits_for_its_slot() -> None:
    door = Door(throttle=Throttle(limit=2, per=MINUTE))

    verdicts = [door.knock(number, at(seconds=10 * number)) for number in range(5)]

    assert [each.outcome for each in verdicts] == ["started", "started", *["queued"] * 3]
    assert [each.slot_at for each in verdicts] == [
        None,
        None,
        at(seconds=60),
        at(seconds=70),
        at(seconds=120),
    ]
    assert [each.due_at for each in verdicts] == [each.slot_at for each in verdicts]
    assert [each.detail for each in verdicts] == [
        "",
        "",
        "until its slot at 2026-03-02 12:01:00 UTC",
        "until its slot at 2026-03-02 12:01:10 UTC",
        "until its slot at 2026-03-02 12:02:00 UTC",
    ]


def test_excess_start_is_dropped_where_the_file_says_so_and_takes_no_slot() -> None:
    door = Door(throttle=Throttle(limit=1, per=MINUTE, excess="drop"))
    door.knock(1)

    verdict = door.knock(2, at(seconds=59))

    assert verdict.outcome == "dropped"
    assert verdict.detail == "the limit of 1 is reached until 2026-03-02 12:01:00 UTC"
    assert door.knock(3, at(seconds=60)).outcome == "started"


def test_keys_of_a_throttle_have_slots_of_their_own() -> None:
    door = Door(throttle=Throttle(limit=1, per=MINUTE))

    assert [door.knock(n, key=str(n)).outcome for n in range(3)] == ["started"] * 3


def test_queue_behind_a_throttle_has_an_end() -> None:
    door = Door(throttle=Throttle(limit=1, per=MINUTE))
    for number in range(QUEUED_MAX + 1):
        door.knock(number)
    before = door.state(Gate.THROTTLE)

    verdict = door.knock(QUEUED_MAX + 1)

    assert (verdict.outcome, verdict.code) == ("overflow", "FE307")
    assert verdict.detail == f"{door.workflow.name}: 1000 runs already wait for key '42'"
    assert door.state(Gate.THROTTLE) == before
    assert before.waiting == QUEUED_MAX


def test_queue_behind_places_as_well_has_the_end_that_the_places_have() -> None:
    door = Door(
        throttle=Throttle(limit=1, per=MINUTE), concurrency=Concurrency(max_queued=QUEUED_MAX + 1)
    )

    outcomes = [door.knock(number).outcome for number in range(QUEUED_MAX + 3)]

    assert outcomes == ["started", *["queued"] * (QUEUED_MAX + 1), "overflow"]


def test_start_does_not_pass_those_that_wait_though_their_slots_are_over() -> None:
    door = Door(throttle=Throttle(limit=1, per=MINUTE))
    door.knock(1)
    door.knock(2)

    verdict = door.knock(3, at(minutes=10))

    assert (verdict.outcome, verdict.due_at) == ("queued", at(minutes=10))


def test_start_passes_those_that_wait_for_places_of_another_key() -> None:
    door = Door(throttle=Throttle(limit=1, per=MINUTE), concurrency=Concurrency())
    one = door.keys("one")
    for number in (1, 2):
        door.knock(number, keys={**one, Gate.THROTTLE: door.keys()[Gate.THROTTLE]})

    assert door.knock(3, at(minutes=10)).outcome == "started"


def test_slot_counts_from_the_real_start_of_who_waited_longer_than_its_own() -> None:
    _slot, known = slots.give(Slots(), 1, MINUTE, NOON)
    known = slots.begun(known, at(minutes=5))

    assert slots.give(known, 1, MINUTE, at(minutes=5, seconds=1))[0] == at(minutes=6)


def test_of_many_whose_slots_are_over_no_more_start_than_the_limit_says() -> None:
    known = Slots(limit=2, per=MINUTE, given=((NOON, 2),), started=((NOON, 1),), waiting=5)

    instants = slots.starts(known, 5, at(seconds=30))

    assert instants == [
        *(at(seconds=30), at(minutes=1), at(minutes=1, seconds=30)),
        *(at(minutes=2), at(minutes=2, seconds=30)),
    ]
    assert slots.moved(known, instants[1:]).given == (
        *((at(minutes=2), 1), (at(minutes=2, seconds=30), 1)),
    )


def test_slot_is_moved_without_a_word_to_those_that_come_where_later_ones_were_given() -> None:
    known = Slots(limit=1, per=MINUTE, given=((at(minutes=9), 1),))

    assert slots.moved(known, [at(minutes=2)]) == known


def test_clock_of_one_that_lags_moves_no_start_back() -> None:
    known = slots.begun(Slots(limit=2, per=MINUTE), at(seconds=1))

    assert slots.begun(known, NOON).started == ((at(seconds=1), 2),)


def test_throttle_is_kept_as_long_as_a_run_waits() -> None:
    known = slots.begun(Slots(limit=2, per=MINUTE), NOON)

    assert (Slots().until, known.until) == (None, at(minutes=1))
    assert slots.waits(known, 1).until is None
    assert slots.waits(slots.waits(known, 1), -1).until == at(minutes=1)


@pytest.mark.parametrize("limit", [EXACT_MAX + 1, 1_000_000])
def test_what_is_remembered_does_not_grow_with_the_limit(limit: int) -> None:
    known = Slots()
    for number in range(3000):
        now = NOON + number * timedelta(milliseconds=20)
        slot, known = slots.give(known, limit, MINUTE, now)
        known = slots.begun(known, now) if slot == now else slots.waits(known, 1)

    assert len(known.given) <= EXACT_MAX + 2
    assert len(known.started) <= EXACT_MAX + 2
    assert sum(count for _at, count in known.started) == min(limit, 3000)


def test_period_of_microseconds_is_a_period() -> None:
    _slot, known = slots.give(Slots(), EXACT_MAX + 1, timedelta(microseconds=10), NOON)

    assert known.given == ((NOON, 1),)


def test_start_exactly_one_period_later_waits_no_longer() -> None:
    slot, known = slots.give(Slots(), 1, MINUTE, NOON)
    again, _ = slots.give(known, 1, MINUTE, at(minutes=1))

    assert (slot, again) == (NOON, at(minutes=1))


def test_starts_at_one_instant_are_kept_as_one_entry() -> None:
    known = Slots()
    for _ in range(2500):
        _slot, known = slots.give(known, 1000, MINUTE, NOON)

    assert known.given == ((at(minutes=1), 500), (at(minutes=2), 500))
    assert known.until == at(minutes=3)


def test_lowered_limit_holds_from_the_next_start_on() -> None:
    known = Slots()
    for _ in range(3):
        _slot, known = slots.give(known, 3, MINUTE, NOON)

    slot, known = slots.give(known, 1, MINUTE, at(seconds=1))

    assert slot == at(minutes=1)
    assert known.given == ((at(minutes=1), 1),)


def test_raised_limit_does_not_let_a_start_pass_those_that_wait_for_slots() -> None:
    known = Slots()
    for _ in range(2):
        _slot, known = slots.give(known, 1, MINUTE, NOON)

    slot, _known = slots.give(known, 5, MINUTE, at(seconds=1))

    assert slot == at(minutes=1)


@given(
    limit=st.one_of(st.integers(1, 4), st.just(EXACT_MAX + 1)),
    per=st.sampled_from([MINUTE, timedelta(milliseconds=1)]),
    gaps=st.lists(st.integers(0, 30), min_size=1, max_size=30),
)
def test_of_any_limit_and_one_starts_the_last_is_a_period_after_the_first(
    limit: int, per: timedelta, gaps: list[int]
) -> None:
    known, now = Slots(), NOON
    given: list[datetime] = []
    for gap in gaps:
        now += timedelta(seconds=gap)
        slot, known = slots.give(known, limit, per, now)
        assert slot >= now
        given.append(slot)

    assert given == sorted(given)
    _are_apart(given, limit, per)
    assert sum(count for _at, count in known.given) <= limit


@given(
    limit=st.integers(1, 3),
    moves=st.lists(st.tuples(st.integers(0, 50), st.integers(0, 3)), min_size=1, max_size=30),
)
def test_real_starts_are_a_period_apart_however_late_those_that_wait_are_looked_at(
    limit: int, moves: list[tuple[int, int]]
) -> None:
    """At each moment one comes, and some of those that wait are looked at."""
    known, now = Slots(), NOON
    real: list[datetime] = []
    for gap, looked_at in moves:
        now += timedelta(seconds=gap)
        slot, known = slots.give(known, limit, MINUTE, now)
        if slot > now:
            known = slots.waits(known, 1)
        else:
            known = slots.begun(known, now)
            real.append(now)
        for at_ in slots.starts(known, min(looked_at, known.waiting), now):
            if at_ == now:
                known = slots.waits(slots.begun(known, now), -1)
                real.append(now)

    _are_apart(real, limit, MINUTE)


def _are_apart(instants: list[datetime], limit: int, per: timedelta) -> None:
    for first, last in zip(instants, instants[limit:], strict=False):
        assert last - first >= per
