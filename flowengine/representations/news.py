"""What of a view has changed since a number: the entries of a ``pub`` frame.

An entry is a part of the view as it is now: ``run``, all that is said of the run itself, or ``step``,
one step with what is inside it. It takes the place of what was there, so one that comes twice, or is
newer than its frame says, does no harm; and a browser needs no rule of the engine.

Rows inside a loop are folded into the loop: its counts, and the few items that are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flowengine.definitions.model import Workflow
from flowengine.definitions.step_ids import UNDO
from flowengine.engine.states import StepState
from flowengine.representations.rows import Fact, Json, StepRow

_MOVES_ALL = frozenset(
    {
        *("run.cancelling", "run.compensating", "run.resumed"),
        *("run.succeeded", "run.failed", "run.cancelled", "run.expired"),
    }
)
"""After these, steps that have no row have another state."""
_OF_THE_STEPS = frozenset({"steps", "hooks"})


def news(
    workflow: Workflow, view: Json, facts: Iterable[Fact], rows: Iterable[StepRow]
) -> list[Json]:
    """The entries for who has all of *view* but what *facts* say, and what running steps say.

    The last entry is the run itself.
    """
    touched = {row.step for row in rows if _is_speaking(row)}
    moves_all = False
    for fact in facts:
        moves_all = moves_all or fact.transition["t"] in _MOVES_ALL
        if "step" in fact.transition:
            touched.add(fact.transition["step"])
    shown = {_shown(workflow, name) for name in touched}
    steps = list(_chosen(view["steps"], shown, moves_all=moves_all))
    hooks = list(_chosen(view.get("hooks", []), shown, moves_all=False))
    run = {key: value for key, value in view.items() if key not in _OF_THE_STEPS}
    return [
        *({"t": "step", **step} for step in steps),
        *({"t": "hook", **step} for step in hooks),
        {"t": "run", **run},
    ]


def _is_speaking(row: StepRow) -> bool:
    """It may have said something since, which has no number in the history."""
    return row.state == StepState.RUNNING and row.progress is not None


def _shown(workflow: Workflow, name: str) -> str:
    """The step in whose entry a row is told: itself, or the outermost loop around it."""
    step_id = name.removeprefix(UNDO)
    spot = workflow.graph.spots.get(step_id)
    return spot.loops[0] if spot is not None and spot.loops else step_id


def _chosen(steps: Iterable[Json], shown: set[str], *, moves_all: bool) -> Iterator[Json]:
    """Those of *shown* in this tree, the outermost of each branch: it has the others inside it."""
    for step in steps:
        has_no_row = moves_all and step["state"] in {StepState.NOT_REACHED, StepState.PENDING}
        if step["id"] in shown or has_no_row:
            yield step
        else:
            for line in step.get("lines", []):
                yield from _chosen(line["steps"], shown, moves_all=moves_all)
