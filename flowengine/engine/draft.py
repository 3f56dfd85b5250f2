"""A decision while it is being made: what the rules write to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from flowengine.definitions.model import Workflow
from flowengine.engine.commands import Command, Decision
from flowengine.engine.evolve import evolve
from flowengine.engine.run import Run
from flowengine.engine.states import RunState
from flowengine.engine.transitions import RunContinued, Transition

EMPTY: Mapping[str, Any] = MappingProxyType({})
"""No configuration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a run may use up; the shell takes them from the settings."""

    crashes_max: int = 3
    """Begun attempts of one step that may be lost with their worker."""
    payload_max_bytes: int = 256 * 1024
    """The largest input or output of a step, and output of a run, encoded."""


LIMITS = Limits()


@dataclass(slots=True, kw_only=True)
class Draft:
    """The run as it is now, and what has happened on the way there.

    A rule that finds its message stale records nothing. Lives inside one call of ``decide``.
    """

    workflow: Workflow
    run: Run
    now: datetime
    config: Mapping[str, Any]
    limits: Limits
    transitions: list[Transition] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)

    def record(self, transition: Transition) -> None:
        """It happened: the run moves on."""
        self.run = evolve(self.run, transition, self.now)
        self.transitions.append(transition)

    def wake(self) -> None:
        """A run that waited goes on; one that runs is left as it is."""
        if self.run.state is RunState.WAITING:
            self.record(RunContinued())

    def decision(self) -> Decision:
        """What was decided; stale where nothing happened."""
        return Decision(
            run=self.run,
            transitions=tuple(self.transitions),
            commands=tuple(self.commands),
            stale=not self.transitions,
        )
