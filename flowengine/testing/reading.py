"""Runs as a test looks at them, and why there is none."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from flowengine import project
from flowengine.conf import settings
from flowengine.engine.run import Failure
from flowengine.engine.states import StepState
from flowengine.engine.transitions import Transition, from_history
from flowengine.models import DecisionRecord, EventRecord, HistoryRecord, RunRecord, StepRecord
from flowengine.store import definitions

_failure = msgspec.json.Decoder(Failure).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenStep:
    """One step of a run, as its row says."""

    id: str
    state: str
    attempt: int
    """How often it was begun."""
    tries: int
    """How many of these ended in an error."""
    input: Any
    output: Any
    failure: Failure | None
    """Of its last failed try; kept after a later success."""
    due_at: datetime | None
    """Retrying: when it is tried again."""
    progress: float | None
    note: str

    def __str__(self) -> str:
        text = f"{self.id:<20} {self.state:<10} attempt {self.attempt}"
        if self.failure is not None:
            text += f"  {self.failure.code}: {self.failure.message}"
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRun:
    """One run, as its rows say. ``str()`` gives its whole story, for messages of assertions."""

    id: UUID
    workflow: str
    state: str
    """running, waiting, cancelling, succeeded, failed or cancelled."""
    title: str
    event_id: UUID
    inputs: Any
    """None where the workflow declares none."""
    output: Any
    failure: Failure | None
    """Why it failed; ``failure.step`` says where."""
    steps: Mapping[str, SeenStep] = field(default_factory=dict)
    """By id, in the order of the line; steps that were never reached have no place here."""
    history: Sequence[Transition] = ()
    """All that happened to it, in order."""

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
    """The runs of this workflow, in the order of their start."""
    rows = RunRecord.objects.using(settings().DATABASE).filter(workflow=workflow)
    return [_run(row) for row in rows.order_by("created_at", "id")]


def why_no_run(workflow: str) -> str:
    """In words: why there is no run of this workflow."""
    workflows = project.catalog().workflows
    if workflow not in workflows:
        near = difflib.get_close_matches(workflow, workflows, n=1)
        way = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(workflows))}"
        return f"there is no workflow {workflow!r}; {way}"
    declined = DecisionRecord.objects.using(settings().DATABASE).filter(workflow=workflow)
    if declined:
        answers = "\n".join(
            f"  {_type_of(each)}: {each.outcome} {each.detail}" for each in declined
        )
        return f"no run of {workflow!r}; it answered:\n{answers}"
    patterns = ", ".join(p for each in workflows[workflow].triggers for p in each.patterns)
    came = EventRecord.objects.using(settings().DATABASE).order_by("created_at")
    waiting = sum(event.routed_at is None for event in came)
    if waiting:
        return f"no run of {workflow!r} yet: {waiting} events are not routed; call run() first"
    types = ", ".join(dict.fromkeys(event.type for event in came)) or "nothing"
    return f"no run of {workflow!r}: it starts on {patterns}, and emitted was {types}"


def _type_of(decision: DecisionRecord) -> str:
    event = EventRecord.objects.using(settings().DATABASE).get(pk=decision.event_id)
    return event.type


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
        steps=_steps(row),
        history=_history(row.id),
    )


def _steps(run: RunRecord) -> dict[str, SeenStep]:
    rows = StepRecord.objects.using(settings().DATABASE).filter(run_id=run.id)
    by_id = {row.step: row for row in rows}
    line = [step.id for step in definitions.load({run.digest})[run.digest].steps]
    return {name: _step(by_id[name]) for name in line if name in by_id}


def _step(row: StepRecord) -> SeenStep:
    return SeenStep(
        id=row.step,
        state=row.state,
        attempt=row.attempt,
        tries=row.tries,
        input=_value(row.input),
        output=_value(row.output),
        failure=_failed(row.failure),
        due_at=row.due_at if row.state == StepState.RETRYING else None,
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
