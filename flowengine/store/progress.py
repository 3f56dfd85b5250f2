"""Reading what watchers are shown: for many runs at once, in a fixed number of statements.

A position is read before the state it stands for: what commits in between is shown early and comes
again with the next numbers, which is harmless; the other order would lose it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from flowengine.conf import settings
from flowengine.definitions.model import Workflow
from flowengine.engine.event import Event
from flowengine.engine.run import Failure, Place, Run
from flowengine.engine.scope import scope_before_steps
from flowengine.engine.states import StepState
from flowengine.errors import DefinitionError
from flowengine.models import RunRecord
from flowengine.representations import Fact, Json, StepRow, epoch, pace, run_view
from flowengine.representations.children import called_run_id, calls
from flowengine.representations.rows import Rows
from flowengine.representations.run import titles_in_need
from flowengine.store import definitions, events, paces, shown, sql

logger = logging.getLogger("flowengine.store")

Position = tuple[str, int]
"""The epoch of a run, and its head."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """What the default predicate reads of a run: nothing but who is named."""

    actor: str | None
    watchers: str
    watcher_groups: str


FACTS_MAX = 500
"""A watcher who is further behind is given the whole view."""

NO_RUN = "outcome NOT IN ('started', 'queued', 'debouncing')"
"""An answer after which there will be no run: one that waits for the end of its burst may have one."""

_ENDED = f"""
SELECT d.run_id, d.outcome, d.workflow, d.digest, d.event_id, d.decided_at, e.actor
FROM flowengine_decision d LEFT JOIN flowengine_event e ON e.id = d.event_id
WHERE d.run_id = ANY(%(ids)s) AND d.{NO_RUN}"""

_EVENTS = f"SELECT {events.columns('e')} FROM flowengine_event e WHERE e.id = ANY(%(ids)s)"

_FACTS = """
SELECT h.run_id, h.first, h.at, h.transitions FROM flowengine_history h
JOIN unnest(%(runs)s::uuid[], %(after)s::integer[]) AS w(run_id, n)
  ON h.run_id = w.run_id AND h.last > w.n
WHERE h.run_id = ANY(%(runs)s::uuid[]) ORDER BY h.run_id, h.first"""
"""The runs are named twice: by the join alone, the whole table would be read for some hundred."""
_FACTS_SQLITE = """
SELECT h.run_id, h.first, h.at, h.transitions FROM flowengine_history h
JOIN json_each(%(runs)s) r JOIN json_each(%(after)s) w ON w.key = r.key
 AND h.run_id = r.value AND h.last > w.value ORDER BY h.run_id, h.first"""

_decode = msgspec.json.decode
_failure = msgspec.json.Decoder(Failure).decode


def runs(ids: Collection[UUID]) -> dict[UUID, RunRecord]:
    """The rows of these runs, without inputs and output; absent ones are left out.

    Each has what is known of its workflow's pace besides.
    """
    found = RunRecord.objects.using(settings().DATABASE).filter(pk__in=list(ids))
    return {run.id: run for run in found.defer("inputs", "output").annotate(pace=paces.of_run())}


def audiences(ids: Collection[UUID]) -> dict[UUID, Audience]:
    """Who may watch each of these runs; absent ones are left out."""
    rows = sql.query(
        "SELECT id, actor, watchers, watcher_groups FROM flowengine_run WHERE id = ANY(%(ids)s)",
        {"ids": list(ids)},
    )
    return {
        sql.as_uuid(row[0]): Audience(actor=row[1], watchers=row[2], watcher_groups=row[3])
        for row in rows
    }


def ended(ids: Collection[UUID]) -> dict[UUID, tuple[RunRecord, str]]:
    """Of ids without a run: those that will never have one, with the outcome.

    The record was never saved: it is the run as it would have been, for the question of who may
    know. Nobody but the event's actor is among its watchers.
    """
    if not ids:
        return {}
    found = {}
    for run_id, outcome, workflow, digest, event_id, at, actor in sql.query(
        _ENDED, {"ids": list(ids)}
    ):
        run = RunRecord(
            id=sql.as_uuid(run_id),
            workflow=workflow,
            digest=digest,
            event_id=sql.as_uuid(event_id),
            actor=actor,
            watchers=json.dumps([] if actor is None else [actor]),
            created_at=_aware(at),
        )
        found[run.id] = (run, outcome)
    return found


def position(run: RunRecord) -> Position:
    """Where a run's row stands."""
    return epoch(run.created_at), run.seq


def facts(after: Mapping[UUID, int]) -> dict[UUID, list[Fact]]:
    """Each run's transitions after that number, in order."""
    found: dict[UUID, list[Fact]] = {run_id: [] for run_id in after}
    if not after:
        return found
    text = _FACTS if sql.is_postgresql() else _FACTS_SQLITE
    rows = sql.query(text, {"runs": list(after), "after": list(after.values())})
    for raw_id, first, at, transitions in rows:
        run_id = sql.as_uuid(raw_id)
        found[run_id] += [
            Fact(n=n, at=_aware(at), transition=transition)
            for n, transition in enumerate(_decode(bytes(transitions)), start=first)
            if n > after[run_id]
        ]
    return found


def workflows(found: Collection[RunRecord]) -> dict[str, Workflow]:
    """By digest, the versions these runs are pinned to; one that cannot be read here is left out."""
    digests = {run.digest for run in found}
    try:
        return definitions.load(digests)
    except DefinitionError:
        return _readable(digests)


def failure(run: RunRecord) -> Failure | None:
    """Why the run failed."""
    return None if run.failure is None else _failure(bytes(run.failure))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One run as it was read to be shown."""

    view: Json
    rows: tuple[StepRow, ...]


def views(found: Collection[RunRecord]) -> dict[UUID, Json]:
    """The whole view of each of these runs."""
    return {run_id: seen.view for run_id, seen in look(found, workflows(found)).items()}


def look(
    found: Collection[RunRecord], by_digest: Mapping[str, Workflow], *, is_brief: bool = False
) -> dict[UUID, Seen]:
    """The whole view of each of these runs, with the rows that it is made from.

    *is_brief* = how far they are is wanted: what the titles of steps to come would say, and why they
    failed, is not found out.
    """
    if not found:
        return {}
    rows = shown.rows(found, by_digest)
    undo = shown.undo_counts(found, by_digest)
    children = _children(found, by_digest, rows)
    scopes = {} if is_brief else _scopes(found, by_digest)
    return {
        run.id: Seen(
            view=run_view(
                by_digest.get(run.digest),
                run,
                Rows(
                    steps=tuple(rows[run.id].values()),
                    undo=undo.get(run.id),
                    children=children.get(run.id),
                ),
                scope=scopes.get(run.id),
                failure=None if is_brief else failure(run),
                pace=pace.read(getattr(run, "pace", None)),
            ),
            rows=tuple(rows[run.id].values()),
        )
        for run in found
    }


def _children(
    found: Collection[RunRecord], by_digest: Mapping[str, Workflow], rows: shown.RowsOf
) -> dict[UUID, dict[Place, tuple[UUID, int]]]:
    """The runs that shown steps have started, and how far each is.

    One that is waited for is named before it is there, so that a page can wait for it too. As deep as
    they call one another, a level at a time.
    """
    called = {
        called_run_id(run.id, row, workflow): (run.id, row)
        for run in found
        if run.digest in by_digest
        for row, workflow in calls(by_digest[run.digest], rows[run.id].values())
    }
    there = views(runs(called).values()) if called else {}
    children: dict[UUID, dict[Place, tuple[UUID, int]]] = {}
    for child_id, (run_id, row) in called.items():
        if child_id in there or row.state == StepState.WAITING:
            percent = there[child_id]["percent"] if child_id in there else 0
            children.setdefault(run_id, {})[row.step, row.item] = (child_id, percent)
    return children


def _readable(digests: Collection[str]) -> dict[str, Workflow]:
    """Those that this version of flowengine can read: one old file must not hide the others."""
    found: dict[str, Workflow] = {}
    for digest in digests:
        try:
            found |= definitions.load({digest})
        except DefinitionError:
            logger.warning("a stored definition cannot be read", extra={"digest": digest})
    return found


def _scopes(
    found: Collection[RunRecord], by_digest: Mapping[str, Workflow]
) -> dict[UUID, dict[str, Any]]:
    """What the titles of steps to come may name. Payloads are read only where a title has ``${{ }}``."""
    chosen = [
        run for run in found if run.digest in by_digest and titles_in_need(by_digest[run.digest])
    ]
    if not chosen:
        return {}
    causes = _events([run.event_id for run in chosen])
    inputs = _inputs([run.id for run in chosen])
    config = dict(settings().CONFIG)
    return {
        run.id: scope_before_steps(
            Run(
                id=run.id,
                workflow=run.workflow,
                digest=run.digest,
                event=causes[run.event_id],
                replay=run.replay,
                inputs=inputs.get(run.id),
                started_at=run.started_at,
            ),
            config,
        )
        for run in chosen
        if run.event_id in causes
    }


def _events(ids: Collection[UUID]) -> dict[UUID, Event]:
    rows = sql.query(_EVENTS, {"ids": list(ids)})
    return {sql.as_uuid(row[0]): events.value(row) for row in rows}


def _inputs(ids: Collection[UUID]) -> dict[UUID, Any]:
    rows = sql.query(
        "SELECT id, inputs FROM flowengine_run WHERE id = ANY(%(ids)s) AND inputs IS NOT NULL",
        {"ids": list(ids)},
    )
    return {sql.as_uuid(row[0]): _decode(bytes(row[1])) for row in rows}


def _aware(value: Any) -> datetime:
    at = sql.as_datetime(value)
    assert at is not None, "the column is never null"
    return at
