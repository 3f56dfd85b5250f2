"""Saving a batch in spite of what the database refuses: the others go on, the guilty one does not hang."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import DataError, OperationalError, connection
from psycopg import errors

from flowengine.beat import Beat
from flowengine.engine.messages import Cancel, Due, Failed, Message, Succeeded
from flowengine.engine.run import Failure
from flowengine.engine.states import StepState
from flowengine.models import DeadLetterRecord, EventRecord, PlaceRecord, RunRecord, StepRecord
from flowengine.orchestration import save as saving
from flowengine.orchestration import waits
from flowengine.orchestration.advance import advance
from flowengine.orchestration.follow import follow
from flowengine.orchestration.route import route
from flowengine.orchestration.save import save
from flowengine.orchestration.work import Advanced, Told, Wanted, Work
from tests.builders.database import raised
from tests.builders.stored import TASKS, WORKER, claim, define, now, publish, row, start
from tests.fakes.broker import FakeBroker
from tests.fakes.clock import SetClock

pytestmark = pytest.mark.django_db

Refuse = Callable[[str], None]

CHAIN = """
workflow: chain
on: chain.begun
steps:
  - {id: one, task: line.nothing, retry: {attempts: 1}}
  - {id: two, task: line.nothing}
"""
RESTS = """
workflow: rests
on: rests.begun
steps:
  - {id: rest, sleep: 1h}
  - {id: two, task: line.nothing}
"""
HOOKED = """
workflow: hooked
on: hooked.begun
steps:
  - {id: one, task: line.nothing}
finally:
  - {id: two, task: line.nothing}
  - {id: three, task: line.nothing}
"""
WAITS = """
workflow: waits
on: waits.begun
steps:
  - {id: paid, wait_for: {event: order.paid, match: {n: 1}}, timeout: 1d}
  - {id: two, task: line.nothing}
"""
PARENT = """
workflow: parent
on: parent.begun
steps:
  - {id: child, workflow: child}
  - {id: two, task: line.nothing}
"""
CHILD = """
workflow: child
on: {call: true}
steps:
  - {id: work, task: line.nothing}
"""
NAMED = """
workflow: named
on: named.begun
steps:
  - {id: one, task: line.nothing}
  - {id: rest, sleep: 1h}
  - {id: two, title: "For ${{ steps.one.output.name }}", task: line.nothing}
"""


@pytest.fixture
def refuse() -> Refuse:
    """Makes the database itself refuse to store a row of the step of that name."""

    def refuse(step: str) -> None:
        name = f"refuse_{step.replace(' ', '_')}"
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(
                    f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
                    " $$ BEGIN RAISE EXCEPTION 'refused'; END $$"
                )
                cursor.execute(
                    f"CREATE TRIGGER {name} BEFORE INSERT ON flowengine_step FOR EACH ROW"
                    f" WHEN (NEW.step = '{step}') EXECUTE FUNCTION {name}()"
                )
            else:
                cursor.execute(
                    f"CREATE TRIGGER {name} BEFORE INSERT ON flowengine_step"
                    f" WHEN NEW.step = '{step}' BEGIN SELECT RAISE(ABORT, 'refused'); END"
                )

    return refuse


def say(run: UUID, message: Message, *, later: timedelta = timedelta()) -> Advanced:
    """Tell the run, as a worker or the beat does."""
    return save(Work(told=(Told(run_id=run, message=message),)), now() + later)


def ended(run: UUID) -> tuple[str, str, str]:
    """The run's state, its hooks at work, and the kind of its only dead letter."""
    record = RunRecord.objects.get(pk=run)
    return (record.state, record.tail, DeadLetterRecord.objects.get(run_id=run).kind)


def is_done(run: UUID) -> bool:
    """Nothing of it is begun and not decided."""
    active = ("ready", "running", "waiting", "retrying", "rescuing")
    return not StepRecord.objects.filter(run_id=run, state__in=active).exists()


def test_end_of_a_step_stays_true_where_what_follows_cannot_be_stored(refuse: Refuse) -> None:
    refuse("two")
    [run] = start(define(CHAIN))
    claim(run, "one")

    say(run, Succeeded(step="one", attempt=1, output={"n": 1}))

    assert (row(run, "one").state, row(run, "one").output) == (StepState.SUCCEEDED, {"n": 1})
    assert ended(run) == ("failed", "", "failed run")
    letter = DeadLetterRecord.objects.get()
    assert (letter.code, letter.message.partition(": ")[0]) == ("FE901", "the run cannot go on")


def test_failure_whose_rescue_cannot_be_stored_fails_the_run(refuse: Refuse) -> None:
    refuse("three")
    rescue = "rescue: [{steps: [{id: three, task: line.nothing}]}]"
    [run] = start(
        define(CHAIN.replace("retry: {attempts: 1}", f"retry: {{attempts: 1}}, {rescue}"))
    )
    claim(run, "one")

    say(run, Failed(step="one", attempt=1, failure=Failure(code="No", message="")))

    assert ended(run) == ("failed", "", "failed run")


def test_run_whose_time_has_come_fails_where_what_follows_cannot_be_stored(refuse: Refuse) -> None:
    refuse("two")
    [run] = start(define(RESTS))

    saved = say(run, Due(), later=timedelta(hours=2))

    assert saved.refused == []
    assert ended(run) == ("failed", "", "failed run")
    assert is_done(run)


def test_run_whose_child_has_ended_fails_where_what_follows_cannot_be_stored(
    refuse: Refuse,
) -> None:
    refuse("two")
    define(CHILD)
    [run] = start(define(PARENT))
    route([EventRecord.objects.get(type="flowengine.call").pk], now=now())
    child = RunRecord.objects.get(workflow="child")
    claim(child.pk, "work")

    done = say(child.pk, Succeeded(step="work", attempt=1, output=None)).committed
    list(follow(done, now()))

    assert ended(run) == ("failed", "", "failed run")
    child.refresh_from_db()
    assert (child.state, child.due_at) == ("succeeded", None)


def test_run_that_waited_for_an_event_fails_where_what_follows_cannot_be_stored(
    refuse: Refuse,
) -> None:
    refuse("two")
    [run] = start(define(WAITS))
    waits.look_back([run], now())

    route([publish("order.paid", {"n": 1})], now=now())

    assert ended(run) == ("failed", "", "failed run")


def test_run_of_which_not_even_the_undo_can_be_stored_ends_at_once(refuse: Refuse) -> None:
    refuse("two")
    refuse("undo one")
    undone = "compensate: {task: line.nothing}"
    [run] = start(define(CHAIN.replace("retry: {attempts: 1}", undone)))
    claim(run, "one")

    say(run, Succeeded(step="one", attempt=1, output=None))

    assert ended(run) == ("failed", "", "failed run")
    assert is_done(run)


def test_hooks_that_cannot_be_stored_end_and_the_place_is_free(refuse: Refuse) -> None:
    refuse("three")
    [run] = start(define(HOOKED))
    claim(run, "one")
    say(run, Succeeded(step="one", attempt=1, output=None))
    claim(run, "two")

    say(run, Succeeded(step="two", attempt=1, output=None))

    assert ended(run) == ("succeeded", "", "failed hook")
    assert is_done(run)


def test_queued_run_that_cannot_begin_fails_and_leaves_its_place_to_the_next(
    refuse: Refuse,
) -> None:
    define(CHAIN.replace("steps:", "concurrency: {limit: 1}\nsteps:"))
    first, second = (publish("chain.begun", {"n": n}) for n in range(2))
    route([first], now=now())
    route([second], now=now())
    running, queued = (RunRecord.objects.get(event_id=each) for each in (first, second))
    refuse("one")

    done = say(running.pk, Cancel()).committed
    list(follow(done, now()))

    assert ended(queued.pk) == ("failed", "", "failed run")
    assert not PlaceRecord.objects.exists()


def test_run_that_the_database_refuses_keeps_no_other_from_its_timer(refuse: Refuse) -> None:
    good, bad = (start(define(RESTS.replace("two", name)))[0] for name in ("other", "two"))
    refuse("two")

    Beat(broker=FakeBroker(), clock=SetClock(now() + timedelta(hours=2))).run_once()

    assert row(good, "rest").state is StepState.SUCCEEDED
    assert ended(bad)[0] == "failed"


def stubborn(monkeypatch: pytest.MonkeyPatch, run: UUID, error: Exception) -> None:
    """Nothing that is said to the run can be stored."""

    def refuse(work: Work, *args: Any, **kwargs: Any) -> Advanced:
        if run in {told.run_id for told in work.told} | {each.run_id for each in work.wanted}:
            raise error
        return advance(work, *args, **kwargs)

    monkeypatch.setattr(saving, "advance", refuse)


TOO_LONG = raised(OperationalError, errors.QueryCanceled())


@pytest.mark.parametrize("error", [DataError("this"), TOO_LONG], ids=["content", "too long"])
def test_run_that_cannot_even_fail_is_put_off_and_comes_again(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    good, bad = start(define(RESTS), 2)
    stubborn(monkeypatch, bad, error)
    clock = SetClock(now() + timedelta(hours=2))
    beat = Beat(broker=FakeBroker(), clock=clock)

    beat.run_once()

    assert row(good, "rest").state is StepState.SUCCEEDED
    assert row(bad, "rest").state is StepState.WAITING
    assert row(bad, "rest").due_at == clock.now() + timedelta(minutes=1)
    assert beat.next_s > 0.5

    monkeypatch.undo()
    clock.move(61)
    beat.run_once()
    assert row(bad, "rest").state is StepState.SUCCEEDED


def test_statement_that_took_too_long_costs_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    [run] = start(define(CHAIN))
    claim(run, "one")
    stubborn(monkeypatch, run, TOO_LONG)

    saved = say(run, Succeeded(step="one", attempt=1, output=None))

    assert [each.run_id for each in saved.refused] == [run]
    assert row(run, "one").state is StepState.RUNNING


def test_step_that_cannot_be_begun_is_put_off(monkeypatch: pytest.MonkeyPatch) -> None:
    [run] = start(define(CHAIN))
    stubborn(monkeypatch, run, DataError("this"))
    at = now() + timedelta(minutes=5)

    wanted = (Wanted(run_id=run, step="one"),)
    saved = save(Work(wanted=wanted, worker=WORKER, tasks=TASKS), at)

    assert saved.begun == []
    assert row(run, "one").due_at == at + timedelta(minutes=1)


def test_title_with_what_no_text_column_holds_is_shown_without() -> None:
    [run] = start(define(NAMED))
    claim(run, "one")
    say(run, Succeeded(step="one", attempt=1, output={"name": "a\x00b"}))

    say(run, Due(), later=timedelta(hours=2))

    assert row(run, "two").title == "For a\N{REPLACEMENT CHARACTER}b"
    assert RunRecord.objects.get(pk=run).state == "running"
