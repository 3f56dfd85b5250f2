"""Runs, as the store would load them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from flowengine.definitions.model import Workflow
from flowengine.engine.event import Event
from flowengine.engine.rows import Known, Question
from flowengine.engine.run import Failure, Place, Run, Step
from flowengine.engine.states import RunState, StepState
from tests.builders.events import NOON, an_event

RUN_ID = UUID("01930000-0000-5000-8000-00000000000a")
WORKER = UUID("01930000-0000-7000-8000-00000000000b")


def a_run(
    workflow: Workflow,
    state: RunState | None = RunState.RUNNING,
    *,
    event: Event | None = None,
    fields: dict[str, Any] | None = None,
    **steps: Step,
) -> Run:
    """A run of *workflow* that started at noon; its task steps by name, as ``charge=running()``."""
    started = state is not None
    values: dict[str, Any] = {
        "id": RUN_ID,
        "workflow": workflow.name,
        "digest": workflow.digest,
        "event": event or an_event(),
        "state": state,
        "seq": 1 if started else 0,
        "due_at": NOON + workflow.timeout if started else None,
        "created_at": NOON,
        "started_at": NOON if started else None,
        **_counted({(name, ""): _placed(workflow, name, each) for name, each in steps.items()}),
    }
    return Run(**{**values, **(fields or {})})


def _placed(workflow: Workflow, name: str, each: Step) -> Step:
    called = workflow.graph.work(name)
    return replace(each, id=name, task=called.task, station=called.station)


def _counted(rows: dict[Place, Step]) -> dict[str, Any]:
    """The rows, with what the run counts of them."""
    states = Counter(row.state for row in rows.values())
    return {
        "steps": rows,
        "busy": states[StepState.READY] + states[StepState.RUNNING],
        "asleep": states[StepState.WAITING] + states[StepState.RETRYING],
    }


def ready(*, attempt: int = 0, **fields: Any) -> Step:
    """Ready; nobody has taken it."""
    return Step(id="", state=StepState.READY, attempt=attempt, ready_at=NOON, **fields)


def running(*, attempt: int = 1, **fields: Any) -> Step:
    """Begun at noon by :data:`WORKER`."""
    values: dict[str, Any] = {
        "worker": WORKER,
        "ready_at": NOON,
        "first_started_at": NOON,
        "started_at": NOON,
    }
    return Step(id="", state=StepState.RUNNING, attempt=attempt, **{**values, **fields})


def retrying(*, attempt: int = 1, tries: int = 1, delay_s: float = 5.0, **fields: Any) -> Step:
    """Failed at noon, to be tried again after *delay_s*."""
    return Step(
        id="",
        state=StepState.RETRYING,
        attempt=attempt,
        tries=tries,
        due_at=NOON + timedelta(seconds=delay_s),
        first_started_at=NOON,
        failure=Failure(code="CardDeclined", message="no"),
        **fields,
    )


def succeeded(output: Any = None, *, attempt: int = 1, **fields: Any) -> Step:
    """Done at noon."""
    return Step(
        id="",
        state=StepState.SUCCEEDED,
        attempt=attempt,
        output=output,
        finished_at=NOON,
        **fields,
    )


def skipped() -> Step:
    """Its ``if`` was false."""
    return Step(id="", state=StepState.SKIPPED, finished_at=NOON)


def failed(failure: Failure | None = None) -> Step:
    """Failed for good at noon."""
    return Step(
        id="",
        state=StepState.FAILED,
        attempt=1,
        tries=1,
        failure=failure or Failure(code="CardDeclined", message="no"),
        finished_at=NOON,
    )


def cancelled() -> Step:
    """Ended because its run was."""
    return Step(id="", state=StepState.CANCELLED, attempt=1, finished_at=NOON)


def begun(run: Run, name: str, *, attempt: int = 1) -> Run:
    """The same run after that step was reserved and begun."""
    place = (name, "")
    each = replace(run.steps[place], state=StepState.RUNNING, attempt=attempt, worker=WORKER)
    return replace(run, steps={**run.steps, place: each})


def known(run: Run, *places: Place, answered: Iterable[Question] = ()) -> Run:
    """The same run as if only these rows, and those of these questions, had been read.

    The rows of a question are given among *places*.
    """
    found = {place: run.steps[place] for place in places if place in run.steps}
    return replace(
        run, steps=found, known=Known(places=frozenset(places), answered=frozenset(answered))
    )
