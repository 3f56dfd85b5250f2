"""Runs that call one another, at the same moment: nobody waits for ever, nobody goes on twice."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flowengine.engine.messages import Cancel, Due
from flowengine.engine.states import StepState
from flowengine.models import EventRecord, RunRecord, StepRecord
from flowengine.orchestration import bursts, control, orphans
from flowengine.orchestration.advance import Advanced, Told, Work, advance
from flowengine.orchestration.commit import Committed
from flowengine.orchestration.pass_on import pass_on
from flowengine.orchestration.route import route
from flowengine.store import due_steps, runs
from tests.builders.stored import claim, define, now, row, start, tell
from tests.database.interleavings.actor import Cast
from tests.database.interleavings.scenes import (
    HOLDS_RUNS,
    finish,
    outcomes,
    routing,
    run_through,
    state,
    through,
)

PARENT = """
workflow: parent
on: parent.begun
steps:
  - {id: child, workflow: child, timeout: 1h}
  - {id: after, task: line.nothing}
"""
CHILD = """
workflow: child
on: {call: true}
steps:
  - {id: work, task: line.nothing}
"""
BURST = CHILD.replace("steps:", "debounce: {period: 10s}\nsteps:")
LATER = timedelta(hours=2)
HOLDS_RUN_UNREAD = "SELECT id FROM flowengine_run WHERE id = ANY"


def calling(child: str = CHILD) -> tuple[UUID, UUID]:
    """A run that has called a child, and the call, which is not routed yet."""
    define(child)
    [run] = start(define(PARENT))
    return run, EventRecord.objects.get(type="flowengine.call").id


def called() -> tuple[UUID, UUID]:
    """A run and its child."""
    run, call = calling()
    routing(call)
    return run, RunRecord.objects.get(workflow="child").id


def settled() -> Committed:
    """What bursts have waited for is started; what that leaves to do is left."""
    return bursts.run_due(now() + LATER, limit=10)[0]


def settling() -> None:
    """Start what bursts have waited for, and do what that leaves to do."""
    through(settled())


def cancelling(run: UUID) -> Advanced:
    return advance(Work(told=(Told(run_id=run, message=Cancel()),)), now(), wait=True)


def check_nothing_is_owed() -> None:
    """No end is to be passed on, no child is to be told."""
    assert runs.due(now(), limit=10) == ([], [])
    assert not StepRecord.objects.filter(
        state__in=["cancelled", "failed", "succeeded"], due_at__isnull=False
    ).exists()


def test_end_of_a_child_that_two_pass_on_at_once_is_told_once(act: Cast) -> None:
    run, child = called()
    ended = run_through(child, "work")
    worker = act(lambda: pass_on(ended.finals, now())).past(HOLDS_RUNS)
    beat = act(lambda: pass_on(runs.due(now(), limit=10)[1], now())).until_it_waits(worker)

    worker.ends()
    beat.ends()
    assert row(run, "child").state is StepState.SUCCEEDED
    assert (row(run, "after").state, row(run, "after").attempt) == (StepState.READY, 0)
    check_nothing_is_owed()


def test_parent_that_is_cancelled_while_its_child_ends_leaves_a_child_that_succeeded(
    act: Cast,
) -> None:
    run, child = called()
    claim(child, "work")
    worker = act(lambda: finish(child, "work")).up_to("COMMIT")

    person = act(lambda: through(cancelling(run).committed)).until_it_waits(worker)
    ended = worker.ends()
    person.ends()
    through(ended)

    assert (state(run), state(child)) == ("cancelled", "succeeded")
    check_nothing_is_owed()


def test_end_of_a_child_that_comes_while_its_parent_is_cancelled_changes_nothing(act: Cast) -> None:
    run, child = called()
    ended = run_through(child, "work")
    person = act(lambda: cancelling(run)).up_to("COMMIT")
    worker = act(lambda: through(ended)).until_it_waits(person)

    committed = person.ends().committed
    worker.ends()
    through(committed)

    assert (state(run), state(child)) == ("cancelled", "succeeded")
    assert row(run, "child").state is StepState.CANCELLED
    check_nothing_is_owed()


def test_parent_that_is_cancelled_while_it_is_told_of_the_end_stops_after_it(act: Cast) -> None:
    run, child = called()
    ended = run_through(child, "work")
    worker = act(lambda: through(ended)).past(HOLDS_RUNS)
    person = act(lambda: cancelling(run)).until_it_waits(worker)

    worker.ends()
    through(person.ends().committed)

    assert state(run) == "cancelled"
    assert row(run, "child").state is StepState.SUCCEEDED
    assert row(run, "after").state is StepState.CANCELLED
    check_nothing_is_owed()


def test_step_whose_time_is_over_while_its_child_ends_takes_the_first_of_both(act: Cast) -> None:
    run, child = called()
    ended = run_through(child, "work")
    due = Work(told=(Told(run_id=run, message=Due()),))
    beat = act(lambda: advance(due, now() + LATER)).up_to("COMMIT")
    worker = act(lambda: through(ended)).until_it_waits(beat)

    owed = beat.ends().committed
    worker.ends()
    through(owed)

    assert (state(run), row(run, "child").state) == ("failed", StepState.FAILED)
    assert state(child) == "succeeded"
    check_nothing_is_owed()


def test_call_that_is_taken_back_while_it_is_routed_is_found_as_a_run_and_cancelled(
    act: Cast,
) -> None:
    run, call = calling()
    router = act(lambda: routing(call)).up_to("INSERT INTO flowengine_run")
    owed = cancelling(run).committed
    worker = act(lambda: through(owed)).until_it_waits(router)

    router.ends()
    worker.ends()

    assert RunRecord.objects.get(workflow="child").state == "cancelled"
    assert outcomes() == {"started": 1}
    check_nothing_is_owed()


def test_call_that_is_routed_while_it_is_taken_back_starts_nothing(act: Cast) -> None:
    run, call = calling()
    owed = cancelling(run).committed
    worker = act(lambda: orphans.cancel(owed.orphans, now())).up_to("COMMIT")
    router = act(lambda: route([call], now=now())).until_it_waits(worker)

    worker.ends()
    assert router.ends().routed == 0
    assert not RunRecord.objects.filter(workflow="child").exists()
    check_nothing_is_owed()


def test_call_that_is_taken_back_while_its_burst_ends_is_found_as_a_run_and_cancelled(
    act: Cast,
) -> None:
    run, call = calling(BURST)
    routing(call)
    beat = act(settling).up_to("INSERT INTO flowengine_run")
    owed = cancelling(run).committed
    worker = act(lambda: through(owed)).until_it_waits(beat)

    beat.ends()
    worker.ends()

    assert RunRecord.objects.get(workflow="child").state == "cancelled"
    check_nothing_is_owed()


def test_burst_that_ends_while_its_call_is_taken_back_starts_nothing(act: Cast) -> None:
    run, call = calling(BURST)
    routing(call)
    owed = cancelling(run).committed
    worker = act(lambda: orphans.cancel(owed.orphans, now())).up_to("COMMIT")
    beat = act(settled).until_it_waits(worker)

    worker.up_to(HOLDS_RUN_UNREAD)
    through(beat.ends())
    worker.ends()

    assert not RunRecord.objects.filter(workflow="child").exists()
    assert outcomes() == {"no_match": 1}
    check_nothing_is_owed()


def test_step_whose_run_is_told_of_the_refusal_while_its_call_is_taken_back_is_due_until_it_is_free(
    act: Cast,
) -> None:
    run, call = calling(BURST)
    routing(call)
    owed = cancelling(run).committed
    worker = act(lambda: orphans.cancel(owed.orphans, now())).up_to(HOLDS_RUN_UNREAD)
    beat = act(settling).past(HOLDS_RUNS)

    worker.ends()
    beat.ends()
    assert due_steps.due(now(), limit=10).settled == [(run, "child", "")]

    orphans.cancel([(run, "child", "")], now())
    assert not RunRecord.objects.filter(workflow="child").exists()
    check_nothing_is_owed()


def test_unwanted_child_that_two_tell_at_once_is_told_once(act: Cast) -> None:
    run, child = called()
    owed = cancelling(run).committed
    worker = act(lambda: orphans.cancel(owed.orphans, now())).past(HOLDS_RUNS)
    beat = act(lambda: orphans.cancel(owed.orphans, now())).until_it_waits(worker)

    worker.ends()
    beat.ends()
    assert state(child) == "cancelled"
    head = RunRecord.objects.get(pk=child).seq
    assert orphans.cancel(owed.orphans, now()).heads == []
    assert RunRecord.objects.get(pk=child).seq == head


def test_child_whose_worker_begins_its_step_while_it_is_cancelled_ends_all_the_same(
    act: Cast,
) -> None:
    run, child = called()
    owed = cancelling(run).committed
    claiming = act(lambda: claim(child, "work")).up_to("COMMIT")
    teller = act(lambda: through(owed)).until_it_waits(claiming)

    assert len(claiming.ends().begun) == 1
    teller.ends()
    assert state(child) == "cancelling"
    assert row(child, "work").is_stopping

    through(finish(child, "work"))
    assert state(child) == "cancelled"
    tell(run, Due())
    check_nothing_is_owed()


def resuming(run: UUID) -> Committed:
    return control.resume(run, now=now())


def timed_out() -> tuple[UUID, UUID, Committed]:
    """A run that has failed because its child took too long, the child, and what is owed to it."""
    run, child = called()
    due = Work(told=(Told(run_id=run, message=Due()),))
    owed = advance(due, now() + LATER).committed
    assert state(run) == "failed"
    return run, child, owed


def check_calls_again(run: UUID) -> None:
    """Its step has called another child, and will wait for it no longer than it may."""
    step = row(run, "child")
    assert (state(run), step.state, step.attempt) == ("waiting", StepState.WAITING, 2)
    assert step.due_at is not None
    assert step.due_at > now()


def test_run_that_is_resumed_while_its_child_is_told_waits_for_the_next_one(act: Cast) -> None:
    run, child, owed = timed_out()
    worker = act(lambda: orphans.cancel(owed.orphans, now())).past(HOLDS_RUN_UNREAD)
    person = act(lambda: resuming(run)).until_it_waits(worker)

    worker.ends()
    person.ends()
    assert state(child) == "cancelled"
    check_calls_again(run)


def test_child_that_is_told_while_its_parent_is_resumed_leaves_the_parent_its_new_time(
    act: Cast,
) -> None:
    run, child, owed = timed_out()
    person = act(lambda: resuming(run)).up_to("COMMIT")

    act(lambda: orphans.cancel(owed.orphans, now())).ends()
    person.ends()
    assert state(child) == "cancelled"
    check_calls_again(run)
