"""Deleting what no run can ask for any more: keys of old events, subscriptions of old definitions."""

from __future__ import annotations

from datetime import datetime

from flowengine.store import sql

_UNFINISHED = "NOT (r.state IN ('succeeded', 'cancelled', 'expired'))"
"""A failed run may be resumed."""
_LOOKED_BACK_TO = f"""
SELECT min(CASE COALESCE(d.replay, 0) WHEN 0 THEN e.created_at ELSE r.created_at END)
FROM flowengine_run r JOIN flowengine_event e ON e.id = r.event_id
LEFT JOIN flowengine_decision d ON d.run_id = r.id
WHERE {_UNFINISHED} AND r.state <> 'failed'"""
# Materialised: a plain subquery may be asked again for each row, and would give others each time.
_KEYS = """
DELETE FROM flowengine_event_key WHERE (key, event_id) IN (
  WITH old AS MATERIALIZED (
    SELECT key, event_id FROM flowengine_event_key
    WHERE added_at < %(before)s ORDER BY added_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
  SELECT key, event_id FROM old)"""
_IS_USED = f"""(digest IN (SELECT w.digest FROM flowengine_workflow w)
  OR digest IN (SELECT r.digest FROM flowengine_run r WHERE {_UNFINISHED}))"""
_USED_AGAIN = f"""
UPDATE flowengine_subscription SET unused_since = NULL
WHERE unused_since IS NOT NULL AND {_IS_USED}"""
_UNUSED = f"""
UPDATE flowengine_subscription SET unused_since = %(now)s
WHERE unused_since IS NULL AND NOT {_IS_USED}"""
_SUBSCRIPTIONS = f"""
DELETE FROM flowengine_subscription WHERE unused_since < %(before)s AND NOT {_IS_USED}"""


def looked_back_to() -> datetime | None:
    """Since when events matter to the open runs; None where there is no open run."""
    return sql.as_datetime(sql.query(_LOOKED_BACK_TO, {})[0][0])


def forget_keys(before: datetime, *, limit: int) -> int:
    """Delete keys that events got before that, the oldest first; how many they were."""
    return sql.execute(_KEYS, {"before": before, "limit": limit})


def forget_subscriptions(now: datetime, *, before: datetime) -> None:
    """Note at *now* which are not used any more, and delete those that were not since *before*.

    A definition whose workflow takes new runs by it uses its own, and so does a run that may go on.
    """
    sql.execute(_USED_AGAIN, {})
    sql.execute(_SUBSCRIPTIONS, {"before": before})
    sql.execute(_UNUSED, {"now": now})
