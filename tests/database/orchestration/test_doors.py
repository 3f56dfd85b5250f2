"""The doors of stations: closed and opened by people and by the breaker, once each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import override_settings

from flowengine import signals
from flowengine.engine.breaker import Door, Limits
from flowengine.models import AuditRecord, NotificationRecord
from flowengine.orchestration import doors
from flowengine.orchestration.audit import By
from flowengine.store import stations

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
REST = Limits().rest


def park(now: datetime = NOW) -> None:
    """The breaker closes the station."""
    doors.trip("cards", "2:ab", "GatewayDown", seen=None, now=now)


def pause(by: str = "7") -> None:
    """People close it."""
    doors.pause("cards", By(who=by, reason="the bank has called", address="::1"), NOW)


def test_station_that_nobody_has_spoken_of_has_no_row() -> None:
    assert stations.every() == {}


def test_people_close_and_open_it_and_both_are_audited() -> None:
    pause()
    closed = stations.every()["cards"]
    doors.resume("cards", By(who="8", reason="it answers", door="cli", address="box"), NOW)

    assert (closed.door, closed.by, closed.reason) == (Door.PAUSED, "7", "the bank has called")
    assert stations.every()["cards"].door is Door.OPEN
    acts = AuditRecord.objects.order_by("number").values_list("who", "verb", "reason", "object_id")
    assert list(acts) == [
        ("7", "station.pause", "the bank has called", "cards"),
        ("8", "station.resume", "it answers", "cards"),
    ]


def test_two_workers_that_see_the_same_failures_close_it_once() -> None:
    park()
    park(NOW + timedelta(seconds=1))

    assert stations.every()["cards"].due_at == NOW + REST
    assert AuditRecord.objects.count() == 1


def test_door_that_people_have_opened_since_it_was_looked_at_is_not_closed() -> None:
    park()
    closed = stations.every()["cards"]
    doors.resume("cards", By(who="8", reason="it answers"), NOW + REST)

    for seen in (None, closed.since):
        doors.trip("cards", "2:ab", "GatewayDown", seen=seen, now=NOW + REST)
    opened = stations.every()["cards"]
    assert opened.door is Door.OPEN

    doors.trip("cards", "2:ab", "GatewayDown", seen=opened.since, now=NOW + REST)
    assert stations.every()["cards"].door is Door.PARKED


def test_one_worker_alone_may_probe() -> None:
    park()

    assert not doors.probe("cards", NOW)
    assert doors.probe("cards", NOW + REST)
    assert not doors.probe("cards", NOW + REST)


def test_probe_that_succeeds_lets_the_rest_follow_at_a_pace() -> None:
    park()
    doors.probe("cards", NOW + REST)
    doors.probed("cards", succeeded=True, now=NOW + REST)
    doors.drained("cards", NOW + REST)
    draining = stations.every()["cards"].door
    doors.drained("cards", NOW + timedelta(hours=1))

    assert draining is Door.DRAINING
    assert stations.every()["cards"].door is Door.OPEN


def test_probe_that_finds_nothing_opens_the_door() -> None:
    park()
    doors.probe("cards", NOW + REST)
    doors.nothing_to_probe("cards", NOW + REST)

    assert stations.every()["cards"].door is Door.OPEN


def test_word_of_people_is_above_the_breakers() -> None:
    pause()
    park()

    assert not doors.probe("cards", NOW + timedelta(days=1))
    assert stations.every()["cards"].door is Door.PAUSED


def test_change_is_told_once_it_is_committed() -> None:
    told: list[tuple[str, str]] = []

    def hear(station: str, door: str, **_more: object) -> None:
        told.append((station, door))

    signals.station_changed.connect(hear)
    try:
        park()
        park()
    finally:
        signals.station_changed.disconnect(hear)

    assert told == [("cards", "parked")]


@override_settings(
    FLOWENGINE={"STATIONS": {"cards": {"BREAKER": False}, "mail": {"BREAKER_FAILURES": 3}}}
)
def test_breaker_is_switched_off_or_tuned_for_a_station() -> None:
    assert doors.limits("cards") is None
    assert doors.limits("mail") == Limits(failures=3)
    assert doors.limits("other") == Limits()


def test_who_may_open_a_station_is_told_when_the_breaker_has_closed_it() -> None:
    for name, codes in (("ann", ["pause_station"]), ("eve", ["pause_station", "view_payload"])):
        may = User.objects.create_user(name)
        may.user_permissions.set(Permission.objects.filter(codename__in=codes))
    User.objects.create_superuser("root")
    User.objects.create_user("bob")

    park()
    doors.probe("cards", NOW + REST)
    doors.probed("cards", succeeded=False, now=NOW + REST)

    told = NotificationRecord.objects.values_list("user_key", "title", "text", "tone")
    keys = {user.username: str(user.pk) for user in User.objects.all()}
    # What an error says is payload.
    texts = {"ann": "", "eve": "GatewayDown", "root": "GatewayDown"}
    assert sorted(told) == sorted(
        (keys[name], "Station cards is closed", text, "failure") for name, text in texts.items()
    )
    assert not NotificationRecord.objects.filter(number=None).exists()


def test_who_closes_a_station_by_hand_tells_nobody() -> None:
    User.objects.create_superuser("root")

    pause()

    assert not NotificationRecord.objects.exists()
