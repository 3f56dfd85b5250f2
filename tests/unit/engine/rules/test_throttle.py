"""So many starts in so much time."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from flowengine.definitions.model import Throttle
from flowengine.engine.rules.gates import (
    Slots,
    take_slot,
)
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


def test_start_exactly_one_period_later_waits_no_longer() -> None:
    slot, slots = take_slot(Slots(), Throttle(limit=1, per=MINUTE), NOON)
    again, _ = take_slot(slots, Throttle(limit=1, per=MINUTE), at(minutes=1))

    assert (slot, again) == (NOON, at(minutes=1))


def test_starts_at_one_instant_are_kept_as_one_entry() -> None:
    slots = Slots()
    for _ in range(2500):
        _slot, slots = take_slot(slots, Throttle(limit=1000, per=MINUTE), NOON)

    assert slots.taken == ((at(minutes=1), 500), (at(minutes=2), 500))
    assert slots.until == at(minutes=3)


def test_lowered_limit_holds_from_the_next_start_on() -> None:
    slots = Slots()
    for _ in range(3):
        _slot, slots = take_slot(slots, Throttle(limit=3, per=MINUTE), NOON)

    slot, slots = take_slot(slots, Throttle(limit=1, per=MINUTE), at(seconds=1))

    assert slot == at(minutes=1)
    assert slots.taken == ((at(minutes=1), 1),)


def test_raised_limit_does_not_let_a_start_pass_those_that_wait_for_slots() -> None:
    slots = Slots()
    for _ in range(2):
        _slot, slots = take_slot(slots, Throttle(limit=1, per=MINUTE), NOON)

    slot, _slots = take_slot(slots, Throttle(limit=5, per=MINUTE), at(seconds=1))

    assert slot == at(minutes=1)


@given(
    limit=st.integers(1, 4),
    gaps=st.lists(st.integers(0, 30), min_size=1, max_size=30),
)
def test_of_any_limit_and_one_starts_the_last_is_a_period_after_the_first(
    limit: int, gaps: list[int]
) -> None:
    throttle, slots, now = Throttle(limit=limit, per=MINUTE), Slots(), NOON
    starts = []
    for gap in gaps:
        now += timedelta(seconds=gap)
        slot, slots = take_slot(slots, throttle, now)
        assert slot >= now
        starts.append(slot)

    assert starts == sorted(starts)
    for first, last in zip(starts, starts[limit:], strict=False):
        assert last - first >= MINUTE
    assert sum(count for _at, count in slots.taken) <= limit
