"""One run as a topic, ``run:<uuid>``: what its watchers are told, many runs in a fixed number of queries.

Who may see a run is asked here on every read, for every user who watches it; so a frame is never made
for someone whose permission has gone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flowengine import access
from flowengine.access import Watchable, view_run
from flowengine.definitions.model import Workflow
from flowengine.engine.states import FINAL_RUN_STATES
from flowengine.live import permitted
from flowengine.live.kind import GRANTED, Answer, Question, Stored
from flowengine.live.protocol import encode
from flowengine.models import RunRecord
from flowengine.representations import Fact, changes, ended, snapshot
from flowengine.representations.news import news
from flowengine.representations.run import shows_steps
from flowengine.store import heads, progress
from flowengine.store.progress import FACTS_MAX, Position, Seen

_NAME = re.compile(r"run:([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")


class OneRun(Stored):
    """How one run goes."""

    def about(self, topic: str) -> UUID | None:
        """Its id."""
        found = _NAME.fullmatch(topic)
        return None if found is None else UUID(found[1])

    def part(self, watched: Sequence[tuple[str, Any, bool]]) -> heads.Part:
        """Their heads; of those never seen, also whether there will be a run."""
        ids = [about for _owner, about, _is_known in watched]
        return heads.runs(ids, [about for _owner, about, is_known in watched if not is_known])

    def key(self, _owner: str, about: Any) -> tuple[str, str]:
        """Its id."""
        return "run", str(about)

    def hinted(self, _owner: str, about: Any) -> str:
        """Its id."""
        return str(about)

    def stands(self, head: heads.Head) -> Position | None:
        """Epoch and number; None = there will be no run."""
        return heads.position_of_run(head)

    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        """What the watchers of each run are told."""
        found = progress.runs([question.about for question in questions])
        gone = progress.ended([item.about for item in questions if item.about not in found])
        made: dict[UUID, Answer] = {}
        _read_rights(questions, found | {run_id: run for run_id, (run, _) in gone.items()})
        asked = {question.about: question for question in questions}
        workflows = progress.workflows(list(found.values()))
        for run_id, question in asked.items():
            run = found.get(run_id)
            if run is None:
                made[run_id] = _without_run(question, gone.get(run_id))
            else:
                allowed = allowed_of(question, run)
                made[run_id] = Answer(allowed=allowed, position=progress.position(run))
        seen_by = {i: run for i, run in found.items() if made[i].allowed}
        _add_frames(made, asked, seen_by, workflows)
        return [made[question.about] for question in questions]

    def allowed(self, questions: Sequence[Question]) -> list[frozenset[str] | None]:
        """Who may see each run.

        Asked for everything that is watched every few seconds, so it reads whole rows only for a
        predicate of the project's own.
        """
        ids = [question.about for question in questions]
        found: Mapping[UUID, Watchable]
        found = progress.audiences(ids) if access.is_default() else progress.runs(ids)
        _read_rights(questions, found)
        return [
            allowed_of(question, found[question.about]) if question.about in found else None
            for question in questions
        ]


def _read_rights(questions: Sequence[Question], found: Mapping[UUID, Watchable]) -> None:
    """What decides who of those who ask may see what was found, for all of them at once."""
    permitted.read_rights(
        (user, found[question.about])
        for question in questions
        if question.about in found
        for user in question.users.values()
        if user is not None
    )


def allowed_of(question: Question, run: Watchable) -> frozenset[str]:
    """The keys of those who may see *run*."""
    return frozenset(
        key for key, user in question.users.items() if key == GRANTED or view_run(user, run)
    )


def _without_run(question: Question, gone: tuple[RunRecord, str] | None) -> Answer:
    if gone is None:
        return Answer()
    run, outcome = gone
    return Answer(allowed=allowed_of(question, run), ended=encode(ended(question.topic, outcome)))


def _add_frames(
    made: Mapping[UUID, Answer],
    asked: Mapping[UUID, Question],
    found: Mapping[UUID, RunRecord],
    workflows: Mapping[str, Workflow],
) -> None:
    """Fill in the frames of those who can resume, and the whole view for all others."""
    resumable: dict[UUID, list[Position]] = {}
    whole: list[UUID] = []
    for run_id, run in found.items():
        near = _resumable(asked[run_id], run, workflows.get(run.digest))
        if near:
            resumable[run_id] = near
        if len(near) < len(asked[run_id].positions):
            whole.append(run_id)
    behind = [run_id for run_id, at in resumable.items() if _is_behind(found[run_id], at)]
    shown = dict.fromkeys([*whole, *behind])
    seen = progress.look([found[run_id] for run_id in shown], workflows)
    whole += _add_changes(made, asked, found, resumable, seen=seen, workflows=workflows)
    for run_id in dict.fromkeys(whole):
        at = progress.position(found[run_id])
        made[run_id].snapshot = encode(snapshot(asked[run_id].topic, at, seen[run_id].view))


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
    asked: Mapping[UUID, Question],
    found: Mapping[UUID, RunRecord],
    resumable: Mapping[UUID, Sequence[Position]],
    *,
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
            answer.changes[position] = encode(
                changes(
                    asked[run_id].topic,
                    at,
                    position[1],
                    entries,
                    at=new[-1].at if new else None,
                )
            )
    return list(broken)


def _is_pruned(run: RunRecord, new: Sequence[Fact]) -> bool:
    """The history of a finished run may have been deleted; then its numbers tell nothing."""
    return run.state in FINAL_RUN_STATES and not new
