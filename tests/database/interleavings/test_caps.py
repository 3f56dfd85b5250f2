"""Two workers that begin something at a station with a cap at the same moment: together no more than that."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from flowengine.engine.messages import Succeeded
from flowengine.models import StepRecord
from flowengine.orchestration import doors
from flowengine.orchestration.advance import Advanced, Told, Wanted, Work, advance
from flowengine.orchestration.audit import By
from flowengine.orchestration.notices import telling
from flowengine.orchestration.notices.rules import Wish, make
from flowengine.project import catalog
from tests.builders.dead import a_letter, bury
from tests.builders.stored import TASKS, define, now, start
from tests.database.interleavings.actor import Cast

SOMEBODY = By(who="7", reason="one line")
WORK = """
workflow: order
on: order.begun
steps:
  - {id: work, task: line.nothing}
"""
WORKERS = (uuid4(), uuid4())


def claim(run: UUID, worker: UUID, *told: Told) -> Advanced:
    """Begin the step of that run, if the cap lets it."""
    work = Work(
        told=told,
        wanted=(Wanted(run_id=run, step="work"),),
        worker=worker,
        tasks=TASKS,
        capped=frozenset({"default"}),
    )
    return advance(work, now())


def running() -> int:
    return StepRecord.objects.filter(state="running").count()


def test_last_place_of_a_station_is_taken_by_one_of_two(act: Cast) -> None:
    doors.cap("default", 1, SOMEBODY, now())
    one, other = start(define(WORK), 2)
    first = act(lambda: claim(one, WORKERS[0])).up_to("COMMIT")

    second = act(lambda: claim(other, WORKERS[1])).until_it_waits(first)

    assert len(first.ends().begun) == 1
    assert second.ends().begun == []
    assert running() == 1


def test_place_that_an_end_leaves_is_taken_in_the_transaction_of_that_end(act: Cast) -> None:
    doors.cap("default", 1, SOMEBODY, now())
    one, other, third = start(define(WORK), 3)
    claim(one, WORKERS[0])
    done = Told(run_id=one, message=Succeeded(step="work", attempt=1, output=None))

    first = act(lambda: claim(other, WORKERS[0], done)).up_to("COMMIT")
    second = act(lambda: claim(third, WORKERS[1])).until_it_waits(first)

    assert len(first.ends().begun) == 1
    assert second.ends().begun == []
    assert running() == 1


def test_two_beats_that_look_at_once_tell_once(act: Cast) -> None:
    make(Wish(what="run.failed", user="7"), SOMEBODY, now() - timedelta(minutes=1))
    bury(a_letter(at=now()), at=now())
    first = act(lambda: telling.run_once(catalog(), now())).up_to("COMMIT")

    # The rule is held: nobody else looks for it, or waits.
    assert act(lambda: telling.run_once(catalog(), now())).ends() is False
    first.ends()
