"""What is offered for a name that is not there."""

from __future__ import annotations

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.definitions.likeness import NEARNESS, near, nearest

NAMES = st.text("abcd_", min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("timout", "timeout"),
        ("resaon", "reason"),
        ("user", "users"),
        ("order", "order_id"),
        ("frist", "first"),
        ("kode", "code"),
    ],
)
def test_slip_is_told_what_was_meant(written: str, meant: str) -> None:
    assert near(written, ["steps", meant, "event"]) == f"did you mean '{meant}'?"


@pytest.mark.parametrize("written", ["xylophone", "", "e", "timeout" * 15])
def test_nothing_is_offered_for_what_is_like_none(written: str) -> None:
    assert near(written, ["timeout", "steps", "event", ""]) == ""


def test_nearest_is_offered_and_of_two_the_first() -> None:
    assert nearest("parcel", ["parcels", "parcel_id"]) == "parcels"
    assert nearest("ab", ["abc", "abd"]) == "abc"


def test_what_is_no_text_or_too_long_for_a_name_is_passed_over() -> None:
    assert nearest("name", [1, None, "name" * 26, "names"]) == "names"


def test_only_so_many_characters_are_looked_at() -> None:
    known = ["x" * 40] * 10 + ["names"]

    assert nearest("name", known, most=404) is None
    assert nearest("name", known, most=405) == "names"


@given(NAMES, st.lists(NAMES, max_size=6))
def test_whatever_difflib_finds_is_found(name: str, known: list[str]) -> None:
    found = nearest(name, known)

    if difflib.get_close_matches(name, known, n=1, cutoff=NEARNESS):
        assert found is not None


@given(NAMES)
def test_name_itself_is_the_nearest(name: str) -> None:
    assert nearest(name, [f"{name}x", name, f"x{name}"]) == name
