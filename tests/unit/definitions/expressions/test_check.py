"""What is known to be wrong with an expression before it has values."""

from __future__ import annotations

import pytest

from flowengine.definitions.expressions.check import (
    Place,
    condition_problems,
    problems,
    template_problems,
)
from flowengine.definitions.expressions.parse import parse_expression, parse_template
from flowengine.definitions.expressions.shapes import Shape

CONVERT = "convert one, as timestamp(…) and string(…) do"
STEP = Place(
    names=frozenset({"event", "inputs", "run", "config", "steps"}),
    inputs={"day": None},
    steps=("reserve", "charge"),
    hidden={"ship": "it comes later, or is this step itself"},
    shapes={
        ("steps", "reserve", "output"): (
            "the output of 'reserve'",
            Shape({"reservation_id": None}),
        ),
        ("steps", "charge", "output"): ("the output of 'charge'", Shape({})),
    },
)


def said(text: str, place: Place = STEP) -> list[tuple[str, int, str]]:
    return [(e.code, e.offset, e.hint) for e in problems(parse_expression(text), place)]


@pytest.mark.parametrize(
    "text",
    [
        "event.data.anything.at.all > 1 && event.time < now()",
        "steps.reserve.output.reservation_id == 5",
        "steps['charge'].status == 'skipped'",
        "inputs.day == config.day",
        "event.data.xs.map(steps, steps.x.y).all(event, event.foo)",
        "event.data[event.data.key] == run.replay",
        "event.data.a / event.data.b > 1 && event.data.a / 2.0 > 1 && 1.5 / 2 > 0.5",
        "if(true, 1, 2.5) == 'x' || if(true, 'a', 'b') == 'x'",
        "1 == 1.0 && event.hops == 1.5 && round(event.hops) == 1",
        "default(event.data.a, 1) == 'x'",
        "(event.data.a + 1) == 'x' && [1] + [2] == [1, 2] && 'a' + 'b' == 'ab'",
        "1 + 1.5 == 2 && -1 == 2 && 1 + event.hops == 2.5 && 'a' + 1 == 2",
        "{'a': 1} == {'a': 2} && {'a': 1}.a == 2",
        "steps.charge.output == null",
        "-event.hops == 2.5",
        "has(steps.reserve) && steps.reserve == null",
        "steps.charge.output[0] == 1 && steps.reserve.output['reservation_id'] == 1",
    ],
)
def test_nothing_is_said_about(text: str) -> None:
    assert said(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("evnt.x", [("FE202", 0, "did you mean 'event'?")]),
        ("zzz", [("FE202", 0, "text stands in quotes: 'zzz'")]),
        ("None == 1", [("FE202", 0, "write null")]),
        ("False", [("FE202", 0, "write false")]),
        ("size", [("FE202", 0, "it is a function: size(…)")]),
        ("trim", [("FE202", 0, "it is a function: x.trim(…)")]),
        ("item", [("FE202", 0, "available: config, event, inputs, run, steps")]),
        ("[1].map(each, eahc)", [("FE202", 14, "did you mean 'each'?")]),
        ("sizee([])", [("FE203", 0, "did you mean 'size'?")]),
        ("xyz([])", [("FE203", 0, "")]),
        ("trim('a')", [("FE203", 0, "write it after the value: x.trim(…)")]),
        ("'a'.xyz()", [("FE203", 4, "")]),
        ("[].size()", [("FE203", 3, "write it before the value: size(x)")]),
        ("size()", [("FE204", 0, "write size(x)")]),
        ("'a'.trim(1)", [("FE204", 4, "write s.trim()")]),
        ("[1].all(x)", [("FE204", 4, "write x.all(v, test)")]),
        ("has(1)", [("FE201", 4, "")]),
        ("default(a(), 1)", [("FE201", 8, ""), ("FE203", 8, "")]),
        ("size(steps)", [("FE201", 5, "")]),
        ("steps[event.type]", [("FE201", 5, "")]),
        ("steps.resrve.output", [("FE121", 6, "did you mean 'reserve'?")]),
        ("steps.ship.output", [("FE121", 6, "it comes later, or is this step itself")]),
        ("steps.x.output", [("FE121", 6, "there are: reserve, charge")]),
        ("steps.reserve.outpt", [("FE207", 14, "did you mean 'output'?")]),
        ("steps.reserve.output.id", [("FE207", 21, "there are: reservation_id")]),
        ("steps.charge.output.id", [("FE207", 20, "there are none")]),
        ("event.tipe", [("FE207", 6, "did you mean 'type'?")]),
        ("event.order_id", [("FE207", 6, "did you mean 'event.data.order_id'?")]),
        ("inputs.dai", [("FE207", 7, "did you mean 'day'?")]),
        (
            "run.number",
            [("FE207", 4, "there are: id, workflow, digest, started_at, replay, parent")],
        ),
        ("event.id == 5", [("FE208", 0, CONVERT)]),
        ("event.id != null", [("FE208", 0, "it is never null")]),
        ("[] == {}", [("FE208", 0, CONVERT)]),
        ("!true == 'x'", [("FE208", 0, CONVERT)]),
        ("(1 < 2) == 1", [("FE208", 1, CONVERT)]),
        ("[1].map(x, x) == 'a'", [("FE208", 0, CONVERT)]),
        ("event.hops / 2", [("FE231", 11, "write / 2.0 for a fraction")]),
        (
            "zzz + zzy",
            [
                ("FE202", 0, "text stands in quotes: 'zzz'"),
                ("FE202", 6, "text stands in quotes: 'zzy'"),
            ],
        ),
    ],
)
def test_problem_is_found_with_place_and_way_out(
    text: str, expected: list[tuple[str, int, str]]
) -> None:
    assert said(text) == expected


def test_first_step_has_nothing_to_offer() -> None:
    place = Place(names=frozenset({"steps"}))

    assert said("steps.x", place) == [("FE121", 6, "")]


def test_inputs_are_free_where_none_are_declared() -> None:
    assert said("inputs.anything", Place(names=frozenset({"inputs"}))) == []


def test_condition_must_give_a_bool() -> None:
    found = condition_problems(parse_expression("size([])"), STEP)

    assert [error.message for error in found] == ["an 'if' gives true or false; this gives an int"]
    assert condition_problems(parse_expression("event.data.x"), STEP) == []


def test_list_inside_text_is_refused_but_alone_it_is_a_value() -> None:
    template = parse_template({"a": "${{ [1] }}", "b": ["x ${{ {} }}"], "c": "x ${{ null }}"})

    found = [(path, error.code) for path, error in template_problems(template, STEP)]

    assert found == [(("b", 0), "FE404"), (("c",), "FE404")]
