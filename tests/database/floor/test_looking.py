"""The floor: where everything stands, in a number of statements that does not depend on how much there is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowengine import project
from flowengine.models import EventRecord, RunRecord, StationRecord, StepRecord
from flowengine.orchestration.floor import floor_of
from tests.builders.fleet import a_worker, counted
from tests.builders.line import WORKER, begin, claim, now

pytestmark = pytest.mark.django_db

WORK = "line.work@default"


def seen(*workflows: str) -> dict[str, Any]:
    """The floor; of all workflows, where none is named."""
    found = floor_of(project.catalog(), now(), workflows=workflows or None)
    assert found is not None
    return found


def station(name: str = WORK, floor: dict[str, Any] | None = None) -> Any:
    [found] = [each for each in (floor or seen())["stations"] if each["id"] == name]
    return found


def lane(workflow: str = "line") -> Any:
    [found] = [each for each in seen()["lanes"] if each["workflow"] == workflow]
    return found


def lanes_in(floor: dict[str, Any]) -> list[str]:
    return [each["workflow"] for each in floor["lanes"]]


def test_lanes_have_their_steps_in_the_order_of_the_file() -> None:
    assert [stop["step"] for stop in lane()["stops"]] == ["one", "two", "three", "four", "five"]
    assert [stop["station"] for stop in lane()["stops"]] == [
        *(WORK, WORK, "line.count@default", WORK, "line.work_async@default")
    ]


def test_empty_floor_needs_nobody() -> None:
    found = seen()

    assert (found["bottleneck"], found["needs"], found["last_failure_at"]) == (None, [], None)
    assert station()["waiting"] == 0


def test_runs_stand_at_their_stations_one_by_one() -> None:
    a_worker(id=WORKER)
    first, second = begin("line", 2)
    claim([first], "one")

    found = station()

    assert (found["busy"], found["limit"], found["waiting"], found["workers"]) == (1, 4, 1, 1)
    assert [(each["run"], each["state"]) for each in found["tokens"]] == [
        (str(first), "running"),
        (str(second), "queued"),
    ]
    assert found["oldest_at"] is not None
    assert found["beyond"] == 0


def test_of_many_runs_twelve_are_shown_and_the_rest_is_a_number() -> None:
    begin("line", 20)

    found = station()

    assert (found["waiting"], len(found["tokens"]), found["beyond"]) == (20, 12, 8)


def test_step_that_will_be_tried_again_stands_at_its_station() -> None:
    [run] = begin("line")
    StepRecord.objects.filter(run_id=run).update(state="retrying")

    assert (station()["retrying"], station()["waiting"]) == (1, 0)
    assert station()["tokens"][0]["state"] == "retrying"


def test_what_waits_for_no_worker_stands_at_its_step() -> None:
    [run] = begin("line")
    StepRecord.objects.filter(run_id=run).update(state="waiting", station="", task="")

    [one] = [stop for stop in lane()["stops"] if stop["step"] == "one"]

    assert (one["waiting"], [token["run"] for token in one["tokens"]]) == (1, [str(run)])


def test_rates_are_what_all_workers_have_counted_in_the_last_minute() -> None:
    meter = counted("default", "line.work", 60, 20, took_s=1.0, workflow="line")
    a_worker(meter=meter)
    a_worker(meter=meter)

    found = station()

    assert (found["done"], found["failed"], found["per_s"]) == (120, 40, 2.0)
    assert found["failed_share"] == 0.25
    assert found["p95_ms"] == pytest.approx(1000, rel=0.11)
    assert found["last_at"] is not None
    assert (lane()["done_per_min"], lane()["failed_per_min"]) == (120, 40)


def test_what_a_worker_of_another_version_has_written_counts_for_nothing() -> None:
    a_worker(meter='{"stations": "otherwise"}')

    assert station()["done"] == 0


def test_events_are_told_by_type_as_they_came_in_the_last_minute() -> None:
    begin("line", 3)
    begin("line")
    EventRecord.objects.filter(pk__in=EventRecord.objects.values("pk")[:1]).update(
        created_at=now() - timedelta(seconds=90)
    )

    assert lane()["events"] == [{"type": "line.begun", "per_min": 3}]


def test_of_very_many_events_the_pace_of_the_newest_is_told(monkeypatch: Any) -> None:
    begin("line", 10)
    EventRecord.objects.update(created_at=now() - timedelta(seconds=30))
    monkeypatch.setattr("flowengine.orchestration.floor.shape.EVENTS_MAX", 10)

    assert lane()["events"][0]["per_min"] == pytest.approx(20, abs=1)


def test_bottleneck_is_where_what_waits_would_take_longest() -> None:
    begin("line", 3)
    StepRecord.objects.update(ready_at=now() - timedelta(minutes=3))

    found = seen()["bottleneck"]

    assert (found["station"], found["step"], found["waiting"]) == (WORK, "one", 3)
    assert (found["act"], found["text"]) == (
        "start_worker",
        "one: 3 waiting, and no worker serves it",
    )


def test_bottleneck_names_what_helps() -> None:
    begin("line", 3)
    StepRecord.objects.update(ready_at=now() - timedelta(minutes=3))
    a_worker(concurrency=4)
    idle = seen()["bottleneck"]
    StationRecord.objects.create(name="default", door="paused", by="7", reason="lunch", since=now())
    closed = seen()["bottleneck"]

    assert (idle["act"], idle["text"]) == ("see_runs", "one: 3 waiting, 0 of 4 busy")
    assert (closed["act"], closed["text"]) == (
        "resume",
        "one: 3 waiting, the station is closed",
    )


def test_full_station_wants_more_places() -> None:
    runs = begin("line", 5)
    StepRecord.objects.update(ready_at=now() - timedelta(minutes=3))
    a_worker(id=WORKER, concurrency=2)
    claim(runs[:2], "one")

    found = seen()["bottleneck"]

    assert (found["act"], found["busy"], found["limit"]) == ("scale", 2, 2)


def test_what_waits_for_a_moment_holds_nothing_up() -> None:
    begin("line", 3)

    assert seen()["bottleneck"] is None


def test_capped_station_has_no_more_places_and_is_not_forgotten() -> None:
    a_worker(concurrency=16)
    StationRecord.objects.create(name="default", since=now(), places=2, places_since=now())
    found = seen()

    assert station(floor=found)["limit"] == 2
    assert [need["text"] for need in found["needs"]] == ["default does at most 2 at the same time"]


def test_closed_station_needs_somebody_and_says_what_people_said() -> None:
    StationRecord.objects.create(name="default", door="paused", by="7", reason="lunch", since=now())
    paused = seen()
    StationRecord.objects.update(door="parked", by="", reason="card 4111 was refused")
    parked = seen()

    assert station(floor=paused)["reason"] == "lunch"
    assert [(n["kind"], n["subject"]) for n in paused["needs"]] == [("paused", "default")]
    assert station(floor=parked)["reason"] is None
    assert [n["kind"] for n in parked["needs"]] == ["parked"]


def test_held_runs_approvals_and_late_events_need_somebody() -> None:
    runs = begin("line", 3)
    RunRecord.objects.filter(pk__in=runs[:2]).update(state="held", held_at=now())
    StepRecord.objects.filter(run_id=runs[2]).update(state="waiting", kind="approval")
    EventRecord.objects.filter(pk__in=EventRecord.objects.values("pk")[:1]).update(
        state="published", due_at=now() - timedelta(minutes=1)
    )

    assert [(each["kind"], each["n"], each["text"]) for each in seen()["needs"]] == [
        ("held", 2, "2 runs are held"),
        ("approvals", 1, "1 approval waits"),
        ("unrouted", 1, "1 event is not routed"),
    ]


def test_last_failure_is_told() -> None:
    [run] = begin("line")
    at = now()
    RunRecord.objects.filter(pk=run).update(state="failed", finished_at=at)

    assert seen()["last_failure_at"] is not None


def test_floor_of_some_workflows_has_their_lanes_alone() -> None:
    assert lanes_in(seen("sale")) == ["sale"]
    assert lanes_in(seen("sale", "of nobody", "line")) == ["line", "sale"]
    assert floor_of(project.catalog(), now(), workflows=["of nobody"]) is None


def test_station_names_all_who_pass_there_on_the_floor_of_one_of_them_too() -> None:
    [alone] = seen("patient")["stations"]

    assert (alone["id"], alone["workflows"]) == ("line.patient@default", ["patient", "troubled"])
    assert alone["workflows"] == station(alone["id"])["workflows"]


def test_of_many_workflows_runs_are_told_one_by_one_where_few_are_chosen(monkeypatch: Any) -> None:
    monkeypatch.setattr("flowengine.orchestration.floor.shape.LANES_WITH_TOKENS", 2)
    [run] = begin("line")

    assert (station()["tokens"], station()["beyond"]) == ([], 1)
    [token] = station(floor=seen("line", "sale"))["tokens"]
    assert token["run"] == str(run)


def test_where_the_project_decides_who_sees_a_run_none_is_named(settings: Any) -> None:
    settings.FLOWENGINE = {"CAN_VIEW_RUN": "tests.database.api.test_runs.nobody_of"}
    begin("line")

    [token] = station()["tokens"]

    assert (token["run"], token["title"], token["subject"]) == (None, "", None)
    assert (token["workflow"], token["state"]) == ("line", "queued")


def test_statements_do_not_grow_with_what_is_on_the_floor() -> None:
    a_worker(id=WORKER)
    few, many = begin("line"), begin("line", 30)
    claim(few, "one")
    with CaptureQueriesContext(connection) as asked_first:
        seen()
    claim(many[:10], "one")
    with CaptureQueriesContext(connection) as asked:
        seen()

    assert len(asked) == len(asked_first) == 6, [each["sql"] for each in asked]
