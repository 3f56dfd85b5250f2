"""The times of a run and of its family over the API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowengine import NewEvent, emit, emit_many
from flowengine.conf import settings as flow_settings
from flowengine.models import EventRecord, RunRecord, StepRecord
from flowengine.orchestration import timeline
from flowengine.orchestration.route import route
from flowengine.orchestration.sync import sync_project
from flowengine.store import causes
from flowengine.testing import Runner
from tests.builders.line import begin, claim, now
from tests.database.api.people import API, a_client, get, own

pytestmark = pytest.mark.django_db


def nobody_of(user: Any, run: Any) -> bool:
    """A project's predicate: runs that order 13 caused are nobody's business."""
    return bool(run.actor != "13")


def caused(cause: UUID | str, count: int = 1, *, hops: int = 1, **more: Any) -> list[UUID]:
    """So many events of ``line.begun`` that *cause* led to, each with its run."""
    sync_project(now=now())
    new = [NewEvent("line.begun", {"n": n}, causation_id=str(cause), **more) for n in range(count)]
    made = [each.event_id for each in emit_many(new)]
    EventRecord.objects.filter(pk__in=made).update(hops=hops)
    route(made, now=now())
    return made


def run_of(event: UUID) -> RunRecord:
    return RunRecord.objects.get(event_id=event)


def bars(told: Mapping[str, Any]) -> dict[str, list[str]]:
    return {bar["step"]: [each["kind"] for each in bar["segments"]] for bar in told["bars"]}


def test_timeline_tells_what_each_step_was_at_of_a_short_history_and_of_a_long_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    [run] = begin("line")
    claim([run], "one")
    client = a_client("view_run")

    whole = get(client, f"runs/{run}/timeline")
    monkeypatch.setattr(timeline, "FACTS_MAX", 0)
    rows = get(client, f"runs/{run}/timeline")

    assert bars(whole) == bars(rows) == {"one": ["queued", "running"]}
    assert (whole["is_whole"], rows["is_whole"]) == (True, False)
    assert [each["kind"] for each in whole["run"]["segments"]] == ["running"]
    assert [each["end"] for each in rows["bars"][0]["segments"]] == [
        rows["bars"][0]["segments"][1]["begin"],
        None,
    ]
    assert whole["at"] >= whole["run"]["segments"][0]["begin"]


def test_items_of_a_loop_are_told_by_their_numbers_a_page_at_a_time() -> None:
    [run] = begin("line")
    at = now()
    StepRecord.objects.bulk_create(
        StepRecord(
            run_id=run, step="each", item=str(n), state="ready", ready_at=at + timedelta(seconds=n)
        )
        for n in range(25)
    )
    client = a_client("view_run")

    first = get(client, f"runs/{run}/timeline/each", limit=12)
    with CaptureQueriesContext(connection) as asked:
        second = get(client, f"runs/{run}/timeline/each", limit=12, after=first["next"])
    statements = own(asked)
    third = get(client, f"runs/{run}/timeline/each", limit=12, after=second["next"])

    found = [bar["item"] for page in (first, second, third) for bar in page["items"]]
    assert found == [str(n) for n in range(25)]
    assert third["next"] is None
    assert len(statements) == 2
    assert get(client, f"runs/{run}/timeline/none")["items"] == []


def test_family_goes_from_the_first_cause_to_what_followed() -> None:
    [first] = caused("somebody else's")
    [own_event] = caused(first, hops=2)
    [after] = caused(own_event, hops=3)
    [later] = caused(after, hops=4)
    run = run_of(own_event)

    told = get(a_client("view_run", "view_eventrecord"), f"runs/{run.id}/causes")

    assert [each["id"] for each in told["events"]] == [
        str(each) for each in (first, own_event, after, later)
    ]
    assert [each["made_by"] for each in told["events"]] == [
        None,
        *(str(run_of(each).id) for each in (first, own_event, after)),
    ]
    assert [each["caused_by"] for each in told["events"][:2]] == [None, str(first)]
    assert {each["id"] for each in told["runs"]} == {
        str(run_of(each).id) for each in (first, own_event, after, later)
    }
    assert told["is_cut"] is False


def test_event_that_somebody_sent_by_hand_was_made_by_no_run() -> None:
    [first] = caused("nothing")
    [by_hand] = caused(first, hops=0)

    told = get(a_client("view_run"), f"runs/{run_of(first).id}/causes")

    assert {each["id"]: each["made_by"] for each in told["events"]} == {
        str(first): None,
        str(by_hand): None,
    }


def test_call_is_made_by_the_run_that_calls(flow_runner: Runner) -> None:
    emitted = emit("chain.begun", {})
    flow_runner.run()
    run = RunRecord.objects.get(pk=emitted.run_ids["chain"])
    [called] = caused(run.event_id, hops=0)
    parent = f'{{"run":"{run.id}","step":"s","item":"","depth":1}}'
    EventRecord.objects.filter(pk=called).update(parent=parent)

    told = get(a_client("view_run"), f"runs/{run.id}/causes")

    [event] = [each for each in told["events"] if each["id"] == str(called)]
    assert event["made_by"] == str(run.id)


def test_family_is_bounded_and_says_that_there_is_more() -> None:
    [first] = caused("nothing")
    many = caused(first, causes.EACH_MAX + 5)
    caused(many[0], causes.EACH_MAX)
    run = run_of(first)
    client = a_client("view_run")
    get(client, f"runs/{run.id}/causes")  # Its definition is known from now on.

    with CaptureQueriesContext(connection) as asked:
        told = get(client, f"runs/{run.id}/causes")

    assert len(told["events"]) == 1 + 2 * causes.EACH_MAX
    assert told["is_cut"] is True
    assert len(own(asked)) == 4


def test_chain_that_goes_round_is_told_once() -> None:
    [first] = caused("nothing")
    [second] = caused(first)
    EventRecord.objects.filter(pk=first).update(causation_id=str(second))

    told = get(a_client("view_run"), f"runs/{run_of(first).id}/causes")

    assert sorted(each["id"] for each in told["events"]) == sorted([str(first), str(second)])


def test_cause_that_is_no_id_is_none() -> None:
    [event] = caused("x" * 36)

    [told] = get(a_client("view_run"), f"runs/{run_of(event).id}/causes")["events"]

    assert told["caused_by"] is None


def test_who_may_not_see_events_is_told_their_ids_only() -> None:
    [event] = caused("nothing", subject="order:7")

    [plain] = get(a_client("view_run"), f"runs/{run_of(event).id}/causes")["events"]
    full = get(
        a_client("view_run", "view_eventrecord", name="bob"), f"runs/{run_of(event).id}/causes"
    )

    assert plain.keys() == {"id", "caused_by", "made_by", "created_at"}
    assert full["events"][0]["subject"] == "order:7"


def test_runs_that_a_reader_may_not_see_are_not_in_the_family(settings: Any) -> None:
    settings.FLOWENGINE = {
        **settings.FLOWENGINE,
        "CAN_VIEW_RUN": f"{__name__}.nobody_of",
    }
    assert flow_settings().CAN_VIEW_RUN.endswith("nobody_of")
    [first] = caused("nothing", actor="13")
    [second] = caused(first, hops=2, actor="14")

    told = get(a_client("view_run"), f"runs/{run_of(second).id}/causes")

    assert [each["id"] for each in told["runs"]] == [str(run_of(second).id)]
    assert all(each["made_by"] is None for each in told["events"])


@pytest.mark.parametrize("part", ["timeline", "timeline/one", "causes"])
def test_parts_of_a_run_that_is_not_there_are_not_there(part: str) -> None:
    answer = a_client("view_run").get(f"{API}runs/{uuid4()}/{part}")

    assert answer.status_code == 404
