"""What people do to runs, and why it may be refused."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User

from flowengine.engine.messages import Failed, Succeeded
from flowengine.engine.run import Failure
from flowengine.engine.states import StepState
from flowengine.errors import AnswerRefused, EditRefused, NotPermitted, RunRefused
from flowengine.models import DeadLetterRecord, RunRecord
from flowengine.orchestration.audit import By
from flowengine.orchestration.control import answer, give_up, resume
from tests.builders.stored import begin, claim, define, now, row, start, tell

pytestmark = pytest.mark.django_db

HELD = """
workflow: order
on: order.begun
hold_on_failure: 2d
steps:
  - {id: before, task: line.nothing}
  - {id: charge, task: line.told, with: {order_id: 1}, retry: {attempts: 1}}
"""
ASKED = """
workflow: order
on: order.begun
steps:
  - id: decide
    approval:
      ask: May it be shipped?
      users: ["%s"]
      groups: [managers]
      quorum: %d
      form:
        amount: {type: integer, maximum: 10}
    timeout: 1d
"""
NO = Failure(code="Declined", message="no funds", permanent=True)


def failed(workflow: str = HELD) -> UUID:
    """A run whose second step has failed for good."""
    [run] = start(define(workflow))
    claim(run, "before")
    tell(run, Succeeded(step="before", attempt=1, output=None))
    claim(run, "charge")
    tell(run, Failed(step="charge", attempt=1, failure=NO))
    return run


def state(run: UUID) -> str:
    return RunRecord.objects.get(pk=run).state


def test_held_run_goes_on_from_its_failed_step_when_it_is_resumed() -> None:
    run = failed()
    assert state(run) == "held"

    resume(run, by=By(who="7", reason="there is money now"), now=now())

    assert state(run) == "running"
    step = row(run, "charge")
    assert (step.state, step.tries, step.attempt) == (StepState.READY, 0, 1)
    assert row(run, "before").state is StepState.SUCCEEDED


def test_failed_run_that_is_resumed_counts_it_and_has_one_dead_letter() -> None:
    run = failed(HELD.replace("hold_on_failure: 2d", ""))
    assert state(run) == "failed"

    resume(run, now=now())

    record = RunRecord.objects.get(pk=run)
    assert (record.state, record.replay, record.finished_at) == ("running", 1, None)
    assert DeadLetterRecord.objects.filter(run_id=run).count() == 1


def test_resumed_step_may_be_given_another_input() -> None:
    run = failed()

    resume(run, inputs={"order_id": 2}, now=now())

    assert row(run, "charge").input["order_id"] == 2


def test_input_that_the_task_does_not_take_is_refused_and_nothing_changes() -> None:
    run = failed()

    with pytest.raises(EditRefused, match=r"'charge': line\.told does not take 'amount'"):
        resume(run, inputs={"amount": 2}, now=now())

    assert state(run) == "held"


def test_step_that_was_done_by_hand_has_the_given_output() -> None:
    run = failed()

    resume(run, output={"order_id": 1}, is_done=True, now=now())

    assert state(run) == "succeeded"
    assert row(run, "charge").output == {"order_id": 1}


def test_step_may_be_skipped() -> None:
    run = failed()

    resume(run, skip=True, now=now())

    assert state(run) == "succeeded"
    assert row(run, "charge").state is StepState.SKIPPED


@pytest.mark.parametrize(
    "given",
    [
        {"inputs": {"order_id": 2}, "skip": True},
        {"output": 1, "is_done": True, "skip": True},
        {"inputs": {"order_id": 2}, "is_done": True},
    ],
)
def test_two_ways_at_once_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(EditRefused, match="one of them"):
        resume(failed(), **given, now=now())


def test_output_beyond_the_limit_is_refused(settings: Any) -> None:
    run = failed()
    settings.FLOWENGINE = {"STEP_DATA_MAX_BYTES": 100}

    with pytest.raises(EditRefused, match="too large"):
        resume(run, output="x" * 200, is_done=True, now=now())


def test_run_that_goes_on_cannot_be_resumed() -> None:
    [run] = start(define(HELD))

    with pytest.raises(RunRefused, match="it is not failed or held") as refused:
        resume(run, now=now())

    assert refused.value.code == "FE501"


def test_run_that_is_not_there_cannot_be_resumed() -> None:
    with pytest.raises(RunRefused, match="there is no run"):
        resume(uuid4(), now=now())


def test_run_that_this_version_cannot_read_cannot_be_resumed() -> None:
    run = failed()
    RunRecord.objects.filter(pk=run).update(state="from the future")

    with pytest.raises(RunRefused, match="cannot be read by this version"):
        resume(run, now=now())


def test_held_run_that_is_given_up_has_failed() -> None:
    run = failed()

    give_up(run, by=By(who="7", reason="no use"), now=now())

    assert state(run) == "failed"


def test_run_that_is_not_held_cannot_be_given_up() -> None:
    [run] = start(define(HELD))

    with pytest.raises(RunRefused, match="it is not held"):
        give_up(run, now=now())


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann")


@pytest.fixture
def bob() -> User:
    """A manager."""
    bob = User.objects.create_user("bob")
    bob.groups.add(Group.objects.create(name="managers"))
    return bob


def asked(user: User, quorum: int = 1, *, actor: str | None = "7") -> UUID:
    [run], _committed = begin(define(ASKED % (user.pk, quorum)), [{}], actor=actor)
    return run


def test_user_who_is_asked_by_name_approves(ann: User) -> None:
    run = asked(ann)

    answer(run, "decide", user=ann, approved=True, form={"amount": 3}, now=now())

    output = row(run, "decide").output
    assert (output["approved"], output["by"], output["form"]) == (True, str(ann.pk), {"amount": 3})
    assert state(run) == "succeeded"


def test_user_of_a_group_that_is_asked_rejects_with_a_reason(ann: User, bob: User) -> None:
    run = asked(ann)

    answer(run, "decide", user=bob, approved=False, comment="too early", now=now())

    failure = row(run, "decide").failure
    assert failure is not None
    assert failure.code == "Rejected"
    assert "too early" in failure.message


def test_answers_are_kept_until_enough_have_approved(ann: User, bob: User) -> None:
    run = asked(ann, 2)
    form = {"amount": 3}

    answer(run, "decide", user=ann, approved=True, form=form, now=now())

    step = row(run, "decide")
    assert step.state is StepState.WAITING
    assert [each.user for each in step.answers] == [str(ann.pk)]
    answer(run, "decide", user=bob, approved=True, form=form, now=now())
    assert row(run, "decide").state is StepState.SUCCEEDED


def test_the_same_user_answers_once(ann: User) -> None:
    run = asked(ann, 2)
    answer(run, "decide", user=ann, approved=True, form={"amount": 3}, now=now())

    with pytest.raises(AnswerRefused, match="already"):
        answer(run, "decide", user=ann, approved=True, form={"amount": 3}, now=now())


def test_user_who_is_not_asked_may_not_answer(ann: User) -> None:
    run = asked(ann)
    stranger = User.objects.create_superuser("root")

    with pytest.raises(NotPermitted) as refused:
        answer(run, "decide", user=stranger, approved=True, form={"amount": 3}, now=now())

    assert refused.value.code == "FE505"
    assert row(run, "decide").answers == ()


def test_nobody_may_not_answer(ann: User) -> None:
    with pytest.raises(NotPermitted):
        answer(asked(ann), "decide", user=AnonymousUser(), approved=True, now=now())


def test_requester_may_not_answer_what_he_asked_for(ann: User) -> None:
    run = asked(ann, actor=str(ann.pk))

    with pytest.raises(NotPermitted):
        answer(run, "decide", user=ann, approved=True, form={"amount": 3}, now=now())


def test_requester_may_answer_where_the_step_allows_it(ann: User) -> None:
    text = ASKED.replace("quorum:", "allow_requester: true\n      quorum:")
    [run], _ = begin(define(text % (ann.pk, 1)), [{}], actor=str(ann.pk))

    answer(run, "decide", user=ann, approved=True, form={"amount": 3}, now=now())

    assert state(run) == "succeeded"


@pytest.mark.parametrize(
    ("form", "problem"),
    [({"amount": 11}, "amount"), ({}, "amount is missing"), ({"amount": 1, "x": 1}, "x is not")],
)
def test_form_that_does_not_fit_is_refused(ann: User, form: dict[str, Any], problem: str) -> None:
    run = asked(ann)

    with pytest.raises(AnswerRefused, match=problem):
        answer(run, "decide", user=ann, approved=True, form=form, now=now())

    assert row(run, "decide").state is StepState.WAITING


def test_question_that_is_answered_is_not_asked_any_more(ann: User, bob: User) -> None:
    run = asked(ann)
    answer(run, "decide", user=ann, approved=True, form={"amount": 3}, now=now())

    with pytest.raises(AnswerRefused, match="nobody is asked"):
        answer(run, "decide", user=bob, approved=True, form={"amount": 3}, now=now())


def test_step_that_is_no_approval_cannot_be_answered(ann: User) -> None:
    [run] = start(define(HELD))

    with pytest.raises(AnswerRefused, match="nobody is asked"):
        answer(run, "before", user=ann, approved=True, now=now())
