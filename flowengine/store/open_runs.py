"""How many runs are open, by the version of their workflow."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from flowengine.engine.states import FINAL_RUN_STATES, RunState
from flowengine.store import sql

COUNTED_MAX = 1_000
"""More open runs of one workflow, or of one version, are not counted for who only looks."""
Counts = Mapping[str, int]

# As the condition of the index says it: of a parameter the planner could not know that it is the same.
_IS_OPEN = "r.state IN ({})".format(
    ", ".join(f"'{state}'" for state in sorted(set(RunState) - FINAL_RUN_STATES))
)
_COUNTED = f"""
SELECT k.key, (SELECT COUNT(*) FROM (
  SELECT 1 FROM flowengine_run r WHERE {{of}} AND {_IS_OPEN} LIMIT %(limit)s) AS o)
FROM {{keys}} k"""


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


def of_workflows(names: Collection[str]) -> Counts:
    """Open runs of each of these workflows, of any version; at most :data:`COUNTED_MAX` of each."""
    return _counted("r.workflow = k.key", names)


def of_versions(workflow: str, digests: Collection[str]) -> Counts:
    """Open runs of each of these versions of a workflow; at most :data:`COUNTED_MAX` of each."""
    return _counted("r.workflow = %(workflow)s AND r.digest = k.key", digests, workflow=workflow)


def _counted(of: str, keys: Collection[str], **values: str) -> Counts:
    if not keys:
        return {}
    text = _COUNTED.format(of=of, keys=sql.rows_of_texts("keys"))
    rows = sql.query(text, {"keys": list(keys), "limit": COUNTED_MAX, **values})
    return {key: int(count) for key, count in rows}
