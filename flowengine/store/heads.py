"""Where everything stands that is watched, in one statement, whatever it is and however much.

Each kind of topic gives a :class:`Part`; those that are watched are joined by ``UNION ALL``. All parts
have the same five columns: the kind, the key, an instant, a text and a number.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from flowengine.representations import epoch
from flowengine.store import sql
from flowengine.store.listed import LISTS
from flowengine.store.progress import NO_RUN, Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one kind of topics adds to the statement."""

    text: str
    parameters: Mapping[str, Any]


class Head(NamedTuple):
    """Where one topic stands, as its kind understands it."""

    at: datetime | None
    text: str | None
    number: int


Heads = dict[tuple[str, str], Head]
"""By kind and key; what is not there has no head."""

_RUNS = f"""
SELECT 'run', CAST(id AS text), created_at, CAST(NULL AS text), CAST(seq AS bigint)
FROM flowengine_run WHERE id = ANY(%(runs)s)
UNION ALL
SELECT 'run', CAST(run_id AS text), decided_at, outcome, CAST(0 AS bigint)
FROM flowengine_decision WHERE run_id = ANY(%(unknown)s) AND {NO_RUN}"""

_INBOXES = """
SELECT 'inbox', user_key, CAST(NULL AS timestamptz), epoch, CAST(number AS bigint)
FROM flowengine_inbox WHERE user_key = ANY(%(inboxes)s)"""

_LIST = """
SELECT '{name}', k.key, CAST(NULL AS timestamptz),
 (SELECT CAST(count(*) AS text) || ' ' || coalesce(CAST(min(created_at) AS text), '')
   || ' ' || coalesce(CAST(max(created_at) AS text), '') || ' ' || coalesce(CAST(sum(seq) AS text), '')
  FROM ({newest}) r),
 CAST(0 AS bigint)
FROM {keys} k"""
"""Which runs are in a list cannot change without one of the four, and their heads only grow."""


_STIR = """
SELECT '{name}', '', CAST(NULL AS timestamptz),
 (SELECT CAST(count(*) AS text) || ' ' || coalesce(CAST(max(created_at) AS text), '')
   || ' ' || coalesce(CAST(sum(seq) AS text), '')
  FROM (SELECT created_at, seq FROM flowengine_run ORDER BY created_at DESC LIMIT {newest}) r)
 || ' ' || (SELECT coalesce(CAST(max(created_at) AS text), '') FROM flowengine_event)
 || ' ' || (SELECT CAST(count(*) AS text) || ' ' || coalesce(CAST(max(since) AS text), '')
  || ' ' || coalesce(CAST(sum(places) AS text), '')
  FROM flowengine_station)
 || ' ' || coalesce((SELECT coalesce(CAST(max(metered_at) AS text), '')
   || ' ' || CAST(sum(CASE state WHEN 'alive' THEN 1 WHEN 'draining' THEN 1000 ELSE 0 END) AS text)
   || ' ' || CAST(sum(CASE WHEN state <> wanted THEN 1 ELSE 0 END) AS text)
   || ' ' || CAST(sum(CASE WHEN state <> 'ended' AND seen_at < %(stir_heard)s THEN 1 ELSE 0 END)
     AS text)
   || CASE WHEN max(metered_at) > %(stir_since)s THEN %(stir_tick)s ELSE '' END
  FROM flowengine_worker HAVING count(*) > 0), '')
 || ' ' || (SELECT CAST(count(*) AS text) || ' ' || coalesce(CAST(sum(count) AS text), '')
   || ' ' || coalesce(CAST(sum(open_count) AS text), '')
   || ' ' || coalesce(CAST(max(last_at) AS text), '')
   || ' ' || coalesce(CAST(max(state_at) AS text), '')
  FROM (SELECT count, open_count, last_at, state_at FROM flowengine_dead_group
    ORDER BY last_at DESC LIMIT {newest}) g)
 || ' ' || (SELECT CAST(count(*) AS text)
  FROM (SELECT 1 FROM flowengine_dead_tally LIMIT {newest}) t),
 CAST(0 AS bigint)"""
"""Hardly anything can happen, or be decided by anybody, without one of these moving; and as long as rates
are above nothing, they fall with time."""
_STIR_NEWEST = 200
_REPLAYS = f"""
SELECT 'replay', '', CAST(NULL AS timestamptz),
 (SELECT CAST(count(*) AS text) || ' ' || coalesce(CAST(max(ended_at) AS text), '')
   || ' ' || coalesce(CAST(sum(sent) AS text), '') || ' ' || coalesce(CAST(sum(succeeded) AS text), '')
   || ' ' || coalesce(CAST(sum(failed) AS text), '') || ' ' || coalesce(CAST(sum(skipped) AS text), '')
   || ' ' || coalesce(CAST(sum(CASE state WHEN 'running' THEN 1 WHEN 'paused' THEN 1000 ELSE 0 END)
     AS text), '')
  FROM (SELECT * FROM flowengine_replay ORDER BY created_at DESC LIMIT {_STIR_NEWEST}) r),
 CAST(0 AS bigint)"""


def runs(ids: Collection[UUID], unknown: Collection[UUID]) -> Part:
    """Runs; of the *unknown*, also those whose event was decided upon without a run."""
    return Part(text=_RUNS, parameters={"runs": list(ids), "unknown": list(unknown)})


def inboxes(users: Collection[str]) -> Part:
    """The inboxes of these users, by key."""
    return Part(text=_INBOXES, parameters={"inboxes": list(users)})


def lists(name: str, keys: Collection[str]) -> Part:
    """The lists of this name, by what they are lists of."""
    parameter = "list_" + name.rpartition(":")[2]
    text = _LIST.format(name=name, newest=LISTS[name].newest, keys=sql.rows_of_texts(parameter))
    return Part(text=text, parameters={parameter: list(keys)})


def stir(name: str, *, since: datetime, heard: datetime) -> Part:
    """Whether anything has happened at all, for views of the whole.

    Args:
        name: of the kind of topics.
        since: where something ended after that, what is seen changes by itself, with time.
        heard: a worker that was last heard of before that is silent.
    """
    tick = since.strftime(" %H%M%S")[:-1]
    return Part(
        text=_STIR.format(name=name, newest=_STIR_NEWEST),
        parameters={"stir_since": since, "stir_heard": heard, "stir_tick": tick},
    )


def replays() -> Part:
    """Whether any of the newest replays has moved."""
    return Part(text=_REPLAYS, parameters={})


def read(parts: Sequence[Part]) -> Heads:
    """The heads that *parts* ask for, from one statement."""
    if not parts:
        return {}
    text = "\nUNION ALL".join(part.text for part in parts)
    parameters = {name: value for part in parts for name, value in part.parameters.items()}
    return {
        (kind, _plain(kind, key)): Head(sql.as_datetime(at), said, number)
        for kind, key, at, said, number in sql.query(text, parameters)
    }


def _plain(kind: str, key: str) -> str:
    """The id of a run in one form; SQLite has it without dashes."""
    return str(UUID(key)) if kind == "run" and "-" not in key else key


def position_of_run(head: Head) -> Position | None:
    """Where the run stands; None = there will be none."""
    if head.text is not None:
        return None
    assert head.at is not None, "every run has its instant"
    return epoch(head.at), head.number
