"""Where no place is free: the new run is skipped, or the oldest is replaced."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from pytest_django import Settings

from flowengine.engine.messages import Failed
from flowengine.engine.run import Failure
from flowengine.models import (
    DeadLetterRecord,
    DecisionRecord,
    HistoryRecord,
)
from flowengine.orchestration.advance import Told, Wanted, Work, advance
from flowengine.orchestration.route import route
from tests.builders.conflicts import REPLACE, SKIP, events_written, runs_in_order
from tests.builders.door import check_counts, end, said, see, states
from tests.builders.events import NOON
from tests.builders.files import synchronise
from tests.builders.line import WORKER

pytestmark = pytest.mark.django_db


def test_run_is_skipped_while_the_place_is_taken(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, SKIP)
    first, second = said(name="ann"), said(name="ann")
    end(first)
    third = said(name="ann")

    assert states(first, second, third) == ["succeeded", "skipped", "running"]
    assert DecisionRecord.objects.get(run_id=second).detail == "1 open already for key 'ann'"
    assert not DeadLetterRecord.objects.exists()


def test_oldest_run_is_cancelled_for_a_new_one_which_starts_when_it_has_ended(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, REPLACE)
    first = said(name="ann")

    second = said(name="ann", second=1)

    assert states(first, second) == ["cancelled", "running"]
    facts = HistoryRecord.objects.filter(run_id=first).order_by("first")
    assert f"run {second} takes its place".encode() in b"".join(
        bytes(fact.transitions) for fact in facts
    )
    check_counts()


def test_replaced_run_that_is_at_work_is_awaited_and_the_last_of_many_gets_the_place(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, REPLACE)
    first = said(name="ann")
    _begin_working(first)

    second, third = said(name="ann"), said(name="ann")

    assert states(first, second, third) == ["cancelling", "cancelled", "queued"]
    check_counts()
    _stop_working(first)
    assert states(first, third) == ["cancelled", "running"]
    check_counts()


def test_events_of_one_batch_replace_one_another(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, REPLACE)

    routed = route(events_written("ann", "ann", "ann"), now=NOON)
    see(routed.committed)

    assert runs_in_order() == ["cancelled", "cancelled", "running"]
    check_counts()


def test_nobody_of_another_key_is_replaced(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, REPLACE)

    assert states(said(name="ann"), said(name="bob")) == ["running", "running"]


def _begin_working(run: UUID) -> None:
    wanted = (Wanted(run_id=run, step="nothing"),)
    advance(Work(wanted=wanted, worker=WORKER, tasks=frozenset({"line.nothing"})), NOON)


def _stop_working(run: UUID) -> None:
    failure = Failure(code="Cancelled", message="told to stop")
    told = Told(run_id=run, message=Failed(step="nothing", attempt=1, failure=failure))
    see(advance(Work(told=(told,)), NOON).committed)
