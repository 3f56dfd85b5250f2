"""Every list reads by an index, and about as many rows as it shows, however much there is.

``make soak`` asks the same of a million events and their runs, and how long each list takes there.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from flowengine import emit
from flowengine.models import DeadGroupRecord, StepRecord
from flowengine.orchestration import acts
from flowengine.orchestration.audit import By
from flowengine.orchestration.querying import SEARCHED_MAX
from flowengine.store import approvals, open_runs
from flowengine.store.stations import READY_MAX
from flowengine.testing import Runner
from tests.benchmarks.figures import percentile
from tests.builders import crowd, plans
from tests.builders.line import now
from tests.builders.plans import Seen
from tests.database.api.given import a_failed_run
from tests.database.api.people import a_client, get, own
from tests.database.api.table import TABLE
from tests.database.web.asked import a_big_order
from tests.seeding.copies import seed

pytestmark = pytest.mark.django_db

PAGE = 50
TIMES = 40
"""So often is each list asked where there are so many that it matters how long it takes."""
ENOUGH_MS = 100.0
"""The 95th percentile of what a list takes."""
_MORE = (
    """
    INSERT INTO flowengine_dead_group
      (id, fingerprint, kind, code, title, error_type, place, step, state, state_at, owner, note,
       count, open_count, first_at, last_at, hours, is_moving)
    SELECT md5('group' || n)::uuid, 'f' || n, 'failed run', 'FE421', 't', 'E', 'p', 's', 'new',
      %(at)s, '', '', 10, n %% 2, %(at)s, %(at)s::timestamptz - n * interval '1 second', '{}', false
    FROM generate_series(1, %(count)s / 10) n""",
    """
    INSERT INTO flowengine_audit
      (id, number, at, who, verb, reason, door, address, kind, object_id, details, before_sha256,
       after_sha256, chain_sha256)
    SELECT md5('audit' || n)::uuid, n + 1000, %(at)s, '7', 'v', '', 'api', '', 'dead_group', n::text,
      '{}', '', '', ''
    FROM generate_series(1, %(count)s) n""",
    """
    UPDATE flowengine_run SET workflow = 'rare', actor = '77'
    WHERE id IN (SELECT id FROM flowengine_run WHERE state = 'failed' ORDER BY id LIMIT 100)""",
    """
    UPDATE flowengine_dead_letter SET workflow = 'rare'
    WHERE id IN (SELECT id FROM flowengine_dead_letter ORDER BY id LIMIT 100)""",
    """
    UPDATE flowengine_event SET type = 'rare.one'
    WHERE id IN (SELECT id FROM flowengine_event ORDER BY id LIMIT 100)""",
    "ANALYZE",
)

LISTS: dict[str, dict[str, Any]] = {
    "runs": {},
    "runs at work": {"q": "state:queued,running,waiting"},
    "runs that failed": {"q": "state:failed"},
    "runs that failed today": {"q": "state:failed since:24h"},
    "runs that failed or wait": {"q": "state:failed,waiting"},
    "runs that are held": {"q": "state:held"},
    "runs that succeeded": {"q": "state:succeeded"},
    "runs of mine": {"q": "actor:77"},
    "runs of a workflow": {"q": "workflow:rare"},
    "runs of a busy workflow": {"q": "workflow:chain"},
    "runs of a workflow that failed": {"q": "workflow:rare state:failed"},
    "runs of some time": {"q": "since:20d until:10d"},
    "events": {},
    "events of a type": {"q": "type:rare.one"},
    "events of a busy type": {"q": "type:chain.begun since:24h"},
    "events of a subject": {"q": "subject:order/3"},
    "events of some time": {"q": "since:20d until:10d"},
    "dead-letters": {},
    "dead-letters that are open": {"q": "state:open"},
    "dead-letters of a workflow": {"q": "workflow:rare"},
    "dead-letters of a cause": {"q": "group:{group}"},
    "dead-letters of a cause that are open": {"q": "state:open group:{group}"},
    "dead-letters of some time": {"q": "since:20d until:10d"},
    "groups": {"with_closed": True},
    "groups with something open": {},
    "approvals": {},
    "audit": {},
    "audit of a thing": {"kind": "dead_group", "object_id": "77"},
    "replays": {},
    "workflows": {},
    "stations": {},
    "workers": {},
    "floor": {},
    "event-types": {},
    "event-types/troubled.broken": {},
    "workflows/troubled/versions": {},
    "schedules": {},
    "views of runs": {"kind": "run"},
    "notification-rules": {},
}
UNPAGED = frozenset(
    {"floor", "event-types/troubled.broken", "schedules", "views", "notification-rules"}
)
SEARCHES: dict[str, dict[str, Any]] = {
    "runs with a word": {"q": "troubled"},
    "runs with a word that none has": {"q": "nowhere"},
    "events with a word that none has": {"q": "nowhere"},
    "dead-letters with a word that none has": {"q": "nowhere"},
    "runs of a workflow that is none": {"q": "workflow:no*"},
    "groups with a word that none has": {"text": "nowhere", "with_closed": True},
}
"""What has no index: the newest are looked at, up to a number that does not grow. In the usual crowd these
are all there are."""
MOST = {
    "runs": 60,
    "floor": 100,
    "stations": 60,
    "event-types": 160,
    "event-types/troubled.broken": 160,
}
"""Rows for each that is shown: a run is told with what its steps say of how far it is; what needs people is
counted up to a thousand causes, and types are those of the newest 5,000 events."""
COUNTED = {
    "workflows": 2 * open_runs.COUNTED_MAX,
    "workflows/troubled/versions": open_runs.COUNTED_MAX,
    "stations": READY_MAX,
}
"""Rows that are counted besides, and no more of them however many there are."""
ALL = (
    *("view_run", "view_eventrecord", "view_dead_letter", "view_auditrecord"),
    *("view_workerrecord", "view_workflowrecord", "view_payload"),
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


@pytest.fixture
def busy(postgres: str, flow_runner: Runner, settings: Any, tmp_path: Path) -> None:
    """Runs that ended well, badly and by somebody's word, that wait and that are held, many times."""
    emit("chain.begun", {})
    emit("troubled.fine", {"order_id": 3}, subject="order/3", actor="7")
    emit("nobody.wants", {"order_id": 3})
    flow_runner.run()
    a_failed_run(flow_runner)
    acts.cancel(a_big_order(settings, tmp_path), By(who="7", reason="x"))
    a_big_order(settings, tmp_path)
    seed(events=crowd.COUNT, until=now())
    with connection.cursor() as cursor:
        for text in _MORE:
            cursor.execute(text, {"at": now(), "count": crowd.COUNT} if "%(" in text else None)


@pytest.mark.timeout(120 * crowd.SCALE)
def test_lists_read_by_an_index_and_no_more_than_a_few_pages(
    busy: None, subtests: pytest.Subtests, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = DeadGroupRecord.objects.order_by("-last_at").values_list("id", flat=True)[1]
    client = a_client(*ALL)
    slow: dict[str, float] = {}

    for name, asked_for in {**LISTS, **(SEARCHES if crowd.SCALE > 1 else {})}.items():
        place = name.partition(" ")[0]
        given: dict[str, Any] = {
            key: str(value).format(group=group) for key, value in asked_for.items()
        }
        given |= {} if place in UNPAGED else {"limit": PAGE}
        first = get(client, place, **given)
        after = {"after": first["next"]} if first.get("next") else {}
        with CaptureQueriesContext(connection) as asked, plans.explained(monkeypatch) as ours:
            get(client, place, **given, **after)
        seen = explained(asked)
        seen.scanned |= ours.scanned
        seen.read += ours.read
        seen.plans += ours.plans
        with subtests.test(name):
            assert not seen.scanned, seen.plans
            most = MOST.get(place, 7) * PAGE + COUNTED.get(place, 0)
            most += SEARCHED_MAX if name in SEARCHES else 0
            assert seen.read <= most, seen.plans
            assert len(own(asked)) <= 6, own(asked)
        if crowd.SCALE > 1:
            p95 = percentile(_ms(client, place, {**given, **after}), 0.95)
            print(f"{name:<40} {p95:6.1f} ms")  # noqa: T201 - what `make soak` is for
            if p95 > ENOUGH_MS:
                slow[name] = p95
    assert slow == {}


def test_a_page_of_approvals_is_read_alone_whatever_the_planner_believes_of_how_many_there_are(
    busy: None, subtests: pytest.Subtests, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = StepRecord.objects.filter(kind="approval", state="waiting")
    waiting.update(state="elsewhere")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE flowengine_step")
    asked = StepRecord.objects.filter(kind="approval", state="elsewhere")
    due = asked.order_by("run_id").values_list("run_id", flat=True)[: 5 * PAGE]
    asked.filter(run_id__in=list(due)).update(due_at=now())
    asked.update(state="waiting")
    every = approvals.waiting()
    last_due = max(n for n, each in enumerate(every) if each.due_at is not None)
    assert 4 * PAGE < last_due < len(every) - 3 * PAGE

    for name, place in {
        "first": None,
        "due": 2 * PAGE,
        "over the last that is due": last_due - PAGE // 2,
        "never due": last_due + PAGE,
    }.items():
        after = None if place is None else every[place].place
        with subtests.test(name), plans.explained(monkeypatch) as seen:
            first = 0 if place is None else place + 1
            assert approvals.page(after, PAGE) == every[first : first + PAGE]
            assert seen.read <= 4 * PAGE, seen.plans


def test_every_list_is_asked() -> None:
    places = {
        row.place.partition("?")[0]
        for row in TABLE.values()
        if row.post is None and "{" not in row.place
    }

    assert {name.partition(" ")[0] for name in LISTS} == places - {"session"}


def _ms(client: Client, place: str, query: Mapping[str, Any]) -> list[float]:
    """How long the list took, each time."""
    found = []
    for _ in range(TIMES):
        began = time.perf_counter()
        get(client, place, **query)
        found.append((time.perf_counter() - began) * 1000)
    return found
