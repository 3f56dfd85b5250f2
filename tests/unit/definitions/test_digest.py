"""What changes the identity of a definition, and what does not."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.definitions.digest import canonical, digest
from flowengine.definitions.expressions.tree import Json
from flowengine.definitions.parse import parse

SHORT = "workflow: x\non: order.paid\ninputs: {a: string}\nsteps:\n  - shop.a\n"
LONG = """# a comment
steps:
- {task: shop.a}

inputs:
  a:
    type: "string"
on:
  - {event: [order.paid]}
workflow: 'x'
"""


def test_short_and_long_forms_comments_and_order_of_keys_are_one_definition() -> None:
    assert parse(SHORT).digest == parse(LONG).digest
    assert parse(SHORT).digest == parse(SHORT.replace("\n", "\r\n"), path="elsewhere").digest


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("{parallel: {x: shop.b}}", "{parallel: {x: {task: shop.b}}}"),
        ("{parallel: {x: [shop.b]}}", "{parallel: {x: {steps: [{task: shop.b}]}}}"),
        ("{steps: [shop.b]}", "{steps: [{task: shop.b}]}"),
        ("{switch: [{steps: [shop.b]}]}", "{switch: [{steps: [{task: shop.b}]}]}"),
        (
            "{task: shop.b, compensate: shop.c, rescue: [{steps: [shop.d]}]}",
            "{rescue: [{steps: [{task: shop.d}]}], compensate: {task: shop.c}, task: shop.b}",
        ),
        (
            "{wait_for: {event: x, match: {a: 1}}, timeout: 1s}",
            "{timeout: 1s, wait_for: {match: {a: 1}, event: [x]}}",
        ),
        (
            "{approval: {ask: x, groups: [g], form: {a: string}}, timeout: 1s}",
            "{approval: {ask: x, groups: [g], form: {a: {type: string}}}, timeout: 1s}",
        ),
    ],
)
def test_every_short_form_is_the_long_one(short: str, long: str) -> None:
    one, other = parse(SHORT + f"  - {short}\n"), parse(SHORT + f"  - {long}\n")

    assert one == other


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("on: a", "on: [a]"),
        ("on: [a]", "on: [{event: [a]}]"),
        ("on: {event: a}", "on: [{event: [a]}]"),
        ("on: a\nfinally: [shop.z]", "on: a\nfinally: [{task: shop.z}]"),
        ("on: a\non_failure: [shop.z]", "on: a\non_failure: [{task: shop.z}]"),
        (
            "on: a\ncancel_on: [{event: x, match: {a: 1}}]",
            "cancel_on: [{match: {a: 1}, event: [x]}]\non: a",
        ),
    ],
)
def test_every_short_form_of_the_file_is_the_long_one(short: str, long: str) -> None:
    line = "\nworkflow: x\nsteps: [shop.a]\n"

    assert parse(short + line) == parse(long + line)


@pytest.mark.parametrize(
    "text",
    [
        SHORT + "format: 1\n",
        SHORT + "title: x\n",
        SHORT + "timeout: 30d\n",
        SHORT.replace("shop.a", "shop.b"),
        SHORT.replace("shop.a", "{task: shop.a, with: {n: 1}}"),
    ],
)
def test_what_is_written_changes_it_even_where_it_says_the_default(text: str) -> None:
    assert parse(text).digest != parse(SHORT).digest


def test_digest_of_a_file_never_changes_between_releases() -> None:
    assert parse(SHORT).digest == "ad192d8729b9cb7d499f305ae9bc0fa94cea35c6e70536cfaa9bc498337ba86f"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (-1.5, "-1.5"),
        (333333333.33333329, "333333333.3333333"),
        (1e30, "1e+30"),
        (4.50, "4.5"),
        (2e-3, "0.002"),
        (1e-5, "0.00001"),
        (1.25e-6, "0.00000125"),
        (1e-7, "1e-7"),
        (1.5e-27, "1.5e-27"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (9007199254740993, "9007199254740993"),
    ],
)
def test_numbers_are_written_as_rfc_8785_says(number: float, text: str) -> None:
    assert canonical(number).decode() == text


def test_keys_are_in_the_order_of_utf_16_and_text_is_escaped_as_little_as_can_be() -> None:
    value: Json = {
        "\u20ac": 1,
        "\r": 2,
        "\ufb33": 3,
        "1": 4,
        "\U0001f600": 5,
        "\x80": 6,
        "\u00f6": 7,
    }

    text = canonical({"k": value, "s": 'é\n"\\\x1f', "n": None, "b": [True, False]}).decode()

    assert [number for number in text if number in "1234567"][:1] == ["2"]
    assert list(json.loads(text)["k"].values()) == [2, 4, 6, 7, 1, 5, 3]
    assert text.endswith('"n":null,"s":"é\\n\\"\\\\\\u001f"}')


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_survives(number: float) -> None:
    assert float(canonical(number)) == number


def test_digest_is_a_sha_256_in_hexadecimal() -> None:
    assert digest({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
