"""Which rows of a run have been read, and how a rule asks for more."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from flowengine.engine import rows
from flowengine.engine.rows import Active, Ended, Items, Newest, Rows, RowsMissing
from flowengine.engine.run import Failure, Place, Run, Step
from flowengine.engine.states import StepState
from tests.builders import a_run, a_workflow
from tests.builders.runs import known

FAILED, SUCCEEDED = StepState.FAILED, StepState.SUCCEEDED


def a_run_of(*steps: Step) -> Run:
    return replace(a_run(a_workflow("charge")), steps={each.place: each for each in steps})


def places(found: Any) -> list[Place]:
    return [each.place for each in found]


CHARGE = Step(id="charge", state=SUCCEEDED)
SHIP = Step(id="ship", state=StepState.READY)


def test_run_without_a_mark_holds_all_its_rows() -> None:
    run = a_run_of(CHARGE)

    assert rows.row(run, ("charge", "")) is CHARGE
    assert rows.row(run, ("ship", "")) is None
    assert rows.rows(run, [("charge", ""), ("ship", "")]) == {("charge", ""): CHARGE}


def test_row_that_was_looked_for_and_is_not_there_is_pending() -> None:
    run = known(a_run_of(CHARGE), ("charge", ""), ("ship", ""))

    assert rows.row(run, ("charge", "")) is CHARGE
    assert rows.row(run, ("ship", "")) is None


def test_row_that_was_not_looked_for_is_missing() -> None:
    with pytest.raises(RowsMissing) as missing:
        rows.row(known(a_run_of(CHARGE)), ("charge", ""))

    assert missing.value.question == Rows(frozenset({("charge", "")}))


def test_several_rows_are_missed_together() -> None:
    run = known(a_run_of(CHARGE, SHIP), ("charge", ""))

    with pytest.raises(RowsMissing) as missing:
        rows.rows(run, [("charge", ""), ("ship", ""), ("mail", "2")])

    assert missing.value.question == Rows(frozenset({("ship", ""), ("mail", "2")}))


def test_active_rows_are_those_begun_and_not_decided_in_the_order_of_their_places() -> None:
    states = list(StepState)
    run = a_run_of(*(Step(id="s", item=str(10 - n), state=each) for n, each in enumerate(states)))

    assert {each.state for each in rows.active(run)} == {
        StepState.READY,
        StepState.RUNNING,
        StepState.WAITING,
        StepState.RETRYING,
        StepState.RESCUING,
    }
    assert places(rows.active(run)) == [("s", str(n)) for n in (5, 6, 7, 8, 9)]


def test_items_of_a_loop_are_its_own_in_their_order() -> None:
    run = a_run_of(
        *(Step(id="post", item=item) for item in ("", "10", "9", "0", "9.1", "0.0")),
        Step(id="mail", item="1"),
    )

    assert places(rows.items(run, ("post", ""))) == [("post", "0"), ("post", "9"), ("post", "10")]
    assert places(rows.items(run, ("post", "9"))) == [("post", "9.1")]
    assert places(rows.items(run, ("post", "1"))) == []


def test_newest_is_what_ended_last_of_what_may_be_undone() -> None:
    run = a_run_of(
        Step(id="a", state=SUCCEEDED, ended=3),
        Step(id="b", state=SUCCEEDED, ended=9),
        Step(id="c", state=SUCCEEDED, ended=20),
        Step(id="d", state=FAILED, ended=12, failure=Failure(code="Refused", message="")),
        Step(id="b", item="1", state=FAILED, ended=8, doubt="Timeout"),
        Step(id="l", kind="for_each", state=SUCCEEDED, ended=15),
        Step(id="l", item="0", state=StepState.READY),
    )
    ids = ("a", "b", "d", "l")

    assert places(rows.newest_first(run, ids, None)) == [("b", ""), ("b", "1"), ("a", "")]
    assert places(rows.newest_first(run, ids, 9)) == [("b", "1"), ("a", "")]
    assert places(rows.newest_first(run, (), None)) == []


def test_next_newest_is_asked_for_when_its_turn_has_come() -> None:
    run = a_run_of(*(Step(id="a", item=str(n), state=SUCCEEDED, ended=n) for n in (7, 9)))
    read = known(run, *run.steps, answered=[Newest(("a",), None)])
    newest = rows.newest_first(read, ("a",), None)

    assert next(newest).place == ("a", "9")
    with pytest.raises(RowsMissing) as missing:
        next(newest)
    assert missing.value.question == Newest(("a",), 9)


@pytest.mark.parametrize(
    ("count", "answered"), [(1, [None]), (2, [None, 9]), (3, [None, 9, 7]), (4, [None, 9, 7, 5])]
)
def test_page_of_the_newest_answers_what_is_asked_after_each_of_its_rows(
    count: int, answered: list[int | None]
) -> None:
    found = [Step(id="a", item=str(n), state=SUCCEEDED, ended=n) for n in (5, 9, 7)]
    found.append(Step(id="b", state=SUCCEEDED, ended=8))

    assert list(rows.answered_by(Newest(("a",), None, count), found)) == [
        Newest(("a",), before) for before in answered
    ]


@pytest.mark.parametrize(
    ("step", "may_be"),
    [
        (Step(id="a", state=SUCCEEDED), True),
        (Step(id="a", state=FAILED, doubt="Timeout"), True),
        (Step(id="a", state=StepState.CANCELLED, doubt="WorkerLost"), True),
        (Step(id="a", state=FAILED), False),
        (Step(id="a", state=FAILED, failure=Failure(code="Timeout", message="")), False),
        (Step(id="a", state=StepState.CANCELLED), False),
        (Step(id="a", state=StepState.SKIPPED, doubt="Timeout"), False),
        (Step(id="a", state=StepState.RESCUED, doubt="Timeout"), False),
        (Step(id="a", state=StepState.UNDONE, doubt="Timeout"), False),
    ],
)
def test_what_took_effect_or_may_have_may_be_undone(step: Step, *, may_be: bool) -> None:
    assert rows.may_be_undone(step) is may_be


def test_rows_that_ended_badly_failed_or_were_cancelled() -> None:
    run = a_run_of(*(Step(id=each.value, state=each) for each in StepState))

    assert places(rows.ended_badly(run)) == [("cancelled", ""), ("failed", "")]


@pytest.mark.parametrize(
    ("ask", "question"),
    [
        (rows.active, Active()),
        (rows.ended_badly, Ended()),
        (lambda run: rows.items(run, ("post", "3")), Items("post", "3")),
        (lambda run: list(rows.newest_first(run, ("a", "b"), 7)), Newest(("a", "b"), 7)),
    ],
    ids=["active", "ended", "items", "newest"],
)
def test_question_that_was_not_answered_is_missed_and_one_that_was_is_not(
    ask: Any, question: rows.Question
) -> None:
    run = a_run_of(CHARGE)

    with pytest.raises(RowsMissing) as missing:
        ask(known(run))
    assert missing.value.question == question

    assert not ask(known(run, answered=[question]))


@pytest.mark.parametrize(
    ("item", "depth", "index", "outer"),
    [("7", 1, 7, ""), ("3.7", 2, 7, "3"), ("3.7.10", 3, 10, "3.7")],
)
def test_path_of_an_item_names_its_loops_outermost_first(
    item: str, depth: int, index: int, outer: str
) -> None:
    assert rows.depth(item) == depth
    assert rows.index_of(item) == index
    assert rows.outer(item) == outer
    assert rows.inner(outer, index) == item


def test_row_outside_every_loop_has_no_path() -> None:
    assert rows.depth("") == 0


@pytest.mark.parametrize(
    ("item", "path", "is_within"),
    [
        ("", "", True),
        ("3.7", "", True),
        ("3", "3", True),
        ("3.7", "3", True),
        ("30", "3", False),
        ("", "3", False),
        ("4.3", "3", False),
    ],
)
def test_row_is_within_an_item_where_its_path_begins_with_it(
    item: str, path: str, *, is_within: bool
) -> None:
    assert rows.is_within(item, path) is is_within
