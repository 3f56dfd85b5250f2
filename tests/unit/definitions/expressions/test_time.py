"""The costliest there is within the limits ends soon: units are counted where the time goes."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from flowengine.definitions.expressions.evaluate import render
from flowengine.definitions.expressions.parse import parse_template
from flowengine.errors import ExpressionError

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
FACE = "\U0001f600"
BOUND_S = 2.0
"""Loose, for a machine that does other things too and counts branches; the worst takes 0.15 s."""


def again(text: str) -> str:
    """The same text in another place: compared with it to the end."""
    return (text + ".")[:-1]


SCOPE: dict[str, Any] = {
    "faces": FACE * 64_000,
    "same": again(FACE * 64_000),
    "other": FACE * 63_999 + "x",
    "narrow": "a" * 64_000 + "b",
    "wide": "\u0100" * 65_000,
    "wider": "\u0100" * 64_999 + "\u0101",
    "blanks": " " * 64_000,
    "stars": "x" + "*" * 64_000,
    "short": ("a" * 2_499, "a" * 1_248 + "ba"),
    "hay": "a" * 62_000,
    "pin": "a" * 59_998 + "ba",
    "small_hay": "a" * 2_499,
    "small_pin": "a" * 1_248 + "ba",
    "flat_hay": "a" * 29_999,
    "flat_pin": "a" * 97 + "ba",
    "empties": [[] for _ in range(10_000)],
    "maps": [{} for _ in range(10_000)],
    "map": {f"k{n}": n for n in range(10_000)},
    "key": {FACE * 64_000: 1},
    "many": list(range(10_000)),
    "digits": f"{'1' * 299}.{'7' * 400}",
    "number": 1.2345e300,
    "fraction": f"0.{'1' * 60_000}",
}
TESTS = [
    *("wide <= wider", "faces == same", "faces.startsWith(same)", "faces.endsWith(same)"),
    *("blanks.trim() == ''", "wide.upper() != ''", "sha256(faces) != ''"),
    *("!narrow.glob(stars)", "!hay.glob('*' + pin + '*')", "!small_hay.glob('*a?' + small_pin)"),
    *("!hay.contains(pin)", "!small_hay.contains(small_pin)", "!flat_hay.contains(flat_pin)"),
    *("size(hay.split(pin)) == 1", "hay.replace(pin, '') == hay"),
    *("size(small_hay.split(small_pin)) == 1", "small_hay.replace(small_pin, '') != ''"),
    *("map.exists(k, true)", "key[same] == 1", "same in key", "has(key[same])"),
    *("!([1] in many)", "!(true in many)", "!(other in [faces, faces, faces])", "many == many"),
    *("double(digits) > 0", "round(number, 2) > 0", "string(number) != ''", "sum(many) > 0"),
    *("fromJson(fraction) > 0", "toJson(many) != ''", "size(fromJson('[[[]],[[]]]')) == 2"),
    *("duration('1d1h1m1s1ms') == duration('1d1h1m1s1ms')", "string(now()) != ''"),
    *("timestamp('2026-05-01T12:00:00.123456+05:30') < now()", "now().format('%V%G%V%G') != ''"),
]
"""Each is true, and is read again and again until the cost is spent."""


def taken_s(text: str) -> float:
    """Seconds of the processor, until there is a value or the cost is spent."""
    template = parse_template(f"${{{{ {text} }}}}")
    started = time.process_time()
    try:
        render(template, SCOPE, NOON)
    except ExpressionError as error:
        assert error.code == "FE405"  # noqa: PT017 - a value is right, too
    return time.process_time() - started


@pytest.mark.parametrize("test", TESTS)
def test_spending_all_on_one_thing_takes_no_longer(test: str) -> None:
    assert taken_s(f"range(1).all(i, {test}) || range(0)[0]") < BOUND_S  # it is true, not an error

    assert taken_s(f"range(20).all(i, range(2000).all(j, {test}))") < BOUND_S


TWO = "[wide, wider, wider, wide, wide, wide, wider, wide]"


@pytest.mark.parametrize(
    "text",
    [
        "range(10000).map(i, empties)",
        "range(10000).map(i, maps)",
        "toJson(range(10000).map(i, empties))",
        "[empties].map(a, [a, a, a]).map(a, [a, a, a]).map(a, [a, a, a]).map(a, [a, a, a])",
        f"sort(flatten(range(1200).map(i, {TWO})))",
        f"min(flatten(range(1200).map(i, {TWO})))",
        f"size(distinct(flatten(range(1200).map(i, {TWO}))))",
        "[flatten(range(999).map(i, [faces, faces, faces]))].all(l, range(9).all(i, !(other in l)))",
        "range(9).map(a, range(9).map(b, range(9).map(c, range(9).map(d, [a, b, c, d]))))",
        "range(90).map(i, sort(range(900).map(j, (i * j) % 97)))",
        "range(90).map(i, wide + string(i))",
    ],
)
def test_nothing_large_is_walked_for_nothing(text: str) -> None:
    assert taken_s(text) < BOUND_S


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("range(10000).map(i, x)", {"x": [[]] * 10}),
        ("range(10000).map(i, x)", {"x": [{}] * 10}),
    ],
)
def test_empty_lists_and_maps_have_a_size(text: str, scope: dict[str, Any]) -> None:
    with pytest.raises(ExpressionError, match="the result is too large"):
        render(parse_template(f"${{{{ {text} }}}}"), scope, NOON)


SEARCHES: list[Callable[[str, str], str]] = [
    lambda text, part: f"{text}.contains({part})",
    lambda text, part: f"size({text}.split({part})) == 1",
    lambda text, part: f"{text}.glob('*' + {part} + '*')",
]


@pytest.mark.parametrize("search", SEARCHES)
def test_one_search_for_a_long_text_is_within_the_cost(search: Callable[[str, str], str]) -> None:
    render(parse_template(f"${{{{ {search('hay', 'pin')} }}}}"), SCOPE, NOON)
