"""What the broker brings to the intake: each delivery becomes an event's id, or a dead letter.

Our own events are only hints: the row is the event, the body is not read. A foreign event's body *is*
the event; it is checked as ``emit()`` checks, and stored before it is routed, in a transaction of its
own. Nothing that arrives can stop the rest of its batch.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from flowengine.broker.base import Delivery
from flowengine.broker.envelope import parse_event
from flowengine.conf import settings
from flowengine.engine.event import Event
from flowengine.errors import EventRefused, FlowengineError, MessageUnreadable
from flowengine.orchestration.bury import UNREADABLE, headers_of, keep, letter
from flowengine.orchestration.emit import check_data, check_hops, check_type
from flowengine.orchestration.halving import in_halves
from flowengine.orchestration.payload import encode
from flowengine.store import dead_letters, events, sql
from flowengine.store.dead_letters import DeadLetter

logger = logging.getLogger("flowengine.routing")

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


def receive(
    deliveries: Sequence[Delivery], now: datetime, *, own_source: str | None = None
) -> Received:
    """Store what *deliveries* bring; one transaction where all of it can be stored, none for hints.

    Args:
        deliveries: what has arrived.
        now: the database's clock.
        own_source: as :func:`flowengine.store.events.own_source` says, if it was asked before.

    Raises:
        django.db.Error: the database is away; deliver again.
    """
    if not deliveries:
        return Received()
    do = partial(_receive, now=now, own_source=own_source or events.own_source())
    return in_halves(deliveries, do, partial(_quarantine, now=now))


def _receive(deliveries: Sequence[Delivery], *, now: datetime, own_source: str) -> Received:
    received = Received()
    letters: list[DeadLetter] = []
    foreign: list[tuple[Event, bytes]] = []
    for delivery in deliveries:
        try:
            event = parsed(delivery, now)
            if event.source == own_source:
                _note_own(event, received)
                continue
        except MessageUnreadable as error:
            letters.append(_letter(delivery, UNREADABLE, error, now))
            continue
        try:
            foreign.append(accepted(event))
        except EventRefused as refusal:
            kind = UNKNOWN_EVENT if refusal.code == "FE302" else BAD_EVENT
            letters.append(_letter(delivery, kind, refusal, now, event))
        else:
            received.event_ids.append(event.id)
    if foreign or letters:
        with sql.writing():
            overdue_at = now + timedelta(seconds=settings().OVERDUE_S)
            events.insert_foreign(foreign, now, overdue_at=overdue_at)
            received.buried = keep(letters, now)
    received.event_ids = list(dict.fromkeys(received.event_ids))
    return received


def parsed(delivery: Delivery, now: datetime) -> Event:
    """The event that a delivery brings.

    Raises:
        MessageUnreadable: it is none.
    """
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


def accepted(event: Event) -> tuple[Event, bytes]:
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
    dead = _letter(delivery, BAD_EVENT, cause, now)
    with sql.writing():
        keep([dead], now)
    return Received(buried=[dead.id])


def _letter(
    delivery: Delivery,
    kind: str,
    error: FlowengineError,
    now: datetime,
    event: Event | None = None,
) -> DeadLetter:
    headers = headers_of(delivery)
    return letter(
        kind,
        error.code,
        error.message,
        now,
        id_=dead_letters.id_of_delivery(delivery.body, headers),
        event=event,
        body=delivery.body,
        headers=headers,
    )
