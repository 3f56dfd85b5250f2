"""What failures have in common."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from flowengine.engine.dead_letter import Cause, cause, normalised
from flowengine.engine.run import Failure, Frame

LIBRARY = Frame(file="httpx/_client.py", line=914, name="Client.send")
OWN = Frame(file="shop/cards.py", line=88, name="charge", is_own=True)
OTHER = Frame(file="shop/cards.py", line=12, name="refund", is_own=True)


def of(
    message: str,
    *,
    kind: str = "failed run",
    error: str = "CardDeclined",
    step: str | None = "charge",
    frames: tuple[Frame, ...] = (),
    details: Any = None,
) -> Cause:
    failure = Failure(code=error, message=message, frames=frames, details=details)
    return cause(kind=kind, code="FE421", message=message, failure=failure, step=step)


@pytest.mark.parametrize(
    ("message", "left"),
    [
        ("order 42 is gone", "order <n> is gone"),
        ("took 1.5s, 12:30:01", "took <n>s, <n>"),
        ("at -3 or +4 or 1e-05 or 6.02E+23", "at <n> or <n> or <n> or <n>"),
        ("on 2024-01-02", "on <n>-<n>-<n>"),
        ("no row 018bcfe5-6800-7fff-bfff-ffffffffffff", "no row <id>"),
        ("card '4242 42' of \"bob\"", "card <text> of <text>"),
        ("card “4242” of \N{LEFT SINGLE QUOTATION MARK}b\u2019", "card <text> of <text>"),
        ("it's late and that's it", "it's late and that's it"),
        ("at 0x7f3a, commit deadbeef12", "at <n>, commit <n>"),
        ("at 0xdeadbeef99", "at <n>"),
        ("customer Jx8f72kQ is blocked", "customer <n> is blocked"),
        ("ulid 01ARZ3NDEKTSV4RRFFQ69G5FAV", "ulid <n>"),
        ("no such file: /srv/app/x.py, line 3", "no such file: <path>, line <n>"),
        (r"no such file: C:\app\x.py", "no such file: <path>"),
        ("GET https://x.example/a?b=1 gave 500", "GET <url> gave <n>"),
        ("mail to a.b@example.com", "mail to <address>"),
        ("missing 'a', 'b','c' and 1, 2, 3", "missing <text> and <n>"),
        ("missing 'a' and 1", "missing <text> and <n>"),
        ("  two\n  lines ", "two lines"),
        ("feedback and defaced", "feedback and defaced"),
        ("either/or", "either/or"),
    ],
)
def test_what_differs_from_case_to_case_has_a_name_in_its_place(message: str, left: str) -> None:
    assert normalised(message) == left


def test_fingerprint_begins_with_the_version_of_its_rules_and_stays() -> None:
    made = of("card 4242 declined", frames=(LIBRARY, OWN))

    assert made == Cause(
        fingerprint="2:0bf4bc2799bf6f9dca982683231d18e1",
        kind="failed run",
        code="FE421",
        title="card <n> declined",
        error_type="CardDeclined",
        place="shop/cards.py:88 charge",
        step="charge",
    )


WORDS = st.lists(
    st.text("abcdefghijklmnopqrstuvwxyzäß", min_size=1, max_size=9), min_size=1, max_size=6
)
HEX = "0123456789abcdef"
CHANGING = st.one_of(
    st.integers().map(str),
    st.decimals(allow_nan=False, allow_infinity=False, places=2).map(str),
    st.text(HEX, min_size=8, max_size=40).filter(lambda text: any(c.isdigit() for c in text)),
    st.integers().map(hex),
    st.floats(allow_nan=False, allow_infinity=False).map(str),
)
"""What stands where a number or a made-up id stands, in one message or another."""


@settings(deadline=None)
@given(WORDS, st.lists(st.tuples(CHANGING, CHANGING), min_size=1, max_size=6))
@example(["order"], [("1e5", "17"), ("-10000000", "1.2345678e-05"), ("12e45678", "3")])
def test_same_cause_is_the_same_group_under_changed_numbers_and_ids(
    words: list[str], changing: list[tuple[str, str]]
) -> None:
    def message(which: int) -> str:
        return " ".join(f"{words[n % len(words)]} {pair[which]}" for n, pair in enumerate(changing))

    assert of(message(0)) == of(message(1))


@settings(deadline=None)
@given(WORDS, st.uuids(), st.uuids(), st.text("ab c/", max_size=20), st.text("d.e-", max_size=20))
def test_same_cause_is_the_same_group_under_changed_ids_and_quoted_values(
    words: list[str], one: object, two: object, this: str, that: str
) -> None:
    text = " ".join(words)

    assert of(f"{text} {one} has '{this}'") == of(f"{text} {two} has '{that}'")


@settings(deadline=None)
@given(WORDS, WORDS)
def test_messages_of_other_words_are_other_groups(one: list[str], two: list[str]) -> None:
    assume(one != two)

    assert of(" ".join(one)).fingerprint != of(" ".join(two)).fingerprint


CAUSES = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["failed run", "failed hook", "failed undo"]),
        "error": st.sampled_from(["KeyError", "Timeout", "CardDeclined"]),
        "step": st.sampled_from([None, "charge", "ship"]),
        "frames": st.sampled_from([(), (OWN,), (OTHER,), (OTHER, OWN), (OWN, LIBRARY)]),
        "message": st.sampled_from(["declined", "unknown card"]),
    }
)


def _meant(given_: dict[str, Any]) -> tuple[Any, ...]:
    own = [frame for frame in given_["frames"] if frame.is_own]
    return (*(given_[name] for name in ("kind", "error", "step", "message")), own[-1:])


@settings(deadline=None)
@given(CAUSES, CAUSES)
def test_two_causes_are_one_group_only_where_all_that_counts_is_the_same(
    one: dict[str, Any], two: dict[str, Any]
) -> None:
    is_same = of(**one).fingerprint == of(**two).fingerprint

    assert is_same == (_meant(one) == _meant(two))


def test_edit_above_the_function_does_not_make_a_new_cause() -> None:
    moved = Frame(file=OWN.file, line=OWN.line + 7, name=OWN.name, is_own=True)

    assert of("declined", frames=(OWN,)).fingerprint == of("declined", frames=(moved,)).fingerprint


def test_refusal_without_a_failure_counts_by_its_code() -> None:
    def refused(code: str) -> Cause:
        return cause(kind="bad event", code=code, message="amount is missing")

    assert refused("FE303") == refused("FE303")
    assert refused("FE303").fingerprint != refused("FE304").fingerprint
    assert (refused("FE303").error_type, refused("FE303").place) == ("", "")


def test_loop_counts_by_what_its_first_failed_item_says() -> None:
    def looped(code: str, failed: int) -> Cause:
        items = [{"index": 3, "error": {"code": code, "message": f"no {failed}"}}]
        text = f"{failed} of 10 items of 'ship' failed; 0 may"
        return of(text, error="ForEachFailed", details={"failed": items})

    assert looped("Timeout", 2) == looped("Timeout", 7)
    assert looped("Timeout", 2).fingerprint != looped("NoRoute", 2).fingerprint


@pytest.mark.parametrize(
    "details",
    [None, [], {"failed": None}, {"failed": []}, {"failed": ["x"]}, {"failed": [{"error": "x"}]}],
)
def test_details_of_another_form_count_nothing(details: Any) -> None:
    assert of("declined", details=details).title == "declined"


@settings(deadline=None)
@given(st.text(st.characters()))
def test_every_text_has_a_fingerprint(message: str) -> None:
    assert of(message).fingerprint.startswith("2:")


@pytest.mark.parametrize(
    "unit", ["a@", "'", "/a", "a.", "ab0", "http://", "~/", "C:\\", "a-", "1a", "<n> ", "1, "]
)
def test_long_hostile_text_costs_little(unit: str) -> None:
    assert len(normalised(unit * 100_000)) <= 300


def test_long_value_early_in_a_message_does_not_move_where_it_is_cut() -> None:
    rest = " the same words again" * 100

    assert normalised(f"'{'x' * 500}'{rest}") == normalised(f"'x'{rest}")
