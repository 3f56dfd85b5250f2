"""When there is something to do for a beat: one look at the first row of each index of what is due.

Most of the time nothing is; to find that out table by table took more than all the rest of an idle
worker. What a beat does joins here: left out, it is late by ``LOOK_EVERY_S``, and lost never.
"""

from __future__ import annotations

from datetime import datetime

from flowengine.store import sql

_EARLIEST = """
SELECT (SELECT min(at) FROM (
    SELECT min(due_at) AS at FROM flowengine_step WHERE state <> 'ready' AND due_at IS NOT NULL
    UNION ALL SELECT min(due_at) FROM flowengine_run WHERE due_at IS NOT NULL
    UNION ALL SELECT min(due_at) FROM flowengine_wait WHERE due_at IS NOT NULL
    UNION ALL SELECT min(due_at) FROM flowengine_schedule WHERE due_at IS NOT NULL
    UNION ALL SELECT min(due_at) FROM flowengine_key WHERE gate = 'debounce' AND due_at IS NOT NULL
    UNION ALL SELECT min(due_at) FROM flowengine_key WHERE gate = 'idempotency' AND due_at IS NOT NULL
    UNION ALL SELECT min(due_at) FROM flowengine_key WHERE gate = 'throttle' AND due_at IS NOT NULL
    UNION ALL SELECT min(due_at) FROM flowengine_replay WHERE due_at IS NOT NULL
    UNION ALL SELECT min(snoozed_until) FROM flowengine_notification WHERE snoozed_until IS NOT NULL
  ) AS each),
  EXISTS (SELECT 1 FROM flowengine_notification WHERE number IS NULL)
  OR EXISTS (SELECT 1 FROM flowengine_dead_tally)
  OR EXISTS (SELECT 1 FROM flowengine_dead_group WHERE is_moving)"""


def earliest(now: datetime) -> datetime | None:
    """When there is something to do; *now* or before where there is already, None where nothing is known."""
    [(at, is_waiting)] = sql.query(_EARLIEST, {})
    return now if is_waiting else sql.as_datetime(at)
