"""Test events: sent by a person to see what becomes of them, and recognisable for ever.

A test event is an event like any other: workflows start on it, tasks do what they do. What marks it is its
key, which begins with :data:`PREFIX`: a task finds it in ``ctx.event.key``, a list with ``key:test:*``. Its
actor is who has sent it, and the audit has its reason.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flowengine.conf import settings
from flowengine.models import AuditRecord
from flowengine.orchestration import audit
from flowengine.orchestration.audit import By, Entry, wants_reason
from flowengine.orchestration.emit import Emitted, emit
from flowengine.store import sql
from flowengine.store.clock import DatabaseClock

PREFIX = "test:"
"""How the key of a test event begins."""
_VERB, _KIND = "event.test", "event"


def is_test(key: str | None) -> bool:
    """It is the key of a test event."""
    return key is not None and key.startswith(PREFIX)


def send(type: str, data: Any, *, name: str, subject: str | None = None, by: By) -> Emitted:  # noqa: A002
    """Write a test event, and in the same transaction who has sent it and why.

    Args:
        type: as of :func:`~flowengine.orchestration.emit.emit`.
        data: the same; checked against the registered type.
        name: of this sending: the same person, type and name again are the same event, and nothing is
            written.
        subject: what it is about.
        by: who, why and from where; a user of the project is its actor.

    Raises:
        ReasonMissing: FE513.
        EventRefused: the event will not do; nothing was written.
    """
    wants_reason(by)
    key = f"{PREFIX}{by.who}:{name}"
    with sql.writing():
        actor = by.who if by.is_user else None
        emitted = emit(type, data, subject=subject, actor=actor, key=key)
        # Asked only now: the same sent at the same moment has waited at the event for the first.
        if not _is_kept(emitted.event_id):
            entry = Entry(
                by=by,
                verb=_VERB,
                kind=_KIND,
                object_id=str(emitted.event_id),
                details={"type": type, "subject": subject},
            )
            audit.record([entry], DatabaseClock().now())
    return emitted


def _is_kept(event_id: UUID) -> bool:
    """The audit has it."""
    rows = AuditRecord.objects.using(settings().DATABASE)
    return rows.filter(kind=_KIND, object_id=str(event_id), verb=_VERB).exists()
