"""How many runs are open, by the version of their workflow."""

from __future__ import annotations

from collections.abc import Mapping

from flowengine.engine.states import FINAL_RUN_STATES, RunState
from flowengine.store import sql

COUNTED_MAX = 10_000
"""More open runs are not counted for who only looks."""
Counts = Mapping[tuple[str, str], int]
"""By workflow and digest."""


def by_digest() -> dict[str, int]:
    """Open runs of each definition; one without any is not there.

    Counted by the database. A run in its hooks is final, and needs its tasks still: it counts too.
    """
    rows = sql.query(
        "SELECT digest, COUNT(*) FROM flowengine_run"
        " WHERE NOT (state = ANY(%(final)s)) OR tail <> '' GROUP BY digest",
        {"final": sorted(FINAL_RUN_STATES)},
    )
    return {digest: int(count) for digest, count in rows}


def counted() -> Counts:
    """Open runs by workflow and version, at most :data:`COUNTED_MAX` of all; by the index of states."""
    rows = sql.query(
        "SELECT r.workflow, r.digest, COUNT(*) FROM (SELECT workflow, digest FROM flowengine_run"
        " WHERE state = ANY(%(open)s) AND state <> 'succeeded' LIMIT %(limit)s) r"
        " GROUP BY r.workflow, r.digest",
        {"open": sorted(set(RunState) - FINAL_RUN_STATES), "limit": COUNTED_MAX},
    )
    return {(workflow, digest): int(count) for workflow, digest, count in rows}
