"""Lists of runs as topics: ``runs:mine``, ``runs:subject:<subject>``, ``runs:workflow:<name>``.

A list is a view: nothing in the database counts its changes, so no counter row ever holds up a worker.
Each hub counts for itself, in an epoch of its own; who comes from another hub is given the whole list.
What each user sees is asked anew at every read; a list is as long as there are runs they may see among
the newest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any
from uuid import UUID

from flowengine import access
from flowengine.access import Watchable, view_run
from flowengine.live import permitted
from flowengine.live.kind import GRANTED, Answer, Kind, Question
from flowengine.live.protocol import encode
from flowengine.representations import Json, changes, snapshot
from flowengine.representations.summary import RUNS_MAX, differences, summary
from flowengine.store import heads, listed, progress
from flowengine.store.listed import Listed
from flowengine.store.progress import Position

KEY_LENGTH_MAX = 200
"""Characters of a subject, or a workflow's name, that can be watched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A list as it was last told."""

    number: int
    lines: Mapping[str, Json]
    """By id, newest first."""
    stood: Mapping[UUID, Position] = field(default_factory=dict)
    """Where each of its runs stood: a line whose run has not moved need not be made again."""


class RunList(Kind):
    """The newest runs of one list, those of them that one may see."""

    is_personal = True
    interval_s = 0.25
    page_max = 20

    def __init__(self, name: str) -> None:
        self.name = name

    def about(self, topic: str) -> str | None:
        """What it is a list of."""
        key = topic.removeprefix(f"{self.name}:")
        is_one = key != topic and 0 < len(key) <= KEY_LENGTH_MAX and key.isprintable()
        return key if is_one else None

    def of(self, _owner: str, about: str) -> str:
        """The value that the runs of one list share."""
        return about

    def part(self, watched: Sequence[tuple[str, Any, bool]]) -> heads.Part:
        """What changes with every change of a list."""
        keys = {self.of(owner, about) for owner, about, _is_known in watched}
        return heads.lists(self.name, sorted(keys))

    def key(self, owner: str, about: Any) -> tuple[str, str]:
        """The name of the list, and what it is one of."""
        return self.name, self.of(owner, about)

    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        """The list of each question, or what has changed in it."""
        keys = [self.of(*_asker(question), question.about) for question in questions]
        newest = listed.newest(self.name, set(keys))
        permitted.read_rights(
            (user, run.audience)
            for question, key in zip(questions, keys, strict=True)
            for user in _users(question)
            for run in newest[key]
        )
        whole = _records(newest.values())
        seen = [
            [run for run in newest[key] if _may_see(question, whole.get(run.id, run.audience))]
            for question, key in zip(questions, keys, strict=True)
        ]
        shown = [found[:RUNS_MAX] for found in seen]
        lines = _lines(questions, shown)
        return [
            _answer(question, found, lines)
            for question, found in zip(questions, shown, strict=True)
        ]

    def allowed(self, questions: Sequence[Question]) -> list[frozenset[str] | None]:
        """Nobody is turned away from a list; None where somebody may no longer see a run in it."""
        ids = {run_id for question in questions for run_id in _stood(question)}
        found: Mapping[UUID, Watchable]
        found = progress.audiences(ids) if access.is_default() else progress.runs(ids)
        permitted.read_rights(
            (user, found[run_id])
            for question in questions
            for user in _users(question)
            for run_id in _stood(question)
            if run_id in found
        )
        return [
            frozenset(question.users)
            if all(
                run_id in found and _may_see(question, found[run_id]) for run_id in _stood(question)
            )
            else None
            for question in questions
        ]


class MyRuns(RunList):
    """The runs that the user has caused."""

    takes_grants = False

    def about(self, topic: str) -> str | None:
        """There is one for each user."""
        return "" if topic == self.name else None

    def of(self, owner: str, _about: str) -> str:
        """The user's key."""
        return owner


def _asker(question: Question) -> tuple[str]:
    [owner] = question.users
    return (owner,)


def _stood(question: Question) -> Mapping[UUID, Position]:
    return {} if question.kept is None else question.kept.stood


def _may_see(question: Question, run: Watchable) -> bool:
    [(key, user)] = question.users.items()
    return key == GRANTED or view_run(user, run)


def _users(question: Question) -> list[Any]:
    """Who asks; nobody where it is a grant."""
    return [user for user in question.users.values() if user is not None]


def _records(lists: Any) -> Mapping[UUID, Watchable]:
    """The whole rows, for a predicate of the project's own, which may read anything."""
    if access.is_default():
        return {}
    return progress.runs({run.id for runs in lists for run in runs})


def _lines(questions: Sequence[Question], shown: Sequence[Sequence[Listed]]) -> dict[UUID, Json]:
    """The line of each run, made anew where it has moved."""
    lines: dict[UUID, Json] = {}
    moved: dict[UUID, None] = {}
    for question, found in zip(questions, shown, strict=True):
        for run in found:
            if _stood(question).get(run.id) == run.position:
                lines[run.id] = question.kept.lines[str(run.id)]
            else:
                moved[run.id] = None
    views = progress.views(progress.runs(moved).values()) if moved else {}
    return lines | {run_id: summary(view) for run_id, view in views.items()}


def _answer(question: Question, found: Sequence[Listed], lines: Mapping[UUID, Json]) -> Answer:
    runs = [lines[run.id] for run in found if run.id in lines]
    before = question.kept
    entries = [] if before is None else differences(before.lines, runs)
    number = 1 if before is None else before.number + bool(entries)
    position = (question.epoch or _digest(runs), number)
    answer = Answer(allowed=frozenset(question.users), position=position)
    answer.kept = Told(
        number=number,
        lines={line["id"]: line for line in runs},
        stood={run.id: run.position for run in found},
    )
    previous = position if before is None else (position[0], before.number)
    if previous in question.positions:
        answer.is_news[previous] = bool(entries)
        answer.changes[previous] = encode(changes(question.topic, position, previous[1], entries))
    if question.positions - {previous}:
        answer.snapshot = encode(snapshot(question.topic, position, {"runs": runs}))
    return answer


def _digest(runs: Sequence[Json]) -> str:
    """The epoch of a list that is read once: what is in it."""
    return "=" + blake2b(encode({"runs": runs}).encode(), digest_size=9).hexdigest()
