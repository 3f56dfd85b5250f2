"""Every statement of the hot paths reads by an index, and about as many rows as it is asked for.

Each is run as the engine runs it and explained with the same values: over tables in which almost all
is done, and over a backlog in which almost nothing is. ``make soak`` asks the same of a million rows.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction

from flowengine.engine.rows import Active, Ended, Items, Newest, Question
from flowengine.store import (
    approvals,
    due,
    due_events,
    due_steps,
    events,
    forgetting,
    heads,
    listed,
    progress,
    questions,
    runs,
    shown,
    steps,
    waits,
    workers,
)
from flowengine.store.listed import CANDIDATES_MAX
from flowengine.web import health
from tests.builders import crowd
from tests.builders.events import NOON
from tests.builders.plans import ENOUGH_MS, explained
from tests.builders.steps import step
from tests.builders.workflows import a_workflow

pytestmark = pytest.mark.django_db

PAGE = 100
MANY = 300
LATER = NOON + timedelta(minutes=1)


def answers(question: Question) -> object:
    """What is read where that is asked of some runs."""
    return questions.read({run: [question] for run in crowd.run_ids(PAGE)}, {})


Hot = dict[str, tuple[Callable[[], object], int]]
"""What is asked all the time; each with the rows of large tables it may look at."""


def hot_of_events() -> Hot:
    """From the emit to the wait."""
    some_events, some_runs = crowd.event_ids(PAGE), crowd.run_ids(PAGE)
    return {
        "events to publish": (
            lambda: due_events.claim_pending(NOON, LATER, limit=PAGE),
            2 * PAGE,
        ),
        "events that nobody brought": (
            lambda: due_events.claim_overdue(NOON, limit=PAGE, include_pending=False),
            5 * PAGE,
        ),
        "events without a broker": (
            lambda: due_events.claim_overdue(LATER, limit=PAGE, include_pending=True),
            6 * PAGE,
        ),
        "events to route": (lambda: events.lock(some_events), PAGE),
        "events that are there": (lambda: events.existing(some_events), PAGE),
        "events never confirmed": (
            lambda: due_events.claim_unsent(NOON, LATER, limit=PAGE),
            2 * PAGE,
        ),
        "events confirmed": (lambda: due_events.mark_sent(some_events, LATER), 3 * PAGE),
        "events published": (lambda: due_events.mark_published(some_events, LATER), 3 * PAGE),
        "events routed": (lambda: events.mark_routed(some_events, LATER), PAGE),
        "runs that wait for events": (lambda: waits.waiting(crowd.keys(PAGE), limit=PAGE), PAGE),
        "waits of runs": (lambda: waits.concerned(some_runs, some_events), 3 * PAGE),
        "waits that have to look back": (lambda: waits.due(NOON, limit=PAGE), PAGE),
        "events that waits have missed": (lambda: waits.past(some_runs), 5 * PAGE),
        "keys that nobody looks back to": (
            lambda: forgetting.forget_keys(NOON, limit=PAGE),
            3 * PAGE,
        ),
        "the newest steps": (
            lambda: answers(Newest(("one", "two"), None, 4)),
            5 * PAGE,
        ),
        "events for everybody": (lambda: events.untargeted(some_events), PAGE),
    }


def hot_of_runs() -> Hot:
    """What moves them."""
    some_runs = crowd.run_ids(PAGE)
    locked = list(runs.lock(some_runs).readable.values())
    records = list(progress.runs(some_runs).values())
    looped = a_workflow(step("one", each="${{ [1] }}"), "two", "three")
    after = dict.fromkeys(some_runs, 9)
    return {
        "runs to advance": (lambda: runs.lock(some_runs), 2 * PAGE),
        "runs that are there": (lambda: runs.existing(some_runs), PAGE),
        "runs that have ended": (lambda: runs.ended(some_runs), PAGE),
        "runs that steps have called": (lambda: runs.caused_by(crowd.event_ids(PAGE)), PAGE),
        "runs written": (lambda: runs.update(locked), PAGE),
        "runs out of time": (lambda: runs.due(NOON, limit=PAGE), PAGE),
        "workers that are lost": (lambda: workers.expired(NOON), 2 * PAGE),
        "heads of watched runs": (lambda: heads.read([heads.runs(some_runs, some_runs)]), 2 * PAGE),
        "heads of some hundred watched runs": (
            lambda: heads.read([heads.runs(crowd.run_ids(MANY), [])]),
            MANY,
        ),
        "heads of everything watched": (
            lambda: heads.read(
                [
                    heads.runs(some_runs, some_runs),
                    heads.inboxes(["7"]),
                    heads.lists("runs:mine", ["7"]),
                    heads.lists("runs:workflow", ["line"]),
                    heads.lists("runs:subject", ["order/17"]),
                ]
            ),
            2 * PAGE + 5 * CANDIDATES_MAX,
        ),
        "runs of a list": (
            lambda: listed.newest("runs:workflow", ["line", "other"]),
            5 * CANDIDATES_MAX,
        ),
        "runs of a user": (lambda: listed.newest("runs:mine", ["7", "8"]), PAGE),
        "runs of a subject": (lambda: listed.newest("runs:subject", ["order/17"]), PAGE),
        "lists of runs": (lambda: listed.lists_of(some_runs), 3 * PAGE),
        "history after n": (lambda: progress.facts(after), 5 * PAGE),
        "steps of watched runs": (lambda: shown.rows(records, {}), 5 * PAGE),
        "items of watched runs": (lambda: shown.rows(records, {"d": looped}), 5 * PAGE),
        "approvals that wait": (approvals.waiting, 0),
        "approvals of a run": (lambda: approvals.waiting_in(some_runs[0]), 5),
        "who may watch": (lambda: progress.audiences(some_runs), PAGE),
        "outcomes without a run": (lambda: progress.ended(some_runs), PAGE),
        "readiness": (lambda: health.stalled(LATER), 2 * PAGE),
    }


def hot_of_steps() -> Hot:
    """What moves these."""
    some_runs = crowd.run_ids(PAGE)
    pairs = [(run_id, (step, "")) for run_id in some_runs for step in ("one", "two")]
    loaded = [(run_id, step) for run_id, by in steps.load(pairs).items() for step in by.values()]
    written = [(run_id, step, step) for run_id, step in loaded]
    places = [(run_id, step.id, step.item, step.attempt) for run_id, step in loaded]
    return {
        "steps of hints": (lambda: steps.load(pairs), 2 * PAGE),
        "steps that are not final": (lambda: answers(Active()), 5 * PAGE),
        "steps that ended badly": (lambda: answers(Ended()), 5 * PAGE),
        "items of a loop": (lambda: answers(Items("one", "")), PAGE),
        "the newest step": (lambda: answers(Newest(("one", "two"), None)), 5 * PAGE),
        "steps written": (lambda: steps.update(written), 2 * PAGE),
        "steps that progress": (lambda: steps.progress([(*p, 0.5, "") for p in places]), 2 * PAGE),
        "steps whose hint was lost": (lambda: due_steps.make_due(places, LATER), 4 * PAGE),
        "steps nobody took": (
            lambda: due_steps.overdue(crowd.STATIONS, ["line.work"], NOON, limit=PAGE),
            9 * PAGE,
        ),
        "steps that have slept": (lambda: due_steps.due(NOON, limit=PAGE), PAGE),
        "the next step to wake": (due_steps.next_due, 1),
        "what a beat has to do": (lambda: due.earliest(NOON), 10),
        "steps of lost workers": (lambda: due_steps.held(crowd.worker_ids(), limit=PAGE), 2 * PAGE),
        "steps that are stopped": (
            lambda: due_steps.stopping(crowd.worker_ids()[0], some_runs),
            10 * PAGE,
        ),
    }


@pytest.mark.timeout(300 * crowd.SCALE)
@pytest.mark.parametrize(
    "fill", [crowd.fill_quietly, crowd.fill_with_backlog], ids=["quiet", "backlog"]
)
def test_hot_statements_read_by_an_index_and_no_more_than_they_need(
    postgres: str,
    fill: Callable[[], None],
    subtests: pytest.Subtests,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill()
    for name, (statement, rows_max) in {
        **hot_of_events(),
        **hot_of_runs(),
        **hot_of_steps(),
    }.items():
        with explained(monkeypatch) as seen:
            statement()
        with subtests.test(name):
            assert not seen.scanned, seen.plans
            assert seen.read <= rows_max * crowd.SCALE, seen.plans
            assert seen.slowest_ms <= ENOUGH_MS, seen.plans


@pytest.mark.timeout(300 * crowd.SCALE)
def test_readiness_reads_one_row_of_each_index_when_a_backlog_has_left_the_indexes_large(
    postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction.atomic():
        crowd.fill_with_backlog()
        transaction.set_rollback(True)
    crowd.fill_quietly()

    with explained(monkeypatch) as seen:
        problem = health.stalled(LATER)

    assert problem == ""
    assert not seen.scanned, seen.plans
    assert seen.read <= 10
