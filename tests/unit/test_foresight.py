"""What a rule asked for once is foreseen for the next message of its kind."""

from __future__ import annotations

import pytest

from flowengine.engine.messages import Cancel, Failed, Succeeded
from flowengine.engine.rows import Active, Rows
from flowengine.engine.run import Failure, Place
from flowengine.orchestration import foresight
from flowengine.orchestration.foresight import foreseen, note


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foresight, "_wanted", {})


def done(step: str, item: str = "") -> Succeeded:
    return Succeeded(step=step, item=item, attempt=1, output=None)


def asked(*places: Place) -> Rows:
    return Rows(frozenset(places))


def test_nothing_is_foreseen_that_was_never_asked_for() -> None:
    assert foreseen("d", [done("one")]) == frozenset()


def test_rows_outside_all_loops_are_foreseen_by_their_steps() -> None:
    note("d", done("one"), asked(("two", ""), ("three", "")))

    assert foreseen("d", [done("one")]) == {("two", ""), ("three", "")}


def test_rows_of_the_same_items_are_foreseen_for_other_items() -> None:
    note("d", done("inner", "3.7"), asked(("inner", "3"), ("each", ""), ("after", "3.7")))

    assert foreseen("d", [done("inner", "1.2")]) == {("inner", "1"), ("each", ""), ("after", "1.2")}


def test_rows_of_other_items_are_not_foreseen() -> None:
    note("d", done("each", "3"), asked(("each", "13"), ("each", "")))

    assert foreseen("d", [done("each", "4")]) == {("each", "")}


def test_what_was_asked_for_in_two_rounds_is_foreseen_together() -> None:
    note("d", done("one"), asked(("two", "")))
    note("d", done("one"), asked(("three", "")))

    assert foreseen("d", [done("one")]) == {("two", ""), ("three", "")}


def test_another_version_message_or_step_is_another_matter() -> None:
    note("d", done("one"), asked(("two", "")))
    failed = Failed(step="one", attempt=1, failure=Failure(code="No", message=""))

    assert foreseen("e", [done("one")]) == frozenset()
    assert foreseen("d", [failed, done("two")]) == frozenset()


def test_messages_and_questions_without_a_place_are_not_noted() -> None:
    note("d", Cancel(), asked(("two", "")))
    note("d", done("one"), Active())

    assert foreseen("d", [Cancel(), done("one")]) == frozenset()


def test_more_than_can_be_of_use_is_not_kept() -> None:
    note("d", done("one"), asked(*((f"s{n}", "") for n in range(64))))
    note("d", done("one"), asked(("two", "")))

    assert len(foreseen("d", [done("one")])) == 64


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foresight, "_KEYS_MAX", 2)
    for step in ("a", "b", "c"):
        note("d", done(step), asked(("x", "")))

    assert foreseen("d", [done("c")]) == {("x", "")}
    assert foreseen("d", [done("a")]) == frozenset()
