"""What wants attention of steps: what is overdue, what is made due, what has slept enough."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections, transaction

from flowengine.models import RunRecord, StepRecord
from flowengine.store import blocked, due_steps, sql, stations
from flowengine.store.due_steps import AttemptKey, RowKey
from tests.builders.events import NOON

BACKLOG = 20_000
TASKS = ("shop.charge", "shop.reserve")


def second(number: int) -> datetime:
    return NOON + timedelta(seconds=number)


def a_step(number: int, **fields: Any) -> AttemptKey:
    """A ready step of the run of that number, due at that second."""
    row = {
        "task": "shop.charge",
        "station": "default",
        "state": "ready",
        "due_at": second(number),
        **fields,
    }
    record = StepRecord.objects.create(run_id=UUID(int=number), step="charge", **row)
    return (record.run_id, record.step, record.item, record.attempt)


def overdue(*stations: str, limit: int = 100, at: datetime = NOON) -> list[AttemptKey]:
    return due_steps.overdue(stations, TASKS, at + timedelta(minutes=1), limit=limit)


def due_at(place: AttemptKey) -> datetime | None:
    return StepRecord.objects.get(run_id=place[0]).due_at


@pytest.mark.django_db
def test_overdue_steps_of_all_stations_come_oldest_first() -> None:
    fourth = a_step(4, station="mail")
    first = a_step(1, station="mail")
    second_ = a_step(2, task="shop.reserve")
    third = a_step(3, station="print", attempt=7)

    assert overdue("default", "mail", "print") == [first, second_, third, fourth]


@pytest.mark.django_db
def test_overdue_steps_of_a_higher_priority_come_first_however_young() -> None:
    low = a_step(1, priority=0)
    normal = a_step(2)
    high = a_step(3, priority=2)

    assert overdue("default") == [high, normal, low]
    assert overdue("default", limit=1) == [high]


@pytest.mark.django_db
def test_limit_counts_over_all_stations() -> None:
    places = [a_step(n, station="mail" if n % 3 else "default") for n in range(1, 8)]

    assert overdue("default", "mail", limit=4) == places[:4]


@pytest.mark.django_db
def test_station_that_is_named_twice_is_looked_at_once() -> None:
    place = a_step(1)

    assert overdue("default", "default") == [place]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {"station": "elsewhere"},
        {"task": "shop.unknown"},
        {"state": "running"},
        {"worker_id": UUID(int=9)},
        {"due_at": NOON + timedelta(minutes=2)},
        {"due_at": None},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_step_that_is_not_for_us_now_is_not_overdue(fields: dict[str, Any]) -> None:
    a_step(1, **fields)

    assert overdue("default", "mail") == []


@pytest.mark.django_db
def test_who_serves_no_station_finds_nothing_overdue() -> None:
    a_step(1)

    assert overdue() == []


@pytest.mark.usefixtures("postgres")
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("task", "most"),
    [("shop.charge", 3 * 2 * 32), ("gone.task", 0)],
    ids=["known", "unknown to all"],
)
def test_overdue_reads_the_oldest_of_each_station_and_not_the_backlog(task: str, most: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO flowengine_step (run_id, step, item, kind, title, task, station, state,"
            " priority, attempt, tries, crashes, is_stopping, due_at, note, doubt)"
            " SELECT gen_random_uuid(), 'charge', '', 'task', '', %s,"
            " CASE n %% 2 WHEN 0 THEN 'default' ELSE 'mail' END, 'ready', 1, 0, 0, 0, false,"
            " %s::timestamptz - n * interval '1 ms', '', '' FROM generate_series(1, %s) n",
            [task, NOON, BACKLOG],
        )
        cursor.execute("ANALYZE flowengine_step")
    values = {
        "stations": ["default", "mail"],
        "priorities": list(due_steps.PRIORITIES),
        "tasks": list(TASKS),
        "now": NOON,
        "limit": 32,
    }

    [[plan]] = sql.query(f"EXPLAIN (ANALYZE, FORMAT JSON) {due_steps._OVERDUE}", values)

    scans = [node for node in _nodes(plan[0]["Plan"]) if "Relation Name" in node]
    assert [node["Index Name"] for node in scans] == ["flowengine_step_ready"]
    [read] = [
        (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        for node in scans
    ]
    assert read <= most


@pytest.mark.django_db
def test_overdue_on_sqlite_follows_the_index_of_each_station_and_task(sqlite: None) -> None:
    values = {
        "stations": ["a", "b"],
        "priorities": list(due_steps.PRIORITIES),
        "tasks": list(TASKS),
        "now": NOON,
        "limit": 32,
    }

    rows = sql.query(f"EXPLAIN QUERY PLAN {due_steps._OVERDUE_SQLITE}", values)

    plan = [row[3] for row in rows]
    [search] = [each for each in plan if each.startswith("SEARCH s ")]
    assert "flowengine_step_ready (station=? AND priority=? AND task=? AND due_at" in search
    assert "SEARCH o USING INTEGER PRIMARY KEY (rowid=?)" in plan


@pytest.mark.parametrize(
    ("text", "values"),
    [
        pytest.param(stations._BUSY, {"names": ["a"]}, id="places of a station"),
        pytest.param(blocked._BUSY, {"workers": [UUID(int=1)]}, id="places of a worker"),
        pytest.param(
            due_steps._HELD,
            {"workers": [UUID(int=1)], "run": UUID(int=0), "step": "", "item": "", "limit": 9},
            id="what a worker holds",
        ),
    ],
)
@pytest.mark.django_db
def test_what_is_at_work_is_found_on_sqlite_among_what_is_at_work(
    sqlite: None, text: str, values: dict[str, Any]
) -> None:
    rows = sql.query(f"EXPLAIN QUERY PLAN {text}", values)

    assert any("USING INDEX flowengine_step_held" in row[3] for row in rows), rows


@pytest.mark.django_db
def test_step_whose_hint_did_not_get_through_is_due_at_once() -> None:
    place, other = a_step(10), a_step(11)

    due_steps.make_due([place], NOON)

    assert (due_at(place), due_at(other)) == (NOON, second(11))


@pytest.mark.django_db
@pytest.mark.parametrize("fields", [{"state": "running"}, {"worker_id": UUID(int=9)}])
def test_step_that_was_taken_meanwhile_keeps_its_instant(fields: dict[str, Any]) -> None:
    place = a_step(10, **fields)

    due_steps.make_due([place], NOON)

    assert due_at(place) == second(10)


@pytest.mark.django_db
def test_step_of_another_attempt_keeps_its_instant() -> None:
    run_id, step, item, attempt = place = a_step(10)

    due_steps.make_due([(run_id, step, item, attempt + 1)], NOON)

    assert due_at(place) == second(10)


@pytest.mark.django_db
def test_nothing_is_made_due_where_nothing_failed() -> None:
    due_steps.make_due([], NOON)


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["retrying", "waiting", "running"])
def test_begun_step_whose_time_has_come_is_due_with_its_run(state: str) -> None:
    place = a_step(1, state=state)

    found = due_steps.due(second(1), limit=10)

    assert (found.runs, found.settled) == ([place[0]], [])
    assert not found.is_page


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["cancelled", "failed", "rescuing"])
def test_step_that_does_not_wait_any_more_and_is_due_owes_something(state: str) -> None:
    run_id, step, item, _attempt = a_step(1, state=state)

    found = due_steps.due(second(1), limit=10)

    assert (found.runs, found.settled) == ([], [(run_id, step, item)])


@pytest.mark.django_db
def test_ready_step_is_not_due_but_overdue() -> None:
    a_step(1)

    assert due_steps.due(second(1), limit=10).runs == []
    assert due_steps.next_due() is None


@pytest.mark.django_db
def test_run_of_which_several_steps_are_due_is_named_once() -> None:
    run_id, step, _item, _attempt = a_step(1, state="waiting")
    a_step(1, state="waiting", item="1")

    found = due_steps.due(second(1), limit=2)

    assert found.runs == [run_id]
    assert found.is_page
    assert step == "charge"


@pytest.mark.django_db
def test_next_due_is_the_earliest_of_those_that_are_not_ready() -> None:
    a_step(2, state="waiting")
    a_step(1, state="retrying")
    a_step(0)

    assert due_steps.next_due() == second(1)


@pytest.mark.django_db
def test_what_a_worker_holds_is_read_in_pages_over_the_items_of_one_run() -> None:
    worker = UUID(int=9)
    held = {"state": "running", "worker_id": worker, "due_at": None}
    places = [a_step(1, item=item, **held) for item in ("0", "1", "2")]

    first = due_steps.held([worker], limit=2)
    second_ = due_steps.held([worker], limit=2, after=first[-1])

    assert [*first, *second_] == places


def a_run(number: int, state: str, **fields: Any) -> None:
    RunRecord.objects.create(
        id=UUID(int=number),
        workflow="w",
        digest="d",
        event_id=UUID(int=number),
        state=state,
        seq=1,
        created_at=NOON,
        **fields,
    )


STOPPED = [
    ("running", {}, {}, False),
    ("waiting", {}, {}, False),
    ("held", {}, {}, False),
    ("running", {}, {"is_stopping": True}, True),
    ("cancelling", {}, {}, True),
    ("compensating", {}, {"kind": "undo"}, False),
    ("compensating", {}, {}, True),
    ("failed", {"tail": "finally"}, {}, False),
    ("failed", {}, {}, True),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("state", "of_run", "of_step", "is_stopped"), STOPPED)
def test_what_a_worker_runs_and_should_not_any_more(
    state: str, of_run: dict[str, Any], of_step: dict[str, Any], *, is_stopped: bool
) -> None:
    worker = UUID(int=9)
    a_run(1, state, **of_run)
    run_id, step, item, _attempt = a_step(
        1, state="running", worker_id=worker, due_at=None, **of_step
    )

    found: set[RowKey] = due_steps.stopping(worker, {run_id})

    assert found == ({(run_id, step, item)} if is_stopped else set())


@pytest.mark.usefixtures("postgres")
@pytest.mark.django_db(transaction=True)
def test_step_that_another_transaction_holds_is_left_out_and_not_waited_for() -> None:
    free, taken = a_step(10), a_step(11)

    with _held_by_another(taken), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '1s'")
        due_steps.make_due([taken, free], NOON)

    assert (due_at(free), due_at(taken)) == (NOON, second(11))


@contextmanager
def _held_by_another(place: AttemptKey) -> Iterator[None]:
    """Another connection has written that row and not committed."""
    held, end = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            StepRecord.objects.filter(run_id=place[0]).update(note="taken")
            held.set()
            end.wait(10)
        connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(10)
    try:
        yield
    finally:
        end.set()
        thread.join(10)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner)
