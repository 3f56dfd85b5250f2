"""An event as the engine sees it: a fact of the domain, immutable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """The step of another run that a run was called by."""

    run: UUID
    step: str
    item: str
    depth: int
    """1 for the child of a run that nobody called."""
    detached: bool = False
    """True = the caller does not wait for its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """How an event goes through the line once more: the runs that it starts then are told so."""

    only: str | None = None
    """The one workflow that is asked; None = whoever wants it."""
    restart_of: UUID | None = None
    """The run that is started anew; None = none is."""
    origin: UUID | None = None
    """The first event of which it is done once more, whatever was edited since; None = it is that."""
    keys: Mapping[str, UUID] = field(default_factory=dict)
    """By workflow, the run of which a new one has the idempotency keys, where these have been changed;
    others have those of the first runs of *origin*."""
    by: str = ""
    """The key of the user who wants it."""
    reason: str = ""
    is_quiet: bool = False
    """``notify`` names nobody to whom the run is shown."""


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class Event:
    """One CloudEvents 1.0 event, with our extensions."""

    id: UUID
    """Ours: the id itself for own events, derived from (source, id) for foreign ones."""
    type: str
    data: Any
    """Plain JSON; usually a mapping."""
    time: datetime
    """When it happened, aware, UTC."""
    source: str | None = None
    """None = this project's own source."""
    external_id: str | None = None
    """The id a foreign source gave it; None for own events."""
    subject: str | None = None
    actor: str | None = None
    """The key of the user who caused it, as text."""
    key: str | None = None
    """What the emitter named it by; the same (type, key) is the same event."""
    correlation_id: str = ""
    """Shared by all that follows from one first event; empty = this event is the first."""
    causation_id: str | None = None
    """The id of what directly caused it."""
    hops: int = 0
    """How many runs stand between the first event and this one."""
    traceparent: str | None = None
    """W3C trace context."""
    replay: int = 0
    """How often it was replayed; part of the identity of its runs."""
    target: str | None = None
    """The one workflow it concerns (a call, a tick, a start by hand); None = whoever wants it."""
    parent: Parent | None = None
    """Of a call: who called."""
    again: Again | None = None
    """How it is replayed, or that it is the corrected copy of another; None = neither."""

    @property
    def addressee(self) -> str | None:
        """The one workflow that is asked about it; None = each that wants it."""
        if self.target is None and self.again is not None:
            return self.again.only
        return self.target
