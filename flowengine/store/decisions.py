"""Rows of decisions: what each workflow answered to each event, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flowengine.engine.rules.admission import Admitted, Declined
from flowengine.store import sql, tables

_DETAIL_MAX = 2000
_COLUMNS = (
    *("run_id", "event_id", "workflow", "digest", "replay", "outcome", "detail", "decided_at"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one workflow, by its version, answers to one event."""

    run_id: UUID
    """The id of its run, whether or not there is one."""
    event_id: UUID
    workflow: str
    digest: str
    replay: int
    given: Admitted | Declined


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """An answer that waited, and is another now."""

    run_id: UUID
    digest: str | None
    """The version that answers now; None = as before."""
    outcome: str
    detail: str = ""


def insert(answers: Sequence[Answer], now: datetime) -> None:
    """Record answers. One that is there already is an error: nothing is decided twice."""
    sql.insert(
        tables.DECISION,
        _COLUMNS,
        [
            (
                *(answer.run_id, answer.event_id, answer.workflow, answer.digest, answer.replay),
                *_outcome(answer.given),
                now,
            )
            for answer in answers
        ],
    )


def revise(revisions: Sequence[Revision], now: datetime) -> None:
    """Change answers that have been recorded as ``debouncing``; others stay as they are."""
    if not revisions:
        return
    rows = sql.query(
        "SELECT run_id, digest FROM flowengine_decision WHERE run_id = ANY(%(ids)s)"
        " AND outcome = 'debouncing'",
        {"ids": [each.run_id for each in revisions]},
    )
    digests = {sql.as_uuid(row[0]): row[1] for row in rows}
    sql.update(
        tables.DECISION,
        ("digest", "outcome", "detail", "decided_at"),
        ("run_id",),
        [
            (
                *(each.digest or digests[each.run_id], each.outcome, _text(each.detail), now),
                each.run_id,
            )
            for each in revisions
            if each.run_id in digests
        ],
    )


def detail_of(given: Admitted | Declined) -> str:
    """For people: why there is no run, or not yet; and what had no value."""
    if isinstance(given, Declined):
        return given.detail
    return "; ".join(filter(None, (given.detail, *given.remarks)))


def _outcome(given: Admitted | Declined) -> tuple[str, str]:
    return given.outcome, _text(detail_of(given))


def _text(text: str) -> str:
    """The text without what a text column cannot hold."""
    return text[:_DETAIL_MAX].replace("\x00", "\\0").encode("utf-8", "backslashreplace").decode()
