"""Waits and the events they are for, at the same moment: they meet whatever is committed first, once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flowengine.engine.messages import Due
from flowengine.engine.states import StepState
from flowengine.models import EventRecord, RunRecord, WaitRecord
from flowengine.orchestration.advance import Told, Work, advance
from flowengine.orchestration.commit import Committed
from flowengine.orchestration.follow import follow
from flowengine.orchestration.waits import look_back
from tests.builders.stored import claim, define, now, publish, row, start
from tests.database.interleavings.actor import Cast
from tests.database.interleavings.scenes import HOLDS_RUNS, finish, routing, state

PAID = """
workflow: order
on: order.begun
steps:
  - {id: work, task: line.nothing}
  - id: paid
    wait_for: {event: order.paid, match: {order_id: "${{ event.data.id }}"}}
    timeout: 1h
"""
TWICE = f"""{PAID}
  - id: again
    wait_for: {{event: order.paid, match: {{order_id: "${{{{ event.data.id }}}}"}}}}
    timeout: 1h
"""
CANCELLED = """
workflow: order
on: order.begun
cancel_on:
  - {event: order.paid, match: {order_id: "${{ event.data.id }}"}}
steps:
  - {id: work, task: line.nothing}
"""
READS_WAITS = "FROM flowengine_wait w WHERE w.key = ANY"
READS_EVENTS = "JOIN flowengine_event_key k"


def begun(text: str = PAID) -> UUID:
    """A run whose next step waits as soon as the present one is done."""
    [run] = start(define(text), id=42)
    claim(run, "work")
    return run


def waiting(text: str = PAID) -> UUID:
    """A run that waits, and has looked back."""
    run = begun(text)
    for _ in follow(finish(run, "work"), now()):
        pass
    return run


def paid(**data: object) -> UUID:
    """The event is written."""
    return publish("order.paid", {"order_id": 42, **data})


def check_met(run: UUID, event: UUID) -> None:
    """The wait has got that event, and the event is routed."""
    assert (state(run), row(run, "paid").state) == ("succeeded", StepState.SUCCEEDED)
    assert row(run, "paid").output["id"] == str(event)
    assert EventRecord.objects.get(pk=event).state == "routed"


def test_event_that_is_routed_before_the_wait_is_committed_is_found_by_looking_back(
    act: Cast,
) -> None:
    run = begun()
    worker = act(lambda: finish(run, "work")).up_to("COMMIT")
    event = paid()

    routing(event)
    committed = worker.ends()
    assert row(run, "paid").state is StepState.WAITING

    list(follow(committed, now()))
    check_met(run, event)


def test_event_whose_router_sees_the_wait_needs_no_looking_back(act: Cast) -> None:
    run = begun()
    event = paid()
    router = act(lambda: routing(event)).up_to(READS_WAITS)

    committed = finish(run, "work")
    router.ends()
    check_met(run, event)

    head = row(run, "paid").ended
    list(follow(committed, now()))
    assert row(run, "paid").ended == head


def test_look_back_that_reads_before_the_keys_are_committed_leaves_the_event_to_its_router(
    act: Cast,
) -> None:
    run = begun()
    event = paid()
    router = act(lambda: routing(event)).up_to("COMMIT")  # of its keys

    list(follow(finish(run, "work"), now()))
    assert row(run, "paid").state is StepState.WAITING
    router.ends()

    check_met(run, event)


def test_router_that_reads_before_the_wait_is_committed_leaves_the_event_to_the_look_back(
    act: Cast,
) -> None:
    run = begun()
    worker = act(lambda: finish(run, "work")).up_to("COMMIT")
    event = paid()
    router = act(lambda: routing(event)).past(READS_WAITS)

    committed = worker.ends()
    list(follow(committed, now()))
    router.ends()

    check_met(run, event)


def test_event_that_is_offered_while_the_run_looks_back_is_taken_once(act: Cast) -> None:
    run = begun(TWICE)
    event = paid()
    finish(run, "work")
    router = act(lambda: routing(event)).past(HOLDS_RUNS)
    worker = act(lambda: look_back([run], now())).until_it_waits(router)

    router.ends()
    worker.ends()
    assert row(run, "paid").output["id"] == str(event)
    assert row(run, "again").state is StepState.WAITING


def test_event_that_is_found_by_looking_back_while_it_is_routed_is_taken_once(act: Cast) -> None:
    run = begun(TWICE)
    finish(run, "work")
    event = paid()
    router = act(lambda: routing(event)).up_to(READS_WAITS)
    worker = act(lambda: look_back([run], now())).past(READS_EVENTS)
    router.until_it_waits(worker)

    worker.ends()
    router.ends()
    assert row(run, "paid").output["id"] == str(event)
    assert row(run, "again").state is StepState.WAITING
    list(follow(Committed(listening=[run]), now()))
    assert row(run, "again").state is StepState.WAITING


def test_two_events_that_come_at_once_for_one_wait_end_it_once(act: Cast) -> None:
    run = waiting()
    one, two = paid(n=1), paid(n=2)
    first = act(lambda: routing(two)).past(HOLDS_RUNS)
    second = act(lambda: routing(one)).until_it_waits(first)

    first.ends()
    second.ends()
    check_met(run, two)
    assert EventRecord.objects.get(pk=one).state == "routed"
    assert not WaitRecord.objects.filter(event_id=None).exists()


def test_event_that_two_routers_offer_at_once_ends_one_wait(act: Cast) -> None:
    run = waiting(TWICE)
    event = paid()
    first = act(lambda: routing(event)).past(HOLDS_RUNS)
    second = act(lambda: routing(event)).until_it_waits(first)

    first.ends()
    second.ends()
    assert row(run, "paid").output["id"] == str(event)
    assert row(run, "again").state is StepState.WAITING


def test_event_that_comes_while_the_wait_is_given_up_comes_too_late(act: Cast) -> None:
    run = waiting()
    event = paid()
    due = Work(told=(Told(run_id=run, message=Due()),))
    beat = act(lambda: advance(due, now() + timedelta(hours=2))).up_to("COMMIT")
    router = act(lambda: routing(event)).until_it_waits(beat)

    beat.ends()
    router.ends()
    failure = row(run, "paid").failure
    assert failure is not None
    assert (state(run), failure.code) == ("failed", "Timeout")


def test_wait_that_is_given_up_while_its_event_is_told_has_got_it(act: Cast) -> None:
    run = waiting()
    event = paid()
    router = act(lambda: routing(event)).past(HOLDS_RUNS)
    due = Work(told=(Told(run_id=run, message=Due()),))

    beat = act(lambda: advance(due, now() + timedelta(hours=2))).ends()
    router.ends()

    assert len(beat.later_told) == 1
    check_met(run, event)
    assert advance(due, now() + timedelta(hours=2)).stale == 1


def test_run_that_succeeds_while_an_event_would_cancel_it_has_succeeded(act: Cast) -> None:
    run = begun(CANCELLED)
    event = paid()
    worker = act(lambda: finish(run, "work")).up_to("COMMIT")
    router = act(lambda: routing(event)).until_it_waits(worker)

    worker.ends()
    router.ends()
    assert state(run) == "succeeded"
    assert not WaitRecord.objects.filter(event_id=None).exists()


def test_run_that_an_event_cancels_while_its_last_step_ends_is_cancelled(act: Cast) -> None:
    run = begun(CANCELLED)
    event = paid()
    router = act(lambda: routing(event)).past(HOLDS_RUNS)
    worker = act(lambda: finish(run, "work")).until_it_waits(router)

    router.ends()
    worker.ends()
    assert state(run) == "cancelled"
    assert EventRecord.objects.get(pk=event).state == "routed"


def test_event_that_is_woken_for_while_a_version_comes_that_waits_for_it_is_found_by_its_runs(
    act: Cast,
) -> None:
    define(PAID.replace("workflow: order", "workflow: other").replace("{order_id", "{other_id"))
    older, event = publish("order.begun", {"id": 42}), paid(order_id=42, other_id=1)
    router = act(lambda: routing(event)).up_to("INSERT INTO flowengine_event_key")

    define(PAID.replace("  - {id: work, task: line.nothing}\n", ""))
    router.ends()
    routing(older)

    run = RunRecord.objects.get(workflow="order").id
    assert row(run, "paid").state is StepState.SUCCEEDED
