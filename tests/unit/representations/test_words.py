"""Texts as people read them: nothing in them turns round how they are read."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.engine.run import Failure
from flowengine.representations import StepRow, run_view, unturned
from tests.builders.steps import group
from tests.builders.workflows import a_workflow
from tests.unit.representations.looks import ARun, loop, row, view_of

TURNS = [chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))]
EVIL = "".join(["pay \u202e001\u202c to \u2066", *TURNS, "bob"])


@pytest.mark.parametrize("turn", TURNS, ids=lambda turn: f"U+{ord(turn):X}")
def test_character_that_turns_text_round_is_left_out(turn: str) -> None:
    assert unturned(f"pay {turn}100") == "pay 100"


@pytest.mark.parametrize("text", ["Grüße", "שלום", "pay 100", "a\u200fb", "🚚", ""])
def test_text_of_any_language_stays_as_it_is(text: str) -> None:
    assert unturned(text) is text


@given(st.text(st.sampled_from([*TURNS, "a", "é"])))
def test_nothing_else_is_lost(text: str) -> None:
    assert unturned(text) == "".join(each for each in text if each not in TURNS)


def test_no_title_and_no_note_of_a_view_turns_text_round() -> None:
    workflow = a_workflow("charge", group("each", "deliver", each="${{ [1] }}"), "ship")
    rows = [
        row("charge", title=EVIL, note=EVIL),
        loop("each", total=1, begun=1),
        row("each.0", title=EVIL),
        row("deliver.0", title=EVIL, note=EVIL),
    ]

    views = [view_of(workflow, *rows), view_of(None, *rows)]

    assert "bob" in json.dumps(views)
    assert not [turn for turn in TURNS if turn in json.dumps(views, ensure_ascii=False)]


@pytest.mark.parametrize(
    "failure",
    [
        Failure(code="Bad", message="", step="charge"),
        Failure(code="Bad", message="", details={"user_message": EVIL}),
    ],
)
def test_no_title_and_no_reason_of_a_failed_run_turns_text_round(failure: Failure) -> None:
    failed = StepRow(step="charge", state="failed", title=EVIL)

    view = run_view(
        a_workflow("charge"), ARun(state="failed", title=EVIL), [failed], failure=failure
    )

    assert "bob" in view["failure"]["message"]
    assert not [turn for turn in TURNS if turn in json.dumps(view, ensure_ascii=False)]
