"""What the hub asks the database, in one hop to its thread: many runs, a fixed number of queries.

Who may see a run is asked here on every read, for every user who watches it; so a frame is never made
for someone whose permission has gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flowengine import access
from flowengine.access import Watchable, view_run
from flowengine.definitions.model import Workflow
from flowengine.engine.states import FINAL_RUN_STATES
from flowengine.live.protocol import encode
from flowengine.models import RunRecord
from flowengine.representations import Fact, changes, ended, snapshot
from flowengine.representations.news import news
from flowengine.representations.run import shows_steps
from flowengine.store import progress
from flowengine.store.progress import FACTS_MAX, Position, Seen


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
    behind = [run_id for run_id, at in resumable.items() if _is_behind(found[run_id], at)]
    shown = dict.fromkeys([*whole, *behind])
    seen = progress.look([found[run_id] for run_id in shown], workflows)
    whole += _add_changes(made, found, resumable, seen, workflows)
    for run_id in dict.fromkeys(whole):
        at = progress.position(found[run_id])
        made[run_id].snapshot = encode(snapshot(run_id, at, seen[run_id].view))
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
        if question.run_id in found and found[question.run_id].watcher_groups != "[]"
    }
    access.read_groups(users.values())


def _allowed(question: Question, run: Watchable) -> frozenset[str]:
    return frozenset(key for key, user in question.users.items() if view_run(user, run))


def _without_run(question: Question, gone: tuple[RunRecord, str] | None) -> Answer:
    if gone is None:
        return Answer()
    run, outcome = gone
    return Answer(allowed=_allowed(question, run), ended=encode(ended(run.id, outcome)))


def _resumable(question: Question, run: RunRecord, workflow: Workflow | None) -> list[Position]:
    """The positions from which the numbers after them can be told, instead of the whole view.

    One that shows no steps, or whose definition cannot be read here, is told whole.
    """
    epoch, head = progress.position(run)
    if workflow is None or not shows_steps(workflow):
        return [position for position in question.positions if position == (epoch, head)]
    return [
        position
        for position in question.positions
        if position is not None and position[0] == epoch and 0 <= head - position[1] <= FACTS_MAX
    ]


def _is_behind(run: RunRecord, positions: Sequence[Position]) -> bool:
    return any(number < run.seq for _epoch, number in positions)


def _add_changes(
    made: Mapping[UUID, Answer],
    found: Mapping[UUID, RunRecord],
    resumable: Mapping[UUID, Sequence[Position]],
    seen: Mapping[UUID, Seen],
    workflows: Mapping[str, Workflow],
) -> list[UUID]:
    """Fill in the frames of those who can resume; the ids of runs where somebody cannot after all."""
    facts = progress.facts({run_id: min(n for _, n in at) for run_id, at in resumable.items()})
    broken: dict[UUID, None] = {}
    for run_id, positions in resumable.items():
        run, answer = found[run_id], made[run_id]
        at = progress.position(run)
        for position in positions:
            came = at[1] > position[1]
            new = [fact for fact in facts[run_id] if position[1] < fact.n <= at[1]]
            if came and _is_pruned(run, new):
                broken[run_id] = None
                continue
            entries = (
                news(workflows[run.digest], seen[run_id].view, new, seen[run_id].rows)
                if came and run.digest in workflows
                else []
            )
            answer.is_news[position] = came
            answer.changes[position] = encode(changes(run_id, at, position[1], entries))
    return list(broken)


def _is_pruned(run: RunRecord, new: Sequence[Fact]) -> bool:
    """The history of a finished run may have been deleted; then its numbers tell nothing."""
    return run.state in FINAL_RUN_STATES and not new
