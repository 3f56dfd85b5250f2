"""What a replay has to know of the letters and runs that it is about, and of what became of them since."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from flowengine.engine.run import Failure
from flowengine.engine.states import FINAL_RUN_STATES
from flowengine.store import again, sql

_LETTERS = """
SELECT id, state, event_id, run_id, workflow, step, group_id, created_at FROM flowengine_dead_letter
WHERE id = ANY(%(ids)s)"""
_BODIES = """
SELECT id, body, headers FROM flowengine_dead_letter WHERE id = ANY(%(ids)s) AND body IS NOT NULL"""
_RUNS = """
SELECT id, workflow, digest, event_id, state, has_undone, tail, failure,
       COALESCE(held_at, finished_at, created_at)
FROM flowengine_run WHERE id = ANY(%(ids)s)"""
_SINCE = """
SELECT k.object_id, r.id, r.state FROM {rows}
JOIN flowengine_run r ON r.event_id = {event} AND ({workflow} = '' OR r.workflow = {workflow})
WHERE {wanted}
UNION ALL
SELECT k.object_id, r.id, r.state FROM {rows}
JOIN flowengine_run r ON r.replay_of = {run} WHERE {wanted}
UNION ALL
SELECT k.object_id, r.id, r.state FROM {rows}
JOIN flowengine_run r ON r.keys IN ({target}, {keys}) WHERE {wanted}
UNION ALL
SELECT k.object_id, r.id, r.state FROM {rows}
JOIN flowengine_run r ON r.id = {target} WHERE {wanted}
UNION ALL
SELECT k.object_id, r.id, r.state FROM {rows}
JOIN flowengine_replay_item i ON i.origin_id = {origin} AND i.event_id <> {event}
JOIN flowengine_run r ON r.event_id = i.event_id AND ({workflow} = '' OR r.workflow = {workflow})
WHERE {wanted}
UNION ALL
SELECT k.object_id, i.run_id, 'succeeded' FROM {rows}
JOIN flowengine_replay_item i ON i.origin_id = {origin} AND i.state = 'succeeded'
  AND ({workflow} = '' OR i.target_id IN ({target}, {every}))
WHERE i.run_id IS NOT NULL AND i.ended_at > {since}"""
_WANTED = """((r.state = 'succeeded' AND r.finished_at > {since})
  OR (r.id <> {run} AND NOT r.state = ANY(%(final)s)))"""
_KEYS = """
SELECT i.origin_id, e.again FROM flowengine_replay_item i JOIN flowengine_event e ON e.id = i.event_id
WHERE i.origin_id = ANY(%(origins)s) AND e.again IS NOT NULL ORDER BY i.sent_at, i.replay_id, i.n"""
_POSTGRESQL = {
    "rows": """unnest(%(objects)s::uuid[], %(events)s::uuid[], %(workflows)s::text[],
  %(runs)s::uuid[], %(sinces)s::timestamptz[], %(targets)s::uuid[], %(everies)s::uuid[],
  %(origins)s::uuid[], %(keys)s::uuid[])
  AS k(object_id, event_id, workflow, run_id, since, target, every, origin, keys)""",
    "event": "k.event_id",
    "workflow": "k.workflow",
    "run": "k.run_id",
    "since": "k.since",
    "target": "k.target",
    "every": "k.every",
    "origin": "k.origin",
    "keys": "k.keys",
}
_SQLITE = {
    "rows": "json_each(%(rows)s) k",
    "event": "json_extract(k.value, '$[1]')",
    "workflow": "json_extract(k.value, '$[2]')",
    "run": "json_extract(k.value, '$[3]')",
    "since": "json_extract(k.value, '$[4]')",
    "target": "json_extract(k.value, '$[5]')",
    "every": "json_extract(k.value, '$[6]')",
    "origin": "json_extract(k.value, '$[7]')",
    "keys": "json_extract(k.value, '$[8]')",
}

_failure = msgspec.json.Decoder(Failure).decode


def _text(words: dict[str, str], first: str) -> str:
    text = _SINCE.format(wanted=_WANTED.format(**words), **words)
    return text.replace("k.object_id", first)


_SINCE_POSTGRESQL = _text(_POSTGRESQL, "k.object_id")
_SINCE_SQLITE = _text(_SQLITE, "json_extract(k.value, '$[0]')")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A dead letter, without its payload."""

    id: UUID
    state: str
    event_id: UUID | None
    run_id: UUID | None
    workflow: str
    step: str | None
    group_id: UUID
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOf:
    """A run, as far as it decides what can be done with it."""

    id: UUID
    workflow: str
    digest: str
    event_id: UUID
    state: str
    has_undone: bool
    tail: str
    has_failed: bool
    """What is held and has not is held by somebody."""
    step: str | None
    """In which it failed; None = in none."""
    since: datetime
    """When it stood still."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be known of one thing."""

    object_id: UUID
    event_id: UUID
    origin_id: UUID
    """The same; of an edited copy, and of a copy of that, the first event."""
    workflow: str
    """Empty = of whichever."""
    run_id: UUID | None
    since: datetime
    target: UUID
    """What a replay may have sent for it, its event and workflow; the id of the first run of these, and what
    the idempotency keys are made of of those that do the same: what was called again, too."""
    every: UUID
    """The same for all workflows."""
    keys: UUID
    """What the idempotency keys are made of that a replay has given last; *target*, where none gave new ones."""


@dataclass(frozen=True, slots=True)
class Since:
    """A run of the same event and workflow, or of a copy, or with its keys, that has succeeded since or works."""

    run: UUID
    state: str


def letters(ids: Sequence[UUID]) -> dict[UUID, Letter]:
    """These dead letters by their ids; without locks."""
    found = {}
    for row in sql.query(_LETTERS, {"ids": list(ids)}):
        letter = Letter(
            id=sql.as_uuid(row[0]),
            state=row[1],
            event_id=None if row[2] is None else sql.as_uuid(row[2]),
            run_id=None if row[3] is None else sql.as_uuid(row[3]),
            workflow=row[4],
            step=row[5],
            group_id=sql.as_uuid(row[6]),
            created_at=sql.as_datetime(row[7]) or row[7],
        )
        found[letter.id] = letter
    return found


def bodies(ids: Sequence[UUID]) -> dict[UUID, tuple[bytes, dict[str, Any]]]:
    """What the broker delivered, with its headers, of those of these letters that keep it."""
    return {
        sql.as_uuid(row[0]): (sql.as_bytes(row[1]) or b"", json.loads(row[2]))
        for row in sql.query(_BODIES, {"ids": list(ids)})
    }


def runs(ids: Sequence[UUID]) -> dict[UUID, RunOf]:
    """These runs by their ids; without locks."""
    found = {}
    for row in sql.query(_RUNS, {"ids": list(ids)}):
        run = RunOf(
            id=sql.as_uuid(row[0]),
            workflow=row[1],
            digest=row[2],
            event_id=sql.as_uuid(row[3]),
            state=row[4],
            has_undone=bool(row[5]),
            tail=row[6],
            has_failed=row[7] is not None,
            step=None if row[7] is None else _failure(row[7]).step,
            since=sql.as_datetime(row[8]) or row[8],
        )
        found[run.id] = run
    return found


def keys(origins: Collection[UUID]) -> dict[UUID, dict[str, UUID]]:
    """Of first events: by workflow, the run whose idempotency keys their last replay has, where it says."""
    found: dict[UUID, dict[str, UUID]] = {}
    for origin, text in sql.query(_KEYS, {"origins": sorted(origins)}):
        told = again.decoded(text)
        if told is not None:
            found.setdefault(sql.as_uuid(origin), {}).update(told.keys)
    return found


def since(questions: Sequence[Question]) -> dict[UUID, Since]:
    """What became of these since; a success counts more than a run at work. Others are left out."""
    if not questions:
        return {}
    columns: dict[str, list[Any]] = {
        "objects": [each.object_id for each in questions],
        "events": [each.event_id for each in questions],
        "workflows": [each.workflow for each in questions],
        "runs": [each.run_id or UUID(int=0) for each in questions],
        "sinces": [each.since for each in questions],
        "targets": [each.target for each in questions],
        "everies": [each.every for each in questions],
        "origins": [each.origin_id for each in questions],
        "keys": [each.keys for each in questions],
    }
    final = {"final": sorted(FINAL_RUN_STATES)}
    found: dict[UUID, Since] = {}
    for row in sql.query_rows(_SINCE_POSTGRESQL, _SINCE_SQLITE, final, columns):
        object_id = sql.as_uuid(row[0])
        known = found.get(object_id)
        if known is None or known.state != "succeeded":
            found[object_id] = Since(sql.as_uuid(row[1]), row[2])
    return found
