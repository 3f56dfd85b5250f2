"""What is said of causes of dead letters together: how many are open, and whose letters they have."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from flowengine.store import sql

GROUPS_MAX = 1_000
"""Causes with something open are counted up to so many, those that failed last first."""

CAUSES = """
SELECT 'cause', state, count(*), min(first_at) FROM (
  SELECT state, first_at FROM flowengine_dead_group WHERE {open}) o GROUP BY state
UNION ALL
SELECT 'letters', '', COALESCE(sum(open_count), 0), max(last_at) FROM (
  SELECT open_count, last_at FROM flowengine_dead_group WHERE {open}) o
UNION ALL
SELECT 'fresh', '', count(*), NULL FROM (
  SELECT state, first_at FROM flowengine_dead_group WHERE {open}) o
WHERE state = 'new' AND first_at >= %(deployed)s""".format(
    open=f"""open_count > 0 AND merged_into IS NULL
  AND (snoozed_until IS NULL OR snoozed_until <= %(now)s)
  ORDER BY last_at DESC, id DESC LIMIT {GROUPS_MAX}"""
)
"""Causes with something open: by state, how many and since when; how many letters they have, and when one
died last; and how many are new since a deploy."""
_NEWEST = """
  SELECT d.workflow FROM flowengine_dead_letter d WHERE d.group_id = {group}
  ORDER BY d.created_at DESC, d.id DESC LIMIT 1"""
_WORKFLOWS = f"""
SELECT w.id, ({_NEWEST.format(group="w.id")}) FROM unnest(%(ids)s::uuid[]) AS w(id)"""
_WORKFLOWS_SQLITE = f"""
SELECT w.value, ({_NEWEST.format(group="w.value")}) FROM json_each(%(ids)s) w"""
_BY_STEP = f"""
SELECT ({_NEWEST.format(group="o.id")}), o.step, o.open_count FROM (
  SELECT id, step, open_count FROM flowengine_dead_group
  WHERE open_count > 0 AND merged_into IS NULL AND step <> ''
  ORDER BY last_at DESC, id DESC LIMIT {GROUPS_MAX}) o"""

Counts = dict[tuple[str, str], tuple[int, datetime | None]]


def causes(now: datetime, deployed: datetime) -> Counts:
    """What :data:`CAUSES` counts, by what and of which state."""
    found = sql.query(CAUSES, {"now": now, "deployed": deployed})
    return {(what, key): (int(count), sql.as_datetime(at)) for what, key, count, at in found}


def workflows(ids: Collection[UUID]) -> dict[UUID, str]:
    """Of each of these causes, the workflow of its newest letter; those without any are left out."""
    if not ids:
        return {}
    text = _WORKFLOWS if sql.is_postgresql() else _WORKFLOWS_SQLITE
    found = sql.query(text, {"ids": list(ids)})
    return {sql.as_uuid(group): workflow for group, workflow in found if workflow}


def by_step() -> list[tuple[str, str, int]]:
    """Of each cause with something open: the workflow of its newest letter, the step, and how many."""
    rows = sql.query(_BY_STEP, {})
    return [(workflow, step, int(count)) for workflow, step, count in rows if workflow and step]
