"""What one worker knows of the doors of its stations, on real rows with a set clock."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import pytest
from django.test import override_settings

from flowengine.engine.breaker import Door, Limits
from flowengine.engine.messages import Failed, GivenBack, Succeeded
from flowengine.engine.run import Failure
from flowengine.orchestration import doors as doing
from flowengine.orchestration.groups import By
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

    def __init__(self) -> None:
        self.clock = SetClock(now())
        self.doors = Doors(
            ("default", "mail"),
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


def test_station_that_people_have_closed_gives_out_nothing_however_long(scene: Scene) -> None:
    begin("line", 2)
    doing.pause("default", By(who="7"), scene.clock.now())
    scene.clock.move(86_400)

    assert scene.doors.look(4) == []
    assert scene.doors.open == {"mail"}


OFF = {"STATIONS": {"default": {"BREAKER": False}}}


@override_settings(FLOWENGINE=OFF)
def test_station_that_the_breaker_has_closed_opens_where_it_is_switched_off() -> None:
    doing.trip("default", "2:ab", "GatewayDown", now())
    scene = Scene()

    assert scene.doors.look(4) == []
    assert scene.door() is Door.OPEN
    assert scene.doors.open == {"default", "mail"}


@override_settings(FLOWENGINE=OFF)
def test_switched_off_breaker_opens_nothing_that_people_have_closed() -> None:
    doing.pause("default", By(who="7"), now())
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
