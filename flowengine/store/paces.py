"""How long runs of each workflow take: learned now and then from those that have ended.

A view reads what was learned with the run's row; nothing is counted when a run ends.
"""

from __future__ import annotations

import json
from typing import Any

from django.db.models import OuterRef, Subquery

from flowengine.models import WorkflowRecord
from flowengine.representations.pace import learned, written
from flowengine.store import sql
from flowengine.store.sql import Table

NEWEST = 200
"""Runs of a workflow that it is learned from: what it did long ago says little."""

_WORKFLOW = Table("flowengine_workflow", {"name": "text", "pace": "text"})

_TOOK = f"""
SELECT w.name, w.pace, (
  SELECT json_agg(round(extract(epoch FROM r.finished_at - r.started_at) * 1000))::text
  FROM (SELECT state, started_at, finished_at FROM flowengine_run
        WHERE workflow = w.name ORDER BY created_at DESC, id DESC LIMIT {NEWEST}) r
  WHERE r.state = 'succeeded' AND r.started_at IS NOT NULL)
FROM flowengine_workflow w"""
_TOOK_SQLITE = f"""
SELECT w.name, w.pace, (
  SELECT json_group_array(
    round((julianday(r.finished_at) - julianday(r.started_at)) * 86400000))
  FROM (SELECT state, started_at, finished_at FROM flowengine_run
        WHERE workflow = w.name ORDER BY created_at DESC, id DESC LIMIT {NEWEST}) r
  WHERE r.state = 'succeeded' AND r.started_at IS NOT NULL)
FROM flowengine_workflow w"""


def learn() -> int:
    """Learn it anew for all workflows; the number of those of which something else is known now."""
    found = sql.query(_TOOK if sql.is_postgresql() else _TOOK_SQLITE, {})
    changed = []
    for name, before, took in found:
        pace = written(learned([int(each) for each in json.loads(took or "[]")]))
        if pace != before:
            changed.append((pace, name))
    with sql.writing():
        return sql.update(_WORKFLOW, ("pace",), ("name",), changed)


def of_run() -> Any:
    """For a query of runs: what is known of the workflow of each, as it is stored."""
    return Subquery(WorkflowRecord.objects.filter(name=OuterRef("workflow")).values("pace"))
