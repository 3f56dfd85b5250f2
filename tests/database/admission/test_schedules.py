"""Schedules: each tick is one event, whoever tells it; what was missed is told once, or skipped."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connections
from pytest_django import Settings

from flowengine.models import DecisionRecord, EventRecord, RunRecord, ScheduleRecord, WorkflowRecord
from flowengine.orchestration import schedule
from flowengine.orchestration.route import route
from flowengine.orchestration.sync import sync_project
from flowengine.store import places
from tests.builders.events import NOON
from tests.builders.files import HELLO, declare, synchronise

pytestmark = pytest.mark.django_db

DAILY = HELLO.replace("on: hello.said", 'on: {schedule: "15 2 * * *", timezone: Europe/Berlin}')
NIGHT = datetime(2026, 3, 3, 1, 15, tzinfo=UTC)
"""02:15 in Berlin, the night after ``NOON``."""
DAY = timedelta(days=1)


def ticks() -> list[datetime]:
    """When the ticks that were told were, in order."""
    told = EventRecord.objects.filter(type="flowengine.schedule").order_by("time")
    return list(told.values_list("time", flat=True))


def next_tick() -> datetime | None:
    return ScheduleRecord.objects.get().due_at


def test_sync_writes_the_next_tick_of_each_schedule(settings: Settings, tmp_path: Path) -> None:
    both = HELLO.replace(
        "on: hello.said",
        'on: [hello.said, {schedule: "15 2 * * *"}, {schedule: "0 9 * * MON", missed: skip}]',
    )
    synchronise(settings, tmp_path, both)

    found = ScheduleRecord.objects.order_by("trigger").values_list(
        "workflow", "trigger", "cron", "timezone", "missed", "due_at"
    )

    assert list(found) == [
        ("hello", 1, "15 2 * * *", "UTC", "once", datetime(2026, 3, 3, 2, 15, tzinfo=UTC)),
        ("hello", 2, "0 9 * * MON", "UTC", "skip", datetime(2026, 3, 9, 9, 0, tzinfo=UTC)),
    ]
    assert places.next_start() == datetime(2026, 3, 3, 2, 15, tzinfo=UTC)


def test_tick_is_an_event_of_its_own_time_for_the_workflow(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, DAILY)

    schedule.run_once(NIGHT - timedelta(seconds=1), limit=10)
    assert ticks() == []
    schedule.run_once(NIGHT + timedelta(seconds=3), limit=10)

    event = EventRecord.objects.get()
    assert (event.type, event.target, event.time, event.state) == (
        "flowengine.schedule",
        "hello",
        NIGHT,
        "pending",
    )
    record = ScheduleRecord.objects.get()
    assert (record.due_at, record.ticked_at) == (NIGHT + DAY, NIGHT)
    route([event.id], now=NIGHT)
    assert RunRecord.objects.get().workflow == "hello"


def test_inputs_come_from_the_trigger_that_ticked(settings: Settings, tmp_path: Path) -> None:
    text = HELLO.replace(
        "on: hello.said",
        """on:
  - {schedule: "0 1 * * *", with: {day: "${{ event.time }}"}}
  - {schedule: "0 2 * * *", with: {day: second}}
inputs: {day: string}
title: ${{ inputs.day }}""",
    )
    synchronise(settings, tmp_path, text)

    schedule.run_once(NOON + DAY, limit=10)
    route(list(EventRecord.objects.values_list("id", flat=True)), now=NOON)

    assert set(RunRecord.objects.values_list("title", flat=True)) == {
        "2026-03-03T01:00:00Z",
        "second",
    }


def test_same_tick_told_twice_is_one_event_and_one_run(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, DAILY)
    schedule.run_once(NIGHT, limit=10)
    ScheduleRecord.objects.update(due_at=NIGHT)

    schedule.run_once(NIGHT + timedelta(seconds=1), limit=10)

    assert ticks() == [NIGHT]


@pytest.mark.parametrize(("missed", "told"), [("once", [NIGHT + 4 * DAY]), ("skip", [])])
def test_ticks_that_nobody_was_there_for_are_told_once_together_or_skipped(
    missed: str, told: list[datetime], settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, DAILY.replace("Berlin}", f"Berlin, missed: {missed}}}"))

    schedule.run_once(NIGHT + 4 * DAY + timedelta(hours=5), limit=10)

    assert ticks() == told
    assert next_tick() == NIGHT + 5 * DAY


@pytest.mark.parametrize(("seconds", "count"), [(60, 1), (61, 0)])
def test_tick_that_is_a_little_late_is_not_missed(
    seconds: int, count: int, settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, DAILY.replace("Berlin}", "Berlin, missed: skip}"))

    schedule.run_once(NIGHT + timedelta(seconds=seconds), limit=10)

    assert len(ticks()) == count


def test_tick_in_time_is_told_though_those_before_it_are_skipped(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, DAILY.replace("Berlin}", "Berlin, missed: skip}"))

    schedule.run_once(NIGHT + 2 * DAY, limit=10)

    assert ticks() == [NIGHT + 2 * DAY]


@pytest.mark.parametrize(
    ("since", "told"),
    [
        ("2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-30T00:30"]),
        ("2026-10-24T12:00", ["2026-10-25T00:30", "2026-10-26T01:30"]),
    ],
)
def test_clocks_that_change_lose_no_tick_and_tell_none_twice(
    since: str, told: list[str], settings: Settings, tmp_path: Path
) -> None:
    start = datetime.fromisoformat(since).replace(tzinfo=UTC)
    declare(settings, tmp_path, DAILY.replace("15 2", "30 2"))
    sync_project(now=start)

    for quarter in range(4 * 48):
        schedule.run_once(start + timedelta(minutes=15 * quarter), limit=10)

    assert ticks()[:2] == [datetime.fromisoformat(tick).replace(tzinfo=UTC) for tick in told]
    assert len(ticks()) == 2


def test_version_that_ticks_as_before_goes_on_where_the_one_before_stood(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, DAILY)
    declare(settings, tmp_path, DAILY.replace("Berlin}", "Berlin, missed: skip}") + "title: new\n")

    sync_project(now=NIGHT + timedelta(seconds=30))

    record = ScheduleRecord.objects.get()
    assert (record.due_at, record.missed) == (NIGHT, "skip")


def test_version_that_ticks_otherwise_begins_anew(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, DAILY)
    declare(settings, tmp_path, DAILY.replace("15 2", "15 3"))

    sync_project(now=NIGHT + timedelta(seconds=30))

    assert next_tick() == NIGHT + timedelta(hours=1)


def test_schedule_that_is_gone_from_its_file_ticks_no_longer(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, DAILY)

    synchronise(settings, tmp_path, HELLO)

    assert not ScheduleRecord.objects.exists()


def test_disabled_workflow_lets_its_ticks_pass(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, DAILY)
    WorkflowRecord.objects.update(is_enabled=False)

    schedule.run_once(NIGHT, limit=10)
    assert (ticks(), next_tick()) == ([], NIGHT + DAY)
    WorkflowRecord.objects.update(is_enabled=True)
    schedule.run_once(NIGHT + DAY, limit=10)

    assert ticks() == [NIGHT + DAY]


def test_tick_of_a_trigger_that_is_another_now_starts_nothing(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, DAILY)
    schedule.run_once(NIGHT, limit=10)
    synchronise(settings, tmp_path, HELLO)

    route([EventRecord.objects.get().id], now=NIGHT)

    assert DecisionRecord.objects.get().outcome == "no_match"


def test_schedule_whose_time_zone_is_not_installed_rests_and_keeps_no_other_waiting(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = DAILY.replace("workflow: hello", "workflow: other")
    synchronise(settings, tmp_path, DAILY, other)
    ScheduleRecord.objects.filter(workflow="hello").update(timezone="Mars/Olympus")

    with caplog.at_level(logging.ERROR):
        schedule.run_once(NIGHT, limit=10)

    assert EventRecord.objects.get().target == "other"
    assert ScheduleRecord.objects.get(workflow="hello").due_at is None
    assert "rests until the next" in caplog.text
    sync_project(now=NIGHT)
    assert ScheduleRecord.objects.get(workflow="hello").due_at == NIGHT + DAY


def test_page_that_is_full_says_that_there_may_be_more(settings: Settings, tmp_path: Path) -> None:
    other = DAILY.replace("workflow: hello", "workflow: other")
    synchronise(settings, tmp_path, DAILY, other)

    assert schedule.run_once(NIGHT, limit=1)
    assert schedule.run_once(NIGHT, limit=1)
    assert not schedule.run_once(NIGHT, limit=1)
    assert len(ticks()) == 2


@pytest.mark.usefixtures("postgres")
@pytest.mark.django_db(transaction=True)
def test_schedulers_at_once_tell_each_tick_once(settings: Settings, tmp_path: Path) -> None:
    texts = [DAILY.replace("workflow: hello", f"workflow: hello{n}") for n in range(20)]
    synchronise(settings, tmp_path, *texts)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for day in range(3):
                schedule.run_once(NIGHT + day * DAY, limit=5)
                schedule.run_once(NIGHT + day * DAY, limit=100)
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert failures == []
    told = EventRecord.objects.filter(type="flowengine.schedule").values_list("target", "time")
    assert len(told) == len(set(told))
    assert {target for target, time in told if time == NIGHT + 2 * DAY} == {
        f"hello{n}" for n in range(20)
    }
