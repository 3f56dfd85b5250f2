"""The steps of a run as they are shown: the tree of its workflow, with what the rows say.

A line is its steps in order. A parallel block shows its branches, a group its steps, a switch the
clause that was chosen, any step the rescue that is or was at work. A loop is one entry, with counts and
some of its items (:mod:`flowengine.representations.loops`). A step without a row is still to come, or
is not reached any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from flowengine.definitions.graph import Line, Role
from flowengine.definitions.model import Workflow
from flowengine.definitions.step_ids import UNDO
from flowengine.definitions.steps import (
    ApprovalStep,
    ChildStep,
    GroupStep,
    ParallelStep,
    Step,
    SwitchStep,
    TaskStep,
    kind_of,
)
from flowengine.engine.run import Item, Place
from flowengine.engine.states import ACTIVE_STEP_STATES, FINAL_STEP_STATES, StepState
from flowengine.representations.loops import Inside, counts_view, items_view
from flowengine.representations.percent import mean
from flowengine.representations.rows import Json, StepRow
from flowengine.representations.words import instant, unturned, words

_HIDES = frozenset({StepState.SKIPPED, StepState.NOT_REACHED})
"""Nothing inside such a block was, or will be, at work."""
_SLEEPS = frozenset({StepState.RETRYING, StepState.WAITING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One run as it is looked at."""

    workflow: Workflow
    rows: Mapping[Place, StepRow]
    titles: Mapping[str, str]
    """Of the steps that have a title before they begin, by id."""
    children: Mapping[Place, tuple[UUID, int]]

    def title(self, step_id: str, row: StepRow | None) -> str:
        """What people read: as it was evaluated, as the file says, or the id in words."""
        if row is not None and row.title:
            return row.title
        return self.titles.get(step_id) or words(step_id)


def line_view(look: Look, line: Line, absent: StepState, item: Item = "") -> list[Json]:
    """The steps of a line, in order; *absent* is the state of those that have no row."""
    return [step_view(look, step, absent, item) for step in line.steps]


def step_view(look: Look, step: Step, absent: StepState, item: Item = "") -> Json:
    """One step, with what is inside it."""
    row = look.rows.get((step.id, item)) or StepRow(step=step.id, item=item, state=absent)
    if row.state == StepState.PENDING:
        row = StepRow(step=step.id, item=item, state=absent)
    view = row_view(row, look.title(step.id, row), tries_max=_tries(step), weight=step.weight)
    view["kind"] = kind_of(step) if step.loop is None else "for_each"
    _add_undo(look, view, row)
    _add_child(look, view, step, row)
    if isinstance(step, ApprovalStep):
        view["answers"] = {"given": row.answers, "wanted": step.quorum}
    if step.loop is not None and row.counts is not None:
        view["counts"] = counts_view(row.counts)
        view["items"] = items_view(step.id, item, look.rows, _insides(look, step))
    lines = [] if row.state in _HIDES else list(_lines(look, step, row))
    if lines:
        view["lines"] = lines
    return view


def row_view(row: StepRow, title: str, *, tries_max: int = 1, weight: float = 1.0) -> Json:
    """What a row says of itself."""
    return {
        "id": row.step,
        "kind": row.kind,
        "title": unturned(title),
        "state": row.state,
        "attempt": row.attempt,
        "tries": row.tries,
        "tries_max": tries_max,
        "due_at": instant(row.due_at) if row.state in _SLEEPS else None,
        "progress": row.progress,
        "note": unturned(row.note),
        "weight": weight,
        "started_at": instant(row.started_at),
        "finished_at": instant(row.finished_at),
    }


def flat_view(rows: Mapping[Place, StepRow]) -> list[Json]:
    """The steps that have rows, in their order: all that can be shown without the workflow."""
    return [
        row_view(row, row.title or words(name))
        for (name, item), row in rows.items()
        if not item and not name.startswith(UNDO)
    ]


def _tries(step: Step) -> int:
    return step.retry.attempts if isinstance(step, TaskStep) else 1


def _add_undo(look: Look, view: Json, row: StepRow) -> None:
    """While a step is undone, what its undo says of itself."""
    undo = look.rows.get((UNDO + row.step, row.item))
    if row.state == StepState.UNDOING and undo is not None:
        view["progress"], view["note"] = undo.progress, unturned(undo.note)


def _add_child(look: Look, view: Json, step: Step, row: StepRow) -> None:
    """Which run a step has started, and how far that is."""
    child = look.children.get((row.step, row.item))
    if not isinstance(step, ChildStep) or child is None:
        return
    run_id, percent = child
    view["child"] = str(run_id)
    if row.state in ACTIVE_STEP_STATES:
        view["progress"] = percent / 100


def _lines(look: Look, step: Step, row: StepRow) -> Iterator[Json]:
    """The lines that belong to a step and are shown."""
    is_decided = row.state in FINAL_STEP_STATES
    absent = StepState.NOT_REACHED if is_decided else StepState.PENDING
    inside = StepState.NOT_REACHED if row.state == StepState.RESCUING else absent
    graph = look.workflow.graph
    if step.loop is None:
        match step:
            case GroupStep():
                yield _line(look, graph.line(step.id, Role.BODY), inside, row.item)
            case ParallelStep(branches=branches):
                for index in range(len(branches)):
                    branch = graph.line(step.id, Role.BRANCH, index)
                    yield _line(look, branch, inside, row.item)
            case SwitchStep() if row.clause is not None:
                yield _line(look, graph.line(step.id, Role.CLAUSE, row.clause), inside, row.item)
            case _:
                pass
    if row.clause is not None and not isinstance(step, SwitchStep):
        yield _line(look, graph.line(step.id, Role.RESCUE, row.clause), absent, row.item)


def _line(look: Look, line: Line, absent: StepState, item: Item) -> Json:
    return {
        "role": str(line.role),
        "index": line.index,
        "steps": line_view(look, line, absent, item),
    }


def _insides(look: Look, step: Step) -> Inside:
    """How an item of this loop is looked into: how far it is, and which step of it is at work."""

    def inside(item: Item) -> tuple[float | None, str, str | None]:
        row = look.rows[step.id, item]
        if isinstance(step, GroupStep):
            body = look.workflow.graph.line(step.id, Role.BODY)
            steps = line_view(look, body, StepState.PENDING, item)
            return mean(steps), at_work(steps), None
        child = look.children.get((step.id, item))
        if child is None:
            return row.progress, row.note, None
        return child[1] / 100, row.note, str(child[0])

    return inside


def at_work(steps: list[Json]) -> str:
    """The title of the innermost step at work, the first of several; empty where none is."""
    for step in steps:
        if step["state"] in ACTIVE_STEP_STATES:
            below = [each for line in step.get("lines", []) for each in line["steps"]]
            return at_work(below) or str(step["title"])
    return ""
