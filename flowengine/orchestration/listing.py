"""Runs as a list shows them: one line for each, with how far it is, and nothing of what it carries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flowengine.definitions.graph import Role
from flowengine.definitions.model import Workflow
from flowengine.engine.states import ACTIVE_STEP_STATES, RunState, StepState
from flowengine.models import RunRecord
from flowengine.orchestration import selections
from flowengine.orchestration.masked import mask
from flowengine.orchestration.querying import Filter
from flowengine.representations import StepRow, instant, unturned, words
from flowengine.representations.percent import DONE
from flowengine.representations.rows import Json
from flowengine.store import floor, inspect, progress

WINDOW = 50
"""The first so many runs of a filter are watched."""

_PLAIN = (
    *("id", "workflow", "digest", "state", "holding", "outcome", "priority", "replay"),
    *("event_id",),
    *("parent_run", "replay_of", "actor"),
)
_INSTANTS = ("created_at", "started_at", "held_at", "finished_at")
_BLOCKS = frozenset({"parallel", "switch", "steps", "for_each"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A run of a list."""

    run: RunRecord
    subject: str | None
    """Of the event that caused it."""
    percent: int | None
    """None = it cannot be told here: its definition cannot be read."""
    done: int | None
    total: int | None
    """Steps of its line."""
    step: str
    """The title of the step that it is at, or at which it failed; empty = at none."""
    note: str
    """What that step says of itself."""
    attempts: int
    """How often that step was tried."""


def runs(chosen: Filter, *, limit: int) -> Sequence[RunRecord]:
    """The newest runs that a filter finds."""
    found: Sequence[RunRecord] = selections.page("run", chosen, limit=limit)
    return found


def rows(found: Sequence[RunRecord]) -> list[Row]:
    """These runs with how far they are; four statements or a few more where there are loops or calls."""
    facts = floor.facts([run.id for run in found])
    by_digest = progress.workflows(found)
    # One that has succeeded has done all there was to do.
    seen = progress.look(
        [run for run in found if run.state != RunState.SUCCEEDED], by_digest, is_brief=True
    )
    made = []
    for run in found:
        workflow, known = by_digest.get(run.digest), facts.get(run.id)
        at = seen.get(run.id)
        read = () if at is None else at.rows
        current = _current(read)
        total = None if workflow is None else len(_line(workflow))
        made.append(
            Row(
                run=run,
                subject=None if known is None or known.subject is None else unturned(known.subject),
                percent=_percent(run, at, workflow),
                done=total if at is None else _done(read, workflow),
                total=total,
                step="" if current is None else unturned(current.title or words(current.step)),
                note="" if current is None else unturned(current.note),
                attempts=0 if current is None else current.tries,
            )
        )
    return made


def plain(row: Row) -> dict[str, Any]:
    """The line as JSON, without why the run failed."""
    run = row.run
    ids = {name: getattr(run, name) for name in _PLAIN}
    return {
        **{
            name: value if isinstance(value, int | None) else str(value)
            for name, value in ids.items()
        },
        "title": unturned(run.title),
        "labels": mask().value(inspect.labels(run)),
        **{name: instant(getattr(run, name)) for name in _INSTANTS},
        **progress_of(row),
    }


def progress_of(row: Row) -> Json:
    """How far it is."""
    return {
        "subject": row.subject,
        "progress": row.percent,
        "done": row.done,
        "total": row.total,
        "step": row.step,
        "note": row.note,
        "attempts": row.attempts,
    }


def _percent(run: RunRecord, at: progress.Seen | None, workflow: Workflow | None) -> int | None:
    if run.state == RunState.SUCCEEDED:
        return 100
    if at is None or workflow is None:
        return None
    percent: int = at.view["percent"]
    return percent


def _line(workflow: Workflow) -> frozenset[str]:
    return frozenset(step.id for step in workflow.graph.line(None, Role.LINE).steps)


def _done(read: Sequence[StepRow], workflow: Workflow | None) -> int | None:
    if workflow is None:
        return None
    ours = _line(workflow)
    return sum(row.step in ours and not row.item and row.state in DONE for row in read)


def _current(read: Sequence[StepRow]) -> StepRow | None:
    """The newest step at work, else the one that failed last; not the blocks around it."""
    steps = [row for row in read if row.kind not in _BLOCKS]
    active = [row for row in steps if row.state in ACTIVE_STEP_STATES]
    failed = [row for row in steps if row.state == StepState.FAILED]
    found = active or failed
    return found[-1] if found else None
