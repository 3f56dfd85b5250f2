"""Burying: what died becomes a dead letter, in the transaction of its failure."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from flowengine.broker.base import Delivery
from flowengine.conf import settings
from flowengine.engine.dead_letter import cause
from flowengine.engine.event import Event
from flowengine.engine.identity import uuid7
from flowengine.engine.run import Failure
from flowengine.errors import MessageUnreadable
from flowengine.signals import dead_lettered
from flowengine.store import dead_letters, sql
from flowengine.store.dead_letters import DeadLetter

UNREADABLE = "unreadable"


def letter(
    kind: str,
    code: str,
    message: str,
    now: datetime,
    *,
    id_: UUID | None = None,
    failure: Failure | None = None,
    step: str | None = None,
    event: Event | None = None,
    run_id: UUID | None = None,
    workflow: str = "",
    digest: str = "",
    body: bytes | None = None,
    headers: Mapping[str, Any] | None = None,
) -> DeadLetter:
    """A dead letter with its cause.

    Args:
        kind: ``failed run`` …
        code: ``FE`` and three digits.
        message: for people.
        now: when it died.
        id_: what makes the same letter the same; None = it is a new one.
        failure: what was raised; None = it is a refusal of the engine.
        step: in which it happened; None = in none.
        event: what it came of; None = that could not be read.
        run_id: None = no run is concerned.
        workflow: empty = none is concerned.
        digest: the version of that workflow.
        body: what the broker delivered; None = it came from the database.
        headers: the same.
    """
    return DeadLetter(
        id=uuid7(int(now.timestamp() * 1000), os.urandom(10)) if id_ is None else id_,
        cause=cause(kind=kind, code=code, message=message, failure=failure, step=step),
        message=message,
        event_id=None if event is None else event.id,
        run_id=run_id,
        workflow=workflow,
        digest=digest,
        event_type="" if event is None else event.type,
        source=None if event is None else event.source,
        body=body,
        headers=headers,
        failure=failure,
    )


def headers_of(delivery: Delivery) -> dict[str, Any]:
    """Its headers as a letter keeps them: with the type of its content."""
    return {"content-type": delivery.content_type, **delivery.headers}


def keep(letters: Sequence[DeadLetter], now: datetime) -> list[UUID]:
    """Write letters in the open transaction, and tell who listens once it is committed; their ids."""
    if not letters:
        return []
    dead_letters.insert(letters, now)
    ids = [each.id for each in letters]
    tell = partial(dead_lettered.send_robust, sender=None, ids=ids)
    transaction.on_commit(tell, using=settings().DATABASE, robust=True)
    return ids


def bury_unreadable(
    unreadable: Sequence[tuple[Delivery, MessageUnreadable]], now: datetime
) -> None:
    """Keep deliveries that are no envelope, in a transaction of their own; the same twice is one."""
    with sql.writing():
        keep(
            [
                letter(
                    UNREADABLE,
                    error.code,
                    error.message,
                    now,
                    id_=dead_letters.id_of_delivery(delivery.body, headers_of(delivery)),
                    body=delivery.body,
                    headers=headers_of(delivery),
                )
                for delivery, error in unreadable
            ],
            now,
        )
