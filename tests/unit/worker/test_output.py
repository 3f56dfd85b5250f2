from __future__ import annotations

import enum
from collections import OrderedDict, defaultdict, namedtuple
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.utils.functional import lazystr
from django.utils.safestring import mark_safe

from flowengine.worker.output import LEVELS_MAX, NotJson, TooLarge, plain

LIMIT = 256 * 1024
Point = namedtuple("Point", "x y")  # noqa: PYI024 - the untyped kind is what tasks return


class Colour(enum.StrEnum):
    RED = "red"


class OldColour(str, enum.Enum):  # noqa: UP042 - Django's text choices once were this
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Plain(enum.Enum):
    A = object()


def iter_nothing() -> Iterator[int]:
    yield from ()


@dataclass
class Line:
    sku: str
    price: Decimal


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (0, 0),
        (-(2**63), -(2**63)),
        (1.5, 1.5),
        ((1, [2, (3,)]), [1, [2, [3]]]),
        (datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC), "2026-03-02T12:00:00.123Z"),
        (date(2026, 3, 2), "2026-03-02"),
        (time(12, 30), "12:30:00"),
        (timedelta(minutes=90), "P0DT01H30M00S"),
        (Decimal("12.30"), "12.30"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Colour.RED, "red"),
        (OldColour.RED, "red"),
        (Level.HIGH, 3),
        (mark_safe("<b>"), "<b>"),
        (lazystr("later"), "later"),
        (OrderedDict(a=1), {"a": 1}),
        (defaultdict(list, a=[]), {"a": []}),
        (Point(1, 2), [1, 2]),
        (Line("a", Decimal(3)), {"sku": "a", "price": "3"}),
        ({Colour.RED: 1}, {"red": 1}),
    ],
)
def test_value_becomes_plain_json(value: Any, expected: Any) -> None:
    result = plain(value, size_max_bytes=LIMIT)

    assert result == expected
    assert _types(result) <= {type(None), bool, int, float, str, list, dict}


def test_result_shares_nothing_with_what_was_returned() -> None:
    lines = [{"sku": "a"}]

    result = plain({"lines": lines}, size_max_bytes=LIMIT)
    lines[0]["sku"] = "b"

    assert result == {"lines": [{"sku": "a"}]}


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (float("nan"), "the number nan at result"),
        ({"a": [1, float("-inf")]}, "the number -inf at result.a[1]"),
        ({"lines": [{"price": object()}]}, "a object at result.lines[0].price"),
        ({1: "one"}, "the key 1, which is no text, at result"),
        ({"a": {None: 1}}, "the key None, which is no text, at result.a"),
        (2**63, "a whole number of more than 64 bits at result"),
        ("\ud800", "text with a lone surrogate, half of a character; it has no UTF-8 at result"),
        (
            {"\udfff": 1},
            "text with a lone surrogate, half of a character; it has no UTF-8 at result",
        ),
        (
            {"name": "a\x00b"},
            "text with a NUL character; no database text can hold it at result.name",
        ),
        ({1, 2}, "a set (return sorted(...)) at result"),
        (b"raw", "a bytes (store it and return a reference) at result"),
        (iter_nothing(), "a generator (a generator or a coroutine that nobody awaited) at result"),
        (Plain.A, "a Plain at result"),
        (Line, "a type at result"),
        (1j, "a complex at result"),
    ],
)
def test_value_that_is_no_json_is_named_with_its_path(value: Any, problem: str) -> None:
    with pytest.raises(NotJson) as caught:
        plain(value, size_max_bytes=LIMIT)

    assert f"{caught.value.problem} at {caught.value.path}" == problem


def test_time_of_day_with_a_zone_is_refused_as_django_does() -> None:
    with pytest.raises(NotJson, match="timezone-aware times"):
        plain(time(12, tzinfo=UTC), size_max_bytes=LIMIT)


def test_value_that_contains_itself_is_refused() -> None:
    value: dict[str, Any] = {"a": []}
    value["a"].append(value)

    with pytest.raises(NotJson, match="contains itself") as caught:
        plain(value, size_max_bytes=LIMIT)

    assert caught.value.path == "result.a[0]"


def test_same_value_in_two_places_is_allowed() -> None:
    line = {"sku": "a"}

    assert plain([line, line], size_max_bytes=LIMIT) == [{"sku": "a"}, {"sku": "a"}]


def test_depth_is_bounded_long_before_pythons_own_limit() -> None:
    at_limit: Any = 1
    for _ in range(LEVELS_MAX):
        at_limit = [at_limit]

    plain(at_limit, size_max_bytes=LIMIT)

    with pytest.raises(NotJson, match="more than 64 levels"):
        plain([at_limit], size_max_bytes=LIMIT)


def test_size_is_counted_in_encoded_bytes() -> None:
    text = "ä" * 10  # 20 bytes, and two quotes

    assert plain(text, size_max_bytes=22) == text
    with pytest.raises(TooLarge) as caught:
        plain(text, size_max_bytes=21)

    assert caught.value.size_bytes == 22
    assert caught.value.is_exact


def test_counting_stops_at_the_limit_however_large_the_value_is() -> None:
    doubled: list[Any] = ["x"]
    for _ in range(50):  # 2 ** 50 texts, if anybody wrote them out
        doubled = [doubled, doubled]

    with pytest.raises(TooLarge) as caught:
        plain(doubled, size_max_bytes=LIMIT)

    assert not caught.value.is_exact
    assert caught.value.size_bytes < 2 * LIMIT


def _types(value: Any) -> set[type]:
    if isinstance(value, dict):
        return {dict}.union(*(_types(k) | _types(v) for k, v in value.items()))
    if isinstance(value, list):
        return {list}.union(*(_types(each) for each in value))
    return {type(value)}
