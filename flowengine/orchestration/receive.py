"""What the broker brings to the intake: each delivery becomes an event's id, or a dead letter.

Our own events are only hints: the row is the event, the body is not read. A foreign event's body *is*
the event; it is checked as ``emit()`` checks, and stored before it is routed, in a transaction of its
own. Nothing that arrives can stop the rest of its batch.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from flowengine.broker.base import Delivery
from flowengine.broker.envelope import parse_event
from flowengine.conf import settings
from flowengine.engine.dead_letter import fingerprint
from flowengine.engine.event import Event
from flowengine.errors import EventRefused, FlowengineError, MessageUnreadable
from flowengine.orchestration.emit import check_data, check_hops, check_type
from flowengine.orchestration.halving import in_halves
from flowengine.orchestration.payload import encode
from flowengine.signals import dead_lettered
from flowengine.store import dead_letters, events, sql
from flowengine.store.dead_letters import DeadLetter

logger = logging.getLogger("flowengine.routing")

UNREADABLE = "unreadable"
UNKNOWN_EVENT = "unknown event"
BAD_EVENT = "bad event"
_BODY_FACTOR = 4
"""A body may be so many times the limit of an event's data: text grows when it is escaped."""


@dataclass(slots=True, kw_only=True)
class Received:
    """What became of a batch of deliveries. All of it is committed: the batch may be acknowledged."""

    event_ids: list[UUID] = field(default_factory=list)
    """To be routed, in the order of arrival, each once; some may have no row."""
    buried: list[UUID] = field(default_factory=list)
    """The dead letters of those that will not do."""
    strays: int = 0
    """Deliveries with our own source that name no event of ours."""

    def add(self, other: Received) -> None:
        """Take over what *other* holds."""
        known = set(self.event_ids)
        self.event_ids += [event_id for event_id in other.event_ids if event_id not in known]
        self.buried += other.buried
        self.strays += other.strays


def receive(deliveries: Sequence[Delivery], now: datetime) -> Received:
    """Store what *deliveries* bring; one transaction where all of it can be stored.

    Raises:
        django.db.Error: the database is away; deliver again.
    """
    if not deliveries:
        return Received()
    return in_halves(deliveries, partial(_receive, now=now), partial(_quarantine, now=now))


def _receive(deliveries: Sequence[Delivery], *, now: datetime) -> Received:
    received = Received()
    letters: list[DeadLetter] = []
    foreign: list[tuple[Event, bytes]] = []
    with sql.writing():
        own_source = events.own_source()
        for delivery in deliveries:
            try:
                event = _parsed(delivery, now)
                if event.source == own_source:
                    _note_own(event, received)
                    continue
            except MessageUnreadable as error:
                letters.append(_letter(delivery, UNREADABLE, error))
                continue
            try:
                foreign.append(_accepted(event))
            except EventRefused as refusal:
                kind = UNKNOWN_EVENT if refusal.code == "FE302" else BAD_EVENT
                letters.append(_letter(delivery, kind, refusal, event))
            else:
                received.event_ids.append(event.id)
        overdue_at = now + timedelta(seconds=settings().OVERDUE_S)
        events.insert_foreign(foreign, now, overdue_at=overdue_at)
        _bury(letters, now)
    received.event_ids = list(dict.fromkeys(received.event_ids))
    received.buried = [letter.id for letter in letters]
    return received


def _parsed(delivery: Delivery, now: datetime) -> Event:
    return parse_event(
        delivery.body,
        delivery.headers,
        delivery.content_type,
        received_at=now,
        body_max_bytes=_BODY_FACTOR * settings().EVENT_DATA_MAX_BYTES,
    )


def _note_own(event: Event, received: Received) -> None:
    try:
        received.event_ids.append(UUID(event.external_id or ""))
    except ValueError:
        received.strays += 1
        logger.warning(
            "own source, but no id of ours", extra={"id": (event.external_id or "")[:100]}
        )


def _accepted(event: Event) -> tuple[Event, bytes]:
    """The foreign event as it is stored, and its encoded data.

    Raises:
        EventRefused: it will not do.
    """
    check_type(event.type)
    check_hops(event.type, event.hops, event.correlation_id or str(event.id))
    plain, data = encode(event.data, size_max_bytes=settings().EVENT_DATA_MAX_BYTES)
    check_data(event.type, str(event.external_id), plain)
    is_trusted = event.source in settings().TRUSTED_SOURCES
    kept = replace(
        event,
        actor=event.actor if is_trusted else None,
        correlation_id=event.correlation_id or str(event.id),
    )
    return kept, data


def _quarantine(delivery: Delivery, error: Exception, *, now: datetime) -> Received:
    """The one delivery that the batch could not be stored with."""
    logger.error("a delivery could not be stored", exc_info=error)
    cause = FlowengineError(f"storing it failed: {type(error).__name__}: {error}", code="FE901")
    letter = _letter(delivery, BAD_EVENT, cause)
    with sql.writing():
        _bury([letter], now)
    return Received(buried=[letter.id])


def _letter(
    delivery: Delivery, kind: str, error: FlowengineError, event: Event | None = None
) -> DeadLetter:
    headers: Mapping[str, Any] = {"content-type": delivery.content_type, **delivery.headers}
    return DeadLetter(
        id=dead_letters.id_of_delivery(delivery.body, headers),
        kind=kind,
        code=error.code,
        message=error.message,
        fingerprint=fingerprint(kind, error.code, error.message, None),
        event_id=None if event is None else event.id,
        body=delivery.body,
        headers=headers,
    )


def _bury(letters: Sequence[DeadLetter], now: datetime) -> None:
    if letters:
        dead_letters.insert(letters, now)
        ids = [letter.id for letter in letters]
        tell = partial(dead_lettered.send_robust, sender=None, ids=ids)
        transaction.on_commit(tell, using=settings().DATABASE, robust=True)
