"""What the hub asks the database, in one hop to its thread: many runs, a fixed number of queries.

Who may see a run is asked here on every read, for every user who watches it; so a frame is never made
for someone whose permission has gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import prefetch_related_objects

from flowengine import access
from flowengine.access import Watchable, view_run
from flowengine.definitions.expressions.evaluate import names_used
from flowengine.definitions.model import Workflow
from flowengine.engine.states import FINAL_RUN_STATES, RunState, StepState
from flowengine.live.protocol import encode
from flowengine.models import RunRecord
from flowengine.representations import (
    Json,
    StepRow,
    changes,
    ended,
    fact_view,
    progress_view,
    shows_steps,
    snapshot,
    titles_of,
)
from flowengine.store import progress
from flowengine.store.progress import FACTS_MAX, Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the subscribers of one run need to know."""

    run_id: UUID
    users: Mapping[str, Any]
    """Who asks, by user key."""
    positions: frozenset[Position | None]
    """Where they stand; None = they need the whole view."""


@dataclass(slots=True, kw_only=True)
class Answer:
    """What they are told; without *position* and *ended*, there is nothing yet."""

    allowed: frozenset[str] = frozenset()
    """The keys of the users who may see it."""
    position: Position | None = None
    changes: dict[Position, str] = field(default_factory=dict)
    """The frame for who stands there."""
    is_news: dict[Position, bool] = field(default_factory=dict)
    """Whether that frame says anything but «nothing came»."""
    snapshot: str = ""
    """The frame for all others; empty where nobody needs it."""
    ended: str = ""
    """The frame that ends the topic: no run of this id will come."""


def answers(questions: Sequence[Question]) -> dict[UUID, Answer]:
    """The answer to each question, by run."""
    found = progress.runs([question.run_id for question in questions])
    gone = progress.ended([item.run_id for item in questions if item.run_id not in found])
    made: dict[UUID, Answer] = {}
    _fetch_groups(questions, found)
    resumable: dict[UUID, list[Position]] = {}
    whole: list[UUID] = []
    workflows = progress.workflows(list(found.values()))
    for question in questions:
        run = found.get(question.run_id)
        if run is None:
            made[question.run_id] = _without_run(question, gone.get(question.run_id))
            continue
        answer = Answer(allowed=_allowed(question, run), position=progress.position(run))
        made[question.run_id] = answer
        if answer.allowed:
            near = _resumable(question, run, workflows.get(run.digest))
            if near:
                resumable[run.id] = near
            if len(near) < len(question.positions):
                whole.append(run.id)
    whole += _add_changes(made, found, resumable)
    views = progress.views([found[run_id] for run_id in dict.fromkeys(whole)])
    for run_id, view in views.items():
        made[run_id].snapshot = encode(snapshot(run_id, progress.position(found[run_id]), view))
    return made


def allowed(questions: Sequence[Question]) -> dict[UUID, frozenset[str]]:
    """Who of those who ask may see each run, and nothing else; ids without a run are left out.

    Asked for everything that is watched every few seconds, so it reads whole rows only for a
    predicate of the project's own.
    """
    ids = [question.run_id for question in questions]
    found: Mapping[UUID, Watchable]
    found = progress.audiences(ids) if access.is_default() else progress.runs(ids)
    _fetch_groups(questions, found)
    return {
        question.run_id: _allowed(question, found[question.run_id])
        for question in questions
        if question.run_id in found
    }


def _fetch_groups(questions: Sequence[Question], found: Mapping[UUID, Watchable]) -> None:
    """The groups of all users for whom they may matter, in one query."""
    users = {
        id(user): user
        for question in questions
        for user in question.users.values()
        if question.run_id in found
        and found[question.run_id].watcher_groups != "[]"
        and hasattr(user, "groups")
    }
    if users:
        prefetch_related_objects([_plain(user) for user in users.values()], "groups")


def _plain(user: Any) -> Any:
    """The user itself, where the handshake has left a lazy object."""
    return getattr(user, "_wrapped", user)


def _allowed(question: Question, run: Watchable) -> frozenset[str]:
    return frozenset(key for key, user in question.users.items() if view_run(user, run))


def _without_run(question: Question, gone: tuple[RunRecord, str] | None) -> Answer:
    if gone is None:
        return Answer()
    run, outcome = gone
    return Answer(allowed=_allowed(question, run), ended=encode(ended(run.id, outcome)))


def _resumable(question: Question, run: RunRecord, workflow: Workflow | None) -> list[Position]:
    """The positions from which the numbers after them can be told, instead of the whole view.

    A failed run is told whole: what is said of the failure is no part of its history.
    """
    epoch, head = progress.position(run)
    if workflow is None or not _is_told_by_changes(workflow) or run.state == RunState.FAILED:
        return [position for position in question.positions if position == (epoch, head)]
    return [
        position
        for position in question.positions
        if position is not None and position[0] == epoch and 0 <= head - position[1] <= FACTS_MAX
    ]


def _is_told_by_changes(workflow: Workflow) -> bool:
    """Transitions alone tell what is shown: all steps are, and no title waits for an output."""
    return shows_steps(workflow) and not any(
        "steps" in names_used(title) for title in titles_of(workflow)
    )


def _add_changes(
    made: Mapping[UUID, Answer],
    found: Mapping[UUID, RunRecord],
    resumable: Mapping[UUID, Sequence[Position]],
) -> list[UUID]:
    """Fill in the frames of those who can resume; the ids of runs where somebody cannot after all."""
    facts = progress.facts({run_id: min(n for _, n in at) for run_id, at in resumable.items()})
    rows = progress.steps(list(resumable)) if resumable else {}
    broken: dict[UUID, None] = {}
    for run_id, positions in resumable.items():
        run, answer = found[run_id], made[run_id]
        at = progress.position(run)
        entries = [fact_view(fact) for fact in facts[run_id] if fact.n <= at[1]]
        spoken = [progress_view(row) for row in rows[run_id] if _is_speaking(row)]
        for position in positions:
            news = [entry for entry in entries if entry["n"] > position[1]]
            if _is_pruned(run, position[1], news):
                broken[run_id] = None
                continue
            came = at[1] > position[1]
            answer.is_news[position] = came
            answer.changes[position] = encode(
                changes(run_id, at, position[1], [*news, *spoken] if came else [])
            )
    return list(broken)


def _is_speaking(row: StepRow) -> bool:
    return row.state == StepState.RUNNING and row.progress is not None


def _is_pruned(run: RunRecord, after: int, news: Sequence[Json]) -> bool:
    """The history of a finished run may have been deleted; then its numbers tell nothing."""
    if run.state not in FINAL_RUN_STATES or run.seq == after:
        return False
    return not any(entry["t"] == f"run.{run.state}" for entry in news)
