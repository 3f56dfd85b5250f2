"""Runs played by the pure engine alone, with what a watcher would be sent at each moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from flowengine.definitions.model import Workflow
from flowengine.engine.run import Place, Step
from flowengine.engine.states import StepState
from flowengine.engine.transitions import public
from flowengine.representations import Json, changes, epoch, run_view, snapshot, topic
from flowengine.representations.news import news
from flowengine.representations.rows import Fact, Rows, StepRow, UndoCounts
from tests.builders.driver import Driver
from tests.builders.events import NOON

_WAS_DONE = (StepState.SUCCEEDED, StepState.UNDOING, StepState.UNDONE, StepState.UNDO_FAILED)


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
    """A run that is moved along by its driver, which the caller has at hand."""

    workflow: Workflow
    driver: Driver = field(init=False)
    said: dict[Place, tuple[float, str]] = field(default_factory=dict)
    children: dict[Place, tuple[UUID, int]] = field(default_factory=dict)
    """The runs that steps have started, and how far each is."""
    spoken: int = 0
    """How often a task has said how far it is: numbers that are not in the history."""

    def __post_init__(self) -> None:
        self.driver = Driver(self.workflow).start()

    def later(self, seconds: float = 1) -> Driver:
        """The driver, once that much time has passed."""
        return self.driver.advance(seconds=seconds)

    def say(self, place: str, fraction: float, note: str = "") -> None:
        """The running task says how far it is."""
        step, _, item = place.partition(".")
        self.said[step, item] = (fraction, note)
        self.spoken += 1

    @property
    def position(self) -> tuple[str, int]:
        return epoch(NOON), self.driver.run.seq + self.spoken

    def view(self) -> Json:
        """What is seen of it now."""
        run = self.driver.run
        row = Row(
            id=run.id,
            workflow=run.workflow,
            state=str(run.state),
            title=run.title,
            created_at=NOON,
            started_at=run.started_at,
            finished_at=run.finished_at,
        )
        rows = Rows(steps=self.rows(), undo=self._undo(), children=self.children)
        return run_view(self.workflow, row, rows, failure=run.failure)

    def rows(self) -> tuple[StepRow, ...]:
        return tuple(self._row(step) for step in self.driver.run.steps.values())

    def snapshot(self) -> Json:
        """The frame for who joins now."""
        return snapshot(topic(self.driver.run.id), self.position, self.view())

    def changes(self, after: int, seen: int) -> Json:
        """The frame for who has the numbers up to *after*, of which *seen* are in the history."""
        facts = [
            Fact(n=n, at=NOON, transition=public(transition))
            for n, transition in enumerate(self.driver.transitions, start=1)
            if n > seen
        ]
        entries = news(self.workflow, self.view(), facts, self.rows())
        return changes(topic(self.driver.run.id), self.position, after, entries)

    def _undo(self) -> UndoCounts | None:
        if not self.driver.run.has_undone:
            return None
        graph = self.workflow.graph
        states = [
            row.state
            for row in self.driver.run.steps.values()
            if row.id in graph.spots
            and graph.undo(row.id) is not None
            and row.kind != "for_each"
            and row.state in _WAS_DONE
        ]
        return UndoCounts(
            total=len(states),
            done=states.count(StepState.UNDONE),
            failed=states.count(StepState.UNDO_FAILED),
        )

    def _row(self, step: Step) -> StepRow:
        fraction, note = self.said.get(step.place, (None, ""))
        return StepRow(
            step=step.id,
            state=str(step.state),
            item=step.item,
            kind=step.kind,
            title=step.title,
            attempt=step.attempt,
            tries=step.tries,
            clause=step.clause,
            counts=step.counts,
            answers=len(step.answers),
            due_at=step.due_at,
            progress=fraction,
            note=note,
            started_at=step.started_at,
            finished_at=step.finished_at,
        )
