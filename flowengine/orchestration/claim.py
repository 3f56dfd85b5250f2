"""Claiming first steps while their runs are started: for free places of the process that routes.

A run that starts may begin at once where it is started: its first step is written as begun, by the
transaction that writes the run, and no hint is sent. It is a claim as the cycle's (ADR 0012): what
begins was promised a place before, and is called once it is committed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from flowengine.conf import settings
from flowengine.definitions.model import Workflow
from flowengine.engine.commands import Command, Decision, Dispatch
from flowengine.engine.decide import decide
from flowengine.engine.messages import Began
from flowengine.engine.run import Place
from flowengine.orchestration.beginning import may_hand_on
from flowengine.orchestration.limits import limits
from flowengine.orchestration.work import Begun


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Places that a worker has promised to what a router starts."""

    worker: UUID
    stations: frozenset[str]
    """Which it serves, and takes work for now."""
    tasks: frozenset[str]
    """Which it knows."""
    places: int


NO_ROOM = Room(worker=UUID(int=0), stations=frozenset(), tasks=frozenset(), places=0)
"""Nothing is claimed: every first step is a hint to its station."""


@dataclass(slots=True)
class Claim:
    """What one transaction begins of that."""

    room: Room
    left: int
    """Places that are still free."""
    begun: list[Begun] = field(default_factory=list)
    """To be called once the transaction has committed."""

    def begin(self, workflow: Workflow, started: Decision, now: datetime) -> Decision:
        """What has *started*, and the begins of those of its first steps that there is room for."""
        run, transitions = started.run, started.transitions
        commands: list[Command] = []
        begun: list[Place] = []
        for command in started.commands:
            if not isinstance(command, Dispatch) or not self._takes(command, started, len(begun)):
                commands.append(command)
                continue
            message = Began(
                step=command.step,
                item=command.item,
                attempt=command.attempt + 1,
                worker=self.room.worker,
                handed=True,
            )
            decision = decide(
                workflow, run, message, now, config=settings().CONFIG, limits=limits()
            )
            run = decision.run
            transitions += decision.transitions
            commands += decision.commands
            begun.append((command.step, command.item))
        self.left -= len(begun)
        self.begun += [
            Begun(
                run=run,
                workflow=workflow,
                plan=workflow.graph.work(place[0]),
                step=run.steps[place],
            )
            for place in begun
        ]
        return Decision(run=run, transitions=transitions, commands=tuple(commands))

    def _takes(self, command: Dispatch, started: Decision, taken: int) -> bool:
        return (
            taken < self.left
            and command.station in self.room.stations
            and may_hand_on(command.station)
            and started.run.steps[command.step, command.item].task in self.room.tasks
        )
