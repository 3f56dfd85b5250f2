"""How a run stands, for who watches it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from flowengine.definitions.expressions.evaluate import names_used, render
from flowengine.definitions.expressions.tree import Template
from flowengine.definitions.graph import Role
from flowengine.definitions.model import Workflow
from flowengine.engine.run import Failure
from flowengine.engine.states import ACTIVE_STEP_STATES, FINAL_RUN_STATES, RunState, StepState
from flowengine.errors import ExpressionError
from flowengine.representations.pace import Pace, pace_view
from flowengine.representations.percent import percent
from flowengine.representations.rows import Json, Rows, RunRow, StepRow
from flowengine.representations.tree import Look, flat_view, line_view
from flowengine.representations.words import instant, unturned, why

_EARLY = frozenset({"event", "inputs", "run", "config"})
"""What a title may name that is to be shown before its step begins."""
_BEGINS_NOTHING = FINAL_RUN_STATES | {RunState.CANCELLING, RunState.COMPENSATING}
_TELLS_WHY = frozenset({RunState.FAILED, RunState.HELD, RunState.COMPENSATING})


def run_view(
    workflow: Workflow | None,
    run: RunRow,
    rows: Rows | Sequence[StepRow],
    *,
    scope: Mapping[str, Any] | None = None,
    failure: Failure | None = None,
    pace: Pace | None = None,
) -> Json:
    """How *run* stands, with the steps of its line in order, and what is inside them.

    Args:
        workflow: the version the run is pinned to; None = not to be had here: then the steps that
            have rows are shown, in their order.
        run: its row.
        rows: what was read of it; bare rows are those of a run that undoes nothing.
        scope: what the titles of steps to come may name; a title without value becomes the id in
            words until the step begins.
        failure: why it failed, or will; only what is meant for customers is taken from it.
        pace: how long others of its workflow took; None = nothing is said of its time.
    """
    read = rows if isinstance(rows, Rows) else Rows(steps=tuple(rows))
    places = {(row.step, row.item): row for row in read.steps}
    titles = {} if workflow is None else _titles(workflow, scope or {}, run)
    look = (
        None
        if workflow is None
        else Look(workflow=workflow, rows=places, titles=titles, children=read.children or {})
    )
    steps = flat_view(places) if look is None else _line(look, run)
    is_summary = workflow is not None and not shows_steps(workflow)
    view: Json = {
        "id": str(run.id),
        "workflow": run.workflow,
        "title": unturned(run.title or run.workflow),
        "state": run.state,
        "percent": percent(run.state, steps),
        "steps": [] if is_summary else steps,
        "note": _note([] if is_summary else steps),
        "created_at": instant(run.created_at),
        "started_at": instant(run.started_at),
        "finished_at": instant(run.finished_at),
        **pace_view(run, pace),
    }
    if run.state in _TELLS_WHY and (failure is not None or run.state == RunState.FAILED):
        said = {**titles, **_said(places)}
        view["failure"] = why(failure, said, is_summary=is_summary)
    hooks = [] if look is None or is_summary else _hooks(look)
    if hooks:
        view["hooks"] = hooks
    if read.undo is not None:
        view["undo"] = asdict(read.undo)
    return view


def shows_steps(workflow: Workflow) -> bool:
    """Watchers see its steps; false where ``notify`` says ``detail: summary``."""
    return workflow.notify is None or workflow.notify.detail != "summary"


def titles_in_need(workflow: Workflow) -> bool:
    """A step to come has a title that needs a scope, and may have a value already."""
    return shows_steps(workflow) and any(_is_early(t) for t in _templates(workflow).values())


def _templates(workflow: Workflow) -> dict[str, Template]:
    spots = workflow.graph.spots.values()
    return {spot.step.id: spot.step.title for spot in spots if spot.step.title is not None}


def _is_early(title: Template) -> bool:
    return not title.is_constant and names_used(title) <= _EARLY


def _titles(workflow: Workflow, scope: Mapping[str, Any], run: RunRow) -> dict[str, str]:
    """What the titles are before their steps begin; of those that have a value."""
    found = {}
    for name, title in _templates(workflow).items():
        if title.is_constant or (scope and _is_early(title)):
            try:
                found[name] = str(render(title, scope, run.created_at))
            except ExpressionError:
                continue  # It has no value, now or ever: the id does.
    return found


def _said(places: Mapping[tuple[str, str], StepRow]) -> dict[str, str]:
    """The titles that rows have, by step; of loops the loop's own."""
    return {name: row.title for (name, item), row in places.items() if row.title and not item}


def _line(look: Look, run: RunRow) -> list[Json]:
    is_ending = run.state in _BEGINS_NOTHING
    absent = StepState.NOT_REACHED if is_ending else StepState.PENDING
    return line_view(look, look.workflow.graph.line(None, Role.LINE), absent)


def _note(steps: Iterable[Json]) -> str:
    """What the newest step at work says of itself."""
    notes = [step["note"] for step in steps if step["state"] in ACTIVE_STEP_STATES]
    return str(notes[-1]) if notes else ""


def _hooks(look: Look) -> list[Json]:
    """The hooks that have begun."""
    graph = look.workflow.graph
    return [
        step
        for role in (Role.ON_FAILURE, Role.FINALLY)
        for step in line_view(look, graph.line(None, role), StepState.PENDING)
        if (step["id"], "") in look.rows
    ]
