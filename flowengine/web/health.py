"""Is this process alive, and is the line moving? For load balancers and people on call.

Both are open to everyone and say nothing of what is in the database. ``healthz`` answers as long as
the process does. ``readyz`` fails when the database is away, or when work has been due for a while and
no living worker takes any: a worker that looks alive and consumes nothing is found here.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import Error as DatabaseFailed
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from flowengine.conf import settings
from flowengine.store import sql
from flowengine.store.clock import DatabaseClock

STALLED_S = 30.0
"""Work may be due, and a worker take nothing, for this long, and ``OVERDUE_S`` before."""

_OLDEST = """
SELECT MIN(due_at) FROM (
  SELECT due_at FROM (
    SELECT due_at FROM flowengine_event WHERE state = 'pending' AND due_at <= %(until)s
    ORDER BY due_at LIMIT 1
  ) AS pending
  UNION ALL
  SELECT due_at FROM (
    SELECT due_at FROM flowengine_event WHERE state = 'published' AND due_at <= %(until)s
    ORDER BY due_at LIMIT 1
  ) AS published
  UNION ALL
  SELECT due_at FROM (
    SELECT due_at FROM flowengine_step
    WHERE state = 'ready' AND worker_id IS NULL AND COALESCE(due_at, due_at) <= %(until)s
    ORDER BY station, priority, task, due_at LIMIT 1
  ) AS ready
  UNION ALL
  SELECT due_at FROM (
    SELECT due_at FROM flowengine_step WHERE state <> 'ready' AND due_at <= %(until)s
    ORDER BY due_at LIMIT 1
  ) AS waiting
) AS due"""
"""One row of each index, in the index's order; of ready steps, the oldest of the first station,
its lowest priority and task.

Few steps have a time, and all that are ready do. PostgreSQL, which takes the one for independent of the
other, would expect one such row after all pages that a backlog left in the index, and rather read the
table; what ``COALESCE`` gives it does not count."""

_TAKEN = """
SELECT MAX(consumed_at) FROM flowengine_worker WHERE state <> 'ended' AND due_at > %(now)s"""

_BUSY = """
SELECT COUNT(*) FROM (
  SELECT 1 FROM flowengine_step s JOIN flowengine_worker w ON w.id = s.worker_id
  WHERE s.state = 'running' AND w.due_at > %(now)s LIMIT 1
) AS busy"""

_clock = DatabaseClock()


@require_safe
@never_cache
def healthz(_request: HttpRequest) -> HttpResponse:
    """200: this process answers."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(_request: HttpRequest) -> HttpResponse:
    """200: the database answers and work is taken; 503 with a sentence that says what is wrong."""
    try:
        problem = stalled(_clock.now())
    except DatabaseFailed:
        problem = "the database does not answer, or has no tables of flowengine"
    if problem:
        return JsonResponse({"status": "unavailable", "problem": problem}, status=503)
    return JsonResponse({"status": "ok"})


def stalled(now: datetime) -> str:
    """What is wrong with the line; empty = nothing: no work is overdue, or somebody takes it.

    A worker whose places are all busy takes nothing, rightly: one that runs a step counts as taking.
    """
    patience = timedelta(seconds=STALLED_S)
    oldest = sql.as_datetime(sql.query(_OLDEST, {"until": now - patience})[0][0])
    if oldest is None:
        return ""
    taken = sql.as_datetime(sql.query(_TAKEN, {"now": now})[0][0])
    since = patience + timedelta(seconds=settings().OVERDUE_S)
    if taken is not None and taken > now - since:
        return ""
    if sql.query(_BUSY, {"now": now})[0][0]:
        return ""
    waited = int((now - oldest).total_seconds())
    return f"work has been due for {waited} s and no living worker takes it"
