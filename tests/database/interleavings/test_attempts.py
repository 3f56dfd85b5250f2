"""Workers, and those who take them for dead, at the same moment: a step is begun once and counted once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flowengine.engine.messages import Cancel, Due, Failed, Lost, Message, Succeeded
from flowengine.engine.run import Failure
from flowengine.engine.states import StepState
from flowengine.models import HistoryRecord
from flowengine.orchestration.advance import Advanced, Told, Work, advance
from flowengine.orchestration.rescue import rescue
from flowengine.orchestration.transactional import Ended, Performed, perform
from flowengine.store import due_steps, workers
from flowengine.store.clock import DatabaseClock
from flowengine.store.workers import Worker
from tests.builders.stored import TASKS, WORKER, claim, define, now, row, start, tell
from tests.database.interleavings.actor import Cast
from tests.database.interleavings.scenes import HOLDS_RUNS, state
from tests.project.models import Mark

TWO_STEPS = """
workflow: order
on: order.begun
steps:
  - {id: work, task: line.told, with: {order_id: 1}, retry: {attempts: 2, delay: 10s, jitter: 0}}
  - {id: last, task: line.nothing}
"""
MINUTE = timedelta(minutes=1)
BROKEN = Failure(code="Broken", message="no")


def begun(text: str = TWO_STEPS) -> UUID:
    """A run whose first step is at work, for a worker whose lease is over in a minute."""
    worker = Worker(id=WORKER, name="w", host="h", pid=1)
    workers.register(worker, now(), lease_s=MINUTE.total_seconds())
    [run] = start(define(text))
    assert len(claim(run, "work").begun) == 1
    return run


def telling(run: UUID, message: Message) -> Advanced:
    """Tell it one thing, and wait for it."""
    return advance(Work(told=(Told(run_id=run, message=message),)), now(), wait=True)


def done(attempt: int = 1) -> Succeeded:
    return Succeeded(step="work", attempt=attempt, output={"by": attempt})


def facts(run: UUID) -> bytes:
    """All its history."""
    rows = HistoryRecord.objects.filter(run_id=run).order_by("first")
    return b"".join(bytes(each.transitions) for each in rows)


def test_step_that_two_workers_claim_at_once_is_begun_by_one(act: Cast) -> None:
    [run] = start(define(TWO_STEPS))
    first = act(lambda: claim(run, "work")).up_to("COMMIT")

    left = act(lambda: claim(run, "work")).ends()
    assert (left.begun, len(left.later_wanted)) == ([], 1)
    assert len(first.ends().begun) == 1

    late = claim(run, "work")
    assert (late.begun, late.stale) == ([], 1)
    assert row(run, "work").attempt == 1


def test_overdue_step_that_two_workers_have_found_is_begun_by_one(act: Cast) -> None:
    [run] = start(define(TWO_STEPS))
    then = now() + MINUTE

    def look_and_claim() -> Advanced:
        [(found, step, _item, _attempt)] = due_steps.overdue(["default"], [*TASKS], then, limit=9)
        return claim(found, step)

    slow = act(look_and_claim).up_to(HOLDS_RUNS)
    quick = act(look_and_claim).ends()

    assert len(quick.begun) == 1
    assert (slow.ends().begun, row(run, "work").attempt) == ([], 1)


def test_end_that_is_told_twice_at_once_is_counted_once(act: Cast) -> None:
    run = begun()
    first = act(lambda: telling(run, done())).up_to("COMMIT")
    second = act(lambda: telling(run, done())).until_it_waits(first)

    assert (first.ends().stale, second.ends().stale) == (0, 1)
    assert facts(run).count(b'"step.succeeded"') == 1
    assert row(run, "last").state is StepState.READY


def test_end_that_comes_while_its_worker_is_taken_for_dead_is_fenced(act: Cast) -> None:
    run = begun()
    beat = act(lambda: rescue(now() + 2 * MINUTE)).up_to("COMMIT")
    worker = act(lambda: telling(run, done())).until_it_waits(beat)

    beat.ends()
    assert worker.ends().stale == 1
    found = row(run, "work")
    assert (found.state, found.crashes, found.output) == (StepState.READY, 1, None)


def test_worker_that_is_taken_for_dead_while_its_end_is_saved_has_lost_nothing(act: Cast) -> None:
    run = begun()
    worker = act(lambda: telling(run, done())).up_to("COMMIT")

    act(lambda: rescue(now() + 2 * MINUTE)).ends()
    worker.ends()

    found = row(run, "work")
    assert (found.state, found.crashes, found.output) == (StepState.SUCCEEDED, 0, {"by": 1})
    rescue(now() + 2 * MINUTE)
    assert row(run, "work").crashes == 0


def test_overtaken_attempt_that_ends_while_the_next_one_begins_is_stale(act: Cast) -> None:
    run = begun()
    tell(run, Lost(step="work", attempt=1))
    second = act(lambda: claim(run, "work")).up_to("COMMIT")
    first = act(lambda: telling(run, done(1))).until_it_waits(second)

    assert len(second.ends().begun) == 1
    assert first.ends().stale == 1
    assert (row(run, "work").state, row(run, "work").attempt) == (StepState.RUNNING, 2)

    telling(run, done(2))
    assert row(run, "work").output == {"by": 2}


def test_two_who_rescue_at_once_count_one_crash(act: Cast) -> None:
    run = begun()
    then = now() + 2 * MINUTE
    first = act(lambda: rescue(then)).up_to(HOLDS_RUNS)

    act(lambda: rescue(then)).ends()
    first.ends()

    found = row(run, "work")
    assert (found.state, found.crashes) == (StepState.READY, 1)


def test_step_that_is_begun_while_its_worker_is_ended_is_found_and_taken_back(act: Cast) -> None:
    worker = Worker(id=WORKER, name="w", host="h", pid=1)
    workers.register(worker, now(), lease_s=1)
    [run] = start(define(TWO_STEPS))
    claiming = act(lambda: claim(run, "work")).up_to("COMMIT")

    rescue(now() + MINUTE)
    assert len(claiming.ends().begun) == 1
    assert not workers.renew(WORKER, now(), lease_s=1)

    rescue(now())
    found = row(run, "work")
    assert (found.state, found.worker, found.crashes) == (StepState.READY, None, 1)


def test_work_of_a_transactional_task_that_was_taken_for_dead_is_undone_with_it(
    act: Cast,
) -> None:
    run = begun(TWO_STEPS.replace("task: line.told", "transaction: true, task: line.told"))

    def call() -> Succeeded:
        Mark.objects.create(run_id=run, step="work", attempt=1)
        return done()

    which = Performed(run_id=run, step="work", item="", attempt=1)
    task = act(lambda: perform(which, call, DatabaseClock())).up_to(HOLDS_RUNS)
    rescue(now() + 2 * MINUTE)

    ended: Ended = task.ends()
    assert ended.fenced
    assert not Mark.objects.exists()
    assert row(run, "work").state is StepState.READY


def test_transactional_task_that_commits_first_is_not_rescued(act: Cast) -> None:
    run = begun(TWO_STEPS.replace("task: line.told", "transaction: true, task: line.told"))

    def call() -> Succeeded:
        Mark.objects.create(run_id=run, step="work", attempt=1)
        return done()

    which = Performed(run_id=run, step="work", item="", attempt=1)
    task = act(lambda: perform(which, call, DatabaseClock())).up_to("COMMIT")
    rescue(now() + 2 * MINUTE)

    assert task.ends().committed is not None
    assert (Mark.objects.count(), row(run, "work").crashes) == (1, 0)
    assert row(run, "work").state is StepState.SUCCEEDED


def test_delay_that_two_beats_find_over_makes_the_step_ready_once(act: Cast) -> None:
    run = begun()
    tell(run, Failed(step="work", attempt=1, failure=BROKEN))
    then = now() + MINUTE
    due = Work(told=(Told(run_id=run, message=Due()),))
    first = act(lambda: advance(due, then)).up_to("COMMIT")

    assert len(act(lambda: advance(due, then)).ends().later_told) == 1
    assert len(first.ends().committed.envelopes) == 1
    assert advance(due, then).stale == 1
    assert row(run, "work").state is StepState.READY


def test_delay_that_is_over_while_the_run_is_cancelled_revives_nothing(act: Cast) -> None:
    run = begun()
    tell(run, Failed(step="work", attempt=1, failure=BROKEN))
    person = act(lambda: telling(run, Cancel())).up_to("COMMIT")
    due = Work(told=(Told(run_id=run, message=Due()),))
    beat = act(lambda: advance(due, now() + MINUTE, wait=True)).until_it_waits(person)

    person.ends()
    assert beat.ends().stale == 1
    assert (state(run), row(run, "work").state) == ("cancelled", StepState.CANCELLED)


def test_batches_that_name_runs_in_opposite_orders_do_not_lock_each_other_out(act: Cast) -> None:
    runs = start(define(TWO_STEPS), 2)
    for run in runs:
        claim(run, "work")
    told = [Told(run_id=run, message=done()) for run in runs]
    first = act(lambda: advance(Work(told=(told[0], told[1])), now(), wait=True)).past(HOLDS_RUNS)
    second = act(lambda: advance(Work(told=(told[1], told[0])), now(), wait=True))
    second.until_it_waits(first)

    assert (first.ends().stale, second.ends().stale) == (0, 2)
