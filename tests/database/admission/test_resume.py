"""A failed run that is resumed holds a place of its key again."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from pytest_django import Settings

from flowengine.engine.messages import Failed
from flowengine.engine.run import Failure
from flowengine.errors import EditRefused
from flowengine.models import (
    PlaceRecord,
)
from flowengine.orchestration import control, turns
from flowengine.orchestration.advance import Told, Wanted, Work, advance
from flowengine.orchestration.audit import By
from tests.builders.conflicts import QUEUE
from tests.builders.door import check_counts, said, see, states
from tests.builders.events import NOON
from tests.builders.files import synchronise
from tests.builders.line import WORKER

pytestmark = pytest.mark.django_db


TROUBLED = QUEUE.replace("- line.nothing", "- {id: nothing, task: line.broken}")


def test_failed_run_that_is_resumed_holds_a_place_again_and_the_next_waits_for_it(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, TROUBLED)
    first = said(name="ann")
    _fail(first)
    assert not PlaceRecord.objects.exists()

    see(control.resume(first, by=By(who="7", reason="repaired"), now=NOON))

    second = said(name="ann")
    assert states(first, second) == ["running", "queued"]
    check_counts()
    _fail(first, attempt=2)
    assert states(first, second) == ["failed", "running"]
    check_counts()


def test_run_that_is_resumed_waits_for_nobody_and_its_place_is_one_too_many(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, TROUBLED)
    first = said(name="ann")
    _fail(first)
    second, third = said(name="ann"), said(name="ann")

    see(control.resume(first, by=By(who="7", reason="repaired"), now=NOON))
    assert states(first, second, third) == ["running", "running", "queued"]
    _fail(second)

    assert states(first, second, third) == ["running", "failed", "queued"]
    check_counts()


def test_resume_that_is_refused_takes_no_place(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, TROUBLED)
    first = said(name="ann")
    _fail(first)

    with pytest.raises(EditRefused):
        control.resume(first, inputs={"unknown": 1}, now=NOON)

    assert not PlaceRecord.objects.exists()
    check_counts()


def _fail(run: UUID, *, attempt: int = 1) -> None:
    wanted = (Wanted(run_id=run, step="nothing"),)
    advance(Work(wanted=wanted, worker=WORKER, tasks=frozenset({"line.broken"})), NOON)
    failure = Failure(code="Permanent", message="no", permanent=True)
    told = Told(run_id=run, message=Failed(step="nothing", attempt=attempt, failure=failure))
    see(advance(Work(told=(told,)), NOON).committed)


def test_end_that_is_passed_on_after_the_run_was_resumed_leaves_its_place(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, TROUBLED)
    first = said(name="ann")
    _fail(first)
    see(control.resume(first, by=By(who="7", reason="repaired"), now=NOON))

    turns.release([first], NOON)

    assert states(said(name="ann")) == ["queued"]
    check_counts()
