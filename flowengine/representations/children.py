"""Which runs the steps of a run have started: ids that follow from what they name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

from flowengine.definitions.model import Workflow
from flowengine.definitions.steps import ChildStep
from flowengine.engine import identity
from flowengine.engine.states import StepState
from flowengine.representations.rows import StepRow

_NEVER_BEGAN = frozenset({StepState.PENDING, StepState.SKIPPED, StepState.NOT_REACHED})


def calls(workflow: Workflow, rows: Iterable[StepRow]) -> Iterator[tuple[StepRow, str]]:
    """The rows whose step has started another run, with that run's workflow."""
    for row in rows:
        spot = workflow.graph.spots.get(row.step)
        if spot is None or row.kind == "for_each" or row.state in _NEVER_BEGAN:
            continue
        if isinstance(spot.step, ChildStep):
            yield row, spot.step.workflow


def called_run_id(run_id: UUID, row: StepRow, workflow: str) -> UUID:
    """The run that the row of a ``workflow`` step has started."""
    # A call that is not waited for is not counted in the row: it was the first.
    event_id = identity.call_event_id(run_id, row.step, row.item, row.attempt or 1)
    return identity.run_id(event_id, workflow)
