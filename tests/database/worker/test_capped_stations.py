"""A station that people let do only so much at the same time, however many workers serve it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from flowengine.models import AuditRecord, StepRecord
from flowengine.orchestration import doors
from flowengine.orchestration.audit import By
from flowengine.store import sql, stations
from tests.builders.line import begin, now, state_of
from tests.database.worker.bench import Bench

pytestmark = pytest.mark.django_db(transaction=True)
SOMEBODY = By(who="7", reason="the bank takes two at a time")


@pytest.fixture
def two() -> Iterator[tuple[Bench, Bench]]:
    """Two workers with four places each."""
    benches = (Bench(), Bench())
    yield benches
    for bench in benches:
        bench.close()


def cap(places: int | None, *benches: Bench) -> None:
    """People say how much, and the workers have seen it."""
    doors.cap("default", places, SOMEBODY, now())
    for bench in benches:
        look(bench)


def look(bench: Bench) -> None:
    """The time comes at which the worker looks at the doors, and a cycle follows."""
    bench.at += 2
    bench.turn()


def running() -> int:
    return StepRecord.objects.filter(state="running").count()


def test_two_workers_together_do_no_more_than_is_said(two: tuple[Bench, Bench]) -> None:
    cap(2, *two)
    runs = begin("patient", 6)

    for number, run in enumerate(runs):
        two[number % 2].deliver(run, "one")
    for bench in two:
        bench.turn()
        look(bench)

    assert running() == 2


def test_place_that_becomes_free_is_filled_at_once_and_all_is_done(
    two: tuple[Bench, Bench],
) -> None:
    one, _other = two
    cap(1, one)
    runs = begin("line", 4)
    one.make_all_due()
    look(one)
    most = 0

    def is_done() -> bool:
        nonlocal most
        most = max(most, running())
        return {state_of(run) for run in runs} == {"succeeded"}

    # No look at the doors in between: who ends an attempt looks for the next by himself.
    one.turn_until(is_done)
    assert most == 1


def test_cap_that_is_taken_back_lets_all_places_be_used(two: tuple[Bench, Bench]) -> None:
    one, _other = two
    cap(1, one)
    begin("patient", 4)
    look(one)

    cap(None, one)
    one.make_all_due()
    look(one)

    assert running() == 4


def test_nothing_is_handed_on_past_a_cap(two: tuple[Bench, Bench]) -> None:
    one, _other = two
    cap(1, one)

    assert one.stations.cycle.open == frozenset()
    assert one.stations.lend(4).stations == frozenset()


def test_cap_outlives_the_moves_of_the_door_and_is_audited() -> None:
    cap(3)
    doors.pause("default", SOMEBODY, now())
    doors.resume("default", SOMEBODY, now())
    doors.trip("default", "2:ab", "GatewayDown", seen=stations.every()["default"].since, now=now())
    found = stations.every()["default"]
    cap(None)

    assert found.cap is not None
    assert (found.cap.places, found.cap.by, found.cap.reason) == (3, "7", SOMEBODY.reason)
    assert stations.every()["default"].cap is None
    verbs = list(AuditRecord.objects.order_by("number").values_list("verb", flat=True))
    assert (verbs[0], verbs[-1]) == ("station.limit", "station.unlimit")


def test_room_is_counted_for_all_capped_stations_in_two_statements(
    django_assert_num_queries: Any,
) -> None:
    for name in ("a", "b", "c"):
        doors.cap(name, 5, SOMEBODY, now())

    with sql.writing(), django_assert_num_queries(2):
        assert stations.room({"a", "b", "c", "d"}) == {"a": 5, "b": 5, "c": 5}


def test_worker_that_is_to_rest_takes_nothing_until_it_is_to_go_on(
    two: tuple[Bench, Bench],
) -> None:
    one, _other = two
    begin("patient", 2)
    one.stations.rest(True)
    one.make_all_due()
    look(one)

    assert (running(), one.broker.sinks, one.stations.lend(4).places) == (0, {}, 0)

    one.stations.rest(False)
    look(one)
    assert running() == 2
    assert one.broker.sinks
