"""Which frames settle which deliveries; headers as plain values; waits between attempts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowengine.broker.base import Verdict
from flowengine.broker.rabbitmq.channel import Channel
from flowengine.broker.rabbitmq.consumer import Generation, plain
from flowengine.broker.status import DELAY_MAX_S, DELAY_MIN_S, Delays, Status


class Ledger:
    """What a broker does with acknowledgements, as AMQP 0-9-1 says it."""

    is_open = True

    def __init__(self, deliveries: int) -> None:
        self.unsettled = set(range(1, deliveries + 1))
        self.verdict_of: dict[int, str] = {}
        self.frames = 0

    def basic_ack(self, tag: int, *, multiple: bool) -> None:
        self._settle(tag, "ack", multiple=multiple)

    def basic_nack(self, tag: int, *, multiple: bool, requeue: bool) -> None:
        self._settle(tag, "requeue" if requeue else "dead", multiple=multiple)

    def _settle(self, tag: int, verdict: str, *, multiple: bool) -> None:
        self.frames += 1
        # An unknown tag closes the channel: 406, PRECONDITION_FAILED.
        assert tag in self.unsettled
        for each in [n for n in self.unsettled if n == tag or (multiple and n < tag)]:
            self.unsettled.remove(each)
            self.verdict_of[each] = verdict


def a_generation(ledger: Ledger) -> Generation:
    generation = Generation(Channel(ledger, None))  # type: ignore[arg-type]
    for tag in sorted(ledger.unsettled):
        generation.add(tag)
    return generation


@given(
    settlements=st.lists(
        st.tuples(st.lists(st.integers(-1, 45), max_size=30), st.sampled_from(Verdict)), max_size=8
    )
)
def test_each_delivery_is_settled_once_and_as_was_said_first(
    settlements: list[tuple[list[int], Verdict]],
) -> None:
    ledger = Ledger(40)
    generation = a_generation(ledger)
    expected: dict[int, str] = {}

    for tags, verdict in settlements:
        generation.settle(tags, verdict)
        for tag in tags:
            if 1 <= tag <= 40:
                expected.setdefault(tag, verdict.value)

    assert ledger.verdict_of == expected
    assert generation.settled.is_set() == (len(expected) == 40)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_batch_from_the_front_is_one_frame(verdict: Verdict) -> None:
    ledger = Ledger(500)
    generation = a_generation(ledger)

    generation.settle(range(1, 301), verdict)

    assert ledger.frames == 1
    assert len(ledger.unsettled) == 200


def test_batch_with_a_hole_is_one_frame_up_to_it_and_one_for_each_behind() -> None:
    ledger = Ledger(10)
    generation = a_generation(ledger)

    generation.settle([1, 2, 3, 5, 6], Verdict.ACK)
    generation.settle([4, 7, 8, 9, 10], Verdict.ACK)

    assert ledger.frames == 3 + 1
    assert generation.settled.is_set()


def test_closed_channel_settles_nothing() -> None:
    ledger = Ledger(3)
    ledger.is_open = False
    generation = a_generation(ledger)

    generation.settle([1, 2, 3], Verdict.ACK)

    assert ledger.frames == 0


AMQP_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.binary()
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.decimals()
    | st.datetimes(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
)


@settings(max_examples=40)  # the strategy is slow, the function simple
@given(value=AMQP_VALUES)
def test_headers_become_plain_json(value: Any) -> None:
    json.dumps(plain(value), allow_nan=False)


def test_headers_keep_what_json_knows() -> None:
    header = {
        "count": 3,
        "reason": "expired",
        "queues": ["a"],
        "at": datetime(2026, 1, 2, tzinfo=UTC),
    }

    assert plain(header) == {**header, "at": "2026-01-02T00:00:00+00:00"}
    assert plain(b"caf\xc3\xa9 \xff") == "café \\xff"


def test_deeply_nested_headers_are_cut_off() -> None:
    value: Any = "end"
    for _ in range(50):
        value = [value]

    json.dumps(plain(value))


def test_waits_between_attempts_stay_within_their_bounds_and_grow() -> None:
    delays = Delays()

    waits = [delays.next_s() for _ in range(200)]

    assert all(DELAY_MIN_S <= wait <= DELAY_MAX_S for wait in waits)
    assert max(waits[:2]) <= 4 * DELAY_MIN_S
    assert max(waits) > 1.0
    delays.reset()
    assert delays.next_s() <= 2 * DELAY_MIN_S


def test_status_tells_whether_it_is_open_and_why_not() -> None:
    status = Status()
    assert (status.is_open, status.trouble) == (False, "not started")
    assert not status.wait_open(0.01)

    status.opened("one queue is missing")
    assert (status.is_open, status.trouble) == (True, "one queue is missing")
    assert status.wait_open(0)

    status.closed("gone")
    assert (status.is_open, status.trouble) == (False, "gone")
