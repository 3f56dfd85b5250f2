"""``emit()``: an event becomes one row in the caller's transaction, and nothing else happens.

The row exists if and only if the caller's transaction commits, savepoints included; the broker is
never touched. The event's id and the ids of the runs it may start are final at once: both are derived,
so that a response can name what does not exist yet.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypedDict, Unpack
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import connections, transaction

from flowengine import event_types
from flowengine.broker.envelope import ATTRIBUTE_MAX_CHARACTERS
from flowengine.conf import settings
from flowengine.definitions.patterns import is_type
from flowengine.engine.event import Event
from flowengine.engine.identity import keyed_event_id, run_id, uuid7
from flowengine.errors import EventRefused, LoopSuspected, WrongDatabase
from flowengine.orchestration.payload import encode
from flowengine.signals import event_emitted
from flowengine.store import wake
from flowengine.store.clock import system_now
from flowengine.store.drafts import Draft, put
from flowengine.tasks import current

HOPS_MAX = 16
RESERVED_PREFIX = "flowengine."
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""What a CloudEvents text must not contain."""
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Emitted:
    """What will be known of the event once the caller's transaction has committed."""

    event_id: UUID
    run_ids: Mapping[str, UUID]
    """Workflow -> the id of the run it will have, for each workflow of the project whose pattern
    matches. A filter, or its input, may still keep the run from starting."""


@dataclass(frozen=True, slots=True)
class NewEvent:
    """One event for :func:`emit_many`; the fields are the arguments of :func:`emit`."""

    type: str
    data: Any
    subject: str | None = field(default=None, kw_only=True)
    key: str | None = field(default=None, kw_only=True)
    actor: Any = field(default=None, kw_only=True)
    correlation_id: str | None = field(default=None, kw_only=True)
    causation_id: str | None = field(default=None, kw_only=True)
    traceparent: str | None = field(default=None, kw_only=True)
    time: datetime | None = field(default=None, kw_only=True)


class Options(TypedDict, total=False):
    """The keyword arguments of :func:`emit`, all optional."""

    subject: str | None
    key: str | None
    actor: Any
    correlation_id: str | None
    causation_id: str | None
    traceparent: str | None
    time: datetime | None
    using: str | None


def emit(
    type: str,  # noqa: A002 - CloudEvents' own word
    data: Any,
    *,
    subject: str | None = None,
    key: str | None = None,
    actor: Any = None,
    correlation_id: str | None = None,
    causation_id: str | None = None,
    traceparent: str | None = None,
    time: datetime | None = None,
    using: str | None = None,
) -> Emitted:
    """Write one event in the caller's transaction; one statement. May be called in none.

    Args:
        type: a dotted name, ``order.paid``; ``flowengine.`` is reserved.
        data: JSON by Django's rules, at most ``EVENT_DATA_MAX_BYTES``; usually a mapping.
        subject: what it is about, for people and for filters.
        key: names the event: a second emit of the same type and key, ever, writes nothing and
            returns the first one's ids. None = each call is an event of its own.
        actor: the user who caused it, or the user's key: who may watch its runs by default.
        correlation_id: shared by all that follows from one first event. None = that of the event
            whose run is calling; outside a task, this event is the first.
        causation_id: the id of what directly caused it. None = as above.
        traceparent: W3C trace context. None = as above.
        time: when it happened, aware. None = now, by the database's clock.
        using: the database alias to write to. None = the setting ``DATABASE``.

    Raises:
        EventRefused: the event will not do; nothing was written.
        LoopSuspected: it would be the 17th of a chain.
        WrongDatabase: only another database has an open transaction here.
    """
    new = NewEvent(
        type,
        data,
        subject=subject,
        key=key,
        actor=actor,
        correlation_id=correlation_id,
        causation_id=causation_id,
        traceparent=traceparent,
        time=time,
    )
    return emit_many([new], using=using)[0]


def emit_many(new: Iterable[NewEvent], *, using: str | None = None) -> list[Emitted]:
    """Write many events at once, all or none; what each became, in the same order.

    One statement on PostgreSQL, one per 500 events on SQLite. Raises as :func:`emit`; the message
    names the first event that will not do by its place in the list, from 0.
    """
    wanted = list(new)
    if not wanted:
        return []
    alias = _alias(using)
    attempt = current()
    cause = None if attempt is None else attempt.event
    drafts: list[Draft] = []
    for place, item in enumerate(wanted):
        try:
            drafts.append(_draft(item, cause))
        except EventRefused as refusal:
            if len(wanted) == 1:
                raise
            kind = refusal.__class__
            raise kind(f"event {place}: {refusal.message}", code=refusal.code) from refusal
    put(drafts, alias)
    wake.wake_after_commit(alias)
    _announce_after_commit(drafts, alias)
    return [_emitted(draft) for draft in drafts]


def emit_for(workflow: str, new: NewEvent, *, using: str | None = None) -> Emitted:
    """Write an event of the engine's own that concerns one workflow alone; its type may be reserved.

    Raises as :func:`emit`.
    """
    alias = _alias(using)
    attempt = current()
    made = _draft(new, None if attempt is None else attempt.event, is_ours=True)
    draft = replace(made, target=workflow)
    put([draft], alias)
    wake.wake_after_commit(alias)
    _announce_after_commit([draft], alias)
    return Emitted(event_id=draft.id, run_ids={workflow: run_id(draft.id, workflow, 0)})


async def aemit(type: str, data: Any, **options: Unpack[Options]) -> Emitted:  # noqa: A002
    """The same as :func:`emit` for coroutines; on the thread that holds the request's connection."""
    return await sync_to_async(_emit_on_thread, thread_sensitive=True)(type, data, options)


def _emit_on_thread(type: str, data: Any, options: Options) -> Emitted:  # noqa: A002
    # Nothing else tidies up a long-lived thread: one lost connection must not fail every later emit.
    connection = connections[options.get("using") or settings().DATABASE]
    if connection.errors_occurred:
        connection.close_if_unusable_or_obsolete()
    return emit(type, data, **options)


def check_type(type: object) -> None:  # noqa: A002 - CloudEvents' own word
    """Refuse what cannot be an event's type here.

    Raises:
        EventRefused: FE309, malformed or reserved; FE302, unknown where ``UNKNOWN_EVENTS`` is
            ``dead``.
    """
    if not isinstance(type, str) or not is_type(type):
        raise EventRefused(
            f"{type!r} is not an event type: dotted names of letters, digits, '_' and '-', at most"
            " 200 characters, such as 'order.paid'",
            code="FE309",
        )
    if type.startswith(RESERVED_PREFIX):
        raise EventRefused(
            f"the type '{type}' is reserved: only the engine publishes '{RESERVED_PREFIX}…'",
            code="FE309",
        )
    if settings().UNKNOWN_EVENTS == "dead" and event_types.get(type) is None:
        near = event_types.nearest(type)
        way = f"; did you mean '{near}'?" if near else "; register it with register_event()"
        raise EventRefused(f"no event type '{type}' is registered{way}", code="FE302")


def check_data(type: str, event: str, plain: Any) -> None:  # noqa: A002 - CloudEvents' own word
    """Refuse data that does not fit its registered type; *event* names the one event, or is empty.

    Raises:
        EventRefused: FE303, with each problem and its JSON path.
    """
    problems = event_types.problems(type, plain)
    if problems:
        shown = "; ".join(f"{path} {problem}" for path, problem in problems)
        name = f"{type} {event}" if event else type
        raise EventRefused(f"event {name}: {shown}", code="FE303")


def check_hops(type: str, hops: int, root: str) -> None:  # noqa: A002 - CloudEvents' own word
    """Refuse an event that stands too far from the first of its chain.

    Raises:
        LoopSuspected: FE425.
    """
    if hops > HOPS_MAX:
        raise LoopSuspected(
            f"event {type} would be the {hops}th of a chain started by {root}: a loop?"
        )


def _alias(using: str | None) -> str:
    alias = using or settings().DATABASE
    if not connections[alias].in_atomic_block:
        for other in connections.all(initialized_only=True):
            if other.in_atomic_block and other.alias != alias:
                raise WrongDatabase(
                    f"emit() writes to the database {alias!r}, but the open transaction is one of"
                    f" {other.alias!r}: the event would not commit with it. Keep flowengine's tables"
                    f" where your data is (FLOWENGINE = {{'DATABASE': {other.alias!r}}}), or open"
                    f" transaction.atomic(using={alias!r}) around emit() to say that they are apart"
                )
    return alias


def _draft(new: NewEvent, cause: Event | None, *, is_ours: bool = False) -> Draft:
    """The row of *new*, checked. *cause* is the event of the run that is calling."""
    if not is_ours:
        check_type(new.type)
    key = _text("key", new.key)
    plain, data = encode(new.data, size_max_bytes=settings().EVENT_DATA_MAX_BYTES)
    check_data(new.type, key or "", plain)
    if key is None:
        event_id = uuid7(int(system_now().timestamp() * 1000), os.urandom(10))
    else:
        event_id = keyed_event_id(new.type, key)
    correlation_id = _text("correlation_id", new.correlation_id)
    causation_id = _text("causation_id", new.causation_id)
    traceparent, hops = _traceparent(new.traceparent), 0
    if cause is not None:
        hops = cause.hops + 1
        correlation_id = correlation_id or cause.correlation_id or str(cause.id)
        causation_id = causation_id or str(cause.id)
        traceparent = traceparent or cause.traceparent
        check_hops(new.type, hops, correlation_id)
    return Draft(
        id=event_id,
        type=str(new.type),
        data=data,
        correlation_id=correlation_id or str(event_id),
        time=_instant(new.time),
        subject=_text("subject", new.subject),
        actor=key_of(new.actor),
        key=key,
        causation_id=causation_id,
        hops=hops,
        traceparent=traceparent,
    )


def _text(name: str, value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise EventRefused(f"{name} is {value!r}; it must be text", code="FE309")
    if not value or len(value) > ATTRIBUTE_MAX_CHARACTERS or _CONTROL.search(value):
        raise EventRefused(
            f"{name} is {value[:40]!a}; it must be 1 to {ATTRIBUTE_MAX_CHARACTERS} characters"
            " without control characters",
            code="FE309",
        )
    return str.__str__(value)


def key_of(actor: Any) -> str | None:
    """The key of a user object, or the given key, as text; an anonymous user is nobody."""
    key = getattr(actor, "pk", actor)
    if key is None or isinstance(key, str):
        return _text("actor", key)
    if isinstance(key, UUID) or (isinstance(key, int) and not isinstance(key, bool)):
        return str(key)
    raise EventRefused(f"actor is {actor!r}; it must be a user or a user's key", code="FE309")


def _traceparent(value: object) -> str | None:
    if value is None or (isinstance(value, str) and _TRACEPARENT.fullmatch(value)):
        return value
    raise EventRefused(f"traceparent is {value!r}; see W3C Trace Context", code="FE309")


def _instant(time: object) -> datetime | None:
    if time is None:
        return None
    if not isinstance(time, datetime) or time.tzinfo is None:
        raise EventRefused(f"time is {time!r}; it must be an aware datetime", code="FE309")
    return time.astimezone(UTC)


def _emitted(draft: Draft) -> Emitted:
    # Late: it brings all that reads workflow files, which a process that never emits does not need.
    from flowengine import project  # noqa: PLC0415

    matching = project.catalog().matching(draft.type)
    return Emitted(
        event_id=draft.id,
        run_ids={workflow.name: run_id(draft.id, workflow.name, 0) for workflow in matching},
    )


def _announce_after_commit(drafts: Sequence[Draft], alias: str) -> None:
    connection = connections[alias]
    is_managed = connection.in_atomic_block or connection.get_autocommit()
    if is_managed and event_emitted.has_listeners():
        names = [(draft.id, draft.type) for draft in drafts]
        transaction.on_commit(partial(_announce, names), using=alias, robust=True)


def _announce(names: list[tuple[UUID, str]]) -> None:
    for event_id, name in names:
        event_emitted.send_robust(sender=None, event_id=event_id, type=name)
