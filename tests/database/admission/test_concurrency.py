"""Places of a concurrency key: taken, waited for, passed on."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DataError, connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from flowengine import NewEvent, emit, emit_many
from flowengine.models import (
    DeadLetterRecord,
    DecisionRecord,
    EventRecord,
    HistoryRecord,
    KeyRecord,
    PlaceRecord,
    RunRecord,
    StepRecord,
)
from flowengine.orchestration import behind, control, turns
from flowengine.orchestration.pass_on import pass_on
from flowengine.orchestration.route import route
from flowengine.store import runs as run_rows
from tests.builders.conflicts import QUEUE, events_written, hello, runs_in_order
from tests.builders.door import at, check_counts, end, said, see, states
from tests.builders.events import NOON
from tests.builders.files import synchronise

pytestmark = pytest.mark.django_db


def test_run_without_a_place_is_queued_and_begins_nothing(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, QUEUE)

    first, second, other = said(name="ann"), said(name="ann"), said(name="bob")

    assert states(first, second, other) == ["running", "queued", "running"]
    assert DecisionRecord.objects.get(run_id=second).outcome == "queued"
    assert not StepRecord.objects.filter(run_id=second).exists()
    assert HistoryRecord.objects.get(run_id=second).last == 1
    check_counts()


def test_place_is_passed_on_when_a_run_ends(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, QUEUE)
    first, second, third = said(name="ann"), said(name="ann"), said(name="ann")

    end(first, second=5)

    assert states(first, second, third) == ["succeeded", "running", "queued"]
    assert RunRecord.objects.get(pk=second).started_at == at(5)
    assert RunRecord.objects.get(pk=first).due_at is None
    check_counts()


def test_nothing_is_left_behind_when_all_have_ended(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, QUEUE)
    runs = [said(name="ann") for _ in range(3)]

    for run in runs:
        end(run)

    assert states(*runs) == ["succeeded"] * 3
    assert not PlaceRecord.objects.exists()
    assert not KeyRecord.objects.exists()


def test_end_that_is_passed_on_twice_frees_one_place(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, QUEUE)
    first, second, third = said(name="ann"), said(name="ann"), said(name="ann")
    end(first)

    turns.release([first], NOON)
    pass_on([first], NOON)

    assert states(second, third) == ["running", "queued"]
    check_counts()


def test_queued_run_that_is_cancelled_waits_no_longer(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, QUEUE)
    first, second, third = said(name="ann"), said(name="ann"), said(name="ann")

    see(control.cancel(second, now=NOON).committed)

    assert states(first, second, third) == ["running", "cancelled", "queued"]
    check_counts()
    end(first)
    assert states(third) == ["running"]


def test_run_cancelled_while_its_place_is_passed_on_frees_it_again(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, QUEUE)
    first, second, third = said(name="ann"), said(name="ann"), said(name="ann")
    cancelled = control.cancel(second, now=NOON)  # and its end is not passed on yet

    end(first)
    assert states(second, third) == ["cancelled", "queued"]
    see(cancelled.committed)

    assert states(third) == ["running"]
    check_counts()


def test_run_that_fails_at_its_start_passes_its_place_on(
    settings: Settings, tmp_path: Path
) -> None:
    failing = QUEUE.replace("- line.nothing", "- {fail: {error: Never, message: no}}")
    synchronise(settings, tmp_path, failing)

    runs = [said(name="ann") for _ in range(2)]

    assert states(*runs) == ["failed", "failed"]
    assert not PlaceRecord.objects.exists()


def test_several_places_are_taken_and_passed_on(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, hello("concurrency: {limit: 2}"))
    runs = [said() for _ in range(5)]
    assert states(*runs) == ["running", "running", "queued", "queued", "queued"]

    end(runs[1])
    end(runs[0])

    assert states(*runs[2:]) == ["running", "running", "queued"]
    check_counts()


def test_raised_limit_lets_more_start_at_the_next_chance(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, QUEUE)
    runs = [said(name="ann") for _ in range(3)]
    synchronise(settings, tmp_path, hello("concurrency: {key: event.data.name, limit: 3}"))

    runs.append(said(name="ann"))

    assert states(*runs) == ["running", "running", "running", "queued"]
    check_counts()


def test_full_queue_is_a_dead_letter_that_names_the_key(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, hello("concurrency: {key: event.data.name, max_queued: 2}"))
    runs = [said(name="ann") for _ in range(4)]

    assert states(*runs) == ["running", "queued", "queued", "overflow"]
    letter = DeadLetterRecord.objects.get()
    assert (letter.kind, letter.code, letter.workflow) == ("overflow", "FE307", "hello")
    assert letter.message == "hello: 2 runs already wait for key 'ann'"
    assert letter.event_id == EventRecord.objects.order_by("-created_at")[0].id


# order


def test_queued_runs_start_in_the_order_in_which_their_events_were_written(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, QUEUE)
    running = said(name="ann")
    first, second, third = events_written("ann", "ann", "ann")
    for event in (third, first, second):
        route([event], now=NOON)
    assert runs_in_order() == ["running", "queued", "queued", "queued"]

    end(running)

    assert runs_in_order() == ["succeeded", "running", "queued", "queued"]


def test_batch_starts_the_event_that_was_written_first_whatever_its_order(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, QUEUE)

    route(events_written(*["ann"] * 5)[::-1], now=NOON)

    assert runs_in_order() == ["running", *["queued"] * 4]
    check_counts()


def test_run_waits_for_an_earlier_event_of_its_key_that_is_routed_later(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, QUEUE)
    first, second = events_written("ann", "ann")

    route([second], now=NOON)
    assert runs_in_order() == ["queued"]
    route([first], now=NOON)

    assert runs_in_order() == ["running", "queued"]
    check_counts()


def test_earlier_event_of_another_key_or_that_is_not_wanted_holds_nobody_up(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, QUEUE)
    events_written("bob")
    emit("nobody.cares", {"name": "ann"})
    emit("hello.said", {"no": "key"})

    [event] = events_written("ann")
    route([event], now=NOON)

    assert runs_in_order() == ["running"]


def test_backlog_of_events_that_no_ordered_workflow_wants_holds_nobody_up(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(behind, "LOOK_AT_MAX", 2)
    synchronise(settings, tmp_path, QUEUE)
    emit_many(NewEvent("other.thing", {"name": "ann"}) for _ in range(5))

    said(name="ann")

    assert runs_in_order() == ["running"]


def test_run_starts_by_itself_when_the_earlier_event_does_not_want_its_place(
    settings: Settings, tmp_path: Path
) -> None:
    picky = QUEUE.replace("on: hello.said", "on: {event: hello.said, if: event.data.name == 'ann'}")
    synchronise(settings, tmp_path, picky)
    first, second = events_written("ann", "ann")
    route([second], now=NOON)
    EventRecord.objects.filter(pk=first).update(state="dead", due_at=None)

    assert turns.run_due(at(0.1), limit=10)[0].heads == []
    done, _more = turns.run_due(at(0.3), limit=10)

    assert runs_in_order() == ["running"]
    assert len(done.envelopes) == 1


def test_run_behind_an_earlier_event_looks_again_and_again(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, QUEUE)
    _first, second = events_written("ann", "ann")
    route([second], now=NOON)

    turns.run_due(at(0.3), limit=10)

    run = RunRecord.objects.get()
    assert (run.state, run.due_at) == ("queued", at(0.5))
    check_counts()


def test_replaced_and_several_places_keep_no_order_of_events(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, hello("concurrency: {key: event.data.name, limit: 2}"))
    _first, second = events_written("ann", "ann")

    route([second], now=NOON)

    assert runs_in_order() == ["running"]


# start_within


def test_run_that_waited_too_long_expires_and_the_next_gets_the_place(
    settings: Settings, tmp_path: Path
) -> None:
    settings.FLOWENGINE = {**settings.FLOWENGINE, "PUBLISH_RUN_EVENTS": True}
    synchronise(
        settings,
        tmp_path,
        f"{QUEUE}\nstart_within: 10s\nfinally: [{{id: after, task: line.nothing}}]",
    )
    first, second, third = said(name="ann"), said(name="ann"), said(name="ann", second=5)
    assert RunRecord.objects.get(pk=second).due_at == at(10)

    assert turns.run_due(at(9), limit=10)[0].heads == []
    see(turns.run_due(at(10), limit=10)[0], 10)

    assert states(first, second, third) == ["running", "expired", "queued"]
    assert not StepRecord.objects.filter(run_id=second).exists()
    told = EventRecord.objects.get(type="flowengine.run.expired")
    assert told.subject == str(second)
    check_counts()


def test_run_that_would_expire_does_not_start_late(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, f"{QUEUE}\nstart_within: 10s")
    first, second, third = said(name="ann"), said(name="ann"), said(name="ann", second=9)

    end(first, second=10)
    assert states(second, third) == ["queued", "queued"]
    see(turns.run_due(at(10), limit=10)[0], 10)

    assert states(second, third) == ["expired", "running"]
    check_counts()


# costs


@pytest.mark.parametrize("count", [1, 100])
def test_statements_do_not_depend_on_how_many_start_and_wait(
    count: int, settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, QUEUE)
    route(events_written("warm"), now=NOON)
    names = [f"n{n % (count // 2 + 1)}" for n in range(count + 1)]
    events = events_written(*names)

    with CaptureQueriesContext(connection) as statements:
        routed = route(events, now=NOON)

    assert routed.routed == count + 1
    # Of waits, events (lock, mark, open kinds, earlier ones), workflows (twice), keys (insert, lock,
    # save), decisions, runs, steps, history and places.
    assert len([s for s in statements if "SAVEPOINT" not in s["sql"]]) == 15
    check_counts()


@pytest.mark.parametrize("count", [1, 50])
def test_statements_do_not_depend_on_how_many_places_are_passed_on(
    count: int, settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, QUEUE)
    names = [f"n{n}" for n in range(count)]
    route(events_written(*names), now=NOON)
    ended = list(RunRecord.objects.values_list("id", flat=True))
    route(events_written(*names), now=NOON)
    RunRecord.objects.filter(pk__in=ended).update(state="succeeded")

    with CaptureQueriesContext(connection) as statements:
        turns.release(ended, NOON + timedelta(seconds=1))

    assert RunRecord.objects.filter(state="running").count() == count
    assert len([s for s in statements if "SAVEPOINT" not in s["sql"]]) <= 16
    check_counts()


def test_run_that_cannot_start_keeps_no_other_key_waiting_and_is_tried_again(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synchronise(settings, tmp_path, QUEUE)
    running = [said(name=name) for name in ("ann", "bob", "cid")]
    waiting = [said(name=name) for name in ("ann", "bob", "cid")]
    written = run_rows.update

    def refuse(changed: Any) -> None:
        if any(run.id == waiting[1] for run in changed):
            raise DataError("no such character")
        written(changed)

    with monkeypatch.context() as patch:
        patch.setattr(run_rows, "update", refuse)
        RunRecord.objects.filter(pk__in=running).update(state="succeeded")
        turns.release(running, NOON)

    assert states(*waiting) == ["running", "queued", "running"]
    assert RunRecord.objects.get(pk=waiting[1]).due_at == at(60)
    check_counts()
    turns.run_due(at(60), limit=10)
    assert states(waiting[1]) == ["running"]
    check_counts()
