"""Places of a concurrency key, and what happens where none is free."""

from __future__ import annotations

import pytest

from flowengine.definitions.model import Concurrency, Throttle
from flowengine.engine.rules.gates import (
    LOOK_AGAIN,
    Gate,
    Member,
    Places,
)
from tests.builders.events import NOON
from tests.builders.gate import MINUTE, Door, at, outcomes, run_of


def test_run_without_a_place_is_queued() -> None:
    door = Door(concurrency=Concurrency(limit=2))

    verdicts = [door.knock(number) for number in range(4)]

    assert [(each.outcome, each.detail) for each in verdicts] == [
        ("started", ""),
        ("started", ""),
        ("queued", "2 open and 0 queued already for key '42'"),
        ("queued", "2 open and 1 queued already for key '42'"),
    ]
    places = door.state(Gate.CONCURRENCY)
    assert (places.limit, places.open, places.queued, places.free) == (2, 2, 2, 0)


def test_keys_of_a_concurrency_have_places_of_their_own() -> None:
    door = Door(concurrency=Concurrency())

    assert [door.knock(n, key=str(n)).outcome for n in range(3)] == ["started"] * 3


@pytest.mark.parametrize(("queued", "outcome"), [(1, "queued"), (2, "overflow"), (3, "overflow")])
def test_queue_is_full_at_its_limit(queued: int, outcome: str) -> None:
    door = Door(concurrency=Concurrency(max_queued=2))
    door.memory[door.keys()[Gate.CONCURRENCY].id] = Places(open=1, queued=queued)

    verdict = door.knock(1)

    assert verdict.outcome == outcome
    if outcome == "overflow":
        assert (verdict.code, verdict.detail) == (
            "FE307",
            f"fulfil-order: {queued} runs already wait for key '42'",
        )


def test_run_is_skipped_where_no_place_is_free() -> None:
    door = Door(concurrency=Concurrency(limit=2, on_conflict="skip"))

    assert outcomes(door, 4) == ["started", "started", "skipped", "skipped"]
    assert door.state(Gate.CONCURRENCY).queued == 0


def test_run_that_waits_for_its_slot_counts_as_a_conflict_for_the_next_to_be_skipped() -> None:
    door = Door(
        concurrency=Concurrency(limit=2, on_conflict="skip"), throttle=Throttle(limit=1, per=MINUTE)
    )

    assert outcomes(door, 3) == ["started", "queued", "skipped"]
    assert door.state(Gate.THROTTLE).given == ((at(minutes=1), 1),)


def test_oldest_run_leaves_for_a_new_one_which_waits_for_its_place() -> None:
    door = Door(concurrency=Concurrency(on_conflict="replace"))
    door.knock(1)

    verdict = door.knock(2)

    assert verdict.outcome == "queued"
    assert verdict.replaced == Member(run=run_of(1), is_queued=False)
    places = door.state(Gate.CONCURRENCY)
    assert (places.open, places.leaving, places.queued) == (1, 1, 1)
    assert places.members == (Member(run=run_of(2), is_queued=True),)


def test_run_that_waits_for_a_place_is_replaced_in_its_turn() -> None:
    door = Door(concurrency=Concurrency(on_conflict="replace"))
    door.knock(1)
    door.knock(2)

    verdict = door.knock(3)

    assert verdict.replaced == Member(run=run_of(2), is_queued=True)
    places = door.state(Gate.CONCURRENCY)
    assert (places.open, places.leaving, places.queued) == (1, 1, 1)


def test_nobody_is_replaced_while_a_place_is_free() -> None:
    door = Door(concurrency=Concurrency(limit=2, on_conflict="replace"))

    verdicts = [door.knock(number) for number in range(3)]

    assert [each.replaced for each in verdicts] == [
        None,
        None,
        Member(run=run_of(0), is_queued=False),
    ]


def test_new_run_waits_where_those_to_be_replaced_are_not_known() -> None:
    door = Door(concurrency=Concurrency(on_conflict="replace"))
    door.memory[door.keys()[Gate.CONCURRENCY].id] = Places(open=1)

    verdict = door.knock(1)

    assert (verdict.outcome, verdict.replaced) == ("queued", None)


def test_run_joins_the_queue_where_others_wait_although_a_place_is_free() -> None:
    door = Door(concurrency=Concurrency())
    door.memory[door.keys()[Gate.CONCURRENCY].id] = Places(open=0, queued=1)

    verdict = door.knock(1)

    assert (verdict.outcome, verdict.is_next, verdict.due_at) == ("queued", True, None)


def test_run_behind_an_event_that_is_not_routed_yet_waits_a_moment() -> None:
    door = Door(concurrency=Concurrency())

    verdict = door.knock(1, is_behind=True)

    assert (verdict.outcome, verdict.is_next, verdict.due_at) == (
        "queued",
        False,
        NOON + LOOK_AGAIN,
    )
    assert verdict.detail == "an event that was written before it is not routed yet"


def test_limit_of_a_new_version_holds_from_the_next_start_on() -> None:
    door = Door(concurrency=Concurrency(limit=3))
    door.memory[door.keys()[Gate.CONCURRENCY].id] = Places(limit=1, open=1)

    assert door.knock(1).outcome == "started"
    assert door.state(Gate.CONCURRENCY).limit == 3


def test_lowered_limit_leaves_no_place_free() -> None:
    assert Places(limit=1, open=3).free == 0


def test_key_is_idle_when_nothing_holds_or_wants_a_place() -> None:
    assert Places(limit=2).is_idle
    assert not Places(open=1).is_idle
    assert not Places(queued=1).is_idle
