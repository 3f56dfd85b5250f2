"""One question finds whatever a beat has to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import models

from flowengine.models import (
    DeadGroupRecord,
    DeadTallyRecord,
    KeyRecord,
    NotificationRecord,
    ReplayRecord,
    RunRecord,
    ScheduleRecord,
    StepRecord,
    WaitRecord,
)
from flowengine.store import due
from tests.builders.events import NOON

pytestmark = pytest.mark.django_db

SOON, LATER = NOON + timedelta(seconds=10), NOON + timedelta(minutes=1)


def write(kind: type[models.Model], **values: Any) -> None:
    """A row with these values; what else must not be empty is something."""
    for field in kind._meta.concrete_fields:
        if field.null or field.name in values or field.has_default():
            continue
        if isinstance(field, models.UUIDField):
            values[field.name] = uuid4()
        elif isinstance(field, models.DateTimeField):
            values[field.name] = LATER
        elif isinstance(field, models.BinaryField):
            values[field.name] = b"{}"
        elif isinstance(field, models.IntegerField):
            values[field.name] = 0
    kind._default_manager.bulk_create([kind(**values)])


TIMED: dict[str, Callable[[], None]] = {
    "a delay of a step": lambda: write(StepRecord, state="retrying", due_at=SOON),
    "the time of a run": lambda: write(RunRecord, state="running", due_at=SOON),
    "the slot of a run": lambda: write(RunRecord, state="queued", due_at=SOON),
    "a wait": lambda: write(WaitRecord, due_at=SOON),
    "a schedule": lambda: write(ScheduleRecord, due_at=SOON),
    "the end of a burst": lambda: write(KeyRecord, gate="debounce", due_at=SOON),
    "a key nobody needs": lambda: write(KeyRecord, gate="idempotency", due_at=SOON),
    "a throttle nobody needs": lambda: write(KeyRecord, gate="throttle", due_at=SOON),
    "a replay": lambda: write(ReplayRecord, due_at=SOON),
    "what was snoozed": lambda: write(NotificationRecord, number=1, snoozed_until=SOON),
}
WAITING: dict[str, Callable[[], None]] = {
    "a notification without a number": lambda: write(NotificationRecord, number=None),
    "a tally": lambda: write(DeadTallyRecord),
    "letters that move": lambda: write(DeadGroupRecord, is_moving=True),
}


def test_nothing_is_known_where_nothing_is_due() -> None:
    write(RunRecord, state="succeeded", due_at=None)
    write(StepRecord, state="ready", due_at=SOON)  # it is the workers'

    assert due.earliest(NOON) is None


@pytest.mark.parametrize("what", TIMED)
def test_first_that_is_due_is_found(what: str) -> None:
    write(StepRecord, run_id=UUID(int=1), state="waiting", due_at=LATER)
    TIMED[what]()

    assert due.earliest(NOON) == SOON


@pytest.mark.parametrize("what", WAITING)
def test_what_waits_for_no_time_is_due_now(what: str) -> None:
    WAITING[what]()

    assert due.earliest(NOON) == NOON
