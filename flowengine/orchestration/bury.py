"""Burying what cannot even be read: raw bytes and headers become a dead letter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flowengine.broker.base import Delivery
from flowengine.engine.dead_letter import fingerprint
from flowengine.errors import MessageUnreadable
from flowengine.store import dead_letters, sql

KIND = "unreadable"


def bury_unreadable(
    unreadable: Sequence[tuple[Delivery, MessageUnreadable]], now: datetime
) -> None:
    """Keep deliveries that are no envelope, in a transaction of their own; the same twice is one."""
    with sql.writing():
        dead_letters.insert(
            [
                dead_letters.DeadLetter(
                    id=dead_letters.id_of_delivery(delivery.body, delivery.headers),
                    kind=KIND,
                    code=error.code,
                    message=error.message,
                    fingerprint=fingerprint(KIND, error.code, error.message, None),
                    body=delivery.body,
                    headers=delivery.headers,
                )
                for delivery, error in unreadable
            ],
            now,
        )
