"""The gates: keys, idempotency, debounce, and what they are together."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest

from flowengine.definitions.model import Concurrency, Debounce, Throttle
from flowengine.engine.rules.gates import (
    KEY_MAX,
    Gate,
    Memory,
    Places,
    Quiet,
    Used,
    Verdict,
    Wish,
    due_of,
    key_of,
    pass_gates,
)
from flowengine.engine.rules.slots import Slots
from tests.builders.events import NOON
from tests.builders.gate import HOUR, MINUTE, ONCE, Door, at, event_of, outcomes, run_of


def test_workflow_without_gates_starts_whatever_comes() -> None:
    door = Door()

    assert outcomes(door, 3) == ["started"] * 3
    assert door.memory == {}


# keys


def test_key_belongs_to_its_workflow_and_gate() -> None:
    ids = {
        key_of(name, gate, text).id
        for name in ("a", "b")
        for gate in Gate
        for text in ("1", "2", "")
    }

    assert len(ids) == 2 * len(Gate) * 3


@pytest.mark.parametrize("length", [0, KEY_MAX - 1, KEY_MAX])
def test_key_of_up_to_two_hundred_characters_is_kept_as_it_is(length: int) -> None:
    assert key_of("w", Gate.THROTTLE, "ü" * length).text == "ü" * length


def test_longer_key_is_its_sha256() -> None:
    text = "ü" * (KEY_MAX + 1)

    assert key_of("w", Gate.THROTTLE, text).text == sha256(text.encode()).hexdigest()


def test_key_of_a_replay_is_another_for_idempotency_only() -> None:
    assert key_of("w", Gate.IDEMPOTENCY, "42", replay=2).text == "42#replay-2"
    assert key_of("w", Gate.IDEMPOTENCY, "42", replay=0).text == "42"
    assert key_of("w", Gate.CONCURRENCY, "42", replay=2).text == "42"


def test_due_of_what_is_remembered_is_when_it_ends() -> None:
    quiet = Quiet(
        event=event_of(1), run=run_of(1), written_at=NOON, since=NOON, due_at=at(seconds=5)
    )

    assert due_of(Used(run=run_of(1), until=at(hours=1))) == at(hours=1)
    assert due_of(Slots(per=MINUTE, given=((NOON, 1),))) == at(minutes=1)
    assert due_of(quiet) == at(seconds=5)
    assert due_of(Places(open=1)) is None


# idempotency


def test_second_start_with_the_same_key_is_a_duplicate_and_names_the_first() -> None:
    door = Door(idempotency=ONCE)
    door.knock(1)

    verdict = door.knock(2)

    assert verdict == Verdict(
        outcome="duplicate", detail=f"run {run_of(1)} was started for this key"
    )


def test_other_key_is_no_duplicate() -> None:
    door = Door(idempotency=ONCE)
    door.knock(1, key="41")

    assert door.knock(2).outcome == "started"


@pytest.mark.parametrize(
    ("after", "outcome"),
    [
        (HOUR - timedelta(microseconds=1), "duplicate"),
        (HOUR, "started"),
        (HOUR + timedelta(microseconds=1), "started"),
    ],
)
def test_key_may_start_again_when_its_window_is_over(after: timedelta, outcome: str) -> None:
    door = Door(idempotency=ONCE)
    door.knock(1)

    assert door.knock(2, NOON + after).outcome == outcome


def test_duplicate_does_not_lengthen_the_window() -> None:
    door = Door(idempotency=ONCE)
    door.knock(1)
    door.knock(2, at(minutes=59))

    assert door.knock(3, at(minutes=60)).outcome == "started"
    assert door.state(Gate.IDEMPOTENCY) == Used(run=run_of(3), until=at(minutes=120))


@pytest.mark.parametrize(
    ("policy", "outcome"),
    [
        ({"throttle": Throttle(limit=1, per=HOUR, excess="drop")}, "dropped"),
        ({"concurrency": Concurrency(on_conflict="skip")}, "skipped"),
        ({"concurrency": Concurrency(max_queued=0)}, "overflow"),
    ],
)
def test_start_that_a_later_gate_turns_away_does_not_use_up_its_key(
    policy: Any, outcome: str
) -> None:
    door = Door(idempotency=ONCE, **policy)
    keys = door.keys("first")
    door.knock(1, keys={**door.keys(), Gate.IDEMPOTENCY: keys[Gate.IDEMPOTENCY]})

    verdict = door.knock(2)

    assert verdict.outcome == outcome
    assert verdict.memory == {}
    assert door.state(Gate.IDEMPOTENCY) is None


# debounce


def test_event_waits_until_the_period_has_passed() -> None:
    door = Door(debounce=Debounce(period=MINUTE))

    verdict = door.knock(1)

    assert (verdict.outcome, verdict.superseded) == ("debouncing", None)
    assert verdict.detail == "until 2026-03-02 12:01:00 UTC at the earliest"
    assert door.state(Gate.DEBOUNCE) == Quiet(
        event=event_of(1), run=run_of(1), written_at=NOON, since=NOON, due_at=at(minutes=1)
    )


def test_newer_event_takes_the_place_of_the_waiting_one_and_sets_the_clock_again() -> None:
    door = Door(debounce=Debounce(period=MINUTE))
    door.knock(1)
    first = door.state(Gate.DEBOUNCE)

    verdict = door.knock(2, at(seconds=50))

    assert (verdict.outcome, verdict.superseded) == ("debouncing", first)
    kept = door.state(Gate.DEBOUNCE)
    assert (kept.event, kept.run, kept.since, kept.due_at) == (
        event_of(2),
        run_of(2),
        NOON,
        at(seconds=110),
    )


def test_event_that_was_written_earlier_but_comes_later_gives_way_and_sets_the_clock_again() -> (
    None
):
    door = Door(debounce=Debounce(period=MINUTE))
    door.knock(1)

    verdict = door.knock(2, at(seconds=10), written_at=NOON - MINUTE)

    assert (verdict.outcome, verdict.detail) == ("debounced", f"event {event_of(1)} is newer")
    assert verdict.superseded is None
    kept = door.state(Gate.DEBOUNCE)
    assert (kept.event, kept.due_at) == (event_of(1), at(seconds=70))


def test_max_wait_ends_the_waiting_counted_from_the_first_event() -> None:
    door = Door(debounce=Debounce(period=MINUTE, max_wait=timedelta(seconds=90)))

    ends = []
    for second in (0, 20, 30, 40, 80):
        door.knock(second, at(seconds=second))
        ends.append((door.state(Gate.DEBOUNCE).due_at - NOON).total_seconds())

    assert ends == [60, 80, 90, 90, 90]


def test_event_with_the_idempotency_key_of_the_one_that_waits_is_its_duplicate() -> None:
    door = Door(idempotency=ONCE, debounce=Debounce(period=MINUTE))
    door.knock(1)
    before = door.state(Gate.DEBOUNCE)

    verdict = door.knock(2, at(seconds=30))

    assert (verdict.outcome, verdict.detail) == (
        "duplicate",
        f"event {event_of(1)} waits with this key",
    )
    assert door.state(Gate.DEBOUNCE) == before


def test_event_that_waits_has_not_used_its_idempotency_key_yet() -> None:
    door = Door(idempotency=ONCE, debounce=Debounce(period=MINUTE))
    door.knock(1)

    assert door.state(Gate.IDEMPOTENCY) is None


def test_event_that_another_took_the_place_of_gives_back_its_idempotency_key() -> None:
    door = Door(idempotency=ONCE, debounce=Debounce(period=MINUTE))
    first = door.keys()
    second = {**first, Gate.IDEMPOTENCY: door.keys("43")[Gate.IDEMPOTENCY]}

    verdicts = [door.knock(1), door.knock(2, keys=second), door.knock(3)]

    assert [each.outcome for each in verdicts] == ["debouncing"] * 3


def test_burst_is_a_duplicate_where_its_key_was_used_meanwhile() -> None:
    door = Door(idempotency=ONCE, debounce=Debounce(period=MINUTE))
    door.knock(1)
    door.memory[door.keys()[Gate.IDEMPOTENCY].id] = Used(run=run_of(9), until=at(hours=1))

    verdict = door.settle(1, at(minutes=1))

    assert (verdict.outcome, verdict.detail) == (
        "duplicate",
        f"run {run_of(9)} was started for this key",
    )
    assert door.state(Gate.DEBOUNCE) is None


def test_burst_of_an_earlier_version_is_forgotten_though_this_one_has_no_debounce() -> None:
    door, key = Door(), UUID(int=1)

    assert door.knock(1, burst=key) == Verdict(outcome="started", memory={key: None})


def test_settled_burst_starts_and_is_forgotten_and_uses_its_idempotency_key() -> None:
    door = Door(idempotency=ONCE, debounce=Debounce(period=MINUTE))
    door.knock(1)

    verdict = door.settle(1, at(minutes=1))

    assert verdict.outcome == "started"
    assert door.state(Gate.DEBOUNCE) is None
    assert door.state(Gate.IDEMPOTENCY) == Used(run=run_of(1), until=at(hours=1, minutes=1))
    assert door.knock(2, at(minutes=2), key="43").superseded is None


@pytest.mark.parametrize(
    ("policy", "outcome"),
    [
        ({"throttle": Throttle(limit=1, per=HOUR, excess="drop")}, "dropped"),
        ({"concurrency": Concurrency(on_conflict="skip")}, "skipped"),
        ({"concurrency": Concurrency(max_queued=0)}, "overflow"),
    ],
)
def test_settled_burst_that_a_later_gate_turns_away_is_forgotten_too(
    policy: Any, outcome: str
) -> None:
    door = Door(idempotency=ONCE, debounce=Debounce(period=MINUTE), **policy)
    other = {**door.keys(), Gate.IDEMPOTENCY: door.keys("41")[Gate.IDEMPOTENCY]}
    door.knock(1, keys=other)
    door.knock(1, keys=other, burst=door.keys()[Gate.DEBOUNCE].id)
    door.knock(2)

    assert door.settle(2).outcome == outcome
    assert door.state(Gate.DEBOUNCE) is None
    assert door.state(Gate.IDEMPOTENCY) is None


# together


def test_queued_run_expires_after_start_within_unless_its_slot_comes_first() -> None:
    concurrency = Door(concurrency=Concurrency(), start_within_s=30)
    throttle = Door(throttle=Throttle(limit=1, per=timedelta(seconds=20)), start_within_s=30)
    for door in (concurrency, throttle):
        door.knock(1)

    waiting, slotted, late = concurrency.knock(2), throttle.knock(2), throttle.knock(3)

    assert (waiting.expires_at, waiting.due_at) == (at(seconds=30), at(seconds=30))
    assert (slotted.slot_at, slotted.due_at) == (at(seconds=20), at(seconds=20))
    assert (late.slot_at, late.due_at) == (at(seconds=40), at(seconds=30))


def test_run_that_starts_at_once_never_expires() -> None:
    assert Door(start_within_s=30).knock(1).expires_at is None


def test_run_with_a_place_but_no_slot_waits_and_takes_no_place() -> None:
    door = Door(throttle=Throttle(limit=1, per=MINUTE), concurrency=Concurrency(limit=5))
    door.knock(1)

    verdict = door.knock(2)

    assert (verdict.outcome, verdict.slot_at, verdict.is_next) == ("queued", at(minutes=1), False)
    places = door.state(Gate.CONCURRENCY)
    assert (places.open, places.queued) == (1, 1)


def test_same_wish_gets_the_same_verdict_and_changes_no_argument() -> None:
    door = Door(idempotency=ONCE, throttle=Throttle(limit=1, per=MINUTE), concurrency=Concurrency())
    wish = Wish(
        run=run_of(1), event=event_of(1), written_at=NOON, workflow=door.workflow, keys=door.keys()
    )
    memory: Memory = {}

    assert pass_gates(wish, memory, NOON) == pass_gates(wish, memory, NOON)
    assert memory == {}
