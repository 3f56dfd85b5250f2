"""Runs of the test project, in the database: emitted, routed, and moved along by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from flowengine import NewEvent, emit_many
from flowengine.engine.run import Step
from flowengine.models import RunRecord
from flowengine.orchestration.advance import Advanced, Told, Wanted, Work, advance
from flowengine.orchestration.route import route
from flowengine.orchestration.sync import sync_project
from flowengine.store import steps
from flowengine.tasks import registry

WORKER = uuid4()


def now() -> datetime:
    """The present."""
    return datetime.now(UTC)


def begin(workflow: str, count: int = 1, **data: Any) -> list[UUID]:
    """Start that many runs of a workflow whose event is ``<workflow>.begun``; their ids."""
    return begin_by(f"{workflow}.begun", workflow, count, **data)


def begin_by(event: str, workflow: str, count: int = 1, **data: Any) -> list[UUID]:
    """The same by an event of that type."""
    sync_project(now=now())
    emitted = emit_many([NewEvent(event, {"n": n, **data}) for n in range(count)])
    route([one.event_id for one in emitted], now=now())
    return [one.run_ids[workflow] for one in emitted]


def claim(runs: list[UUID], step: str) -> Advanced:
    """Begin that step of these runs for ``WORKER``."""
    wanted = tuple(Wanted(run_id=run, step=step) for run in runs)
    tasks = frozenset(registry.names())
    return advance(Work(wanted=wanted, worker=WORKER, tasks=tasks), now())


def tell(run: UUID, message: Any) -> Advanced:
    """Tell one run one message."""
    return advance(Work(told=(Told(run_id=run, message=message),)), now())


def step_of(run: UUID, step: str) -> Step:
    """The step's row as a value."""
    place = (step, "")
    return steps.load({(run, place)})[run][place]


def state_of(run: UUID) -> str:
    """The run's state."""
    return RunRecord.objects.get(pk=run).state
