"""Rows of a run's numbered transitions: written with the state, read by whoever follows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from flowengine.engine.transitions import Transition, public
from flowengine.store import sql, tables

_encode = msgspec.json.encode


def append(rows: Sequence[tuple[UUID, int, tuple[Transition, ...]]], at: datetime) -> None:
    """One row per run: its head after, and the transitions that led there, at least one."""
    sql.insert(
        tables.HISTORY,
        ("run_id", "first", "last", "at", "transitions"),
        [
            (run, head - len(facts) + 1, head, at, _encode([public(fact) for fact in facts]))
            for run, head, facts in rows
        ],
    )
