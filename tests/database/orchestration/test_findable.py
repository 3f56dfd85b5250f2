"""Events that came before a definition that waits for them are found by its runs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from flowengine import emit
from flowengine.models import EventKeyRecord, EventRecord, RunRecord, StepRecord
from flowengine.orchestration import bursts, findable
from flowengine.orchestration.route import route
from flowengine.orchestration.sync import sync_project
from flowengine.store import backlog
from tests.builders.door import at, see
from tests.builders.events import NOON
from tests.builders.files import declare, synchronise

pytestmark = pytest.mark.django_db

WORK = """
workflow: order
on: order.begun
debounce: {period: 10s}
steps:
  - line.nothing
"""
WAIT = """
workflow: order
on: order.begun
debounce: {period: 10s}
steps:
  - id: paid
    wait_for: {event: "order.*", match: {n: "${{ event.data.n }}"}}
    timeout: 1d
"""
OTHER = WAIT.replace("workflow: order", "workflow: other").replace("on: order", "on: other")


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Events are written by the real clock, and looked for from the oldest on, less no time."""
    monkeypatch.setattr(findable, "COMMIT_MAX", timedelta(0))


def _come(event_type: str, **data: object) -> None:
    emitted = emit(event_type, data)
    see(route([emitted.event_id], now=NOON).committed)


def _settle() -> None:
    see(bursts.run_due(at(10), limit=10)[0], 10)


def _state() -> str:
    return StepRecord.objects.get(step="paid").state


def test_run_of_a_version_that_came_during_its_burst_finds_what_came_before_the_version(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, WORK)
    _come("order.begun", n=1)
    _come("order.paid", n=1)
    synchronise(settings, tmp_path, WAIT)

    _settle()

    assert RunRecord.objects.get().state == "succeeded"
    assert _state() == "succeeded"


def test_run_of_an_event_that_was_routed_after_the_sync_finds_what_was_routed_before(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, WORK)
    late = emit("order.begun", {"n": 1})
    _come("order.paid", n=1)
    synchronise(settings, tmp_path, WAIT.replace("debounce: {period: 10s}\n", ""))

    see(route([late.event_id], now=NOON).committed)

    assert _state() == "succeeded"


def test_all_pages_of_events_are_read_past_one_that_cannot_be(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(findable, "PAGE", 2)
    synchronise(settings, tmp_path, WORK)
    _come("order.begun", n=1)
    for n in range(6):
        _come("order.paid", n=n)
    _come("nobody.cares", n=1)
    broken = EventRecord.objects.filter(type="order.paid").order_by("created_at")[2]
    EventRecord.objects.filter(pk=broken.pk).update(data=b"{")

    synchronise(settings, tmp_path, WAIT)

    assert EventKeyRecord.objects.count() == 6
    assert not EventKeyRecord.objects.filter(event_id=broken.pk).exists()


def test_events_that_are_older_than_all_that_may_start_a_run_get_no_keys(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, WORK)
    _come("order.paid", n=1)
    _come("order.begun", n=1)

    synchronise(settings, tmp_path, WAIT)

    begun = EventRecord.objects.get(type="order.begun")
    assert EventKeyRecord.objects.get().event_id == begun.pk


def test_nothing_is_read_where_a_version_waits_by_no_other_paths_than_those_in_force(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, WAIT)
    _come("order.begun", n=1)
    EventKeyRecord.objects.all().delete()

    with CaptureQueriesContext(connection) as statements:
        synchronise(settings, tmp_path, WAIT, OTHER)

    assert not EventKeyRecord.objects.exists()
    assert not [s for s in statements if "FROM flowengine_event" in s["sql"]]


def test_definition_that_was_stored_and_did_not_come_into_force_is_caught_up_with_again(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synchronise(settings, tmp_path, WORK)
    _come("order.begun", n=1)
    _come("order.paid", n=1)
    declare(settings, tmp_path, WAIT)
    with monkeypatch.context() as patched:
        patched.setattr(backlog, "types_since", lambda _since: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            sync_project(now=NOON)

    synchronise(settings, tmp_path, WAIT)
    _settle()

    assert _state() == "succeeded"
