"""What happens to every single item costs no model instance, no line in a log, and no output that nobody reads."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db.models import Model
from django.db.models.signals import pre_init

from flowengine import NewEvent, emit_many
from flowengine.engine.messages import Succeeded
from flowengine.models import RunRecord
from flowengine.orchestration.advance import Told, Work, advance
from flowengine.orchestration.route import route
from flowengine.orchestration.sync import sync_project
from flowengine.relay import Relay
from flowengine.store.clock import DatabaseClock
from tests.builders.line import now
from tests.builders.stored import TASKS, WORKER, claim, define, start, tell
from tests.database.worker.bench import Bench

pytestmark = pytest.mark.django_db(transaction=True)

RUNS = 5
LARGE = "x" * 20_000
LONG = """
workflow: long
on: long.begun
steps:
  - {id: large, task: line.nothing}
  - {id: named, task: line.nothing}
  - {id: three, task: line.nothing}
  - {id: four, task: line.nothing, with: {n: "${{ steps.named.output }}"}}
"""


@pytest.fixture
def relay(bench: Bench) -> Relay:
    """One that knows already whose events it publishes, which it asks once."""
    relay = Relay(bench.broker, DatabaseClock())
    sync_project(now=now())
    emit_many([NewEvent("nobody.cares", {})])
    relay.run_once()
    bench.broker.published.clear()
    return relay


@contextmanager
def instances() -> Iterator[list[str]]:
    """The models of flowengine of which instances are made meanwhile."""
    made: list[str] = []

    def note(sender: type[Model], **_arguments: object) -> None:
        if sender._meta.app_label == "flowengine":
            made.append(sender.__name__)

    pre_init.connect(note)
    try:
        yield made
    finally:
        pre_init.disconnect(note)


def from_emit_to_end(relay: Relay, bench: Bench) -> None:
    """Chains of five steps, through the relay, the router and the cycle."""
    emitted = emit_many([NewEvent("chain.begun", {}) for _ in range(RUNS)])
    assert relay.run_once() == RUNS
    bench.broker.published.clear()
    route([each.event_id for each in emitted], now=now())
    for each in emitted:
        bench.deliver(each.run_ids["chain"], "one")
    done = RunRecord.objects.filter(state="succeeded")

    def all_done() -> bool:
        bench.serve()
        return done.count() == RUNS

    bench.turn_until(all_done)


def test_no_model_instance_is_made_from_the_emit_to_the_end(relay: Relay, bench: Bench) -> None:
    with instances() as made:
        from_emit_to_end(relay, bench)

    assert made == []


def test_nothing_below_a_warning_is_logged_of_single_items(
    relay: Relay, bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.clear()

    with caplog.at_level(logging.DEBUG, logger="flowengine"):
        from_emit_to_end(relay, bench)

    assert [
        each.getMessage() for each in caplog.records if each.name.startswith("flowengine")
    ] == []


def test_of_a_run_with_large_outputs_only_what_the_next_step_names_is_read() -> None:
    [run] = start(define(LONG))
    for step, output in (("large", LARGE), ("named", 1)):
        claim(run, step)
        tell(run, Succeeded(step=step, attempt=1, output=output))
    claim(run, "three")
    work = Work(
        told=(Told(run_id=run, message=Succeeded(step="three", attempt=1, output=None)),),
        worker=WORKER,
        tasks=TASKS,
        stations=frozenset({"default"}),
        places=1,
    )

    [begun] = advance(work, now()).begun

    assert begun.step.input == {"n": 1}
    assert {step for step, _item in begun.run.steps} == {"named", "three", "four"}
