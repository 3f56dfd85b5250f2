"""Reading what people are asked: rows of approvals with their question, never under a lock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from flowengine.engine.run import Answer, Item
from flowengine.engine.states import StepState
from flowengine.store import sql

SCAN_MAX = 2_000
"""Approvals that wait, the most pressing first, among which those of one user are looked for."""

_READ = """s.run_id, s.step, s.item, s.title, s.state, s.input, s.answers, s.due_at, s.started_at,
       r.title, r.workflow, r.actor"""
_FROM = "FROM flowengine_step s JOIN flowengine_run r ON r.id = s.run_id"
_WAITING = f"""
SELECT {_READ} {_FROM} WHERE s.kind = 'approval' AND s.state = 'waiting'
ORDER BY s.due_at NULLS LAST, s.run_id, s.step, length(s.item), s.item LIMIT {SCAN_MAX}"""
_LATER = """(s.run_id, s.step, length(s.item), s.item)
  > (%(run)s, %(step)s, %(length)s, %(item)s)"""
_AFTER_DUE = f"""(s.due_at > %(due)s OR s.due_at IS NULL OR (s.due_at = %(due)s AND {_LATER}))"""
_AFTER_ALL_DUE = f"s.due_at IS NULL AND {_LATER}"
_PAGE = f"""
SELECT {_READ} {_FROM} WHERE s.kind = 'approval' AND s.state = 'waiting' AND {{after}}
ORDER BY s.due_at NULLS LAST, s.run_id, s.step, length(s.item), s.item LIMIT %(limit)s"""
_OF_RUN = f"""
SELECT {_READ} {_FROM} WHERE s.run_id = %(run)s AND s.kind = 'approval' AND s.state = 'waiting'
ORDER BY s.due_at NULLS LAST, s.step, length(s.item), s.item LIMIT {SCAN_MAX}"""
_ONE = f"""
SELECT {_READ} {_FROM} WHERE s.run_id = %(run)s AND s.step = %(step)s AND s.item = %(item)s
AND s.kind = 'approval' AND s.input IS NOT NULL"""

_decode = msgspec.json.decode
_answers = msgspec.json.Decoder(tuple[Answer, ...]).decode


Place = tuple[datetime | None, UUID, str, Item]
"""Where an approval stands among those that wait: until when, and which it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One approval of one run, as it stands."""

    run_id: UUID
    step: str
    item: Item
    title: str
    """Of the step; empty = the id, in words."""
    state: StepState
    asked: dict[str, Any]
    """``ask``, ``users``, ``groups``, ``quorum``, ``allow_requester``, ``form``."""
    answers: tuple[Answer, ...]
    due_at: datetime | None
    asked_at: datetime | None
    run_title: str
    workflow: str
    requester: str | None
    """The key of the user who caused the run."""

    @property
    def place(self) -> Place:
        """Where it stands among others."""
        return self.due_at, self.run_id, self.step, self.item

    @property
    def is_waiting(self) -> bool:
        """It may still be answered."""
        return self.state is StepState.WAITING

    def answer_of(self, user: str) -> Answer | None:
        """What that user has said."""
        return next((answer for answer in self.answers if answer.user == user), None)


def waiting() -> list[Approval]:
    """Those of all runs that wait, the most pressing first; at most ``SCAN_MAX``."""
    return [_approval(row) for row in sql.query(_WAITING, {})]


def page(after: Place | None, limit: int) -> list[Approval]:
    """Those of all runs that wait, the most pressing first; the first *limit* after that place."""
    if after is None:
        return [_approval(row) for row in sql.query(_PAGE.format(after="TRUE"), {"limit": limit})]
    due, run, step, item = after
    text = _PAGE.format(after=_AFTER_ALL_DUE if due is None else _AFTER_DUE)
    place = {"run": run, "step": step, "item": item, "length": len(item)}
    given = place if due is None else {**place, "due": due}
    return [_approval(row) for row in sql.query(text, {**given, "limit": limit})]


def waiting_in(run_id: UUID) -> list[Approval]:
    """Those of one run that wait."""
    return [_approval(row) for row in sql.query(_OF_RUN, {"run": run_id})]


def one(run_id: UUID, step: str, item: Item) -> Approval | None:
    """The approval at that place, whether it waits or not; None where none has been asked there."""
    rows = sql.query(_ONE, {"run": run_id, "step": step, "item": item})
    return _approval(rows[0]) if rows else None


def _approval(row: Sequence[Any]) -> Approval:
    return Approval(
        run_id=sql.as_uuid(row[0]),
        step=row[1],
        item=row[2],
        title=row[3],
        state=StepState(row[4]),
        asked=_decode(row[5]),
        answers=() if row[6] is None else _answers(row[6]),
        due_at=sql.as_datetime(row[7]),
        asked_at=sql.as_datetime(row[8]),
        run_title=row[9],
        workflow=row[10],
        requester=row[11],
    )
