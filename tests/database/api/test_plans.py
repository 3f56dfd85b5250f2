"""Every list reads by an index, and about as many rows as it shows, however much there is."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.builders import crowd, plans
from tests.builders.events import NOON
from tests.builders.plans import Seen
from tests.database.api.people import a_client, get, own

pytestmark = pytest.mark.django_db

PAGE = 50
_MORE = (
    """
    INSERT INTO flowengine_dead_group
      (id, fingerprint, kind, code, title, error_type, place, step, state, state_at, owner, note,
       count, open_count, first_at, last_at, hours, is_moving)
    SELECT md5('group' || n)::uuid, 'f' || n, 'failed run', 'FE421', 't', 'E', 'p', 's', 'new',
      %(at)s, '', '', 10, n %% 2, %(at)s, %(at)s::timestamptz - n * interval '1 second', '{}', false
    FROM generate_series(1, %(count)s / 10) n""",
    """
    INSERT INTO flowengine_dead_letter
      (id, kind, code, message, fingerprint, group_id, workflow, digest, item, event_type, source,
       tries, worker, version, headers, state, reason, closed_by, created_at)
    SELECT md5('letter' || n)::uuid, 'failed run', 'FE421', 'm', 'f',
      md5('group' || n / 10)::uuid, CASE n %% 500 WHEN 0 THEN 'rare' ELSE 'line' END, 'd', '', 'e',
      '', 1, '', '', '{}', CASE n %% 100 WHEN 0 THEN 'open' ELSE 'resolved' END, '', '',
      %(at)s::timestamptz - n * interval '1 second'
    FROM generate_series(1, %(count)s) n""",
    """
    INSERT INTO flowengine_audit
      (id, number, at, who, verb, reason, door, address, kind, object_id, details, before_sha256,
       after_sha256, chain_sha256)
    SELECT md5('audit' || n)::uuid, n, %(at)s, '7', 'v', '', 'api', '', 'dead_group', n::text,
      '{}', '', '', ''
    FROM generate_series(1, %(count)s) n""",
    """
    UPDATE flowengine_run SET workflow = 'rare', state = 'failed'
    WHERE id IN (SELECT id FROM flowengine_run ORDER BY id LIMIT 100)""",
    """
    UPDATE flowengine_event SET type = 'rare.one'
    WHERE id IN (SELECT id FROM flowengine_event ORDER BY id LIMIT 100)""",
    "ANALYZE",
)

LISTS: dict[str, dict[str, Any]] = {
    "runs": {},
    "runs that failed": {"q": "state:failed"},
    "runs that failed or wait": {"q": "state:failed,waiting"},
    "runs of a workflow": {"q": "workflow:rare"},
    "runs of a workflow that failed": {"q": "workflow:rare state:failed"},
    "events": {},
    "events of a type": {"q": "type:rare.one"},
    "dead-letters": {},
    "dead-letters that are open": {"q": "state:open"},
    "dead-letters of a workflow": {"q": "workflow:rare"},
    "dead-letters of a cause": {"q": f"group:{'0' * 32}"},
    "groups": {"with_closed": True},
    "groups with something open": {},
    "audit": {},
    "audit of a thing": {"kind": "dead_group", "object_id": "77"},
}
ALL = (
    *("view_run", "view_eventrecord", "view_dead_letter", "view_auditrecord"),
    *("view_workerrecord", "view_workflowrecord"),
)


def explained(asked: CaptureQueriesContext) -> Seen:
    """What these statements read."""
    seen = Seen()
    with connection.cursor() as cursor:
        for each in asked.captured_queries:
            # What has gone through our own door is explained there.
            is_djangos = each["sql"].startswith("SELECT") and "%(" not in each["sql"]
            if is_djangos and "flowengine_" in each["sql"]:
                cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {each['sql']}")
                [[[answer]]] = cursor.fetchall()
                seen.plans.append((each["sql"], answer))
                seen.add(answer["Plan"])
    return seen


def test_lists_read_by_an_index_and_no_more_than_a_few_pages(
    postgres: str, subtests: pytest.Subtests, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd.fill_quietly()
    with connection.cursor() as cursor:
        for text in _MORE:
            cursor.execute(text, {"at": NOON, "count": crowd.COUNT} if "%(" in text else None)
    client = a_client(*ALL)

    for name, query in LISTS.items():
        place = name.partition(" ")[0]
        first = get(client, place, limit=PAGE, **query)
        after = {} if first["next"] is None else {"after": first["next"]}
        with CaptureQueriesContext(connection) as asked, plans.explained(monkeypatch) as ours:
            get(client, place, limit=PAGE, **query, **after)
        seen = explained(asked)
        seen.scanned |= ours.scanned
        seen.read += ours.read
        seen.plans += ours.plans
        with subtests.test(name):
            assert not seen.scanned, seen.plans
            # A run is shown with what its steps say of how far it is.
            most = 14 if place == "runs" else 7
            assert seen.read <= most * PAGE, seen.plans
            assert len(own(asked)) <= 6, own(asked)
