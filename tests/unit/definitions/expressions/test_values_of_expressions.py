"""Text in, value out: what every operator and function gives."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from flowengine.definitions.expressions.evaluate import evaluate
from flowengine.definitions.expressions.parse import parse_expression
from tests.unit.definitions.expressions.scopes import NOON, SCOPE


def value(text: str, scope: Any = SCOPE) -> Any:
    return evaluate(parse_expression(text), scope, NOON)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # literals
        ("null", None),
        ("true", True),
        ("42", 42),
        ("-9223372036854775808", -(2**63)),
        ("1.5e3", 1500.0),
        ("- 2.5", -2.5),
        (r"'it\'s \n \t \r \\ \" \u00e9'", "it's \n \t \r \\ \" é"),
        (r"r'\d+'", r"\d+"),
        ('r"a\'b"', "a'b"),
        ("'${{ '", "${{ "),
        ("[1, 'a', [],]", [1, "a", []]),
        ("{'a': 1, 'b': {'c': [2]},}", {"a": 1, "b": {"c": [2]}}),
        # paths
        ("event.data.total", 42),
        ("event.data['odd key'] + event.data['with.dot']", 3),
        ("event.data.lines[1].sku", "b"),
        ("event.data.lines[event.data.lines[0].n].n", 3),
        ("steps.ship.output.url", "https://x"),
        ("(event.data).total", 42),
        ("{'a': {'b': 7}}.a.b", 7),
        ("event", SCOPE["event"]),
        ("event.type", "order.paid"),
        # arithmetic
        ("7 / 2", 3),
        ("-7 / 2", -3),
        ("7 / 2.0", 3.5),
        ("7 % 3", 1),
        ("-7 % 3", -1),
        ("2 + 3 * 4 - 1", 13),
        ("(2 + 3) * 4", 20),
        ("event.data.total * event.data.price", 63.0),
        ("-event.data.total", -42),
        ("--1", 1),
        ("10 - 4 - 3", 3),
        ("'a' + 'b'", "ab"),
        ("[1] + [2]", [1, 2]),
        # comparisons
        ("1 == 1.0", True),
        ("1 == '1'", False),
        ("1 == true", False),
        ("true == 1", False),
        ("null == false", False),
        ("null == null", True),
        ("'1' == 1", False),
        ("event.data.gift == false", True),
        ("event.data.gift != true", True),
        ("event.data.note == null", True),
        ("event.data.total != null", True),
        ("event.data.name != 'Bob'", True),
        ("[1, [2.0]] == [1.0, [2]]", True),
        ("[1] == [true]", False),
        ("[1] == [1, 2]", False),
        ("{'a': 1} == {'a': 1.0}", True),
        ("{'a': 1} == {'b': 1}", False),
        ("{'a': 1} != {'a': 2}", True),
        ("1 < 1.5 && 2 >= 2 && 3 > 2 && 2 <= 2", True),
        ("'a' < 'b'", True),
        ("false < true", True),
        ("1 in [true, 1.0]", True),
        ("1 in [true]", False),
        ("2 in [1, 'a', null]", False),
        ("[1] in [[1.0]]", True),
        ("'a' in {'a': null}", True),
        # logic, from the left, stopping early
        ("true || event.data.missing", True),
        ("false && event.data.missing", False),
        ("true && false || true", True),
        ("false || false", False),
        ("!false && !!true", True),
        ("if(true, 1, event.data.missing)", 1),
        ("if(1 > 2, event.data.missing, 'b')", "b"),
        # looking
        ("has(event.data.total)", True),
        ("has(event.data.note)", False),
        ("has(event.data.missing.deeper)", False),
        ("has(event.data.total.deeper)", False),
        ("has(event.data.lines[1].sku)", True),
        ("has(event.data.lines[2])", False),
        ("has(event.data.lines[event.data.price])", False),
        ("has(unknown.x)", False),
        ("has(event)", True),
        ("default(event.data.note, 'none')", "none"),
        ("default(event.data.missing.deeper, 5)", 5),
        ("default(event.data.total, event.data.missing)", 42),
        ("event.data.lines.filter(l, has(l.n)).map(l, default(l.x, l.n))", [1, 3]),
        ("size('abc') + size([1]) + size({'a': 1})", 5),
        # lists
        ("[1, 2].map(x, x * 2)", [2, 4]),
        ("[1, 2].map(x, [3].map(y, x + y))", [[4], [5]]),
        ("[1].map(x, [2].map(x, x))", [[2]]),
        ("[1, 2, 3].filter(x, x != 2)", [1, 3]),
        ("event.data.lines.all(l, l.n > 0)", True),
        ("event.data.lines.all(l, l.n > 1)", False),
        ("event.data.lines.exists(l, l.n > 2)", True),
        ("[].exists(x, x)", False),
        ("{'a': 1}.all(k, k == 'a')", True),
        ("[1, 2].contains(2.0)", True),
        ("['a', 'b'].join('-')", "a-b"),
        ("[].join('-')", ""),
        ("sum([])", 0),
        ("sum([1, 2.5])", 3.5),
        ("sum([duration('1m'), duration('30s')]) == duration('90s')", True),
        ("min(3, 1.5, 2)", 1.5),
        ("max([3, 1])", 3),
        ("max('a', 'b')", "b"),
        ("sort([3, 1.5, 2])", [1.5, 2, 3]),
        ("sort([])", []),
        (
            "distinct([1, 1.0, true, 'a', [1], [1.0], {'a': 1}, {'a': 1}, null, null])",
            [1, True, "a", [1], {"a": 1}, None],
        ),
        ("flatten([[1], 2, [[3]]])", [1, 2, [3]]),
        ("range(3)", [0, 1, 2]),
        # maps
        ("keys({'b': 1, 'a': 2})", ["b", "a"]),
        ("values({'b': 1})", [1]),
        ("merge({'a': 1, 'b': 1}, {'b': 2})", {"a": 1, "b": 2}),
        # text
        ("'invoice.pdf'.contains('.p')", True),
        ("'abc'.startsWith('ab') && 'abc'.endsWith('bc')", True),
        ("'aB'.lower() + 'aB'.upper() + ' a '.trim()", "abABa"),
        ("'a,b,'.split(',')", ["a", "b", ""]),
        ("'banana'.replace('an', 'u')", "buua"),
        ("'abcd'.substring(1, 3)", "bc"),
        ("'abcd'.substring(2)", "cd"),
        ("'report.pdf'.glob('*.pdf')", True),
        ("'report.pdf.txt'.glob('*.pdf')", False),
        ("'abc'.glob('abc')", True),
        ("'abcd'.glob('abc')", False),
        ("'abc'.glob('x*')", False),
        ("'abcabd'.glob('*a?d')", True),
        ("'aXbYc'.glob('a?b*?c')", True),
        ("'abcabd'.glob('*b?*b?')", True),
        ("'abcabd'.glob('*??????*')", True),
        ("'abcabd'.glob('*???????*')", False),
        ("'abc'.glob('*x*')", False),
        ("'abc'.glob('*?x*')", False),
        ("'a'.glob('a*a')", False),
        ("''.glob('*')", True),
        ("'ab'.glob('a?')", True),
        ("'a'.glob('a?')", False),
        # numbers
        ("int(3.9) + int(-3.9) + int('12') + int(7)", 19 - 0),
        ("int(timestamp('1970-01-01T00:01:00Z'))", 60),
        ("double('1.5e1') + double(2) + double(0.5)", 17.5),
        ("round(2.5)", 3),
        ("round(-2.5)", -3),
        ("round(2.675, 2)", 2.68),
        ("round(7)", 7),
        ("round(7, 2)", 7),
        ("abs(-3) + abs(1.5)", 4.5),
        # change
        ("string(true) + string(1) + string(1.5) + string('x')", "true11.5x"),
        ("string(timestamp('2026-05-01T14:00:00+02:00'))", "2026-05-01T12:00:00Z"),
        (
            "string(duration('1h30m')) + string(duration('-1.5s')) + string(duration('20ms'))",
            "5400s-1.5s0.02s",
        ),
        (
            "toJson({'a': [1, 1.5, null, true, 'é', event.time]})",
            '{"a":[1,1.5,null,true,"é","2026-05-01T12:00:00Z"]}',
        ),
        ("fromJson('{\"a\": [1, 2.5, null]}')", {"a": [1, 2.5, None]}),
        ("sha256('')", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ],
)
def test_expression_gives(text: str, expected: Any) -> None:
    found = value(text)

    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now()", NOON),
        ("event.time + duration('1d')", NOON + timedelta(days=1)),
        ("duration('1d') + event.time", NOON + timedelta(days=1)),
        ("duration('1d') + duration('2h')", timedelta(hours=26)),
        ("event.time - duration('90m')", NOON - timedelta(minutes=90)),
        ("event.time - timestamp('2026-05-01T11:00:00Z')", timedelta(hours=1)),
        ("duration('2h') - duration(duration('1h'))", timedelta(hours=1)),
        ("timestamp('2026-05-01T12:00:00.123456789Z')", NOON.replace(microsecond=123456)),
        ("timestamp('2026-05-01T12:00Z')", NOON),
        ("timestamp(event.time)", NOON),
        ("duration('500ms')", timedelta(milliseconds=500)),
        ("duration('1h30m10s')", timedelta(seconds=5410)),
        ("max(event.time, timestamp('2020-01-01T00:00:00Z'))", NOON),
        ("sort([duration('2s'), duration('1s')])[0]", timedelta(seconds=1)),
    ],
)
def test_expression_of_times_gives(text: str, expected: Any) -> None:
    assert value(text) == expected


def test_timestamp_is_formatted_in_utc_and_in_english() -> None:
    moment = datetime(2026, 2, 3, 15, 4, 5, 60, tzinfo=timezone(timedelta(hours=2)))

    text = value(
        "t.format('%Y-%m-%d %y %H:%M:%S.%f %I%p %j %a %A %b %B %G-W%V-%u %z %Z %%')",
        {"t": moment},
    )

    assert text == (
        "2026-02-03 26 13:04:05.000060 01PM 034 Tue Tuesday Feb February 2026-W06-2 +0000 UTC %"
    )


def test_midnight_is_twelve_in_the_morning() -> None:
    assert value("timestamp('2026-01-01T00:00:00Z').format('%I%p')") == "12AM"
