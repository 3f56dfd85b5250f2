"""Runs as a test looks at them, and why there is none."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import OuterRef, Subquery

from flowengine import project
from flowengine.conf import settings
from flowengine.definitions.drawing import start_in_words
from flowengine.engine.run import Failure
from flowengine.engine.states import StepState
from flowengine.engine.transitions import (
    StepFailed,
    StepReady,
    StepSucceeded,
    StepWaiting,
    Transition,
    from_history,
)
from flowengine.models import DecisionRecord, EventRecord, HistoryRecord, RunRecord, StepRecord
from flowengine.store import definitions

_BLOCKS = frozenset({"steps", "switch", "parallel", "for_each"})
_failure = msgspec.json.Decoder(Failure).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenStep:
    """One step of a run, or one item of a loop, as its row says."""

    id: str
    item: str
    """In which items of the loops around it: empty in none, ``3``, ``3.7``."""
    kind: str
    """The key it is written with; ``for_each`` for a whole loop, ``undo``."""
    state: str
    attempt: int
    """How often it was begun."""
    tries: int
    """How many of these ended in an error."""
    input: Any
    """Of a wait, an approval, a call: what it waits for, whom it asks, the child's inputs."""
    output: Any
    failure: Failure | None
    """Of its last failed try; kept after a later success."""
    due_at: datetime | None
    """When it is tried again, or has waited long enough."""
    progress: float | None
    note: str

    @property
    def name(self) -> str:
        """``deliver``, and ``deliver.3`` for the fourth item of a loop."""
        return f"{self.id}.{self.item}" if self.item else self.id

    def __str__(self) -> str:
        text = f"{self.name:<20} {self.state:<10} attempt {self.attempt}"
        if self.failure is not None:
            text += f"  {self.failure.code}: {self.failure.message}"
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRun:
    """One run, as its rows say. ``str()`` gives its whole story, for messages of assertions."""

    id: UUID
    workflow: str
    state: str
    """queued, running, waiting, held, cancelling, compensating, succeeded, failed, cancelled, expired."""
    title: str
    event_id: UUID
    inputs: Any
    """None where the workflow declares none."""
    output: Any
    failure: Failure | None
    """Why it failed; ``failure.step`` says where."""
    due_at: datetime | None
    """When its own time is over: its slot, its time-out, the end of holding."""
    steps: Mapping[str, SeenStep] = field(default_factory=dict)
    """By name, in the order of the file, an item of a loop below its loop (``deliver.3``), undos last;
    steps that have not begun have no place here."""
    history: Sequence[Transition] = ()
    """All that happened to it, in order."""

    @property
    def line(self) -> list[str]:
        """The names of the steps in the order in which they began: those that do something.

        Not blocks, nor what was skipped; a loop counts by its items (``deliver.0``), an undo as
        ``undo charge``.
        """
        begun: dict[str, None] = {}
        for fact in self.history:
            if isinstance(fact, StepReady | StepWaiting | StepSucceeded | StepFailed):
                name = f"{fact.step}.{fact.item}" if fact.item else fact.step
                step = self.steps.get(name)
                if step is not None and step.kind not in _BLOCKS:
                    begun[name] = None
        return list(begun)

    @property
    def children(self) -> list[SeenRun]:
        """The runs that its steps called, detached ones too, in the order of their start."""
        return [_run(row) for row in _in_order(parent_run=self.id)]

    def assert_line(self, expected: Sequence[str]) -> None:
        """Fail unless the steps of :attr:`line` are these, in this order.

        ``"charge"`` is a step that has begun, however it went; ``"charge: failed"`` one in that state.

        Raises:
            AssertionError: with both lines, and the run's story.
        """
        given = self.line
        states = {name: f"{name}: {self.steps[name].state}" for name in given}
        fits = len(given) == len(expected) and all(
            wanted in (name, states[name]) for wanted, name in zip(expected, given, strict=True)
        )
        if not fits:
            wanted, got = ", ".join(expected), ", ".join(states[name] for name in given)
            raise AssertionError(f"the line was\n  {got}\nand not\n  {wanted}\n{self}")

    def __str__(self) -> str:
        lines = [f"run {self.id} of {self.workflow!r}: {self.state}"]
        if self.failure is not None:
            lines.append(f"  {self.failure.code}: {self.failure.message}")
        lines += [f"  {step}" for step in self.steps.values()]
        if self.failure is not None:
            for step in self.steps.values():
                if step.id == self.failure.step and step.failure and step.failure.traceback:
                    lines.append(step.failure.traceback)
        return "\n".join(lines)


def runs_of(workflow: str) -> list[SeenRun]:
    """The runs of this workflow, in the order of their events."""
    return [_run(row) for row in _in_order(workflow=workflow)]


def run_by_id(run_id: UUID) -> SeenRun | None:
    """The run of that id; None where there is none."""
    row = RunRecord.objects.using(settings().DATABASE).filter(pk=run_id).first()
    return None if row is None else _run(row)


def is_known(workflow: str) -> bool:
    """The project has a workflow of that name."""
    return workflow in project.catalog().workflows


def why_no_run(workflow: str) -> str:
    """In words: why there is no run of this workflow."""
    workflows = project.catalog().workflows
    if not is_known(workflow):
        near = difflib.get_close_matches(workflow, workflows, n=1)
        way = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(workflows))}"
        return f"there is no workflow {workflow!r}; {way}"
    declined = DecisionRecord.objects.using(settings().DATABASE).filter(workflow=workflow)
    if declined:
        answers = "\n".join(
            f"  {_type_of(each)}: {each.outcome} {each.detail}" for each in declined
        )
        return f"no run of {workflow!r}; it answered:\n{answers}"
    starts = ", ".join(start_in_words(each) for each in workflows[workflow].triggers)
    came = EventRecord.objects.using(settings().DATABASE).order_by("created_at")
    waiting = sum(event.routed_at is None for event in came)
    if waiting:
        return f"no run of {workflow!r} yet: {waiting} events are not routed; call run() first"
    types = ", ".join(dict.fromkeys(event.type for event in came)) or "nothing"
    return f"no run of {workflow!r}: it starts on {starts}, and emitted was {types}"


def _type_of(decision: DecisionRecord) -> str:
    event = EventRecord.objects.using(settings().DATABASE).get(pk=decision.event_id)
    return event.type


def _in_order(**wanted: Any) -> Any:
    """Runs in the order of their events: on a clock that stands still all are as old."""
    events = EventRecord.objects.using(settings().DATABASE).filter(pk=OuterRef("event_id"))
    rows = RunRecord.objects.using(settings().DATABASE).filter(**wanted)
    return rows.order_by(Subquery(events.values("created_at")[:1]), "event_id", "id")


def _run(row: RunRecord) -> SeenRun:
    return SeenRun(
        id=row.id,
        workflow=row.workflow,
        state=row.state,
        title=row.title,
        event_id=row.event_id,
        inputs=_value(row.inputs),
        output=_value(row.output),
        failure=_failed(row.failure),
        due_at=row.due_at,
        steps=_steps(row),
        history=_history(row.id),
    )


def _steps(run: RunRecord) -> dict[str, SeenStep]:
    rows = StepRecord.objects.using(settings().DATABASE).filter(run_id=run.id)
    spots = definitions.load({run.digest})[run.digest].graph.spots
    order = {name: at for at, name in enumerate(spots)}

    def place(row: StepRecord) -> tuple[int, str, list[int]]:
        items = [int(index) for index in row.item.split(".") if index]
        return (order.get(row.step, len(order)), row.step, items)

    seen = (_step(row) for row in sorted(rows.exclude(state=StepState.PENDING), key=place))
    return {step.name: step for step in seen}


def _step(row: StepRecord) -> SeenStep:
    is_asleep = row.state in {StepState.RETRYING, StepState.WAITING, StepState.RUNNING}
    return SeenStep(
        id=row.step,
        item=row.item,
        kind=row.kind,
        state=row.state,
        attempt=row.attempt,
        tries=row.tries,
        input=_value(row.input),
        output=_value(row.output),
        failure=_failed(row.failure),
        due_at=row.due_at if is_asleep else None,
        progress=row.progress,
        note=row.note,
    )


def _history(run_id: UUID) -> tuple[Transition, ...]:
    rows = HistoryRecord.objects.using(settings().DATABASE).filter(run_id=run_id)
    return tuple(
        fact for row in rows.order_by("first") for fact in from_history(bytes(row.transitions))
    )


def _value(encoded: bytes | memoryview | None) -> Any:
    return None if encoded is None else msgspec.json.decode(bytes(encoded))


def _failed(encoded: bytes | memoryview | None) -> Failure | None:
    return None if encoded is None else _failure(bytes(encoded))
