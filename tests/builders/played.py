"""Runs played by the pure engine alone, with what a watcher would be sent at each moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from flowengine.definitions.model import Workflow
from flowengine.engine.decide import decide
from flowengine.engine.messages import Began, Message, Start
from flowengine.engine.run import Run, Step
from flowengine.engine.transitions import public
from flowengine.representations import (
    Fact,
    Json,
    StepRow,
    changes,
    epoch,
    fact_view,
    progress_view,
    run_view,
    snapshot,
)
from tests.builders.events import NOON
from tests.builders.runs import WORKER, a_run


@dataclass
class Row:
    """A run's row, as the view reads it."""

    id: Any
    workflow: str
    state: str
    title: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


@dataclass
class Played:
    """A run that is moved along by messages, a second apart."""

    workflow: Workflow
    run: Run = field(init=False)
    at: datetime = NOON
    facts: list[Fact] = field(default_factory=list)
    said: dict[str, tuple[float, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.run = a_run(self.workflow, None)
        self.tell(Start())

    def tell(self, message: Message) -> None:
        """This happens, a second after what was before."""
        self.at += timedelta(seconds=1)
        decision = decide(self.workflow, self.run, message, self.at)
        assert not decision.stale, message
        first = decision.run.seq - len(decision.transitions) + 1
        self.facts += [
            Fact(n=n, at=self.at, transition=public(transition))
            for n, transition in enumerate(decision.transitions, start=first)
        ]
        self.run = decision.run

    def begin(self, step: str) -> int:
        """A worker reserves the step and begins it; the number of the attempt."""
        attempt = self.run.steps[step].attempt + 1
        reserved = replace(self.run.steps[step], attempt=attempt, worker=WORKER)
        self.run = replace(self.run, steps={**self.run.steps, step: reserved})
        self.tell(Began(step=step, attempt=attempt, worker=WORKER))
        return attempt

    def say(self, step: str, fraction: float, note: str) -> None:
        """The running task says how far it is."""
        self.said[step] = (fraction, note)
        self.run = replace(self.run, seq=self.run.seq + 1)

    @property
    def position(self) -> tuple[str, int]:
        return epoch(NOON), self.run.seq

    def rows(self) -> list[StepRow]:
        return [self._row(step) for step in self.run.steps.values()]

    def snapshot(self) -> Json:
        """The frame for who joins now."""
        run = self.run
        row = Row(
            id=run.id,
            workflow=run.workflow,
            state=str(run.state),
            title=run.title,
            created_at=NOON,
            started_at=run.started_at,
            finished_at=run.finished_at,
        )
        view = run_view(self.workflow, row, self.rows(), failure=run.failure)
        return snapshot(run.id, self.position, view)

    def changes(self, after: int) -> Json:
        """The frame for who has the numbers up to *after*."""
        entries = [fact_view(fact) for fact in self.facts if fact.n > after]
        spoken = [
            progress_view(row)
            for row in self.rows()
            if row.state == "running" and row.progress is not None
        ]
        return changes(self.run.id, self.position, after, [*entries, *spoken])

    def _row(self, step: Step) -> StepRow:
        fraction, note = self.said.get(step.id, (None, ""))
        return StepRow(
            step=step.id,
            state=str(step.state),
            attempt=step.attempt,
            tries=step.tries,
            due_at=step.due_at,
            progress=fraction,
            note=note,
            started_at=step.started_at,
            finished_at=step.finished_at,
        )
