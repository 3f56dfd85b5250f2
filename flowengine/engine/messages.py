"""What can happen to a run: the input of ``decide``.

A message about an attempt names its number; one that is not the step's current attempt, or finds the
step in a state it does not speak of, is *stale*: it changes nothing and is counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flowengine.engine.run import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The run was admitted: it starts now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Began:
    """A worker is about to call the task."""

    step: str
    attempt: int
    worker: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeded:
    """The task returned *output* (plain JSON)."""

    step: str
    attempt: int
    output: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The task raised, timed out, or returned what cannot be stored."""

    step: str
    attempt: int
    failure: Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """The worker of a begun attempt is gone: a crash is used, not a try."""

    step: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBack:
    """The worker hands a begun attempt back (SIGTERM): neither a try nor a crash is used."""

    step: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Time has come: a delay is over, or the run's timeout. Says nothing about which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """Somebody wants the run to end."""

    by: str = ""
    """Who: a user key, or empty for the system."""
    reason: str = ""


Message = Start | Began | Succeeded | Failed | Lost | GivenBack | Due | Cancel
