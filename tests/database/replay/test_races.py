"""Two beats, two people and two requests at the same moment, a thousand times: each thing is replayed once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from functools import partial
from uuid import UUID

import pytest
from django.db import OperationalError, connection, connections

from flowengine.engine.messages import Failed
from flowengine.models import AuditRecord, DeadLetterRecord, ReplayItemRecord, RunRecord
from flowengine.orchestration import audit, replay
from flowengine.orchestration.advance import Told, Wanted, Work, advance
from flowengine.orchestration.audit import By
from flowengine.orchestration.replay.due import run_due
from flowengine.orchestration.route import overdue, route
from flowengine.store import sql
from flowengine.store.replays import ACTIVE
from tests.builders.stored import TASKS, WORKER, define, now
from tests.database.replay.scenes import BY, NO, chosen, letters_of, placed

pytestmark = pytest.mark.django_db(transaction=True)

ORDER = """
workflow: order
on: order.placed
steps:
  - {id: charge, task: line.told, with: {order_id: 1}, retry: {attempts: 1}}
"""
FAST = {"rate": 1000, "in_flight": 1000, "stop_percent": 100, "stop_in_row": 0}
ROUNDS_MAX = 500


def pairs() -> int:
    """How many things are raced for: SQLite has one writer at a time, and shows less."""
    return 1000 if connection.vendor == "postgresql" else 40


def dead_orders(count: int) -> list[UUID]:
    """So many failed runs, in a few transactions."""
    runs = placed(define(ORDER), count)
    wanted = tuple(Wanted(run_id=run, step="charge") for run in runs)
    advance(Work(wanted=wanted, worker=WORKER, tasks=TASKS), now())
    told = Failed(step="charge", attempt=1, failure=NO)
    advance(Work(told=tuple(Told(run_id=run, message=told) for run in runs)), now())
    return runs


def at_once(*doings: Callable[[], object]) -> None:
    """Each in a thread of its own, from the same moment on."""
    barrier = threading.Barrier(len(doings))
    errors: list[BaseException] = []

    def go(doing: Callable[[], object]) -> None:
        try:
            barrier.wait(30)
            doing()
        except BaseException as error:  # noqa: BLE001 - told in the test's own thread
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=go, args=(each,)) for each in doings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not errors, errors


def beats(*replays: UUID) -> None:
    """One process's beat and router, until nothing is to be sent any more."""
    for _ in range(ROUNDS_MAX):
        try:
            run_due(now(), limit=10)
            route(overdue(now(), limit=200, broker_open=True), now=now())
        except OperationalError:  # another one has the file: the next round
            continue
        rows = ReplayItemRecord.objects.filter(replay_id__in=replays, state="pending")
        is_over = all(replay.status(each).state not in ACTIVE for each in replays)
        if is_over or not rows.exists():
            return


def test_no_letter_is_replayed_twice_by_two_people_and_four_beats() -> None:
    runs = dead_orders(pairs())
    letters = letters_of(runs)
    by_letter, by_run = chosen(letters), chosen(runs, "run")
    begun = [
        replay.start(selection, "restart", None, FAST, by=By(who=by, reason="both")).id
        for selection, by in ((by_letter, "7"), (by_run, "8"))
    ]

    at_once(*[lambda: beats(*begun)] * 4)
    route(overdue(now(), limit=2000, broker_open=True), now=now())

    copies = Counter(RunRecord.objects.exclude(replay_of=None).values_list("replay_of", flat=True))
    assert copies == dict.fromkeys(runs, 1)
    sent = ReplayItemRecord.objects.filter(replay_id__in=begun).exclude(sent_at=None)
    acts = AuditRecord.objects.filter(verb="replay.restart")
    assert sent.count() == len(runs) == acts.count()
    assert set(DeadLetterRecord.objects.values_list("state", flat=True)) <= {
        "replaying",
        "resolved",
    }


def test_no_event_is_replayed_for_all_workflows_and_for_one_at_once() -> None:
    runs = dead_orders(max(pairs() // 2, 40))
    events = [*RunRecord.objects.values_list("event_id", flat=True)]
    for_all, for_one = chosen(events, "event"), chosen(letters_of(runs))
    edit = [{"op": "add", "path": "/note", "value": "x"}]
    corrected = {"workflow": "order", "edit": edit, "new_keys": True}
    begun = [
        replay.start(for_all, "event", {"workflow": "*"}, FAST, by=BY).id,
        replay.start(for_one, "event", corrected, FAST, by=BY).id,
    ]

    at_once(*[lambda: beats(*begun)] * 4)
    route(overdue(now(), limit=2000, broker_open=True), now=now())

    sent = ReplayItemRecord.objects.filter(replay_id__in=begun).exclude(sent_at=None)
    assert Counter(sent.values_list("origin_id", flat=True)) == dict.fromkeys(events, 1)
    assert RunRecord.objects.count() == 2 * len(events)


def test_double_click_is_one_replay_whoever_is_first() -> None:
    selections = [chosen([run], "run") for run in dead_orders(max(pairs() // 20, 5))]
    begun: list[UUID] = []

    def click(selection: UUID) -> None:
        for _ in range(ROUNDS_MAX):
            try:
                made = replay.start(selection, "restart", by=BY, request_key=str(selection))
            except OperationalError:
                continue
            begun.append(made.id)
            return

    for selection in selections:
        at_once(*[partial(click, selection)] * 2)

    assert set(Counter(begun).values()) == {2}
    assert len(set(begun)) == len(selections)
    assert AuditRecord.objects.filter(verb="replay.start").count() == len(selections)


def test_chain_of_the_audit_has_no_fork_when_many_write_at_once() -> None:
    def write() -> None:
        for n in range(20):
            for _ in range(ROUNDS_MAX):
                try:
                    with sql.writing():
                        audit.record([audit.Entry(by=BY, verb=f"act {n}")] * 2, now())
                except OperationalError:
                    continue
                break

    at_once(*[write] * 4)

    verified = audit.verify()
    assert (verified.rows, verified.broken_at) == (160, None)
