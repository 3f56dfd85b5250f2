"""What can happen to a run: the input of ``decide``.

A message about an attempt names its number; one that is not the step's current attempt, or finds the
step in a state it does not speak of, is *stale*: it changes nothing and is counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flowengine.engine.event import Event
from flowengine.engine.run import Failure, Item, Place
from flowengine.engine.states import RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The run was admitted, or there is a place now for a queued one: it starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfStep:
    step: str
    item: Item = ""

    @property
    def place(self) -> Place:
        """The row it speaks of."""
        return (self.step, self.item)


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfAttempt(_OfStep):
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Began(_OfAttempt):
    """A worker is about to call the task."""

    worker: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeded(_OfAttempt):
    """The task returned *output* (plain JSON)."""

    output: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed(_OfAttempt):
    """The task raised, timed out, or returned what cannot be stored."""

    failure: Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost(_OfAttempt):
    """The worker of a begun attempt is gone: a crash is used, not a try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBack(_OfAttempt):
    """The worker hands a begun attempt back (SIGTERM): neither a try nor a crash is used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived(_OfStep):
    """An event came that a ``wait_for`` may wait for; its data has the values of ``match``.

    With *cancel_on* set it is an entry of ``cancel_on`` that may want it, and *step* is empty.
    """

    event: Event
    cancel_on: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(_OfStep):
    """Somebody who may, answered an approval. Who may is the shell's to know."""

    user: str
    approved: bool
    comment: str = ""
    form: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildEnded(_OfStep):
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
    | Halt
)
