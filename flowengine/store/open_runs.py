"""How many runs are open, by the version of their workflow."""

from __future__ import annotations

from flowengine.engine.states import FINAL_RUN_STATES
from flowengine.store import sql


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
