"""Dead letters, as the line buries them."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from flowengine.engine.event import Event
from flowengine.engine.identity import uuid7
from flowengine.engine.run import Failure, Frame
from flowengine.models import DeadGroupRecord, DeadLetterRecord, DeadTallyRecord
from flowengine.orchestration import groups
from flowengine.orchestration.audit import By
from flowengine.orchestration.bury import letter
from flowengine.store import dead_groups, dead_letters, sql
from flowengine.store.dead_letters import DeadLetter

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = timedelta(minutes=1)
SOMEBODY = By(who="7", reason="INC-812", door="cli", address="ops-1")
DECLINED = Failure(
    code="CardDeclined",
    message="card 4242 declined",
    step="charge",
    attempts=3,
    frames=(
        Frame(file="shop/cards.py", line=88, name="charge", is_own=True),
        Frame(file="httpx/_client.py", line=914, name="Client.send"),
    ),
)


def new_id(at: datetime = NOON) -> UUID:
    return uuid7(int(at.timestamp() * 1000), os.urandom(10))


def a_letter(
    message: str = "card 4242 declined",
    *,
    at: datetime = NOON,
    code: str = "CardDeclined",
    source: str | None = None,
    **given: Any,
) -> DeadLetter:
    event = Event(id=new_id(at), type="order.placed", data={}, time=at, source=source)
    failure = replace(DECLINED, code=code, message=message)
    values = {"event": event, "run_id": new_id(at), "workflow": "order", "digest": "9f31"}
    return letter(
        "failed run", "FE421", message, at, failure=failure, step="charge", **{**values, **given}
    )


def bury(*letters: DeadLetter, at: datetime = NOON) -> list[UUID]:
    """Their ids. They are counted at once, as the beat does soon."""
    with sql.writing():
        dead_letters.insert(letters, at)
    fold(at)
    return [each.id for each in letters]


def fold(at: datetime = NOON) -> None:
    while any(dead_groups.waiting()):
        groups.run_due(at)
    assert not DeadTallyRecord.objects.exists()


def the_group() -> DeadGroupRecord:
    return DeadGroupRecord.objects.get(merged_into=None, split_by=None)


def group_of(letter_id: UUID) -> DeadGroupRecord:
    return DeadGroupRecord.objects.get(pk=DeadLetterRecord.objects.get(pk=letter_id).group_id)
