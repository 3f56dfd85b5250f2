"""Why a run waits, as it is read: by each kind of wait, and in a fixed number of statements."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from flowengine import emit
from flowengine.engine.messages import Failed, Succeeded
from flowengine.engine.run import Failure
from flowengine.models import EventRecord, RunRecord, StepRecord
from flowengine.orchestration import acts, doors
from flowengine.orchestration.audit import NOBODY, By
from flowengine.orchestration.route import route
from tests.builders.files import synchronise
from tests.builders.fleet import a_worker
from tests.builders.line import WORKER, begin, claim, now, tell
from tests.database.api.people import a_client, get, own

pytestmark = pytest.mark.django_db


def told(run: UUID, *permissions: str) -> list[dict[str, Any]]:
    """What the API says of why *run* waits."""
    client = a_client("view_run", *permissions, name=str(uuid4())[:30])
    found: list[dict[str, Any]] = get(client, f"runs/{run}")["waits"]
    return found


def test_step_that_no_worker_serves_says_so_until_one_comes() -> None:
    first, second = begin("line", 2)
    StepRecord.objects.update(ready_at=now() - timedelta(minutes=1))
    [alone] = told(first)
    a_worker(id=WORKER, concurrency=1)
    claim([first], "one")

    [behind] = told(second)

    assert (alone["cause"], alone["step"], alone["title"]) == ("unserved", "one", "One")
    assert told(first) == []
    assert behind["text"] == (
        "All 1 places of the workers at the station default are taken; it is the next."
    )


def test_line_before_a_step_is_what_is_older_or_more_important_at_its_station() -> None:
    runs = begin("line", 4)
    a_worker(id=WORKER, concurrency=1)
    for place, run in enumerate(runs):
        since = now() - timedelta(minutes=9 - place)
        StepRecord.objects.filter(run_id=run).update(ready_at=since, due_at=since)
    StepRecord.objects.filter(run_id=runs[3]).update(priority=2)

    said = [told(run)[0]["text"] for run in runs]

    assert [text.partition("; ")[2] for text in said] == [
        "about 1 is before it.",
        "about 2 are before it.",
        "about 3 are before it.",
        "it is the next.",
    ]


def test_station_that_is_paused_says_who_has_paused_it_and_why() -> None:
    [run] = begin("line")
    doors.pause("default", By(who="7", reason="The bank is asleep.", door="api"), now())

    [found] = told(run)

    assert found["text"] == "The station default is paused by user 7: The bank is asleep."
    assert found["act"]["place"] == "stations"


def test_step_that_is_tried_again_says_when_and_which_try_has_failed() -> None:
    [run] = begin("line")
    claim([run], "one")
    tell(run, Failed(step="one", attempt=1, failure=Failure(code="Away", message="a secret")))

    [found] = told(run)

    assert found["cause"] == "retry"
    assert found["text"].startswith("Try 1 of ")
    assert found["until"] is not None
    assert "secret" not in str(told(run))


def test_run_that_has_ended_waits_for_nothing() -> None:
    [run] = begin("line")
    acts.cancel(run, NOBODY)

    assert RunRecord.objects.get(pk=run).state == "cancelled"
    assert told(run) == []


def test_statements_do_not_grow_with_what_waits() -> None:
    runs = begin("line", 30)
    a_worker(id=WORKER, concurrency=1)
    client = a_client("view_run")
    get(client, f"runs/{runs[0]}")  # Its definition is known from now on.

    with CaptureQueriesContext(connection) as asked:
        get(client, f"runs/{runs[-1]}")

    assert len(own(asked)) <= 9


EVERYTHING = """
workflow: everything
on: everything.begun
steps:
  - id: all
    parallel:
      event:
        wait_for: {event: payment.settled, match: {order: "${{ event.data.order }}"}}
        timeout: 1h
      nap: {sleep: 1h}
      boss:
        approval: {ask: Really?, users: ["7"], groups: [finance], quorum: 2}
        timeout: 1h
      child: {workflow: called, with: {}}
      each:
        for_each: [1, 2, 3, 4, 5]
        max_parallel: 2
        task: line.nothing
"""
IN_TURN = """
workflow: in-turn
on: in.turn
concurrency: {key: event.data.key, limit: 1}
start_within: 1h
steps: [line.nothing]
"""
CALLED = """
workflow: called
on: [{call: true}]
steps: [line.nothing]
"""
PACED = """
workflow: paced
on: paced.begun
throttle: {limit: 1, per: 1m}
steps: [line.nothing]
"""


def routed(event: str, workflow: str, **data: Any) -> UUID:
    """The run that an event of that type starts."""
    emitted = emit(event, data)
    route([emitted.event_id], now=now())
    return emitted.run_ids[workflow]


def test_steps_that_want_no_worker_say_what_they_wait_for(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, EVERYTHING, CALLED)
    run = routed("everything.begun", "everything", order=1042)
    StepRecord.objects.update(ready_at=now() - timedelta(minutes=1))

    found = {each["cause"]: each for each in told(run, "view_payload")}

    assert {cause: each["text"] for cause, each in found.items()} == {
        "unserved": "No worker serves the station default.",
        "approval": ("It waits for user 7 or the group finance to approve; 0 of 2 have answered."),
        "event": "It waits for the event payment.settled where order is 1042.",
        "child": "It waits for a run that it has called, and that has not begun.",
        "limit": "2 at a time: 3 of 5 have not begun.",
        "sleep": "It sleeps.",
    }
    assert (found["unserved"]["step"], found["unserved"]["others"]) == ("each", 1)
    assert "1042" not in str(told(run))


def test_step_that_waits_for_another_run_leads_there(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, EVERYTHING, CALLED)
    run = routed("everything.begun", "everything", order=1)
    call = EventRecord.objects.get(parent__isnull=False)
    route([call.id], now=now())
    called = RunRecord.objects.get(parent_run=run)

    [found] = [each for each in told(run) if each["cause"] == "child"]

    assert found["text"] == "It waits for a run of called, which is running."
    assert found["act"]["place"] == f"runs/{called.id}"


def test_run_without_a_place_says_who_is_before_it_and_until_when_it_stands_in_line(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, IN_TURN)
    first, second, third = (routed("in.turn", "in-turn", key="a") for _ in range(3))

    assert "place" not in {each["cause"] for each in told(first)}
    assert [each["text"] for each in told(second)] == [
        "1 of 1 places of its key are taken; it is the next.",
        "It is not begun any more after its time.",
    ]
    assert told(third)[0]["text"] == "1 of 1 places of its key are taken; 1 run is before it."


def test_run_without_a_slot_says_when_it_has_one(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, PACED)
    routed("paced.begun", "paced")
    second = routed("paced.begun", "paced")

    [found] = told(second)

    assert found["text"] == "The throttle lets 1 such run begin in 60 s."
    assert (found["until"] is not None, found["until_word"]) == (True, "not before")


def test_run_that_somebody_holds_says_who_and_why() -> None:
    [run] = begin("line")
    acts.hold(run, By(who="7", reason="The bank asks for time", door="api"))
    before = {each["cause"] for each in told(run)}
    claim([run], "one")
    tell(run, Succeeded(step="one", attempt=1, output=None))

    [found] = told(run)

    assert "holding" in before
    assert found["text"] == "It is held by user 7: The bank asks for time."
    assert found["act"]["command"] == f"release {run} --reason …"
