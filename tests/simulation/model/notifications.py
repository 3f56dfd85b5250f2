"""As :mod:`flowengine.store.notifications`, of users who have no inboxes.

What is told decides nothing of a run, and no row of a run waits for it: it is not played.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from flowengine.store.notifications import Note
from tests.simulation.model.database import Database


def insert(
    _db: Database,
    _notes: Sequence[Note],
    _now: datetime,
    *,
    mail_after: timedelta | None,
    push_after: timedelta | None,
) -> None:
    assert mail_after is None, push_after


def withdraw(
    _db: Database, _asked: Collection[tuple[UUID, str, str, str]], _now: datetime
) -> list[str]:
    return []


def watchers(_db: Database, _runs: Collection[UUID]) -> dict[UUID, tuple[list[str], list[str]]]:
    return {}


def due(_db: Database, _now: datetime, *, limit: int) -> tuple[list[str], bool]:
    assert limit > 0
    return [], False


def number(_db: Database, _users: Iterable[str]) -> list[tuple[str, int]]:
    return []


def forget(_db: Database, _before: datetime, *, limit: int) -> int:
    assert limit > 0
    return 0
