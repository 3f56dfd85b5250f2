"""Hooks in the database: what comes after a run's end keeps its own time, whatever the run still owes."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from flowengine.beat import Beat
from flowengine.engine.messages import Cancel, Due, Failed, GivenBack, Message, Succeeded
from flowengine.engine.run import Failure
from flowengine.engine.states import StepState
from flowengine.models import DeadLetterRecord, EventRecord, RunRecord, StepRecord
from flowengine.orchestration import control
from flowengine.orchestration.advance import Advanced, Told, Wanted, Work, advance
from flowengine.orchestration.audit import By
from flowengine.orchestration.follow import follow
from flowengine.orchestration.route import route
from flowengine.store import due_steps, workers
from flowengine.store.workers import Worker
from tests.builders.stored import TASKS, WORKER, define, now, publish, row
from tests.fakes.broker import FakeBroker
from tests.fakes.clock import SetClock

pytestmark = pytest.mark.django_db

ORDER = """
workflow: order
on: order.begun
timeout: 1d
concurrency: {key: "'all'"}
steps:
  - {id: work, task: line.nothing}
on_failure:
  - {id: sorry, task: line.nothing, retry: {attempts: 3, delay: 10m, max_delay: 10m, jitter: 0}}
finally:
  - {id: tidy, workflow: tidying, with: {n: 1}, timeout: 2h}
  - {id: last, task: line.nothing}
"""
TIDYING = """
workflow: tidying
on: {call: true}
inputs: {n: integer}
steps:
  - {id: sweep, task: line.nothing}
"""
CALLER = """
workflow: caller
on: caller.begun
steps:
  - {id: called, workflow: order, with: {}}
"""
AGAIN = Failure(code="Oops", message="again")


class Night:
    """A run of ``order`` whose time is over, in the hands of a beat over a set clock."""

    def __init__(self) -> None:
        self.clock = SetClock(now())
        self.at = 0.0
        self.beat = Beat(broker=FakeBroker(), clock=self.clock, monotonic=lambda: self.at)

    def route(self, event: UUID) -> list[UUID]:
        """The runs of that event, and what follows of them at once."""
        routed = route([event], now=self.clock.now())
        list(follow(routed.committed, self.clock.now()))
        return list(RunRecord.objects.filter(event_id=event).values_list("id", flat=True))

    def after(self, **span: float) -> None:
        """The beat looks, so much later, until nothing is left to do."""
        self.clock.move(timedelta(**span).total_seconds())
        self.at += timedelta(**span).total_seconds()
        self.beat.run_once()
        for _ in range(3):
            self.beat.run_once()

    def tell(self, run: UUID, message: Message) -> Advanced:
        """Tell it; the process dies before it does what that leaves to do."""
        return advance(Work(told=(Told(run_id=run, message=message),)), self.clock.now())

    def claim(self, run: UUID, step: str) -> int:
        """A worker begins that step; the number of its attempt."""
        wanted = (Wanted(run_id=run, step=step),)
        advance(Work(wanted=wanted, worker=WORKER, tasks=TASKS), self.clock.now())
        return row(run, step).attempt

    def fail(self, run: UUID, step: str) -> None:
        """It is begun, and fails."""
        attempt = self.claim(run, step)
        self.tell(run, Failed(step=step, attempt=attempt, failure=AGAIN))

    def succeed(self, run: UUID, step: str) -> None:
        """It is begun, and is done."""
        attempt = self.claim(run, step)
        self.tell(run, Succeeded(step=step, attempt=attempt, output=None))


@pytest.fixture
def night() -> Night:
    define(TIDYING)
    define(ORDER)
    return Night()


def timed_out(night: Night) -> UUID:
    """A run that nobody worked at for its whole time."""
    [run] = night.route(publish("order.begun", {}))
    night.after(hours=25)
    assert told(run) == ("failed", "on_failure")
    return run


def told(run: UUID) -> tuple[str, str]:
    """The run's state, and the hooks at work."""
    record = RunRecord.objects.get(pk=run)
    return record.state, record.tail


def states(run: UUID) -> dict[str, str]:
    return dict(StepRecord.objects.filter(run_id=run).values_list("step", "state"))


def owes_its_end(run: UUID) -> bool:
    """It is due, for another reason than the end of its hooks' time."""
    record = RunRecord.objects.get(pk=run)
    assert record.finished_at is not None
    end_of_hooks = record.finished_at + timedelta(days=1) if record.tail else None
    return record.due_at not in (None, end_of_hooks)


def test_hook_of_a_run_out_of_time_is_tried_again_after_its_delay(night: Night) -> None:
    run = timed_out(night)

    night.fail(run, "sorry")
    night.after(minutes=9)
    assert states(run)["sorry"] == "retrying"
    night.after(minutes=2)
    assert states(run)["sorry"] == "ready"
    night.succeed(run, "sorry")

    assert told(run) == ("failed", "finally")
    assert states(run) == {"work": "cancelled", "sorry": "succeeded", "tidy": "waiting"}


def test_delay_of_a_hook_ends_though_the_end_of_the_run_is_not_passed_on(night: Night) -> None:
    run = timed_out(night)
    night.fail(run, "sorry")
    RunRecord.objects.filter(pk=run).update(due_at=night.clock.now())
    night.clock.move(601)

    night.tell(run, Due())

    assert states(run)["sorry"] == "ready"
    assert told(run) == ("failed", "on_failure")
    assert owes_its_end(run)


def test_end_is_passed_on_though_a_hook_waits_for_its_next_try(night: Night) -> None:
    [caller] = _begin_caller(night)
    run = RunRecord.objects.get(workflow="order").id
    night.clock.move(90_000)
    night.at += 90_000
    night.beat.run_once()
    assert told(run) == ("failed", "on_failure")
    night.fail(run, "sorry")

    night.after(seconds=1)

    assert states(caller) == {"called": "failed"}
    assert not owes_its_end(run)
    assert states(run)["sorry"] == "retrying"


def _begin_caller(night: Night) -> list[UUID]:
    define(ORDER.replace("on: order.begun", "on: {call: true}"))
    define(CALLER)
    callers = night.route(publish("caller.begun", {}))
    night.route(EventRecord.objects.get(type="flowengine.call").id)
    return callers


def test_hook_that_waits_for_a_child_fails_when_its_time_is_over_and_the_next_begins(
    night: Night,
) -> None:
    run = timed_out(night)
    night.succeed(run, "sorry")
    night.route(EventRecord.objects.get(type="flowengine.call").id)
    child = RunRecord.objects.get(workflow="tidying").id

    night.after(minutes=119)
    assert states(run)["tidy"] == "waiting"
    night.after(minutes=2)

    assert states(run)["tidy"] == "failed"
    assert states(run)["last"] == "ready"
    assert RunRecord.objects.get(pk=child).state == "cancelled"
    letter = DeadLetterRecord.objects.get(kind="failed hook")
    assert (letter.code, letter.step) == ("FE432", "tidy")
    assert told(run) == ("failed", "finally")


def test_place_is_free_only_after_the_last_hook(night: Night) -> None:
    run = timed_out(night)
    [second] = night.route(publish("order.begun", {}))
    assert told(second) == ("queued", "")

    night.fail(run, "sorry")
    night.after(minutes=11)
    night.succeed(run, "sorry")
    night.after(hours=3)
    assert told(run) == ("failed", "finally")
    assert told(second) == ("queued", "")
    night.succeed(run, "last")
    assert owes_its_end(run)
    night.after(seconds=1)

    assert told(run) == ("failed", "")
    assert told(second) == ("running", "")
    assert not owes_its_end(run)


def test_hooks_that_nobody_can_do_end_after_the_time_of_a_run_and_free_the_place(
    night: Night,
) -> None:
    run = timed_out(night)
    [second] = night.route(publish("order.begun", {}))
    StepRecord.objects.filter(run_id=run, step="sorry").update(task="gone.task")

    night.after(hours=22)
    assert told(run) == ("failed", "on_failure")
    night.after(hours=2)
    night.after(seconds=1)

    assert told(run) == ("failed", "")
    assert states(run) == {"work": "cancelled", "sorry": "cancelled"}
    letter = DeadLetterRecord.objects.get(kind="failed hook")
    assert (letter.code, letter.step) == ("FE432", "sorry")
    assert not owes_its_end(run)
    assert told(second) == ("running", "")


def test_hooks_of_a_run_that_was_called_end_though_its_caller_was_told_long_ago(
    night: Night,
) -> None:
    [caller] = _begin_caller(night)
    night.after(hours=25)
    run = RunRecord.objects.get(workflow="order").id
    assert states(caller) == {"called": "failed"}
    assert not owes_its_end(run)

    night.after(hours=25)

    assert told(run) == ("failed", "")


def test_hooks_that_somebody_ends_free_the_place(night: Night) -> None:
    run = timed_out(night)
    [second] = night.route(publish("order.begun", {}))
    night.claim(run, "sorry")

    control.cancel(run, by=By(who="7", reason="nobody can"), hooks=True, now=night.clock.now())
    night.after(seconds=1)

    assert told(run) == ("failed", "")
    assert told(second) == ("running", "")


def test_hook_whose_worker_is_lost_or_stops_is_ready_again(night: Night) -> None:
    run = timed_out(night)
    attempt = night.claim(run, "sorry")
    night.tell(run, GivenBack(step="sorry", attempt=attempt))
    assert row(run, "sorry").state is StepState.READY

    workers.register(Worker(id=WORKER, name="w", host="h", pid=1), night.clock.now(), lease_s=1)
    night.claim(run, "sorry")
    for _ in range(8):  # who has not looked for long would wait a lease of its own
        night.after(seconds=5)

    step = row(run, "sorry")
    assert (step.state, step.crashes, step.attempt) == (StepState.READY, 1, 2)


def test_hook_that_runs_is_not_told_to_stop_and_nobody_cancels_it(night: Night) -> None:
    run = timed_out(night)
    night.claim(run, "sorry")

    assert night.tell(run, Cancel()).stale == 1

    assert due_steps.stopping(WORKER, {run}) == set()
    step = row(run, "sorry")
    assert (step.state, step.is_stopping) == (StepState.RUNNING, False)
