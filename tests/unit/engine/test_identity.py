"""Ids that follow from what they name."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowengine.engine.identity import (
    ENTROPY_BYTES,
    act_id,
    call_event_id,
    emitted_event_id,
    foreign_event_id,
    idempotency_key,
    keyed_event_id,
    notification_id,
    run_id,
    undone_key,
    uuid7,
)
from tests.builders import RUN_ID

EVENT_ID = UUID("01930000-0000-7000-8000-000000000001")
NAMES = st.text(st.characters(exclude_categories=["Cs"]))


@settings(deadline=None)
@given(st.integers(0, 2**48 - 1), st.binary(min_size=ENTROPY_BYTES, max_size=ENTROPY_BYTES))
def test_uuid7_has_its_time_version_and_variant(unix_ms: int, entropy: bytes) -> None:
    made = uuid7(unix_ms, entropy)

    assert made.int >> 80 == unix_ms
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"


def test_uuid7_uses_74_bits_of_chance() -> None:
    none, all_ = uuid7(1, bytes(10)), uuid7(1, b"\xff" * 10)

    assert (none.int ^ all_.int).bit_count() == 74


def test_uuid7_sorts_by_time() -> None:
    assert uuid7(1, b"\xff" * 10) < uuid7(2, bytes(10))


def test_uuid7_refuses_another_amount_of_chance() -> None:
    with pytest.raises(ValueError, match="10 bytes"):
        uuid7(1, b"short")


def test_derived_ids_are_the_same_for_ever() -> None:
    assert str(keyed_event_id("order.placed", "42")) == "cc688b78-d5b3-54c4-a8c5-5b3386a21240"
    assert str(foreign_event_id("//erp", "42")) == "a9fed743-d43a-5ec3-9b0f-7c4d56ea8b9c"
    assert str(run_id(EVENT_ID, "fulfil-order")) == "67bdcb3c-7fbd-5ad1-892c-25c45e958883"
    assert idempotency_key(RUN_ID, "charge") == "b5625fe2-a927-50e9-a155-dffb20983687"
    assert str(call_event_id(RUN_ID, "call", "3", 1)) == "e5642976-7049-5c1f-8c40-2f5e22ccc2cf"
    assert (
        str(act_id("ada", "k1", "run.hold", "run", "7")) == "07fe6352-81c2-5ff4-93ed-5b78621bbfc1"
    )
    assert str(emitted_event_id(RUN_ID, "told", "3", 0)) == "76b5ab10-b32a-53ed-bb8f-f18444a973ac"


@settings(deadline=None)
@given(NAMES, NAMES, NAMES, NAMES)
def test_different_names_have_different_ids(a: str, b: str, c: str, d: str) -> None:
    is_same = (a, b) == (c, d)

    assert (keyed_event_id(a, b) == keyed_event_id(c, d)) is is_same
    assert (foreign_event_id(a, b) == foreign_event_id(c, d)) is is_same
    assert keyed_event_id(a, b) != foreign_event_id(a, b)


def test_run_has_another_id_for_each_event_workflow_and_replay() -> None:
    ids = {
        run_id(EVENT_ID, "a"),
        run_id(EVENT_ID, "b"),
        run_id(RUN_ID, "a"),
        run_id(EVENT_ID, "a", 1),
    }

    assert len(ids) == 4


def test_idempotency_key_differs_between_runs_steps_and_items_only() -> None:
    keys = [
        idempotency_key(RUN_ID, "charge"),
        idempotency_key(RUN_ID, "charge", ""),
        idempotency_key(RUN_ID, "charge", "1"),
        idempotency_key(RUN_ID, "charge", "1.2"),
        idempotency_key(RUN_ID, "ship"),
        idempotency_key(EVENT_ID, "charge"),
    ]

    assert keys[0] == keys[1]
    assert len(set(keys)) == 5


def test_undo_knows_the_key_of_what_it_undoes() -> None:
    assert undone_key(RUN_ID, "undo charge", "3") == idempotency_key(RUN_ID, "charge", "3")
    assert undone_key(RUN_ID, "undo charge") == idempotency_key(RUN_ID, "charge")
    assert idempotency_key(RUN_ID, "undo charge") != idempotency_key(RUN_ID, "charge")


def test_step_that_is_no_undo_undoes_nothing() -> None:
    assert undone_key(RUN_ID, "charge") is None


def test_call_has_another_event_each_time_its_step_begins() -> None:
    ids = {
        call_event_id(RUN_ID, "call", "", 1),
        call_event_id(RUN_ID, "call", "", 2),
        call_event_id(RUN_ID, "call", "1", 1),
        call_event_id(RUN_ID, "other", "", 1),
        call_event_id(EVENT_ID, "call", "", 1),
        emitted_event_id(RUN_ID, "call", "", 1),
    }

    assert len(ids) == 6


def test_emitted_event_has_another_id_for_each_run_step_item_and_replay() -> None:
    ids = {
        emitted_event_id(RUN_ID, "told", "", 0),
        emitted_event_id(RUN_ID, "told", "", 1),
        emitted_event_id(RUN_ID, "told", "0", 0),
        emitted_event_id(RUN_ID, "other", "", 0),
        emitted_event_id(EVENT_ID, "told", "", 0),
    }

    assert len(ids) == 5


def test_one_thing_is_told_to_one_user_once_under_one_id() -> None:
    told = notification_id(RUN_ID, "7", "ended", "12")

    assert told == notification_id(RUN_ID, "7", "ended", "12")
    others = [("8", "ended", "12"), ("7", "ended", "13"), ("7", "ended12", ""), ("7", "ended")]
    assert told not in {notification_id(RUN_ID, user, *what) for user, *what in others}
