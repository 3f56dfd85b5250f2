"""Views of the whole, for operators: one reading for all who watch, whoever and however many they are.

A view is made of parts with names. Its watchers are told which parts are new or other, and which are gone;
each hub counts for itself, in an epoch of its own, as for lists. Nothing in a view depends on who looks:
who may see it sees all of it, and the others are told that it is forbidden.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from typing import Any

from flowengine.conf import settings
from flowengine.engine.gauge import SLOT_S, WINDOW_S
from flowengine.live import permitted
from flowengine.live.kind import Answer, Kind, Question
from flowengine.live.protocol import encode, refusal
from flowengine.representations import Json, changes, snapshot
from flowengine.store import heads
from flowengine.store.clock import system_now
from flowengine.store.progress import Position

INTERVAL_S = 0.25
SHARE = 0.1
"""Of the time of the hub's thread that the views of one kind may take: what is slow to read is read less
often."""

PartName = tuple[str, str]
"""What it is, and which: ``("station", "payments.charge@default")``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What one view shows."""

    whole: Json
    """As a snapshot has it."""
    parts: Mapping[PartName, Json]
    """The same in parts, each as the entry says it that brings it, in the order in which it is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A view as it was last told."""

    number: int
    parts: Mapping[PartName, Json]


class View(Kind):
    """Something that is the same for all who may see it."""

    takes_grants = False
    is_secret = False
    moves_with_any_run = True
    page_max = 20
    permission: str
    """What one needs: ``view_run``."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.interval_s = INTERVAL_S
        self._lately: dict[Any, tuple[float, Shown | None]] = {}
        """What was read for who only asks once."""

    @abstractmethod
    def read(self, question: Question) -> Shown | None:
        """What is to be seen; None = there is no such thing."""

    def part(self, _watched: Sequence[tuple[str, Any, bool]]) -> heads.Part:
        """What moves when anything does."""
        now = system_now()  # Nothing is decided by it: it says when to look again.
        lease = timedelta(seconds=settings().LEASE_S)
        return heads.stir(
            self.name,
            since=now - timedelta(seconds=WINDOW_S + 2 * SLOT_S),
            heard=now - lease * 2 / 3,
        )

    def key(self, _owner: str, _about: Any) -> tuple[str, str]:
        """There is one for all of the kind."""
        return self.name, ""

    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        """What each view shows, or what has changed in it."""
        began = time.monotonic()
        allowed = self._holders(questions)
        found = [
            self._answer(question, users) if users else Answer()
            for question, users in zip(questions, allowed, strict=True)
        ]
        self.interval_s = max(INTERVAL_S, (time.monotonic() - began) / SHARE)
        return found

    def allowed(self, questions: Sequence[Question]) -> list[frozenset[str] | None]:
        """Those who have the permission."""
        return [*self._holders(questions)]

    def _holders(self, questions: Sequence[Question]) -> list[frozenset[str]]:
        users = {
            key: user
            for question in questions
            for key, user in question.users.items()
            if user is not None
        }
        holders = permitted.holders(users, f"flowengine.{self.permission}")
        return [frozenset(question.users.keys() & holders) for question in questions]

    def _answer(self, question: Question, users: frozenset[str]) -> Answer:
        shown = self.read(question) if question.epoch else self._read_once(question)
        if shown is None:
            return Answer(
                allowed=users, ended=encode(refusal(question.topic[:64], "unknown_topic"))
            )
        before: Told | None = question.kept
        entries = [] if before is None else differences(before.parts, shown.parts)
        number = 1 if before is None else before.number + bool(entries)
        position = (question.epoch or _digest(shown.parts), number)
        answer = Answer(allowed=users, position=position)
        answer.kept = Told(number=number, parts=shown.parts)
        previous = position if before is None else (position[0], before.number)
        _tell(answer, question, shown, previous, entries)
        return answer

    def _read_once(self, question: Question) -> Shown | None:
        """For who asks again and again, each time with a question of its own."""
        at = time.monotonic()
        key = (question.about, frozenset(question.users) if self.is_personal else None)
        fresh = {
            each: kept for each, kept in self._lately.items() if at - kept[0] <= self.interval_s
        }
        if key not in fresh:
            fresh[key] = (at, self.read(question))
            self._lately = fresh
        return fresh[key][1]


def differences(before: Mapping[PartName, Json], after: Mapping[PartName, Json]) -> list[Json]:
    """The entries that make the view *before* the view *after*."""
    gone = [{"t": "gone", "what": what, "id": name} for what, name in before.keys() - after.keys()]
    return [
        *gone,
        *({"t": name[0], **part} for name, part in after.items() if before.get(name) != part),
    ]


def _tell(
    answer: Answer, question: Question, shown: Shown, previous: Position, entries: list[Json]
) -> None:
    assert answer.position is not None, "the caller has set it"
    if previous in question.positions:
        answer.is_news[previous] = bool(entries)
        frame = changes(question.topic, answer.position, previous[1], entries)
        answer.changes[previous] = encode(frame)
    if question.positions - {previous}:
        answer.snapshot = encode(snapshot(question.topic, answer.position, shown.whole))


def _digest(parts: Mapping[PartName, Json]) -> str:
    """The epoch of a view that is read once: what is in it."""
    listed = [[*name, part] for name, part in parts.items()]
    return "=" + blake2b(encode({"parts": listed}).encode(), digest_size=9).hexdigest()
