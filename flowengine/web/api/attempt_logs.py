"""What the attempts of a step have logged, where the project keeps that of all attempts."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Path, Query

from flowengine.conf import settings
from flowengine.representations import instant
from flowengine.store import attempt_logs
from flowengine.web.api.gate import Door, permission
from flowengine.web.api.masked import MaskedText
from flowengine.web.api.paging import Instant, Shape
from flowengine.web.api.runs import WhichItem, visible

door = Door("runs")

SHOWN_MAX = 20
"""Attempts of one step, the last ones."""


class LogTold(Shape):
    """What one attempt has logged."""

    attempt: int
    written_at: Instant
    """What it has logged after that is not here yet."""
    log: MaskedText
    """The last lines: 4,000 characters at most."""


class LogsTold(Shape):
    """What the attempts of a step, or of one item of a loop, have logged."""

    keeps: Literal["failed", "all"]
    """Of which attempts the project keeps it now, see ``KEEP_LOGS``; those that failed have it with their
    tries."""
    items: list[LogTold]
    """The last attempt first, twenty at most; of those that have logged nothing there is none."""


@door.get(
    "runs/{uuid:run_id}/steps/{str:step}/logs", needs=permission("view_payload"), answer=LogsTold
)
def get_step_logs(
    request: HttpRequest, run_id: Path[UUID], step: Path[str], query: Query[WhichItem]
) -> Any:
    """What the attempts of a step, or one item of a loop, have logged, also while they are at work."""
    visible(request, run_id)
    found = attempt_logs.of_step(run_id, step, query.item, limit=SHOWN_MAX)
    return {
        "keeps": settings().KEEP_LOGS,
        "items": [
            {"attempt": row.attempt, "written_at": instant(row.written_at), "log": row.log}
            for row in found
        ],
    }
