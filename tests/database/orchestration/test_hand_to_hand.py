"""A worker goes on itself with what follows from an attempt's end, and nobody is starved by that."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from django.conf import LazySettings

from flowengine.engine.messages import Cancel, Failed, GivenBack, Succeeded
from flowengine.engine.run import Failure
from flowengine.engine.states import StepState
from flowengine.engine.transitions import StepStarted, from_history
from flowengine.models import HistoryRecord, RunRecord
from flowengine.orchestration import save as saving
from flowengine.orchestration.advance import Advanced, Told, Wanted, Work, advance
from flowengine.orchestration.beginning import HANDED_MAX
from flowengine.orchestration.work import OVERDUE
from tests.builders.stored import TASKS, WORKER, claim, define, now, row, start, tell

pytestmark = pytest.mark.django_db

CHAIN = """
workflow: handed
on: handed.begun
steps:
  - {id: one, task: line.nothing}
  - {id: two, task: line.nothing}
  - {id: three, task: line.nothing}
"""
FAN = """
workflow: fanned
on: fanned.begun
steps:
  - {id: one, task: line.nothing}
  - id: both
    parallel:
      left: line.nothing
      right: line.nothing
      last: line.nothing
"""


def ended(run: UUID, step: str = "one", *, attempt: int = 1, handed: int = 0) -> Told:
    message = Succeeded(step=step, attempt=attempt, output=None)
    return Told(run_id=run, message=message, handed=handed)


def work(*told: Told, wanted: tuple[Wanted, ...] = (), places: int = 4) -> Work:
    return Work(
        told=told,
        wanted=wanted,
        worker=WORKER,
        tasks=TASKS,
        stations=frozenset({"default"}),
        places=places,
    )


def begun(advanced: Advanced) -> list[str]:
    return [each.step.id for each in advanced.begun]


def at_work(count: int = 1) -> list[UUID]:
    """Runs whose first step a worker has."""
    runs = start(define(CHAIN), count)
    for run in runs:
        claim(run, "one")
    return runs


def test_the_next_step_begins_in_the_transaction_of_the_end_without_a_message() -> None:
    [run] = at_work()

    advanced = advance(work(ended(run)), now())

    assert begun(advanced) == ["two"]
    assert advanced.committed.envelopes == []
    step = row(run, "two")
    assert (step.state, step.worker, step.attempt) == (StepState.RUNNING, WORKER, 1)
    assert step.due_at is None


def test_the_history_says_what_was_handed_on_and_what_was_not() -> None:
    [run] = at_work()

    advance(work(ended(run)), now())

    kept = HistoryRecord.objects.filter(run_id=run).order_by("first")
    facts = [fact for each in kept for fact in from_history(bytes(each.transitions))]
    begins = {fact.step: fact.handed for fact in facts if isinstance(fact, StepStarted)}
    assert begins == {"one": False, "two": True}


def test_the_attempt_that_is_begun_knows_how_often_its_place_was_handed_on() -> None:
    [run] = at_work()

    [following] = advance(work(ended(run)), now()).begun
    [last] = advance(work(ended(run, "two", handed=following.handed)), now()).begun

    assert (following.handed, last.handed) == (1, 2)


@pytest.mark.parametrize("missing", ["station", "task", "place"])
def test_without_station_task_or_place_it_is_told_to_its_station(missing: str) -> None:
    [run] = at_work()
    given = work(ended(run), places=0 if missing == "place" else 4)
    if missing == "station":
        given = replace(given, stations=frozenset({"other"}))
    if missing == "task":
        given = replace(given, tasks=frozenset())

    advanced = advance(given, now())

    assert begun(advanced) == []
    assert len(advanced.committed.envelopes) == 1
    assert row(run, "two").state is StepState.READY


def test_station_that_is_set_so_is_always_told(settings: LazySettings) -> None:
    settings.FLOWENGINE = {
        **settings.FLOWENGINE,
        "STATIONS": {"default": {"HAND_TO_HAND": False}},
    }
    [run] = at_work()

    advanced = advance(work(ended(run)), now())

    assert begun(advanced) == []
    assert len(advanced.committed.envelopes) == 1


def test_no_more_is_handed_on_than_there_are_places() -> None:
    runs = at_work(3)

    advanced = advance(work(*map(ended, runs), places=2), now())

    assert begun(advanced) == ["two", "two"]
    assert len(advanced.committed.envelopes) == 1


def test_branches_are_handed_on_where_nobody_waits() -> None:
    [run] = start(define(FAN))
    claim(run, "one")

    assert begun(advance(work(ended(run)), now())) == ["left", "right", "last"]


def test_while_others_wait_an_end_hands_on_its_own_place_and_no_other() -> None:
    [run] = start(define(FAN))
    claim(run, "one")
    [other] = start(define(CHAIN))

    advanced = advance(work(ended(run), wanted=(Wanted(run_id=other, step="one"),)), now())

    # Its own place, the one that waits, and then what is still free.
    assert begun(advanced) == ["left", "one", "right", "last"]


def test_who_waits_gets_a_place_after_it_was_handed_on_so_many_times() -> None:
    [run] = at_work()
    [other] = start(define(CHAIN))
    waiting = (Wanted(run_id=other, step="one"),)

    last = advance(work(ended(run, handed=HANDED_MAX - 1), wanted=waiting, places=1), now())
    assert begun(last) == ["two"]
    assert last.later_wanted == list(waiting)

    over = advance(work(ended(run, "two", handed=HANDED_MAX), wanted=waiting, places=1), now())
    assert begun(over) == ["one"]
    assert len(over.committed.envelopes) == 1


def test_where_nobody_waits_there_is_no_such_bound() -> None:
    [run] = at_work()

    assert begun(advance(work(ended(run, handed=HANDED_MAX * 9), places=1), now())) == ["two"]


@pytest.mark.parametrize("priority", [2, OVERDUE])
def test_what_waits_with_a_higher_priority_or_for_too_long_goes_first(priority: int) -> None:
    [run] = at_work()
    [other] = start(define(CHAIN))

    advanced = advance(
        work(ended(run), wanted=(Wanted(run_id=other, step="one", priority=priority),), places=1),
        now(),
    )

    assert begun(advanced) == ["one"]
    assert row(run, "two").state is StepState.READY


def test_of_two_ends_the_one_with_the_higher_priority_is_handed_on() -> None:
    low, high = at_work(2)
    RunRecord.objects.filter(pk=low).update(priority=0)

    [following] = advance(work(ended(low), ended(high), places=1), now()).begun

    assert following.run.id == high


def test_a_run_that_was_cancelled_meanwhile_is_not_gone_on_with() -> None:
    [run] = at_work()
    tell(run, Cancel())

    advanced = advance(work(ended(run)), now())

    assert begun(advanced) == []
    assert row(run, "one").state is StepState.SUCCEEDED


def test_what_is_given_back_is_left_to_others() -> None:
    [run] = at_work()
    back = Told(run_id=run, message=GivenBack(step="one", attempt=1))

    advanced = advance(work(back), now())

    assert begun(advanced) == []
    assert len(advanced.committed.envelopes) == 1


def test_a_failure_that_is_rescued_is_gone_on_with() -> None:
    [run] = start(
        define(
            "workflow: saved\non: saved.begun\nsteps:\n"
            "  - {id: one, task: line.nothing, rescue: [{steps: [{id: other, task: line.nothing}]}]}\n"
        )
    )
    claim(run, "one")
    failure = Failure(code="Trouble", message="no", permanent=True)
    told = Told(run_id=run, message=Failed(step="one", attempt=1, failure=failure))

    assert begun(advance(work(told), now())) == ["other"]


def test_part_of_a_batch_that_is_split_hands_nothing_on(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = at_work(4)

    def refuse(given: Work, *arguments: object, **named: object) -> Advanced:
        if len(given.told) == 4:
            raise ValueError("the whole is refused")
        return advance(given, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(saving, "advance", refuse)

    advanced = saving.save(work(*map(ended, runs)), now())

    assert begun(advanced) == []
    assert len(advanced.committed.envelopes) == 4
