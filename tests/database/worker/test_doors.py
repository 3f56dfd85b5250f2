"""What one worker knows of the doors of its stations, on real rows with a set clock."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from flowengine.engine.breaker import Door, Limits, Station
from flowengine.engine.messages import Failed, GivenBack, Succeeded
from flowengine.engine.run import Failure
from flowengine.models import StationCountRecord, StationRecord
from flowengine.orchestration import doors as doing
from flowengine.orchestration.audit import By
from flowengine.store import stations
from flowengine.worker.doors import Doors, End
from tests.builders.line import begin, now
from tests.fakes.clock import SetClock
from tests.unit.worker.orders import an_order

pytestmark = pytest.mark.django_db(transaction=True)

DOWN = Failure(code="GatewayDown", message="no answer", fe="FE421", permanent=False)
OTHER = Failure(code="KeyError", message="vat_id", fe="FE421", permanent=False)
MANY = Limits().failures


class Scene:
    """One worker's doors, and the time."""

    def __init__(self, clock: SetClock | None = None) -> None:
        self.clock = clock or SetClock(now())
        self.doors = Doors(
            ("default", "mail"),
            worker=uuid4(),
            tasks=("line.work", "line.nothing"),
            clock=self.clock,
            monotonic=lambda: self.clock.now().timestamp(),
        )

    def end(self, run: UUID, failure: Failure | None = DOWN) -> End:
        """The first step of this run ends; what is told of it."""
        order = an_order(run_id=run, step="one", task="line.work")
        if failure is None:
            return self.doors.ended(order, Succeeded(step="one", attempt=1, output=None))
        return self.doors.ended(order, Failed(step="one", attempt=1, failure=failure))

    def park(self, runs: list[UUID]) -> None:
        """So many failures that the station is closed."""
        for n in range(MANY):
            self.end(runs[n % len(runs)])
        self.doors.look(4)

    def door(self) -> Door:
        """The door of the station in the database."""
        return stations.every()["default"].door

    def due(self) -> datetime:
        """When something is due of it; the clock is set to it."""
        at = stations.every()["default"].due_at
        assert at is not None
        self.clock.move((at - self.clock.now()).total_seconds())
        return at


@pytest.fixture
def scene() -> Scene:
    """A worker at two stations."""
    return Scene()


def test_all_doors_are_open_at_first(scene: Scene) -> None:
    assert scene.doors.look(4) == []
    assert scene.doors.open == {"default", "mail"}


def test_failures_of_one_cause_close_the_station_and_only_that_one(scene: Scene) -> None:
    [run] = begin("line")

    told = [scene.end(run) for _ in range(MANY)]
    scene.doors.look(4)

    assert [type(each) for each in told] == [Failed] * (MANY - 1) + [GivenBack]
    assert scene.door() is Door.PARKED
    assert scene.doors.open == {"mail"}


def test_item_that_fails_for_what_the_station_is_closed_for_is_given_back(scene: Scene) -> None:
    [run] = begin("line")
    scene.park([run])

    assert scene.end(run) == GivenBack(step="one", attempt=1, failure=DOWN)
    assert isinstance(scene.end(run, OTHER), Failed)
    assert isinstance(scene.end(run, None), Succeeded)


def test_another_worker_learns_of_the_closed_door(scene: Scene) -> None:
    scene.park(begin("line"))
    other = Scene()

    other.doors.look(4)

    assert other.doors.open == {"mail"}


def failing(scene: Scene, times: int, failure: Failure = DOWN) -> set[type[End]]:
    """That many items fail at this worker; what their runs were told."""
    [run] = begin("line")
    return {type(scene.end(run, failure)) for _ in range(times)}


def test_station_is_closed_by_what_all_workers_together_see(scene: Scene) -> None:
    workers = [scene, *(Scene(scene.clock) for _ in range(3))]

    told = [failing(each, MANY // 4) for each in workers]
    for each in workers:
        each.doors.look(4)

    assert told == [{Failed}] * 4
    assert scene.door() is Door.PARKED
    for each in workers:
        each.doors.look(4)
        assert each.doors.open == {"mail"}
        assert failing(each, 1) == {GivenBack}


def test_failure_that_is_one_too_many_with_those_of_others_is_given_back_at_once(
    scene: Scene,
) -> None:
    other = Scene(scene.clock)
    failing(other, MANY - 1)
    other.doors.look(4)
    scene.doors.look(4)

    assert failing(scene, 1) == {GivenBack}
    scene.doors.look(4)
    assert scene.door() is Door.PARKED


def test_failures_of_several_causes_at_several_workers_close_nothing(scene: Scene) -> None:
    other = Scene(scene.clock)
    failing(scene, MANY - 1)
    failing(other, MANY - 1, OTHER)
    for each in (scene, other, scene):
        each.doors.look(4)

    assert "default" not in stations.every()


def test_successes_of_other_workers_count_as_well(scene: Scene) -> None:
    other = Scene(scene.clock)
    failing(scene, MANY // 2)
    scene.doors.look(4)
    for _ in range(2 * MANY):
        other.end(UUID(int=1), None)
    for each in (other, scene):
        each.doors.look(4)

    failing(scene, MANY // 2)
    scene.doors.look(4)

    assert "default" not in stations.every()


def test_failures_of_other_workers_long_ago_do_not_count(scene: Scene) -> None:
    other = Scene(scene.clock)
    failing(other, MANY - 1)
    other.doors.look(4)
    scene.clock.move(61)
    scene.doors.look(4)

    assert failing(scene, 1) == {Failed}


@pytest.mark.parametrize("opens", ["people", "breaker"])
def test_what_was_counted_before_a_door_has_moved_does_not_close_it_again(
    scene: Scene, opens: str
) -> None:
    other = Scene(scene.clock)
    failing(other, MANY - 1)
    other.doors.look(4)
    scene.doors.look(4)
    failing(scene, 1)
    scene.doors.look(4)
    scene.clock.move(1)
    if opens == "people":
        doing.resume("default", By(who="7", reason="it answers"), scene.clock.now())
    else:
        StationRecord.objects.update(door="draining", since=scene.clock.now())

    for each in (scene, other, scene):
        each.doors.look(4)
    told = failing(scene, 1) | failing(other, 1)

    assert told == {Failed}
    for each in (scene, other):
        each.doors.look(4)
    assert scene.door() is not Door.PARKED


def test_nothing_is_written_where_nothing_fails(scene: Scene) -> None:
    for _ in range(MANY):
        scene.end(UUID(int=1), None)

    scene.doors.look(4)

    assert not StationCountRecord.objects.exists()


def test_each_worker_writes_its_own_row_at_most_once_in_a_look(scene: Scene) -> None:
    other = Scene(scene.clock)
    failing(scene, 3)
    failing(other, 5)

    def written(by: Scene) -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            by.doors.look(4)
        return [q["sql"] for q in captured if "INSERT INTO flowengine_station_count" in q["sql"]]

    assert [len(written(each)) for each in (scene, other, scene, other)] == [1, 1, 0, 0]
    assert sorted(StationCountRecord.objects.values_list("ended", flat=True)) == [3, 5]


def test_counts_of_workers_that_are_gone_are_deleted(scene: Scene) -> None:
    other = Scene(scene.clock)
    failing(other, 1)
    other.doors.look(4)
    scene.clock.move(121)

    failing(scene, 1)
    scene.doors.look(4)

    assert StationCountRecord.objects.count() == 1


def test_one_item_is_tried_when_a_probe_is_due_and_no_second(scene: Scene) -> None:
    runs = begin("line", 3)
    scene.park(runs)
    early = scene.doors.look(4)
    scene.due()

    tried = scene.doors.look(4)

    assert early == []
    assert len(tried) == 1
    assert scene.doors.look(4) == []
    assert scene.door() is Door.PROBING


def test_worker_without_a_free_place_makes_no_probe(scene: Scene) -> None:
    scene.park(begin("line"))
    scene.due()

    assert scene.doors.look(0) == []
    assert scene.door() is Door.PARKED


@pytest.mark.parametrize(("failure", "told"), [(DOWN, GivenBack), (OTHER, Failed)])
def test_probe_that_fails_closes_the_door_for_longer_and_bears_only_what_ails_itself(
    scene: Scene, failure: Failure, told: type[End]
) -> None:
    scene.park(begin("line"))
    at = scene.due()
    [(run, _step, _item)] = scene.doors.look(4)

    answer = scene.end(run, failure)
    scene.doors.look(4)

    assert isinstance(answer, told)
    assert scene.door() is Door.PARKED
    assert scene.due() - at == 2 * Limits().rest


def test_probe_that_succeeds_drains_the_rest_at_a_pace_and_then_opens(scene: Scene) -> None:
    begin("line", 15)
    scene.park(begin("line"))
    scene.due()
    [(run, _step, _item)] = scene.doors.look(16)

    scene.end(run, None)
    drained = scene.doors.look(16)
    scene.due()
    scene.doors.look(16)

    assert len(drained) == 10
    assert scene.door() is Door.OPEN
    assert scene.doors.open == {"default", "mail"}


def test_station_with_nothing_to_probe_opens(scene: Scene) -> None:
    scene.park([UUID(int=1)])
    scene.due()

    assert scene.doors.look(4) == []
    assert scene.door() is Door.OPEN


def test_door_that_people_open_while_it_is_about_to_be_closed_again_stays_open(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    [run] = begin("line", 1)
    for _ in range(MANY):
        scene.end(run)
    close = doing.trip

    def close_later(*given: Any, **named: Any) -> Station:
        doing.pause("default", By(who="7", reason="tonight"), scene.clock.now())
        doing.resume("default", By(who="7", reason="it answers"), scene.clock.now())
        return close(*given, **named)

    monkeypatch.setattr(doing, "trip", close_later)
    scene.doors.look(4)
    monkeypatch.undo()
    scene.doors.look(4)

    assert scene.door() is Door.OPEN


def test_station_that_people_have_closed_gives_out_nothing_however_long(scene: Scene) -> None:
    begin("line", 2)
    doing.pause("default", By(who="7", reason="tonight"), scene.clock.now())
    scene.clock.move(86_400)

    assert scene.doors.look(4) == []
    assert scene.doors.open == {"mail"}


OFF = {"STATIONS": {"default": {"BREAKER": False}}}


@override_settings(FLOWENGINE=OFF)
def test_station_that_the_breaker_has_closed_opens_where_it_is_switched_off() -> None:
    doing.trip("default", "2:ab", "GatewayDown", seen=None, now=now())
    scene = Scene()

    assert scene.doors.look(4) == []
    assert scene.door() is Door.OPEN
    assert scene.doors.open == {"default", "mail"}


@override_settings(FLOWENGINE=OFF)
def test_switched_off_breaker_opens_nothing_that_people_have_closed() -> None:
    doing.pause("default", By(who="7", reason="tonight"), now())
    scene = Scene()

    scene.doors.look(4)

    assert scene.door() is Door.PAUSED


@override_settings(FLOWENGINE=OFF)
def test_breaker_that_is_switched_off_counts_nothing() -> None:
    scene = Scene()
    [run] = begin("line")

    told = [scene.end(run) for _ in range(2 * MANY)]
    scene.doors.look(4)

    assert all(isinstance(each, Failed) for each in told)
    assert stations.every() == {}
    assert not StationCountRecord.objects.exists()
