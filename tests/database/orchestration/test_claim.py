"""First steps that begin where their run is started: in promised places, and in no other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pytest_django import Settings

from flowengine.broker.envelope import parse_hint
from flowengine.models import EventRecord, HistoryRecord, RunRecord, StepRecord
from flowengine.orchestration import admit
from flowengine.orchestration.claim import Room
from flowengine.orchestration.commit import Change, Committed, commit
from flowengine.orchestration.emit import NewEvent, emit_many
from flowengine.orchestration.route import Routed, route
from tests.builders.events import NOON
from tests.builders.files import HELLO, synchronise

pytestmark = pytest.mark.django_db

WORKER = UUID(int=7)
FORKED = """
workflow: forked
on: hello.said
steps:
  - parallel:
      a: line.nothing
      b: line.nothing
      c: line.nothing
"""


def a_room(places: int = 9, *, stations: str = "default", tasks: str = "line.nothing") -> Room:
    return Room(
        worker=WORKER, stations=frozenset([stations]), tasks=frozenset([tasks]), places=places
    )


def said(count: int = 1) -> list[UUID]:
    return [each.event_id for each in emit_many(NewEvent("hello.said", {}) for _ in range(count))]


def states() -> dict[str, int]:
    rows = list(StepRecord.objects.exclude(kind="parallel").values_list("state", flat=True))
    return {state: rows.count(state) for state in rows}


def test_first_step_begins_with_its_run_in_one_row_of_history(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, HELLO)

    routed = route(said(), now=NOON, room=a_room())

    [begun] = routed.begun
    step = StepRecord.objects.get()
    assert (step.state, step.attempt, step.worker_id) == ("running", 1, WORKER)
    assert (begun.run.id, begun.step.id, begun.step.attempt) == (step.run_id, "nothing", 1)
    assert (step.started_at, step.due_at) == (NOON, None)
    assert routed.committed.envelopes == []
    record = HistoryRecord.objects.get()
    facts = json.loads(bytes(record.transitions))
    assert [fact["t"] for fact in facts] == ["run.started", "step.ready", "step.started"]
    assert facts[-1]["handed"] is True
    assert RunRecord.objects.get().seq == record.last == 3


@pytest.mark.parametrize(
    "room",
    [
        a_room(places=0),
        a_room(stations="other"),
        a_room(tasks="line.work"),
    ],
    ids=["no place", "another station", "an unknown task"],
)
def test_what_has_no_room_is_a_hint_to_its_station(
    room: Room, settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, HELLO)

    routed = route(said(), now=NOON, room=room)

    assert (routed.begun, states()) == ([], {"ready": 1})
    [envelope] = routed.committed.envelopes
    assert parse_hint(envelope.body).step == "nothing"


def test_station_that_is_not_worked_from_hand_to_hand_gets_its_hint(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, HELLO)
    settings.FLOWENGINE = {**settings.FLOWENGINE, "STATIONS": {"default": {"HAND_TO_HAND": False}}}

    routed = route(said(), now=NOON, room=a_room())

    assert (routed.begun, len(routed.committed.envelopes)) == ([], 1)


def test_no_more_begins_than_was_promised(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, HELLO, FORKED)

    routed = route(said(3), now=NOON, room=a_room(places=5))

    assert states() == {"running": 5, "ready": 7}
    assert (len(routed.begun), len(routed.committed.envelopes)) == (5, 7)


def test_batch_that_is_halved_takes_each_place_once(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synchronise(settings, tmp_path, HELLO)
    good, bad, other = said(3)

    def failing(changes: Sequence[Change], now: datetime, **how: Any) -> Committed:
        if any(change.after.event.id == bad for change in changes):
            raise ValueError("this one will not do")
        return commit(changes, now, **how)

    monkeypatch.setattr(admit, "commit", failing)

    routed: Routed = route([good, bad, other], now=NOON, room=a_room(places=2))

    assert (routed.routed, routed.failed) == (2, 1)
    assert {each.run.event.id for each in routed.begun} == {good, other}
    assert states() == {"running": 2}


def test_event_out_of_a_relays_hand_stays_due_until_it_is_confirmed() -> None:
    [event] = said()
    before = EventRecord.objects.get()

    route([event], now=NOON, in_hand=True)

    after = EventRecord.objects.get()
    assert (after.state, after.due_at) == ("routed", before.due_at)
    assert HistoryRecord.objects.count() == 0
