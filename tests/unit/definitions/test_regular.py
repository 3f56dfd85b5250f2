"""Patterns of schemas: they mean what they mean elsewhere, and always end."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from flowengine.definitions.regular import TEXT_MAX, matches, problem_of


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("^[0-9]{4}-[0-9]{2}$", "2026-03", True),
        ("^[0-9]{4}-[0-9]{2}$", "2026-3", False),
        ("^[0-9]{4}-[0-9]{2}$", "x2026-03", False),
        ("b", "abc", True),
        ("", "", True),
        ("^$", "", True),
        ("^$", "a", False),
        ("a|b|", "zz", True),
        ("^(?:a|bc)+$", "abcbca", True),
        ("^(?:a|bc)+$", "abcb", False),
        ("^a{2,3}$", "aa", True),
        ("^a{2,3}$", "aaaa", False),
        ("^a{2,}$", "aaaaa", True),
        ("^a{0,2}b?c*$", "ccc", True),
        ("^(a{0,2}){2}$", "aaaa", True),
        ("^[^a-c\\d_-]$", "d", True),
        ("^[^a-c\\d_-]$", "7", False),
        ("^[a\\-z]$", "-", True),
        ("^[a-]$", "-", True),
        ("^[]$", "a", False),
        ("^[\\]a]$", "]", True),
        ("^\\w+\\s\\S\\D\\W$", "a_1 xy!", True),
        ("^\\.\\u00e4\\x41\\t\\n$", ".äA\t\n", True),
        ("^.$", "\n", False),
        ("^.$", "é", True),
        ("^\\s$", "\u00a0", True),
        ("^(a*)*$", "aaab", False),
        ("(^a|b$)c", "ac", True),
        ("x^", "x", False),
        ("$x", "x", False),
        ("\U0001f600", "a\U0001f600", True),
    ],
)
def test_pattern_says_what_it_means_anywhere(pattern: str, text: str, *, expected: bool) -> None:
    assert problem_of(pattern) is None
    assert matches(pattern, text) is expected


RANGE = "a '-' inside [ ] stands between two characters, the smaller one first"


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("(", "a '(' is not closed"),
        ("(a", "a '(' is not closed"),
        ("a)", "a ')' closes nothing"),
        ("[a", "a '[' is not closed"),
        ("[a-", "a '[' is not closed"),
        ("*", "'*' repeats nothing"),
        ("a|+", "'+' repeats nothing"),
        ("{2}", "'{' repeats nothing"),
        ("a{", "'{' repeats nothing"),
        ("a**", "'*' repeats a repetition"),
        ("a+?", "'?' repeats a repetition"),
        ("a{2}{3}", "'{' repeats a repetition"),
        ("^*", "'^' and '$' are not repeated"),
        ("a{3,2}", "{3,2} counts backwards"),
        ("(?=a)", "of '(?' only '(?:' is understood"),
        ("(?", "of '(?' only '(?:' is understood"),
        ("\\", "nothing stands behind its last '\\'"),
        ("[\\", "nothing stands behind its last '\\'"),
        ("\\b", "'\\b' is not understood"),
        ("(a)\\1", "'\\1' is not understood"),
        ("[\\D]", "\\D, \\W and \\S are not understood inside [ ]"),
        ("[z-a]", RANGE),
        ("[\\d-z]", RANGE),
        ("[a-\\w]", RANGE),
        ("[a-\\D]", RANGE),
        ("(" * 17 + ")" * 17, "its brackets are too deep"),
        ("((a{99}){99}){99}", "it says too much; use smaller numbers in { }"),
        ("a" * 201, "it is longer than 200 characters"),
    ],
)
def test_pattern_that_is_none_says_why(pattern: str, problem: str) -> None:
    assert problem_of(pattern) == problem


ATOMS = [
    "a",
    "b",
    ".",
    "[ab]",
    "[^a]",
    "\\d",
    "(a|b)",
    "(?:ab)",
    "^",
    "$",
    "c",
    "(a*|b)",
    "|",
    "()",
]
SIGNS = ["", "", "", "*", "+", "?", "{2}", "{1,}", "{0,2}"]


@given(
    st.lists(st.tuples(st.sampled_from(ATOMS), st.sampled_from(SIGNS)), max_size=5),
    st.text("abc1", max_size=6),
)
def test_pattern_finds_what_pythons_own_finds(parts: list[tuple[str, str]], text: str) -> None:
    pattern = "".join(atom + sign for atom, sign in parts)
    assume(problem_of(pattern) is None)

    expected = re.search(pattern.replace("$", "\\Z"), text) is not None

    assert matches(pattern, text) is expected


@given(st.text(max_size=20))
def test_any_text_is_a_pattern_or_says_why_not(pattern: str) -> None:
    problem = problem_of(pattern)

    assert problem != ""
    assert problem is not None or matches(pattern, "a") in (True, False)


@pytest.mark.parametrize("pattern", ["^(a+)+$", "(a|a)*(a|a)*c", "(a|b)*a(a|b){20}c"])
def test_pattern_that_takes_years_elsewhere_takes_no_time(pattern: str) -> None:
    text = "a" * (TEXT_MAX - 1) + "b"
    started = time.process_time()

    assert matches(pattern, text) is False

    assert time.process_time() - started < 1
