"""What is learned of how long runs take, and where it is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from flowengine.engine.messages import Succeeded
from flowengine.models import RunRecord, WorkflowRecord
from flowengine.representations.pace import read
from flowengine.store import paces, progress
from tests.builders.line import begin, claim, now, tell

pytestmark = pytest.mark.django_db


def took(seconds: Sequence[float], state: str = "succeeded") -> list[UUID]:
    """Runs of one workflow that took so long."""
    runs = begin("line", count=len(seconds))
    at = now()
    for run, each in zip(runs, seconds, strict=True):
        RunRecord.objects.filter(pk=run).update(
            state=state, started_at=at, finished_at=at + timedelta(seconds=each)
        )
    return runs


def test_pace_is_that_of_the_runs_that_have_succeeded() -> None:
    took([60.0] * 5 + [70.5])
    took([1.0] * 9, state="failed")

    assert paces.learn() == 1

    pace = read(WorkflowRecord.objects.get(pk="line").pace)
    assert pace is not None
    assert (pace.runs, pace.least, pace.middle, pace.most) == (6, 60_000, 60_000, 60_000)
    assert paces.learn() == 0


def test_pace_is_forgotten_when_nothing_is_usual_any_more() -> None:
    took([60.0] * 5)
    paces.learn()
    RunRecord.objects.all().delete()

    assert paces.learn() == 1
    assert WorkflowRecord.objects.get(pk="line").pace is None


def test_run_under_way_is_shown_with_the_time_that_others_took() -> None:
    took([60.0] * 25)
    paces.learn()
    [run] = begin("line")
    claim([run], "one")
    tell(run, Succeeded(step="one", attempt=1, output=None))

    [record] = progress.runs([run]).values()
    view = progress.views([record])[run]

    assert view["usual_ms"] == [60_000, 60_000]
    assert len(view["eta"]) == 2
