"""Beats, schedules and new versions at the same moment: each tick is told once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import transaction

from flowengine.definitions.catalog import Catalog
from flowengine.definitions.check import bind
from flowengine.definitions.parse import parse
from flowengine.models import EventRecord, ScheduleRecord
from flowengine.orchestration import schedule
from flowengine.orchestration.sync import sync
from flowengine.tasks import registry
from tests.builders.events import NOON
from tests.builders.files import HELLO
from tests.database.interleavings.actor import Cast
from tests.database.interleavings.scenes import outcomes, routing

DAILY = HELLO.replace("on: hello.said", 'on: {schedule: "15 2 * * *", timezone: UTC}')
NIGHT = datetime(2026, 3, 3, 2, 15, tzinfo=UTC)
DAY = timedelta(days=1)


def synchronising(text: str = DAILY, now: datetime = NOON) -> None:
    """This workflow takes new runs."""
    workflow = bind(parse(text), registry.signatures())
    sync(Catalog({workflow.name: workflow}), now=now, sources={workflow.name: text})


def ticking(now: datetime = NIGHT) -> bool:
    return schedule.run_once(now, limit=10)


def ticks() -> list[datetime]:
    """When those that were told were, in order."""
    return list(EventRecord.objects.order_by("time").values_list("time", flat=True))


def test_tick_that_two_schedulers_find_at_once_is_told_once(act: Cast) -> None:
    synchronising()
    first = act(ticking).up_to("COMMIT")

    act(ticking).ends()
    first.ends()
    act(ticking).ends()

    assert ticks() == [NIGHT]
    assert ScheduleRecord.objects.get().due_at == NIGHT + DAY
    routing(EventRecord.objects.get().id)
    assert outcomes() == {"started": 1}


def test_tick_of_a_scheduler_that_dies_is_told_by_the_next(act: Cast) -> None:
    synchronising()

    def dies() -> None:
        with transaction.atomic():
            ticking()
            transaction.set_rollback(True)

    first = act(dies).past("INSERT INTO flowengine_event")
    act(ticking).ends()
    assert ticks() == []
    first.ends()

    act(ticking).ends()
    assert ticks() == [NIGHT]


def test_version_with_other_hours_that_comes_while_a_tick_is_told_has_the_last_word(
    act: Cast,
) -> None:
    synchronising()
    beat = act(ticking).up_to("COMMIT")
    later = act(lambda: synchronising(DAILY.replace("15 2", "30 4"), NIGHT))
    later.until_it_waits(beat)

    beat.ends()
    later.ends()

    assert ticks() == [NIGHT]
    assert ScheduleRecord.objects.get().due_at == datetime(2026, 3, 3, 4, 30, tzinfo=UTC)


def test_tick_that_a_new_version_forgets_to_have_been_told_is_still_one_event(act: Cast) -> None:
    synchronising()
    newer = DAILY.replace("timezone: UTC", "timezone: UTC, missed: skip")
    beat = act(ticking).up_to("COMMIT")
    later = act(lambda: synchronising(newer, NIGHT)).until_it_waits(beat)

    beat.ends()
    later.ends()
    ticking()

    assert ticks() == [NIGHT]
    assert ScheduleRecord.objects.get().due_at == NIGHT + DAY


def test_schedule_that_is_taken_away_while_it_ticks_has_told_its_last(act: Cast) -> None:
    synchronising()
    beat = act(ticking).up_to("COMMIT")
    later = act(lambda: synchronising(HELLO, NIGHT)).until_it_waits(beat)

    beat.ends()
    later.ends()

    assert ticks() == [NIGHT]
    assert not ScheduleRecord.objects.exists()
