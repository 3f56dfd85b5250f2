"""What may be an event's data, and what the refusal of the rest says."""

from __future__ import annotations

import enum
import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st

from flowengine.errors import EventRefused
from flowengine.orchestration.payload import encode

LIMIT = 256 * 1024


class Colour(enum.StrEnum):
    RED = "red"


class Rank(enum.IntEnum):
    FIRST = 1


class Plain(enum.Enum):
    ONE = 1


def plain(data: Any) -> Any:
    return encode(data, size_max_bytes=LIMIT)[0]


def refusal(data: Any, *, size_max_bytes: int = LIMIT) -> EventRefused:
    with pytest.raises(EventRefused) as caught:
        encode(data, size_max_bytes=size_max_bytes)
    return caught.value


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), inner
        )
    ),
    max_leaves=30,
)


@given(JSON)
def test_json_passes_unchanged(data: Any) -> None:
    assert plain(data) == data


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (datetime(2026, 3, 2, 12, 0, 0, 123456, UTC), "2026-03-02T12:00:00.123Z"),
        (date(2026, 3, 2), "2026-03-02"),
        (time(12, 30), "12:30:00"),
        (timedelta(hours=1, seconds=2), "P0DT01H00M02S"),
        (Decimal("10.20"), "10.20"),
        (uuid.UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        (gettext_lazy("Yes"), "Yes"),
        (Colour.RED, "red"),
        (Rank.FIRST, 1),
        ((1, 2), [1, 2]),
    ],
)
def test_values_become_what_django_writes_for_them(given: Any, text: Any) -> None:
    result = plain({"value": given})["value"]

    assert result == text
    assert type(result) is type(text)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (float("nan"), "data.items[1]: nan is not JSON; write null or text"),
        (float("inf"), "data.items[1]: inf is not JSON; write null or text"),
        (Decimal("NaN"), "data.items[1]: NaN is not JSON; write null or text"),
        ("\ud800", "data.items[1]: a lone surrogate, half of a character; it has no UTF-8"),
        ("a\x00b", "data.items[1]: a NUL character; no database text can hold it"),
        ({1: 2}, "data.items[1]: the key 1 is no text; JSON keys are text"),
        ({"\x00": 2}, "data.items[1]['\\x00']: a NUL character; no database text can hold it"),
        ({"odd key": {1}}, "data.items[1]['odd key']: a set is not JSON; write list(...)"),
        (b"raw", "data.items[1]: a bytes is not JSON; decode it, or write it as base64 text"),
        (Plain.ONE, "data.items[1]: a Plain is not JSON; write its .value"),
        (2**63, "data.items[1]: an integer beyond 64 bits; write it as text"),
        (time(1, tzinfo=UTC), "data.items[1]: time: JSON can't represent timezone-aware times."),
        (
            object(),
            (
                "data.items[1]: a object is not JSON;"
                " write a mapping, a list, text, a number, true, false or null"
            ),
        ),
    ],
)
def test_what_is_not_json_is_refused_with_its_path(given: Any, message: str) -> None:
    refused = refusal({"items": [0, given]})

    assert (refused.code, refused.message) == ("FE308", message)


def test_circle_is_refused_with_its_path() -> None:
    data: dict[str, Any] = {"inner": []}
    data["inner"].append(data)

    assert refusal(data).message == "data.inner[0]: refers to what it stands in: a circle"


def test_one_value_in_two_places_is_no_circle() -> None:
    shared = {"a": 1}

    assert plain([shared, shared]) == [{"a": 1}, {"a": 1}]


@pytest.mark.parametrize(("levels", "fits"), [(100, True), (101, False)])
def test_depth_ends_at_a_hundred_levels(levels: int, *, fits: bool) -> None:
    data: Any = []
    for _ in range(levels - 1):
        data = [data]

    if fits:
        assert plain(data) == data
    else:
        assert "more than 100 levels deep" in refusal(data).message


def test_depth_of_a_hundred_thousand_ends_the_call_not_the_process() -> None:
    data: Any = []
    for _ in range(100_000):
        data = [data]

    assert refusal(data).code == "FE308"


@pytest.mark.parametrize(("length", "fits"), [(1022, True), (1023, False)])
def test_size_limit_counts_encoded_bytes(length: int, *, fits: bool) -> None:
    data = "x" * length

    if fits:
        assert len(encode(data, size_max_bytes=1024)[1]) == 1024
    else:
        refused = refusal(data, size_max_bytes=1024)
        assert refused.code == "FE304"
        assert refused.message.startswith("event data is 1.0 KiB; the limit is 1 KiB")


def test_size_of_text_is_that_of_its_utf8() -> None:
    assert refusal("é" * 600, size_max_bytes=1024).code == "FE304"


def test_few_objects_that_stand_for_a_billion_are_refused_at_once() -> None:
    data: Any = "x"
    for _ in range(30):
        data = [data, data]

    assert refusal(data).code == "FE304"
