"""What a rehearsal tells whoever watches, and what whoever plays the tasks tells it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from flowengine.definitions.model import Workflow
from flowengine.definitions.steps import TaskStep, Undo
from flowengine.engine.event import Event
from flowengine.engine.run import Failure, Run, Step
from flowengine.engine.transitions import Transition


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """An event is there: the first one, one that was sent, or one that a run emitted."""

    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a workflow answered to an event."""

    event: Event
    workflow: str
    outcome: str
    """``started``, ``queued``, ``no_match`` …"""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Something happened to a run."""

    run: Run
    """After all that was decided at once."""
    transition: Transition


@dataclass(frozen=True, slots=True, kw_only=True)
class Buried:
    """A dead letter."""

    run: Run
    kind: str
    failure: Failure


Act = Came | Answer | Moved | Buried
Watch = Callable[[datetime, Act], None]
"""Is told everything, in order, with the time at which it happens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A task that is to be called."""

    run: Run
    row: Step
    """With its input, and the number of this attempt."""
    step: TaskStep | Undo
    workflow: Workflow
    event: Event
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """How a call ended."""

    output: Any = None
    failure: Failure | None = None
    """None = it ended well."""
    takes: timedelta = timedelta()


class Player(Protocol):
    """Plays the tasks, and the workflows that are not there."""

    def play(self, work: Work) -> Played:
        """Call the task of *work*."""

    def play_workflow(self, name: str, inputs: Mapping[str, Any], now: datetime) -> Played | None:
        """Run a workflow that is not part of the rehearsal; None = it cannot be played."""
