"""Which event types a pattern speaks of."""

from __future__ import annotations

import pytest

from flowengine.definitions.patterns import is_pattern, is_type, matches, topic_key


@pytest.mark.parametrize(
    ("pattern", "event_type", "expected"),
    [
        ("order.paid", "order.paid", True),
        ("order.paid", "order.paid.late", False),
        ("order.*", "order.paid", True),
        ("order.*", "order", False),
        ("order.*", "order.paid.late", False),
        ("*.paid", "order.paid", True),
        ("*.paid", "order.placed", False),
        ("order.**", "order", True),
        ("order.**", "order.paid.late", True),
        ("order.**", "orders.paid", False),
        ("order.*.**", "order.paid", True),
        ("order.*.**", "order", False),
        ("**", "anything.at.all", True),
        ("*", "order", True),
        ("*", "order.paid", False),
    ],
)
def test_pattern_matches_by_segments(pattern: str, event_type: str, *, expected: bool) -> None:
    assert is_pattern(pattern)
    assert matches(pattern, event_type) is expected


@pytest.mark.parametrize(
    "text", ["", ".", "a.", "a..b", "a.**.b", "**.a", "a*", "a.b*", "a b", "#", "a" * 201, "ä"]
)
def test_what_is_no_pattern(text: str) -> None:
    assert not is_pattern(text)
    assert not is_type(text)


def test_type_has_no_stars() -> None:
    assert is_type("order.paid-late.v_2")
    assert not is_type("order.*")


@pytest.mark.parametrize(
    ("pattern", "key"),
    [("order.paid", "order.paid"), ("order.*", "order.*"), ("order.**", "order.#"), ("**", "#")],
)
def test_topic_key_is_the_same_pattern_for_the_broker(pattern: str, key: str) -> None:
    assert topic_key(pattern) == key
