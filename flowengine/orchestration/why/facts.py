"""What is known of a run that waits, as values; and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flowengine.engine.breaker import Station
from flowengine.engine.run import Counts, Item
from flowengine.engine.states import RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """A row that is not decided and not at work; with how many more stand there like it."""

    step: str
    item: Item = ""
    kind: str = "task"
    state: str = "ready"
    title: str
    station: str = ""
    task: str = ""
    tries: int = 0
    tries_max: int = 1
    code: str = ""
    """Of the error with which the last try ended."""
    due_at: datetime | None = None
    since: datetime | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    """Of a wait or an approval: what is waited for; payload."""
    answers: int = 0
    """Of an approval."""
    child: UUID | None = None
    """Of a call: the run that was called."""
    others: int = 0
    """More rows of the same step that stand there for the same reason, as far as was counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """A loop, or a parallel block, that has not begun all it has to do."""

    step: str
    title: str
    counts: Counts
    at_once: int
    """So many may be at work together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """How a station stands for one row that wants a worker of it."""

    station: Station
    workers: int
    """Processes that serve it and take work."""
    places: int
    """What these may be at together, at all of their stations."""
    busy: int
    """What these are at, at all of their stations."""
    here: int
    """What all workers are at, at this station."""
    before: int
    """Rows that are taken before it, approximately."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A run that a step waits for, as far as the reader may know of it."""

    workflow: str
    state: RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What a run that has not begun stands in line for."""

    open: int = 0
    limit: int = 0
    """Places of its concurrency key; 0 = the workflow has none."""
    before: int = 0
    """Runs that wait for a place of that key before it."""
    slot_at: datetime | None = None
    """Not before this, says the throttle."""
    starts: int = 0
    """So many may begin, says the throttle …"""
    per: timedelta = timedelta(0)
    """… in this time."""
    expires_at: datetime | None = None
    """Not after this, says ``start_within``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that is known of why one run does not go on."""

    run_id: UUID
    workflow: str
    state: RunState
    since: datetime
    due_at: datetime | None = None
    """Held: when it is given up."""
    failed_step: str = ""
    """Held: the title of the step that has failed."""
    code: str = ""
    """Held: with what."""
    is_held_by_hand: bool = False
    """Held: nothing has failed, somebody wants it."""
    held_by: str = ""
    """By whom, and why: people's words."""
    held_why: str = ""
    is_holding: bool = False
    """Somebody wants it to be held before its next step."""
    stopped: tuple[Stopped, ...] = ()
    loops: tuple[Loop, ...] = ()
    working: int = 0
    """Rows that a worker is at."""
    queues: Mapping[tuple[str, Item], Queue] = field(default_factory=dict)
    """By the place of a row that is ready."""
    called: Mapping[UUID, Called] = field(default_factory=dict)
    turn: Turn | None = None
    """Of one that has not begun."""
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What helps."""

    label: str
    place: str = ""
    """Where it is done, in the dashboard: ``stations``; empty = by the command only."""
    command: str = ""
    """The same at the command line, after ``flow``; empty = it has no command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason why a run waits."""

    cause: str
    """``unserved``, ``paused``, ``parked``, ``draining``, ``capped``, ``busy``, ``soon``, ``event``,
    ``sleep``, ``approval``, ``child``, ``retry``, ``limit``, ``place``, ``slot``, ``expiry``, ``turn``,
    ``held``, ``holding``, ``stopping``."""
    text: str
    """One sentence, without times."""
    step: str = ""
    """The step that waits; empty = the run itself."""
    item: Item = ""
    title: str = ""
    """Of the step."""
    others: int = 0
    """More items of the same step that wait for the same."""
    since: datetime | None = None
    until: datetime | None = None
    until_word: str = "until"
    """How *until* is read: ``until``, ``again``, ``not before``, ``next try``, ``given up``."""
    act: Act | None = None


def reason_of(
    row: Stopped,
    cause: str,
    text: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    until_word: str = "until",
    act: Act | None = None,
) -> Reason:
    """A reason why *row* waits; since when it does, where *since* is not said."""
    return Reason(
        cause=cause,
        text=text,
        step=row.step,
        item=row.item,
        title=row.title,
        others=row.others,
        since=since or row.since,
        until=until,
        until_word=until_word,
        act=act,
    )


def user_of(key: str) -> str:
    """A user's key as it is read in a sentence."""
    return f"user {key}" if key.isdigit() else key


def sentence(text: str) -> str:
    """*text* with its full stop, once."""
    return text if text.endswith((".", "!", "?")) else f"{text}."
