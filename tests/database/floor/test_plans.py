"""What is looked at of the floor does not grow with what is done."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection

from flowengine import project
from flowengine.models import StationRecord
from flowengine.orchestration.floor import floor_of, hands
from flowengine.orchestration.floor.deaths import dead_view
from flowengine.store import heads, rules, stations
from tests.builders import crowd, plans
from tests.builders.line import now

pytestmark = pytest.mark.django_db

_DEAD = (
    """
INSERT INTO flowengine_dead_group
  (id, fingerprint, kind, code, title, error_type, place, step, state, state_at, owner, note,
   count, open_count, first_at, last_at, hours, is_moving)
SELECT md5('group' || n)::uuid, 'f' || n, 'failed run', 'FE421', 't', 'E', 'p', 's', 'new',
  now(), '', '', 10, CASE n % 40 WHEN 0 THEN 1 ELSE 0 END, now(), now() - n * interval '1 second', '{}', false
FROM generate_series(1, 20000) n""",
    """
INSERT INTO flowengine_dead_letter
  (id, kind, code, message, fingerprint, group_id, workflow, digest, item, event_type, source,
   tries, worker, version, headers, state, reason, closed_by, created_at)
SELECT md5('letter' || n)::uuid, 'failed run', 'FE421', 'm', 'f', md5('group' || n)::uuid, 'line',
  'd', '', 'e', '', 1, '', '', '{}', 'resolved', '', '', now()
FROM generate_series(1, 20000) n""",
    # What other tests of this process have rolled back still stands in the indexes.
    "REINDEX TABLE flowengine_dead_group",
    "ANALYZE",
)


def test_floor_is_read_by_indexes_of_what_is_not_done(
    postgres: str, subtests: pytest.Subtests, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd.fill_quietly()
    with connection.cursor() as cursor:
        for text in _DEAD:
            cursor.execute(text)
    catalog = project.catalog()
    StationRecord.objects.create(name="default", since=now(), places=2, places_since=now())
    looks: dict[str, Callable[[], object]] = {
        "floor": lambda: floor_of(catalog, now()),
        "workers": lambda: hands.workers_view(hands.look(catalog, now())),
        "dead": lambda: dead_view(now()),
        "letters of stations": lambda: hands.dead(catalog),
        "room at a capped station": lambda: stations.room({"default"}),
        "runs that have failed": lambda: rules.failed((now(), rules.NO_LETTER)),
        "causes to tell of": rules.causes,
        "approvals to tell of": rules.asked,
        "head": lambda: heads.read([heads.stir("floor", since=now(), heard=now())]),
    }

    for name, look in looks.items():
        with plans.explained(monkeypatch) as seen:
            look()
        with subtests.test(name):
            assert not seen.scanned, seen.plans
            assert seen.read <= crowd.COUNT / 5, seen.plans
