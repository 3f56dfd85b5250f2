"""What the broker itself gave up, taken into the one list of dead letters.

Its dead-letter exchange is a net, not a mechanism: the row of an event of ours and that of a step are the
truth, and what is overdue is done without a message. But what a stranger published is only in his
message, and a message that ends consumers is worth to be looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from flowengine.broker.base import Delivery
from flowengine.broker.envelope import parse_event
from flowengine.broker.topology import INTAKE_QUEUE
from flowengine.conf import settings
from flowengine.engine.event import Event
from flowengine.engine.printable import printable
from flowengine.errors import MessageUnreadable
from flowengine.orchestration.bury import headers_of, keep, letter
from flowengine.store import dead_letters, events, sql
from flowengine.store.dead_letters import DeadLetter

UNDELIVERED = "undelivered"
CODE = "FE312"
_BODY_FACTOR = 4
"""As at the intake."""
_TEXT_MAX = 200
_WORDS = {
    "rejected": "a consumer refused it",
    "delivery_limit": "it was delivered too often without an answer",
    "expired": "its time was over",
    "maxlen": "the queue was full",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """The last of the deaths that the broker has noted in a message."""

    queue: str
    """Where it died; empty = the broker does not say."""
    reason: str
    """The broker's word: ``rejected``, ``delivery_limit`` …; empty = it does not say."""
    count: int
    """How often it died there for that reason."""


def drain(deliveries: Sequence[Delivery], now: datetime) -> list[UUID]:
    """Keep what came from the dead queue, in one transaction; the ids of the letters.

    The same bytes again are the same letter, also where they had been buried before the broker gave up.

    Raises:
        django.db.Error: the database is away; deliver again.
    """
    with sql.writing():
        own_source = events.own_source()
        return keep([_letter(each, own_source, now) for each in deliveries], now)


def death_of(headers: Mapping[str, Any]) -> Death:
    """What the ``x-death`` of a message says; its first entry is the last death."""
    deaths = headers.get("x-death")
    last = deaths[0] if isinstance(deaths, list) and deaths else {}
    if not isinstance(last, Mapping):
        last = {}
    count = last.get("count")
    return Death(
        queue=_text(last.get("queue") or headers.get("x-first-death-queue")),
        reason=_text(last.get("reason") or headers.get("x-first-death-reason")),
        count=count if isinstance(count, int) else 1,
    )


def _letter(delivery: Delivery, own_source: str, now: datetime) -> DeadLetter:
    headers = headers_of(delivery)
    death = death_of(headers)
    why = _WORDS.get(death.reason, death.reason) or "it does not say why"
    return letter(
        UNDELIVERED,
        CODE,
        f"the broker gave up a message of {death.queue or 'an unknown queue'}: {why}",
        now,
        id_=dead_letters.id_of_delivery(delivery.body, headers),
        event=_event(delivery, own_source, now) if death.queue in {INTAKE_QUEUE, ""} else None,
        body=delivery.body,
        headers=headers,
    )


def _event(delivery: Delivery, own_source: str, now: datetime) -> Event | None:
    """The event that it brings; None = it brings none that can be read."""
    try:
        event = parse_event(
            delivery.body,
            delivery.headers,
            delivery.content_type,
            received_at=now,
            body_max_bytes=_BODY_FACTOR * settings().EVENT_DATA_MAX_BYTES,
        )
        if event.source != own_source:
            return event
        return replace(event, id=UUID(event.external_id or ""), source=None)
    except (MessageUnreadable, ValueError):
        return None


def _text(value: Any) -> str:
    return printable(value[:_TEXT_MAX]) if isinstance(value, str) else ""
