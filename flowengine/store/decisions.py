"""Rows of decisions: what each workflow answered to each event, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flowengine.engine.rules.admission import Admitted, Declined
from flowengine.store import sql, tables

STARTED = "started"
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


def _outcome(given: Admitted | Declined) -> tuple[str, str]:
    if isinstance(given, Admitted):
        return STARTED, _text("; ".join(given.remarks))
    return given.outcome, _text(given.detail)


def _text(text: str) -> str:
    """The text without what a text column cannot hold."""
    return text[:_DETAIL_MAX].replace("\x00", "\\0").encode("utf-8", "backslashreplace").decode()
