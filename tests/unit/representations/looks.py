"""Runs and rows as the store would give them to the view."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flowengine.definitions.model import Workflow
from flowengine.engine.run import Counts
from flowengine.representations import StepRow, run_view
from flowengine.representations.rows import Rows
from tests.builders.events import NOON
from tests.builders.runs import RUN_ID


@dataclass
class ARun:
    """A run's row."""

    state: str = "running"
    title: str = "Order 42"
    workflow: str = "fulfil-order"
    id: UUID = RUN_ID
    created_at: datetime = NOON
    started_at: datetime | None = NOON
    finished_at: datetime | None = None


def row(place: str, state: str = "running", **fields: Any) -> StepRow:
    """A row, named as ``charge`` or ``deliver.3``."""
    step, _, item = place.partition(".")
    return StepRow(step=step, item=item, state=state, **fields)


def loop(step: str, state: str = "running", **counts: int) -> StepRow:
    """The row of a whole loop."""
    return StepRow(step=step, state=state, kind="for_each", counts=_counts(**counts))


def _counts(total: int, begun: int = 0, done: int = 0, failed: int = 0) -> Counts:
    return Counts(total=total, begun=begun, done=done, failed=failed)


def view_of(
    workflow: Workflow | None, *rows: StepRow, state: str = "running", **fields: Any
) -> dict[str, Any]:
    """The view of a run in that state, made from these rows."""
    return run_view(workflow, ARun(state=state), Rows(steps=rows, **fields))


def states(view: dict[str, Any]) -> list[str]:
    """Of the steps of the line."""
    return [each["state"] for each in view["steps"]]


def outline(steps: list[dict[str, Any]]) -> list[Any]:
    """The shape of a tree: ``id state``, and below it the lines that it has."""
    found: list[Any] = []
    for step in steps:
        found.append(f"{step['id']} {step['state']}")
        found += [{line["role"]: outline(line["steps"])} for line in step.get("lines", [])]
    return found


def every(steps: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every step of a tree."""
    for step in steps:
        yield step
        for line in step.get("lines", []):
            yield from every(line["steps"])
