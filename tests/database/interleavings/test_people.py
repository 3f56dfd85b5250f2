"""People, workers and time at the same moment: one of them has its way, the others are told so."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib.auth.models import User

from flowengine.engine.messages import Due, Failed, Succeeded
from flowengine.engine.run import Failure
from flowengine.engine.states import StepState
from flowengine.errors import AnswerRefused, RunRefused
from flowengine.models import DeadLetterRecord, RunRecord
from flowengine.orchestration import control
from flowengine.orchestration.advance import Advanced, Told, Work, advance
from flowengine.orchestration.audit import By
from flowengine.orchestration.commit import Committed
from flowengine.orchestration.pass_on import pass_on
from tests.builders.door import check_counts
from tests.builders.stored import begin, claim, define, now, row, start, tell
from tests.database.interleavings.actor import Cast
from tests.database.interleavings.scenes import (
    HOLDS_KEYS,
    finish,
    hello,
    of,
    routing,
    said,
    state,
    through,
)

ONE_STEP = """
workflow: order
on: order.begun
steps:
  - {id: work, task: line.told, with: {order_id: 1}, retry: {attempts: 1}}
"""
HELD = f"{ONE_STEP}\nhold_on_failure: 1h"
ASKED = """
workflow: order
on: order.begun
steps:
  - id: decide
    approval: {ask: May it be?, users: ["%s", "%s"], quorum: %d}
    timeout: 1h
"""
LATER = timedelta(hours=2)
NO = Failure(code="Declined", message="no funds", permanent=True)


def begun(text: str = ONE_STEP) -> UUID:
    """A run whose only step is at work."""
    [run] = start(define(text))
    assert len(claim(run, "work").begun) == 1
    return run


def held() -> UUID:
    """A run that waits for somebody to repair it."""
    run = begun(HELD)
    tell(run, Failed(step="work", attempt=1, failure=NO))
    assert state(run) == "held"
    return run


def asked(quorum: int = 1) -> tuple[UUID, User, User]:
    """A run that asks two people."""
    ann, bob = (User.objects.create_user(name) for name in ("ann", "bob"))
    # Nobody's run: who caused it might not answer.
    [run], _committed = begin(define(ASKED % (ann.pk, bob.pk, quorum)), [{}], actor=None)
    return run, ann, bob


def cancelling(run: UUID) -> Advanced:
    return control.cancel(run, by=By(who="7", reason="changed my mind"), now=now())


def answering(run: UUID, user: User, *, approved: bool = True) -> Committed:
    return control.answer(run, "decide", user=user, approved=approved, now=now())


def its_time_is_over(run: UUID) -> Advanced:
    """As a beat tells it, which waits for nobody."""
    return advance(Work(told=(Told(run_id=run, message=Due()),)), now() + LATER)


def test_run_that_succeeds_while_somebody_cancels_it_has_succeeded(act: Cast) -> None:
    run = begun()
    worker = act(lambda: finish(run, "work")).up_to("COMMIT")
    person = act(lambda: cancelling(run)).until_it_waits(worker)

    worker.ends()
    assert person.ends().stale == 1
    assert state(run) == "succeeded"


def test_run_that_somebody_cancels_while_its_last_step_ends_is_cancelled(act: Cast) -> None:
    run = begun()
    person = act(lambda: cancelling(run)).up_to("COMMIT")
    worker = act(lambda: finish(run, "work")).until_it_waits(person)

    person.ends()
    worker.ends()
    assert state(run) == "cancelled"


def test_step_that_is_claimed_while_its_run_is_cancelled_does_not_begin(act: Cast) -> None:
    [run] = start(define(ONE_STEP))
    person = act(lambda: cancelling(run)).up_to("COMMIT")

    early = claim(run, "work")
    person.ends()
    late = claim(run, "work")

    assert (early.begun, late.begun, late.stale) == ([], [], 1)
    assert (state(run), row(run, "work").attempt) == ("cancelled", 0)


def test_run_that_two_cancel_at_once_is_cancelled_once(act: Cast) -> None:
    [run] = start(define(ONE_STEP))
    first = act(lambda: cancelling(run)).up_to("COMMIT")
    second = act(lambda: cancelling(run)).until_it_waits(first)

    assert (first.ends().stale, second.ends().stale) == (0, 1)
    assert state(run) == "cancelled"


def test_answer_that_comes_while_time_runs_out_is_refused(act: Cast) -> None:
    run, ann, _bob = asked()
    beat = act(lambda: its_time_is_over(run)).up_to("COMMIT")
    person = act(lambda: answering(run, ann)).until_it_waits(beat)

    beat.ends()
    with pytest.raises(AnswerRefused, match="not any more"):
        person.ends()
    assert (state(run), row(run, "decide").answers) == ("failed", ())


def test_time_that_runs_out_while_an_answer_is_saved_changes_nothing(act: Cast) -> None:
    run, ann, _bob = asked()
    person = act(lambda: answering(run, ann)).up_to("COMMIT")

    assert len(act(lambda: its_time_is_over(run)).ends().later_told) == 1
    person.ends()
    assert its_time_is_over(run).stale == 1

    assert state(run) == "succeeded"
    assert [said.user for said in row(run, "decide").answers] == [str(ann.pk)]


def test_two_answers_at_once_make_a_quorum_of_two(act: Cast) -> None:
    run, ann, bob = asked(quorum=2)
    first = act(lambda: answering(run, ann)).up_to("COMMIT")
    second = act(lambda: answering(run, bob)).until_it_waits(first)

    first.ends()
    second.ends()
    assert state(run) == "succeeded"
    assert [said.user for said in row(run, "decide").answers] == [str(ann.pk), str(bob.pk)]


def test_answer_after_the_one_that_decides_is_refused(act: Cast) -> None:
    run, ann, bob = asked()
    first = act(lambda: answering(run, ann, approved=False)).up_to("COMMIT")
    second = act(lambda: answering(run, bob)).until_it_waits(first)

    first.ends()
    with pytest.raises(AnswerRefused):
        second.ends()
    assert [said.user for said in row(run, "decide").answers] == [str(ann.pk)]


def test_form_that_is_sent_twice_at_once_is_one_answer(act: Cast) -> None:
    run, ann, _bob = asked(quorum=2)
    first = act(lambda: answering(run, ann)).up_to("COMMIT")
    second = act(lambda: answering(run, ann)).until_it_waits(first)

    first.ends()
    with pytest.raises(AnswerRefused, match="answered step 'decide' already"):
        second.ends()
    assert (len(row(run, "decide").answers), state(run)) == (1, "waiting")


def test_run_that_is_resumed_while_another_gives_it_up_goes_on(act: Cast) -> None:
    run = held()
    first = act(lambda: control.resume(run, now=now())).up_to("COMMIT")
    second = act(lambda: control.give_up(run, now=now())).until_it_waits(first)

    first.ends()
    with pytest.raises(RunRefused, match="it is not held"):
        second.ends()
    assert (state(run), row(run, "work").state) == ("running", StepState.READY)


def test_run_that_is_given_up_while_another_resumes_it_is_resumed_from_its_failure(
    act: Cast,
) -> None:
    run = held()
    first = act(lambda: control.give_up(run, now=now())).up_to("COMMIT")
    second = act(lambda: control.resume(run, now=now())).until_it_waits(first)

    first.ends()
    second.ends()
    assert (state(run), RunRecord.objects.get(pk=run).replay) == ("running", 1)
    assert DeadLetterRecord.objects.filter(run_id=run).count() == 1


def test_run_that_two_resume_at_once_is_resumed_once(act: Cast) -> None:
    run = held()
    first = act(lambda: control.resume(run, now=now())).up_to("COMMIT")
    second = act(lambda: control.resume(run, now=now())).until_it_waits(first)

    first.ends()
    with pytest.raises(RunRefused, match="cannot be resumed"):
        second.ends()
    head = RunRecord.objects.get(pk=run).seq
    assert len(claim(run, "work").begun) == 1
    assert RunRecord.objects.get(pk=run).seq == head + 1


def test_run_that_is_resumed_while_its_holding_ends_goes_on(act: Cast) -> None:
    run = held()
    person = act(lambda: control.resume(run, now=now())).up_to("COMMIT")

    assert len(act(lambda: its_time_is_over(run)).ends().later_told) == 1
    person.ends()

    assert its_time_is_over(run).stale == 1
    assert (state(run), row(run, "work").state) == ("running", StepState.READY)


def test_failed_run_that_is_resumed_while_its_place_is_passed_on_has_one_again(act: Cast) -> None:
    hello("concurrency: {key: event.data.name}", "defaults: {retry: {attempts: 1}}")
    one, two = said(), said()
    for event in (one, two):
        routing(event)
    claim(of(one), "nothing")
    ended = tell(of(one), Failed(step="nothing", attempt=1, failure=NO)).committed
    worker = act(lambda: pass_on(ended.finals, now())).up_to("COMMIT")
    person = act(lambda: control.resume(of(one), now=now())).until_it_waits(worker)

    worker.ends()
    person.ends()
    assert (state(of(one)), state(of(two))) == ("running", "running")
    check_counts()


def test_place_of_a_run_that_is_resumed_just_now_is_not_passed_on(act: Cast) -> None:
    hello("concurrency: {key: event.data.name}", "defaults: {retry: {attempts: 1}}")
    one, two = said(), said()
    for event in (one, two):
        routing(event)
    claim(of(one), "nothing")
    ended = tell(of(one), Failed(step="nothing", attempt=1, failure=NO)).committed
    person = act(lambda: control.resume(of(one), now=now())).up_to("COMMIT")
    worker = act(lambda: through(ended)).up_to(HOLDS_KEYS)
    worker.until_it_waits(person)

    person.ends()
    worker.ends()
    assert (state(of(one)), state(of(two))) == ("running", "queued")
    check_counts()
    claim(of(one), "nothing")
    done = tell(of(one), Succeeded(step="nothing", attempt=2, output=None)).committed
    through(done)
    assert (state(of(one)), state(of(two))) == ("succeeded", "running")
    check_counts()
