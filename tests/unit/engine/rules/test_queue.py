"""Whose turn it is among the queued runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from flowengine.engine.rules.gates import Places
from flowengine.engine.rules.queue import Queued, exchanged, in_turn, left, next_look, taken, turns
from tests.builders import NOON

KEY, THROTTLE = UUID(int=1), UUID(int=2)
SECOND = timedelta(seconds=1)


def queued(number: int, *, slot_s: int | None = None, **fields: Any) -> Queued:
    """A run whose event was written *number* seconds after noon; its slot is *slot_s* after."""
    slot_at = None if slot_s is None else NOON + slot_s * SECOND
    values = {"key": KEY, "written_at": NOON + number * SECOND, "slot_at": slot_at, **fields}
    return Queued(run=UUID(int=1000 + number), **values)


def numbers(runs: list[Queued]) -> list[int]:
    return [each.run.int - 1000 for each in runs]


def test_runs_of_a_key_start_in_the_order_in_which_their_events_were_written() -> None:
    queue = [queued(3, priority=2), queued(1, priority=0), queued(2)]

    assert numbers(turns(Places(limit=2, queued=3), queue, NOON)) == [1, 2]


@pytest.mark.parametrize(("opened", "count"), [(0, 3), (2, 1), (3, 0), (4, 0)])
def test_no_more_start_than_places_are_free(opened: int, count: int) -> None:
    queue = [queued(number) for number in range(5)]

    assert len(turns(Places(limit=3, open=opened, queued=5), queue, NOON)) == count


def test_run_whose_slot_is_not_reached_holds_up_the_others_of_a_single_place() -> None:
    queue = [queued(1, slot_s=1), queued(2)]

    assert turns(Places(limit=1, queued=2), queue, NOON) == []
    assert numbers(turns(Places(limit=1, queued=2), queue, NOON + SECOND)) == [1]


def test_run_whose_slot_is_not_reached_lets_others_pass_where_there_are_several_places() -> None:
    queue = [queued(1, slot_s=1), queued(2), queued(3, slot_s=0)]

    assert numbers(turns(Places(limit=3, queued=3), queue, NOON)) == [2, 3]


def test_run_behind_one_that_is_not_routed_yet_waits() -> None:
    assert turns(Places(queued=1), [queued(1, is_behind=True)], NOON) == []


def test_higher_priority_takes_the_real_slot_then_the_earlier_one_that_was_given() -> None:
    ready = [
        queued(1, key=None, priority=0, slot_s=1),
        queued(2, key=None, slot_s=3),
        queued(3, key=None, slot_s=2),
        queued(4, key=None, priority=2, slot_s=4),
        queued(5, key=None, priority=0),
    ]

    assert numbers(in_turn(ready)) == [4, 3, 2, 1, 5]


def test_no_priority_overtakes_for_a_real_slot_within_a_key() -> None:
    other = UUID(int=3)
    ready = [
        queued(2, priority=2, slot_s=0),
        queued(1, priority=0, slot_s=0),
        queued(3, key=other, slot_s=0),
    ]

    assert numbers(in_turn(ready)) == [1, 3, 2]


def test_places_are_counted_as_they_are_taken_and_left() -> None:
    places = Places(limit=3, open=2, queued=3, leaving=1)

    assert taken(places, 1) == Places(limit=3, open=3, queued=2, leaving=1)
    assert left(places, queued=2, opened=2, leaving=1) == Places(limit=3, open=0, queued=1)


def test_higher_priority_takes_the_slot_that_is_reached_and_gives_its_own() -> None:
    low = queued(1, slot_s=0, priority=0, throttle=THROTTLE)
    high = queued(2, slot_s=60, priority=2, throttle=THROTTLE)

    assert exchanged([low], [high]) == {high.run: low.slot_at, low.run: high.slot_at}


def test_slots_stay_where_no_priority_is_higher() -> None:
    due = [queued(1, slot_s=0), queued(2, slot_s=0, priority=2)]
    others = [queued(3, slot_s=60), queued(4, slot_s=60, priority=0)]

    assert exchanged(due, others) == {}


def test_lowest_of_those_that_are_due_gives_way_to_the_highest_of_the_others() -> None:
    due = [queued(1, slot_s=0), queued(2, slot_s=1, priority=0)]
    others = [queued(3, slot_s=60, priority=1), queued(4, slot_s=61, priority=2)]

    assert exchanged(due, others) == {
        others[1].run: NOON + SECOND,
        due[1].run: NOON + 61 * SECOND,
    }


def test_run_without_a_slot_gives_none() -> None:
    due = [queued(1, slot_s=0, priority=0)]

    assert exchanged(due, [queued(2, priority=2)]) == {}


def test_each_slot_that_changes_hands_has_one_owner_again() -> None:
    due = [queued(n, slot_s=n, priority=0) for n in range(3)]
    others = [queued(10 + n, slot_s=60 + n, priority=2) for n in range(2)]

    given = exchanged(due, others)

    slots = sorted(each.slot_at for each in [*due[:2], *others] if each.slot_at is not None)
    assert sorted(given.values()) == slots
    assert len(given) == 4


def test_run_that_could_not_start_is_looked_at_again_at_its_next_time() -> None:
    waiting = queued(1, slot_s=10, expires_at=NOON + 20 * SECOND)

    assert next_look(waiting, NOON) == NOON + 10 * SECOND
    assert next_look(waiting, NOON + 10 * SECOND) == NOON + 20 * SECOND
    assert next_look(waiting, NOON + 20 * SECOND) is None


def test_run_expires_at_the_end_of_start_within() -> None:
    waiting = queued(1, expires_at=NOON + 20 * SECOND)

    assert not waiting.is_expired(NOON + 19 * SECOND)
    assert waiting.is_expired(NOON + 20 * SECOND)
    assert not queued(1).is_expired(NOON)
