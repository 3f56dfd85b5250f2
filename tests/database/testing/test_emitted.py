"""Assertions over what was emitted, and what they say when they fail."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from flowengine import emit
from flowengine.testing import assert_emitted, emitted

pytestmark = pytest.mark.django_db


def test_emitted_gives_the_events_of_a_type_in_order() -> None:
    emit("order.placed", {"n": 1})
    emit("order.paid", {"n": 2}, actor="7")
    emit("order.placed", {"n": 3})

    assert [event.data["n"] for event in emitted("order.placed")] == [1, 3]
    assert [event.actor for event in emitted("order.paid")] == ["7"]
    assert [event.type for event in emitted("order.*")] == [
        "order.placed",
        "order.paid",
        "order.placed",
    ]
    assert emitted("user.**") == []


def test_an_event_whose_data_contains_the_wanted_part_is_found() -> None:
    emit("order.paid", {"order": {"id": 1, "total": Decimal("9.50")}, "on": date(2026, 3, 2)})

    [event] = assert_emitted(
        "order.paid", {"order": {"total": Decimal("9.50")}, "on": date(2026, 3, 2)}
    )

    assert event.data["order"]["id"] == 1


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"n": 2}, "data.n is 1, not 2"),
        ({"n": True}, "data.n is 1, not true"),
        ({"deep": {"a": 2}}, "data.deep.a is 1, not 2"),
        ({"deep": {"b": 1}}, "data.deep.b is missing"),
        ({"list": [1]}, "data.list is [1,2], not [1]"),
    ],
)
def test_data_that_differs_is_named_by_its_place(wanted: dict[str, object], said: str) -> None:
    emit("a.b", {"n": 1, "deep": {"a": 1}, "list": [1, 2]})

    with pytest.raises(AssertionError) as failed:
        assert_emitted("a.b", wanted)

    assert f"<- {said}" in str(failed.value)


def test_the_count_is_exact() -> None:
    emit("a.b", {})
    emit("a.b", {})

    assert len(assert_emitted("a.b", count=2)) == 2
    assert assert_emitted("a.c", count=0) == []
    with pytest.raises(AssertionError, match=r"expected 1 event 'a.b'; there were 2"):
        assert_emitted("a.b", count=1)
    with pytest.raises(AssertionError, match=r"expected no event 'a.b'; there were 2"):
        assert_emitted("a.b", count=0)


def test_a_type_that_was_not_emitted_lists_what_was() -> None:
    with pytest.raises(AssertionError, match="nothing was emitted at all"):
        assert_emitted("a.b")
    emit("a.c", {"n": 1})
    with pytest.raises(AssertionError, match=r'other events:\n  a.c {"n":1}'):
        assert_emitted("a.b")
