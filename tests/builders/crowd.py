"""Tables of a busy house, filled by the database itself: tens of thousands of rows in a few seconds."""

from __future__ import annotations

import os
from collections.abc import Mapping
from hashlib import md5
from string import Template
from uuid import UUID

from django.db import connection

from tests.builders.events import NOON

COUNT = int(os.environ.get("FLOWENGINE_TEST_CROWD", "50000"))
"""Events, runs, steps and rows of history, each."""
SCALE = max(1, COUNT // 50_000)
"""By so much more is running at the same time than in the usual crowd."""
STATIONS = ("default", "mail", "slow")
STEPS = ("one", "two", "three", "four", "five")

_COMMON = {
    "count": str(COUNT),
    "at": f"'{NOON.isoformat()}'::timestamptz",
    "earlier": f"('{NOON.isoformat()}'::timestamptz - n * interval '1 millisecond')",
    "later": f"('{NOON.isoformat()}'::timestamptz + interval '1 hour')",
    "event": "md5('event' || n)::uuid",
    "run": "md5('run' || n)::uuid",
    "run_of_step": "md5('run' || n / 5 + 1)::uuid",
    "key": "md5('key' || n)::uuid",
    "holder": "md5('worker' || (n / 5) % 4)::uuid",
}
_QUIET = {
    "event_state": "CASE n % 500 WHEN 0 THEN 'pending' WHEN 1 THEN 'published' ELSE 'routed' END",
    "run_state": "CASE n % 100 WHEN 0 THEN 'running' ELSE 'succeeded' END",
    "run_due": "CASE n % 500 WHEN 0 THEN $earlier ELSE $later END",
    "step_state": "CASE n % 500 WHEN 0 THEN 'ready' WHEN 1 THEN 'running' WHEN 2 THEN 'retrying'"
    " WHEN 3 THEN 'retrying' ELSE 'succeeded' END",
    "step_due": "CASE n % 500 WHEN 3 THEN $later ELSE $earlier END",
}
_BACKLOG = {
    "event_state": "CASE n % 2 WHEN 0 THEN 'pending' ELSE 'published' END",
    "run_state": "'running'",
    "run_due": "$earlier",
    "step_state": "CASE WHEN n % 500 = 1 THEN 'running' WHEN n % 5 = 2 THEN 'retrying'"
    " WHEN n % 5 = 3 THEN 'succeeded' ELSE 'ready' END",
    "step_due": "$earlier",
}
_STATEMENTS = (
    """
    INSERT INTO flowengine_worker
      (id, name, host, pid, stations, version, project_version, concurrency, meter, state, due_at,
       started_at, seen_at, wanted, wanted_by, wanted_reason)
    SELECT md5('worker' || n)::uuid, 'w', 'h', n, '[]', '', '', 16, '{}',
      CASE WHEN n < 4 THEN 'alive' ELSE 'ended' END, CASE WHEN n < 4 THEN $later END, $at, $at,
      'alive', '', ''
    FROM generate_series(0, 999) n""",
    """
    INSERT INTO flowengine_event
      (id, type, time, data, correlation_id, hops, replay, state, due_at, tries, created_at)
    SELECT $event, 'line.begun', $at, '{}'::bytea, 'c', 0, 0, s.state,
      CASE WHEN s.state <> 'routed' THEN $earlier END, 0, $earlier
    FROM generate_series(1, $count) n, LATERAL (SELECT $event_state AS state) s""",
    """
    INSERT INTO flowengine_decision
      (run_id, event_id, workflow, digest, replay, outcome, detail, decided_at)
    SELECT $run, $event, 'line', 'd', 0, 'started', '', $at FROM generate_series(1, $count) n""",
    """
    INSERT INTO flowengine_run
      (id, workflow, digest, event_id, replay, state, seq, due_at, title, priority, parent_run,
       parent_step, parent_item, parent_depth, parent_detached, busy, asleep, output_bytes, has_undone,
       still_s, tail, holding, watchers, watcher_groups, labels, created_at, started_at)
    SELECT $run, 'line', 'd', $event, 0, s.state, 15,
      CASE s.state WHEN 'running' THEN $run_due END, '', 1,
      CASE n % 10 WHEN 0 THEN $run_of_step END, 'one', '', 0, false, 0, 0, 0, false, 0.0,
      '', false, '[]', '[]', '{}', $at, $at
    FROM generate_series(1, $count) n, LATERAL (SELECT $run_state AS state) s""",
    """
    INSERT INTO flowengine_step
      (run_id, step, item, kind, title, task, station, state, priority, attempt, tries, crashes,
       is_stopping, worker_id, due_at, ended, note, doubt, ready_at)
    SELECT $run_of_step, (ARRAY['one', 'two', 'three', 'four', 'five'])[n % 5 + 1], '', 'task', '',
      'line.work', (ARRAY['default', 'mail', 'slow'])[(n / 7) % 3 + 1], s.state, n % 3, 1, 0, 0,
      false, CASE s.state WHEN 'running' THEN $holder END,
      CASE WHEN s.state IN ('ready', 'retrying') THEN $step_due END,
      CASE s.state WHEN 'succeeded' THEN n % 5 END, '', '', $at
    FROM generate_series(0, $count - 1) n, LATERAL (SELECT $step_state AS state) s""",
    """
    INSERT INTO flowengine_wait
      (run_id, step, item, entry, patterns, match, key, event_id, due_at, created_at)
    SELECT $run, 'paid', '', -1, '[]', '{}', $key,
      CASE WHEN n % 100 > 0 THEN $event END, CASE n % 1000 WHEN 0 THEN $earlier END, $at
    FROM generate_series(1, $count) n""",
    """
    INSERT INTO flowengine_event_key (key, event_id, added_at)
    SELECT $key, $event, $earlier FROM generate_series(1, $count) n""",
    """
    INSERT INTO flowengine_history (run_id, first, last, at, transitions)
    SELECT $run_of_step, n % 5 * 3 + 1, n % 5 * 3 + 3, $at, '[]'::bytea
    FROM generate_series(0, $count - 1) n""",
    "ANALYZE",
)


def fill_quietly() -> None:
    """Almost all is done; of some hundred rows one wants something."""
    _fill(_QUIET)


def fill_with_backlog() -> None:
    """The morning after: nothing is routed, and most steps are due."""
    _fill(_BACKLOG)


def event_ids(count: int) -> list[UUID]:
    """The first events."""
    return [_id("event", n) for n in range(1, count + 1)]


def run_ids(count: int) -> list[UUID]:
    """The first runs; those up to a fifth of ``COUNT`` have steps and history."""
    return [_id("run", n) for n in range(1, count + 1)]


def keys(count: int) -> list[UUID]:
    """The keys of the first events, and of the waits of the first runs."""
    return [_id("key", n) for n in range(1, count + 1)]


def worker_ids() -> list[UUID]:
    """The workers that live and hold what is running."""
    return [_id("worker", n) for n in range(4)]


def _id(kind: str, n: int) -> UUID:
    return UUID(md5(f"{kind}{n}".encode(), usedforsecurity=False).hexdigest())


def _fill(states: Mapping[str, str]) -> None:
    values = {
        **_COMMON,
        **{name: Template(text).substitute(_COMMON) for name, text in states.items()},
    }
    with connection.cursor() as cursor:
        for text in _STATEMENTS:
            cursor.execute(Template(text).substitute(values))
