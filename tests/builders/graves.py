"""Tables full of dead letters, filled by the database itself."""

from __future__ import annotations

from hashlib import md5
from uuid import UUID

from django.db import connection

from tests.builders.dead import NOON

_CLOSED = "n % 10 > 0"
"""Of ten letters one is open."""
_STATEMENTS = (
    """
    INSERT INTO flowengine_dead_group (id, fingerprint, kind, code, title, error_type, place, step,
      state, state_at, owner, note, count, open_count, first_at, last_at, hours, is_moving)
    SELECT md5('group' || n)::uuid, '2:' || n, 'failed run', 'FE421', 'gateway ' || n || ' is away',
      'GatewayDown', 'shop/cards.py:88 charge', 'charge', 'new', {at}, '', '', {count} / {groups},
      CASE n % 2 WHEN 0 THEN 1 ELSE 0 END, {at}, {earlier}, '{{}}', false
    FROM generate_series(0, {groups} - 1) n""",
    """
    INSERT INTO flowengine_run (id, workflow, digest, event_id, replay, state, seq, title, priority,
      parent_depth, parent_detached, busy, asleep, output_bytes, has_undone, still_s, tail, holding,
      actor, watchers, watcher_groups, labels, created_at, started_at, finished_at)
    SELECT md5('run' || n)::uuid, 'order', 'd', md5('event' || n)::uuid, 0, 'failed', 15,
      'Order ' || n, 1, 0, false, 0, 0, 0, false, 0.0, '', false, 'u' || n % 7, '[]', '[]',
      '{{"customer": "c' || n % 3 || '"}}', {earlier}, {earlier}, {earlier}
    FROM generate_series(1, {count}) n""",
    """
    INSERT INTO flowengine_event (id, type, time, data, correlation_id, hops, replay, state, tries,
      created_at)
    SELECT md5('event' || n)::uuid, 'order.placed', {at}, '{{}}'::bytea, 'c', 0, 0, 'routed', 0,
      {earlier}
    FROM generate_series(1, {count}) n""",
    """
    INSERT INTO flowengine_dead_letter (id, kind, code, message, fingerprint, group_id, event_id,
      run_id, workflow, digest, step, item, event_type, source, tries, worker, version, headers,
      state, reason, closed_by, closed_at, created_at)
    SELECT md5('letter' || n)::uuid, 'failed run', 'FE421', 'gateway gave ' || n, '2:' || n % {groups},
      md5('group' || n % {groups})::uuid, md5('event' || n)::uuid, md5('run' || n)::uuid, 'order',
      'd', 'charge', '', 'order.placed', '', 3, 'w', '41', '{{}}',
      CASE WHEN {closed} THEN 'resolved' ELSE 'open' END, '', '',
      CASE WHEN {closed} THEN {earlier} END, {earlier}
    FROM generate_series(1, {count}) n""",
    "ANALYZE",
)


def fill(count: int, *, groups: int, with_runs: bool = True) -> None:
    """So many letters of failed runs in so many groups of the same size, the first letter the newest."""
    at = f"'{NOON.isoformat()}'::timestamptz"
    values = {
        "count": str(count),
        "groups": str(groups),
        "at": at,
        "earlier": f"({at} - n * interval '1 second')",
        "closed": _CLOSED,
    }
    with connection.cursor() as cursor:
        for text in _STATEMENTS if with_runs else (_STATEMENTS[0], *_STATEMENTS[3:]):
            cursor.execute(text.format(**values))


def group_ids(count: int) -> list[UUID]:
    """The first groups."""
    return [_id("group", n) for n in range(count)]


def letter_ids(count: int) -> list[UUID]:
    """The first letters."""
    return [_id("letter", n) for n in range(1, count + 1)]


def _id(kind: str, n: int) -> UUID:
    return UUID(md5(f"{kind}{n}".encode(), usedforsecurity=False).hexdigest())
