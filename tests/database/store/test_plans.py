"""Every statement of the hot paths reads by an index, and about as many rows as it is asked for.

Each is run as the engine runs it and explained with the same values: over tables in which almost all
is done, and over a backlog in which almost nothing is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from flowengine.store import events, progress, runs, sql, steps, workers
from flowengine.web import health
from tests.builders import crowd
from tests.builders.events import NOON

pytestmark = pytest.mark.django_db

LARGE = {f"flowengine_{name}" for name in ("event", "decision", "run", "step", "history")}
PAGE = 100
LATER = NOON + timedelta(minutes=1)


@dataclass(slots=True)
class Seen:
    """What some statements did to the large tables."""

    scanned: set[str] = field(default_factory=set)
    """Tables that were read from end to end."""
    read: int = 0
    """Rows that were looked at, wanted or not."""
    plans: list[Any] = field(default_factory=list)

    def add(self, node: dict[str, Any]) -> None:
        """One node of a plan, and all below it."""
        if node.get("Relation Name") in LARGE and "Scan" in node["Node Type"]:
            if node["Node Type"] == "Seq Scan":
                self.scanned.add(node["Relation Name"])
            rows = sum(
                node.get(name, 0)
                for name in ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Join Filter")
            )
            self.read += round(rows * node["Actual Loops"])
        for below in node.get("Plans", ()):
            self.add(below)


@contextmanager
def explained(monkeypatch: pytest.MonkeyPatch) -> Iterator[Seen]:
    """Explains each statement of ``store.sql`` before it is run; what it changes in doing so is undone."""
    seen = Seen()
    run = sql._executed

    @contextmanager
    def explain(text: str, parameters: Any) -> Iterator[Any]:
        with transaction.atomic():
            with run(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {text}", parameters) as cursor:
                [[[answer]]] = cursor.fetchall()
            transaction.set_rollback(True)
        seen.plans.append((text, answer))
        seen.add(answer["Plan"])
        with run(text, parameters) as cursor:
            yield cursor

    with monkeypatch.context() as patched:
        patched.setattr(sql, "_executed", explain)
        yield seen


def hot() -> dict[str, tuple[Callable[[], object], int]]:
    """What is asked all the time; each with the rows of large tables it may look at."""
    some_events, some_runs = crowd.event_ids(PAGE), crowd.run_ids(PAGE)
    pairs = [(run_id, step) for run_id in some_runs for step in ("one", "two")]
    after = dict.fromkeys(some_runs, 9)
    locked = list(runs.lock(some_runs).readable.values())
    loaded = [(run_id, step) for run_id, by in steps.load(pairs).items() for step in by.values()]
    places = [(run_id, step.id, step.item, step.attempt) for run_id, step in loaded]
    return {
        "events to publish": (
            lambda: events.claim_pending(NOON, LATER, limit=PAGE),
            2 * PAGE,
        ),
        "events that nobody brought": (
            lambda: events.claim_overdue(NOON, limit=PAGE, include_pending=False),
            5 * PAGE,
        ),
        "events without a broker": (
            lambda: events.claim_overdue(LATER, limit=PAGE, include_pending=True),
            6 * PAGE,
        ),
        "events to route": (lambda: events.lock(some_events), PAGE),
        "events that are there": (lambda: events.existing(some_events), PAGE),
        "events published": (lambda: events.mark_published(some_events, LATER), 3 * PAGE),
        "events routed": (lambda: events.mark_routed(some_events, LATER), PAGE),
        "runs to advance": (lambda: runs.lock(some_runs), 2 * PAGE),
        "runs that are there": (lambda: runs.existing(some_runs), PAGE),
        "runs being cancelled": (lambda: runs.cancelling(some_runs), PAGE),
        "runs written": (lambda: runs.update(locked), PAGE),
        "runs out of time": (lambda: runs.due(NOON, limit=PAGE), PAGE),
        "steps of hints": (lambda: steps.load(pairs), 2 * PAGE),
        "steps that are not final": (lambda: steps.load((), some_runs), 5 * PAGE),
        "steps written": (lambda: steps.update(loaded), 2 * PAGE),
        "steps that progress": (lambda: steps.progress([(*p, 0.5, "") for p in places]), 2 * PAGE),
        "steps whose hint was lost": (lambda: steps.make_due(places, LATER), 4 * PAGE),
        "steps nobody took": (
            lambda: steps.overdue(crowd.STATIONS, ["line.work"], NOON, limit=PAGE),
            3 * PAGE,
        ),
        "steps that have slept": (lambda: steps.due(NOON, limit=PAGE), PAGE),
        "the next step to wake": (steps.next_due, 1),
        "steps of lost workers": (lambda: steps.held(crowd.worker_ids(), limit=PAGE), 2 * PAGE),
        "workers that are lost": (lambda: workers.expired(NOON), 2 * PAGE),
        "heads of watched runs": (lambda: progress.heads(some_runs, some_runs), 2 * PAGE),
        "history after n": (lambda: progress.facts(after), 5 * PAGE),
        "steps of watched runs": (lambda: progress.steps(some_runs), 5 * PAGE),
        "who may watch": (lambda: progress.audiences(some_runs), PAGE),
        "outcomes without a run": (lambda: progress.ended(some_runs), PAGE),
        "readiness": (lambda: health.stalled(LATER), 2 * PAGE),
    }


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
    for name, (statement, rows_max) in hot().items():
        with explained(monkeypatch) as seen:
            statement()
        with subtests.test(name):
            assert not seen.scanned, seen.plans
            assert seen.read <= rows_max, seen.plans
