"""What can happen to a run: the input of ``decide``.

A message about an attempt names its number; one that is not the step's current attempt, or finds the
step in a state it does not speak of, is *stale*: it changes nothing and is counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec

from flowengine.engine.event import Event
from flowengine.engine.run import Failure, Item, Place
from flowengine.engine.states import RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The run was admitted, or there is a place now for a queued one: it starts."""


class _OfStep(msgspec.Struct, frozen=True, kw_only=True):
    step: str
    item: Item = ""

    @property
    def place(self) -> Place:
        """The row it speaks of."""
        return (self.step, self.item)


class _OfAttempt(_OfStep, frozen=True, kw_only=True):
    attempt: int


class Began(_OfAttempt, frozen=True, kw_only=True):
    """A worker is about to call the task."""

    worker: UUID
    handed: bool = False
    """No station was told: it goes on itself with what followed from its own end, or begins a run that
    its process has started."""


class Succeeded(_OfAttempt, frozen=True, kw_only=True):
    """The task returned *output* (plain JSON)."""

    output: Any


class Failed(_OfAttempt, frozen=True, kw_only=True):
    """The task raised, timed out, or returned what cannot be stored."""

    failure: Failure


class Lost(_OfAttempt, frozen=True, kw_only=True):
    """The worker of a begun attempt is gone: a crash is used, not a try."""


class GivenBack(_OfAttempt, frozen=True, kw_only=True):
    """The worker hands a begun attempt back: neither a try nor a crash is used."""

    failure: Failure | None = None
    """With what it has ended, where its station is closed for just that; None = the worker stops."""


class Arrived(_OfStep, frozen=True, kw_only=True):
    """An event came that a ``wait_for`` may wait for; its data has the values of ``match``.

    With *cancel_on* set it is an entry of ``cancel_on`` that may want it, and *step* is empty.
    """

    event: Event
    cancel_on: int | None = None


class Answered(_OfStep, frozen=True, kw_only=True):
    """Somebody who may, answered an approval. Who may is the shell's to know."""

    user: str
    approved: bool
    comment: str = ""
    form: Mapping[str, Any] = msgspec.field(default_factory=dict)


class ChildEnded(_OfStep, frozen=True, kw_only=True):
    """The run that a ``workflow`` step started is final; or it was not started at all."""

    run: UUID | None
    """None = no run was started (bad input, dropped …): *failure* says why."""
    state: RunState
    output: Any = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Time has come: a delay or a wait is over, or the run's own time. Says nothing about which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """Somebody wants the run to end."""

    by: str = ""
    """Who: a user key, or empty for the system."""
    reason: str = ""
    hooks: bool = False
    """The hooks of a run that is final, too. Else they go on: a cancel that comes twice must not end
    what the first one began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Go on from the failed steps of a failed or held run, of which nothing was undone."""

    by: str = ""
    reason: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """Corrected inputs by name, of the failed step; where several have failed, of each."""
    output: Any = None
    """With *is_done*: what the failed step left, done by hand."""
    is_done: bool = False
    skip: bool = False
    """The failed step is skipped instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUp:
    """A held run is not to be held any longer."""

    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Somebody wants that no further step of the run's line begins; what has begun goes on to its end."""

    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What somebody holds, or has asked to be held, goes on."""

    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """What would follow cannot be stored: the run ends, as a failed one."""

    failure: Failure
    """Why; its text is the engine's own."""
    at_once: bool = False
    """Not even an orderly end could be stored: nothing is awaited, undone or told any more."""


Message = (
    Start
    | Began
    | Succeeded
    | Failed
    | Lost
    | GivenBack
    | Arrived
    | Answered
    | ChildEnded
    | Due
    | Cancel
    | Resume
    | GiveUp
    | Hold
    | Release
    | Halt
)
