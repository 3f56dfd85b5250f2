"""What is remembered of failed attempts, so that a dead letter can tell of each of them."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from flowengine.engine.run import Failure, Step, Try

TRIES_MAX = 10
"""So many are kept: the first, which may have another cause than the rest, and the last ones."""
TRACEBACK_MAX = 4000
"""Characters of the traceback of each."""
FRAMES_MAX = 20
"""Of each, the deepest ones."""


def tried(failure: Failure, row: Step, now: datetime) -> Failure:
    """The failure of the current attempt of *row*, with those of the attempts before it."""
    before = () if row.failure is None or not row.tries else row.failure.tries
    this = Try(
        attempt=row.attempt,
        code=failure.code,
        message=failure.message,
        traceback=_cut(failure.traceback),
        log=failure.log,
        frames=failure.frames[-FRAMES_MAX:],
        worker="" if row.worker is None else str(row.worker),
        version=failure.version,
        started_at=row.started_at,
        ended_at=now,
    )
    if len(before) >= TRIES_MAX:
        before = (before[0], *before[2 - TRIES_MAX :])
    return replace(
        failure,
        step=row.id,
        item=row.item,
        attempts=row.attempt,
        log="",
        tries=(*before, this),
    )


def _cut(text: str) -> str:
    """Its end says where it was raised, its beginning what was raised first."""
    if len(text) <= TRACEBACK_MAX:
        return text
    head, tail = TRACEBACK_MAX // 4, TRACEBACK_MAX // 4 * 3 - len("\n  ...\n")
    return f"{text[:head]}\n  ...\n{text[-tail:]}"
