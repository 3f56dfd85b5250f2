"""Statements of admission read by an index, over full tables and long queues."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import connection

from flowengine.store import backlog, due, keys, places
from tests.builders import crowd
from tests.builders.door import at
from tests.builders.events import NOON
from tests.builders.plans import explained

pytestmark = pytest.mark.django_db

PAGE = 100
KEYS = [UUID(int=n) for n in range(20)]
_QUEUE = """
INSERT INTO flowengine_place (run_id, key_id, throttle_id, priority, state, written_at, slot_at)
SELECT r.id, lpad(to_hex((n % 20)::int), 32, '0')::uuid, lpad(to_hex((n % 20)::int), 32, '0')::uuid,
  n % 3, CASE n % 1000 WHEN 0 THEN 'open' ELSE 'queued' END, r.created_at + n * interval '1 s',
  r.created_at + n * interval '1 s'
FROM (SELECT id, created_at, row_number() OVER (ORDER BY id) AS n FROM flowengine_run) r"""
_WAIT = """
UPDATE flowengine_run SET state = 'queued', due_at = p.slot_at FROM flowengine_place p
WHERE p.run_id = flowengine_run.id AND p.state = 'queued'"""
_REMEMBER = """
INSERT INTO flowengine_key (id, workflow, gate, key, state, due_at)
SELECT md5('key' || n)::uuid, 'line', CASE n % 2 WHEN 0 THEN 'idempotency' ELSE 'debounce' END, n::text,
  '{"event":"00000000-0000-0000-0000-000000000000","run":"00000000-0000-0000-0000-000000000000",'
  '"written_at":"2026-03-02T12:00:00Z","since":"2026-03-02T12:00:00Z",'
  '"due_at":"2026-03-02T12:00:00Z"}',
  '2026-03-02T12:00:00Z'::timestamptz + n * interval '1 s'
FROM generate_series(0, 49999) n"""


def hot(some_runs: list[UUID]) -> dict[str, tuple[Callable[[], object], int]]:
    """What is asked often; each with the rows of large tables it may look at."""
    free = dict.fromkeys(KEYS, 1)
    return {
        "queued runs that are due": (lambda: places.due(at(PAGE), limit=PAGE), 2 * PAGE),
        "the next start": (places.next_start, 5),
        "what a beat has to do": (lambda: due.earliest(NOON), 10),
        "whose turn it is": (lambda: places.heads(free, KEYS, NOON), 5 * len(KEYS)),
        "what runs hold": (lambda: places.of_runs(some_runs), PAGE),
        "what final runs held": (lambda: places.of_ended(some_runs), 3 * PAGE),
        "runs that are marked": (
            lambda: places.mark(dict.fromkeys(some_runs, places.PlaceState.QUEUED)),
            PAGE,
        ),
        "runs that are looked at later": (
            lambda: places.look_at(dict.fromkeys(some_runs, at(5))),
            3 * PAGE,
        ),
        "bursts that are over": (lambda: keys.bursts(at(PAGE), limit=PAGE), PAGE),
        "keys to forget": (lambda: keys.forget(at(PAGE), limit=PAGE), 3 * PAGE),
        "a run that has failed": (lambda: places.failed(some_runs[:1]), 2),
    }


def test_queues_are_read_by_an_index_and_no_further_than_needed(
    postgres: str, subtests: pytest.Subtests, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd.fill_quietly()
    with connection.cursor() as cursor:
        for text in (_QUEUE, _WAIT, _REMEMBER, "ANALYZE"):
            cursor.execute(text)
    for name, (statement, rows_max) in hot(crowd.run_ids(PAGE)).items():
        with explained(monkeypatch) as seen:
            statement()
        with subtests.test(name):
            assert not seen.scanned, seen.plans
            assert seen.read <= rows_max, seen.plans


_BACKLOG = """
INSERT INTO flowengine_event
  (id, type, time, data, correlation_id, hops, replay, target, state, due_at, tries, created_at)
SELECT md5('other' || n)::uuid, CASE n % 2 WHEN 0 THEN 'other.thing' ELSE 'flowengine.call' END,
  now(), '{}'::bytea, 'c', 0, 0, CASE n % 2 WHEN 1 THEN 'other' END, 'pending', now(), 0,
  '2026-03-01T12:00:00Z'::timestamptz + n * interval '1 ms'
FROM generate_series(1, 100000) n"""


def test_earlier_events_are_found_beside_a_backlog_of_others(
    postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd.fill_quietly()
    with connection.cursor() as cursor:
        for text in (_BACKLOG, "ANALYZE flowengine_event"):
            cursor.execute(text)
    is_open = crowd.COUNT // 500 * 2

    with explained(monkeypatch) as seen:
        kinds = backlog.open_kinds()
    with explained(monkeypatch) as seen_before:
        found = backlog.open_before(
            NOON, [("line.begun", None), ("flowengine.call", "line")], but=[], limit=PAGE
        )

    assert set(kinds) == {
        *(("line.begun", None), ("other.thing", None), ("flowengine.call", "other")),
    }
    assert len(found) == PAGE
    assert not seen.scanned | seen_before.scanned, (seen.plans, seen_before.plans)
    assert seen.read <= 2 * len(kinds), seen.plans
    assert seen_before.read <= is_open, seen_before.plans
