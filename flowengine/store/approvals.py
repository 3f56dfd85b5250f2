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
_IS_WAITING = "s.kind = 'approval' AND s.state = 'waiting'"
# In the very order of their index: so it takes a page of them to read a page, whatever the planner
# believes of how many there are.
_PRESSING = "s.due_at NULLS LAST, s.run_id, s.step, length(s.item), s.item"
_WAITING = f"""
SELECT {_READ} {_FROM} WHERE {_IS_WAITING} ORDER BY {_PRESSING} LIMIT {SCAN_MAX}"""
_PAGE = f"""
SELECT {_READ} {_FROM} WHERE {_IS_WAITING} AND {{after}} ORDER BY {_PRESSING} LIMIT %(limit)s"""
_SOME = f"""
SELECT * FROM (SELECT s.* FROM flowengine_step s WHERE {_IS_WAITING} AND {{which}}
ORDER BY {_PRESSING} LIMIT %(limit)s) s"""
_LATER = """(s.due_at, s.run_id, s.step, length(s.item), s.item)
  > (%(due)s, %(run)s, %(step)s, %(length)s, %(item)s)"""
_LATER_OF_NO_LIMIT = """s.due_at IS NULL AND (s.run_id, s.step, length(s.item), s.item)
  > (%(run)s, %(step)s, %(length)s, %(item)s)"""
_FIRST = _PAGE.format(after="TRUE")
# Two ends of one index, for a condition that names both ("later, or never due") reads all before them.
_AFTER_DUE = f"""
SELECT {_READ}
FROM ({_SOME.format(which=_LATER)} UNION ALL {_SOME.format(which="s.due_at IS NULL")}) s
JOIN flowengine_run r ON r.id = s.run_id ORDER BY {_PRESSING} LIMIT %(limit)s"""
_AFTER_ALL_DUE = _PAGE.format(after=_LATER_OF_NO_LIMIT)
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
        return [_approval(row) for row in sql.query(_FIRST, {"limit": limit})]
    due, run, step, item = after
    text = _AFTER_ALL_DUE if due is None else _AFTER_DUE
    place = {"due": due, "run": run, "step": step, "item": item, "length": len(item)}
    return [_approval(row) for row in sql.query(text, {**place, "limit": limit})]


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
