"""Lists of runs: which are in them, newest first, and in which a run is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from flowengine.representations import epoch
from flowengine.store import sql
from flowengine.store.progress import Audience, Position

CANDIDATES_MAX = 200
"""The newest runs of a list that are looked at; of these, those are shown that one may see."""

_COLUMNS = "r.id, r.created_at, r.seq, r.actor, r.watchers, r.watcher_groups"


@dataclass(frozen=True, slots=True)
class List:
    """One kind of list, in SQL; ``k.key`` is what it is a list of."""

    source: str
    column: str
    """The column that the runs of one list share, by which there is an index with the instant."""
    at: str

    @property
    def newest(self) -> str:
        """Its newest runs.

        The equality is written as a range: so the order is not already given by it, and only the index
        of column and instant can give it. PostgreSQL would else look for a key that hardly any run has,
        or none, by the instant alone, through the whole table.
        """
        return (
            f"SELECT {_COLUMNS} FROM {self.source}"
            f" WHERE {self.column} >= k.key AND {self.column} <= k.key"
            f" ORDER BY {self.column} DESC, {self.at} DESC LIMIT {CANDIDATES_MAX}"
        )


LISTS: Mapping[str, List] = {
    "runs:mine": List("flowengine_run r", "r.actor", "r.created_at"),
    "runs:workflow": List("flowengine_run r", "r.workflow", "r.created_at"),
    "runs:subject": List(
        "flowengine_event e JOIN flowengine_run r ON r.event_id = e.id",
        *("e.subject", "e.created_at"),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One run of a list."""

    id: UUID
    position: Position
    audience: Audience


def newest(name: str, keys: Collection[str]) -> dict[str, list[Listed]]:
    """The newest runs of each list of this name, newest first, from one statement."""
    wanted = sorted(keys)
    # Where no LATERAL is: the newest of a key are found by their ids, once more by the index.
    postgresql = f"""
SELECT k.key, r.* FROM {sql.rows_of_texts("keys")} k
CROSS JOIN LATERAL ({LISTS[name].newest}) r ORDER BY k.key, r.created_at DESC"""
    sqlite = f"""
SELECT k.key, {_COLUMNS} FROM {sql.rows_of_texts("keys")} k
JOIN flowengine_run r ON r.id IN (SELECT id FROM ({LISTS[name].newest}))
ORDER BY k.key, r.created_at DESC"""
    found: dict[str, list[Listed]] = {key: [] for key in wanted}
    text = postgresql if sql.is_postgresql() else sqlite
    for key, run_id, at, seq, actor, watchers, groups in sql.query(text, {"keys": wanted}):
        created_at = sql.as_datetime(at)
        assert created_at is not None, "every run has its instant"
        found[key].append(
            Listed(
                id=sql.as_uuid(run_id),
                position=(epoch(created_at), seq),
                audience=Audience(actor=actor, watchers=watchers, watcher_groups=groups),
            )
        )
    return found


def lists_of(run_ids: Collection[UUID]) -> dict[UUID, list[tuple[str, str]]]:
    """The lists in which each of these runs is: the name, and what it is a list of."""
    rows = sql.query(
        "SELECT r.id, r.actor, r.workflow, e.subject FROM flowengine_run r"
        " LEFT JOIN flowengine_event e ON e.id = r.event_id WHERE r.id = ANY(%(ids)s)",
        {"ids": list(run_ids)},
    )
    names = ("runs:mine", "runs:workflow", "runs:subject")
    return {
        sql.as_uuid(row[0]): [
            (name, key) for name, key in zip(names, row[1:], strict=True) if key is not None
        ]
        for row in rows
    }
