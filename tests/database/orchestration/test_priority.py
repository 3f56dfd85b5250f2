"""The priority of a run goes with its steps, to their rows and to the broker."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from flowengine.engine.commands import Dispatch
from flowengine.models import StepRecord
from flowengine.orchestration.dispatch import hint
from flowengine.orchestration.route import route
from flowengine.store import due_steps, runs
from tests.builders.stored import define, now, publish, start

pytestmark = pytest.mark.django_db

RANKED = """
workflow: ranked
on: ranked.begun
priority: ${{ event.data.rank }}
steps:
  - {id: work, task: line.nothing}
"""


def test_steps_have_the_priority_of_their_run_in_the_order_of_what_is_overdue() -> None:
    define(RANKED)
    events = [publish("ranked.begun", {"rank": rank}) for rank in ("low", "normal", "high")]

    committed = route(events, now=now()).committed

    StepRecord.objects.update(due_at=now())
    found = due_steps.overdue(["default"], ["line.nothing"], now(), limit=3)
    ranks = dict(StepRecord.objects.values_list("run_id", "priority"))
    assert [ranks[run] for run, *_rest in found] == [2, 1, 0]
    assert sorted(envelope.priority for envelope in committed.envelopes) == [0, 4, 9]


@pytest.mark.parametrize(("priority", "on_the_wire"), [(0, 0), (1, 4), (2, 9)])
def test_hint_carries_the_priority_of_its_run(priority: int, on_the_wire: int) -> None:
    [run_id] = start(define(RANKED), rank="normal")
    run = replace(runs.lock([run_id]).readable[run_id], priority=priority)

    envelope = hint(run, Dispatch(step="work", station="default", attempt=0))

    assert envelope.priority == on_the_wire
