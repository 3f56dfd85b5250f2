"""Approvals: who is asked, and what their answers do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from flowengine.engine.rules.approvals import form_problems, may_answer
from flowengine.engine.run import Answer
from flowengine.engine.states import RunState
from flowengine.engine.transitions import StepAnswered
from tests.builders import NOON, a_workflow, an_event
from tests.builders.driver import Driver
from tests.builders.steps import approval, rescue, step
from tests.builders.workflows import an_input

FORM = (
    an_input("amount", {"type": "integer", "minimum": 1}),
    an_input("comment", {"type": "string", "default": ""}),
)


def a_driver(*steps: Any, **fields: Any) -> Driver:
    return Driver(a_workflow(*steps, **fields)).start()


def is_stale(driver: Driver) -> bool:
    assert driver.decision is not None
    return driver.decision.stale


# 4.5: pending -> waiting


def test_question_and_who_is_asked_are_kept_in_the_row() -> None:
    asked = approval(
        "ok",
        "Send ${{ event.data.order_id }}?",
        users="${{ [3, 'ann', 3] }}",
        groups=("leads",),
        quorum=2,
        form=FORM,
        timeout_s=60,
    )
    driver = a_driver(asked)

    row = driver.row("ok")

    assert driver.state is RunState.WAITING
    assert (row.kind, row.due_at) == ("approval", NOON + timedelta(seconds=60))
    assert row.input == {
        "ask": "Send 42?",
        "users": ["3", "ann"],
        "groups": ["leads"],
        "quorum": 2,
        "allow_requester": False,
        "form": {
            "amount": {
                "schema": {"type": "integer", "minimum": 1},
                "required": True,
                "default": None,
            },
            "comment": {
                "schema": {"type": "string", "default": ""},
                "required": False,
                "default": "",
            },
        },
    }


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"ask": "${{ event.data.nothing }}"}, "in `approval.ask`: no field 'nothing'"),
        ({"ask": "${{ [1] }}"}, "in `approval.ask`: text is wanted"),
        ({"users": "${{ event.data.nothing }}"}, "in `approval.users`: no field 'nothing'"),
        ({"users": "${{ [true] }}"}, "in `approval.users`: a list of user keys"),
        ({"users": "${{ [[1]] }}"}, "in `approval.users`: a list of user keys"),
        ({"users": [], "groups": ()}, "in `approval.users`: somebody to ask is wanted"),
    ],
)
def test_question_that_cannot_be_put_fails_the_step(fields: dict[str, Any], message: str) -> None:
    driver = a_driver(approval("ok", **fields))

    assert driver.states() == {"ok": "failed"}
    assert driver.run.failure is not None
    assert driver.run.failure.message.startswith(message)


def test_one_user_needs_no_list() -> None:
    assert a_driver(approval("ok", users="${{ 7 }}")).row("ok").input["users"] == ["7"]


def test_question_over_the_limit_fails_the_step() -> None:
    driver = a_driver(approval("ok", users="${{ range(9000).map(n, 'u' + string(n)) }}", form=(
        an_input("f", {"type": "string", "description": "x" * 300_000}),
    )))  # fmt: skip

    assert driver.run.failure is not None
    assert driver.run.failure.code == "PayloadTooLarge"


# Answers


def test_approval_goes_on_with_who_said_yes_when_and_the_form() -> None:
    driver = a_driver(approval("ok", form=FORM), step("send", takes=("amount",)))

    driver.answer("ok", "3", comment="fine", form={"amount": 5})

    assert driver.output("ok") == {
        "approved": True,
        "by": "3",
        "at": "2026-03-02T12:00:00Z",
        "form": {"amount": 5, "comment": ""},
    }
    assert driver.row("ok").answers == (
        Answer(
            user="3",
            approved=True,
            at=NOON,
            comment="fine",
            form={"amount": 5, "comment": ""},
        ),
    )
    assert driver.row("send").input == {"amount": 5}


def test_quorum_waits_for_that_many_people() -> None:
    driver = a_driver(approval("ok", quorum=3))

    driver.answer("ok", "1").answer("ok", "2")
    assert driver.states() == {"ok": "waiting"}
    assert len(driver.history(StepAnswered)) == 2
    driver.answer("ok", "3")
    assert driver.states() == {"ok": "succeeded"}
    assert driver.output("ok")["by"] == "3"


def test_same_user_twice_counts_once() -> None:
    driver = a_driver(approval("ok", quorum=2)).answer("ok", "1")

    assert is_stale(driver.answer("ok", "1"))
    assert is_stale(driver.answer("ok", "1", approved=False))
    assert driver.states() == {"ok": "waiting"}


def test_one_rejection_rejects() -> None:
    driver = a_driver(approval("ok", quorum=3, form=FORM)).answer("ok", "1", form={"amount": 1})

    driver.answer("ok", "2", approved=False, comment="too dear", form={"comment": "x"})

    failure = driver.run.failure
    assert failure is not None
    assert (failure.code, failure.fe, failure.step) == ("Rejected", "FE427", "ok")
    assert failure.message == "'ok' was rejected by 2: too dear"
    assert failure.details == {
        "by": "2",
        "at": "2026-03-02T12:00:00Z",
        "form": {"comment": "x"},
        "comment": "too dear",
    }


def test_rejection_without_a_word_says_so() -> None:
    driver = a_driver(approval("ok")).answer("ok", approved=False)

    assert driver.run.failure is not None
    assert driver.run.failure.message == "'ok' was rejected by 3: no comment"


def test_rejection_is_rescued_and_the_clause_sees_who_and_why() -> None:
    clause = rescue(
        step("back", with_={"x": "${{ [error.details.by, error.details.form.comment] }}"}),
        errors=("Rejected",),
    )
    driver = a_driver(approval("ok", form=FORM, rescue=clause))

    driver.answer("ok", "2", approved=False)

    assert driver.row("back").input == {"x": ["2", ""]}
    assert driver.succeed("back").states() == {"ok": "rescued", "back": "succeeded"}


def test_requester_may_not_answer_unless_allowed() -> None:
    assert is_stale(a_driver(approval("ok")).answer("ok", "7"))
    assert a_driver(approval("ok", allow_requester=True)).answer("ok", "7").state is (
        RunState.SUCCEEDED
    )
    assert may_answer(approval("ok"), "7", None)


def test_run_without_a_requester_takes_anybodys_answer() -> None:
    driver = Driver(a_workflow(approval("ok")), an_event(actor=None)).start()

    assert driver.answer("ok", "7").state is RunState.SUCCEEDED


@pytest.mark.parametrize(
    ("form", "approved", "problems"),
    [
        ({"amount": 1}, True, []),
        ({"amount": 1, "comment": "x"}, True, []),
        ({"amount": 0}, True, [("amount", "must be at least 1")]),
        ({"amount": "1"}, False, [("amount", "must be integer, not string")]),
        ({}, True, [("amount", "is missing")]),
        ({}, False, []),
        ({"x": 1}, False, [("x", "is not a field of this form")]),
        ({"comment": 1}, True, [("comment", "must be string, not integer"),
                                ("amount", "is missing")]),
    ],
)  # fmt: skip
def test_form_is_checked_against_its_schema(
    form: dict[str, Any], *, approved: bool, problems: list[tuple[str, str]]
) -> None:
    asked = approval("ok", form=FORM)

    assert sorted(form_problems(asked, form, approved=approved)) == sorted(problems)
    driver = a_driver(asked).answer("ok", approved=approved, form=form)
    assert is_stale(driver) is bool(problems)


def test_answer_to_what_is_no_open_question_is_stale() -> None:
    driver = a_driver(approval("ok"), "ship").answer("ok")

    assert is_stale(driver.answer("ok", "4"))
    assert is_stale(driver.answer("ship", "4"))
    assert is_stale(driver.answer("nowhere", "4"))


# 4.9: timeout; 4.6: ends at once


def test_approval_whose_time_is_over_fails_with_timeout() -> None:
    driver = a_driver(approval("ok", quorum=2, timeout_s=3 * 86400)).answer("ok", "1")

    driver.advance(days=3)

    assert driver.run.failure is not None
    assert driver.run.failure.code == "Timeout"
    assert driver.run.failure.message == "'ok' waited 3d for an answer; nothing came"


def test_approval_ends_at_once_when_the_run_is_cancelled() -> None:
    driver = a_driver(approval("ok")).cancel()

    assert driver.states() == {"ok": "cancelled"}
    assert is_stale(driver.answer("ok"))


def test_answers_before_a_resume_do_not_count_after_it() -> None:
    driver = a_driver(approval("ok", quorum=2), hold_on_failure=timedelta(hours=9))
    driver.answer("ok", "1").advance(hours=1)
    assert driver.state is RunState.HELD

    driver.resume().answer("ok", "2")

    assert driver.states() == {"ok": "waiting"}
    assert driver.answer("ok", "1").state is RunState.SUCCEEDED
