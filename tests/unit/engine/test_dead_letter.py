"""What failures have in common."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowengine.engine.dead_letter import fingerprint, normalised


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ("order 42 is gone", "order <n> is gone"),
        ("took 1.5s, 12:30:01", "took <n>s, <n>"),
        ("no row 018bcfe5-6800-7fff-bfff-ffffffffffff", "no row <id>"),
        ("card '4242 42' of \"bob\"", "card <text> of <text>"),
        ("it's late and that's it", "it's late and that's it"),
        ("at 0x7f3a, commit deadbeef12", "at <hex>, commit <hex>"),
        ("no such file: /srv/app/x.py, line 3", "no such file: <path>, line <n>"),
        (r"no such file: C:\app\x.py", "no such file: <path>"),
        ("GET https://x.example/a?b=1 gave 500", "GET <url> gave <n>"),
        ("mail to a.b@example.com", "mail to <address>"),
        ("  two\n  lines ", "two lines"),
        ("feedback and defaced", "feedback and defaced"),
        ("either/or", "either/or"),
    ],
)
def test_what_differs_from_case_to_case_has_a_name_in_its_place(message: str, cause: str) -> None:
    assert normalised(message) == cause


def test_same_cause_has_the_same_fingerprint() -> None:
    one = fingerprint("failed run", "CardDeclined", "card 4242 declined", "charge")
    two = fingerprint("failed run", "CardDeclined", "card 4711 declined", "charge")

    assert one == two


def test_fingerprint_begins_with_the_version_of_its_rules_and_stays() -> None:
    made = fingerprint("failed run", "CardDeclined", "card 4242 declined", "charge")

    assert made == "1:8be8aa95bd1b0855ff3ea846f410bdc6"


@pytest.mark.parametrize(
    "other",
    [
        ("failed hook", "CardDeclined", "declined", "charge"),
        ("failed run", "Timeout", "declined", "charge"),
        ("failed run", "CardDeclined", "unknown card", "charge"),
        ("failed run", "CardDeclined", "declined", "ship"),
        ("failed run", "CardDeclined", "declined", None),
    ],
)
def test_other_causes_have_other_fingerprints(other: tuple[str, str, str, str | None]) -> None:
    assert fingerprint(*other) != fingerprint("failed run", "CardDeclined", "declined", "charge")


@settings(deadline=None)
@given(st.text(st.characters()))
def test_every_text_has_a_fingerprint(message: str) -> None:
    assert fingerprint("failed run", "E", message, None).startswith("1:")


@pytest.mark.parametrize("unit", ["a@", "'", "/a", "a.", "ab0", "http://", "~/", "C:\\", "a-"])
def test_long_hostile_text_costs_little(unit: str) -> None:
    assert len(normalised(unit * 100_000)) < 4000
