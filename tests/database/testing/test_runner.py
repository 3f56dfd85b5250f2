"""The inline runner: routing, tasks, retries and time-outs in one thread, on a set clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test import TestCase
from pytest_django import Settings

from flowengine import Attempt, Permanent, SoftTimeout, emit
from flowengine.errors import DefinitionError
from flowengine.models import DeadLetterRecord
from flowengine.testing import Runner, SeenRun, inline
from tests.builders.files import declare
from tests.project.models import Mark, Order

pytestmark = pytest.mark.django_db

Declare = Callable[..., Runner]

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def flow(settings: Settings, tmp_path: Path) -> Declare:
    """Inline over the project's workflows and these texts; ends with the test."""

    def open_(*texts: str) -> Runner:
        declare(settings, tmp_path, *texts)
        with inline(at=AT) as runner:
            return runner

    return open_


def ended(runner: Runner, workflow: str = "it") -> SeenRun:
    runner.run()
    return runner.run_of(workflow)


def test_an_emitted_event_is_routed_and_its_run_runs_to_the_end(flow: Declare) -> None:
    runner = flow(
        """
        workflow: it
        on: order.placed
        steps: [line.told, {task: line.any, with: {value: "${{ steps.told.output.note }}"}}]
        """
    )
    emit("order.placed", {"order_id": 7, "note": "quick"})

    run = ended(runner)

    assert run.state == "succeeded", run
    assert run.steps["told"].output == {"order_id": 7, "note": ""}
    assert run.output == ""


def test_nothing_runs_before_it_is_told_to(flow: Declare) -> None:
    runner = flow()

    emit("chain.begun", {})

    with pytest.raises(AssertionError, match=r"no run of 'chain' yet: 1 events .* call run\(\)"):
        runner.run_of("chain")


def test_an_async_task_sees_the_rows_of_the_test(flow: Declare) -> None:
    runner = flow("{workflow: it, on: a.b, steps: [line.work_async]}")
    order = Order.objects.create(customer="Ada")

    async def look(ctx: Attempt) -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"customer": (await Order.objects.aget(pk=order.pk)).customer, "step": ctx.step}

    runner.fake("line.work_async", look)
    emit("a.b", {})

    assert ended(runner).output == {"customer": "Ada", "step": "work_async"}


def test_a_failed_try_waits_for_the_clock_and_is_tried_at_its_instant(flow: Declare) -> None:
    runner = flow(
        """
        workflow: it
        on: a.b
        steps:
          - {task: line.flaky, with: {failures: 2}, retry: {attempts: 3, delay: 10s, jitter: 0}}
        """
    )
    emit("a.b", {})
    runner.run()
    waiting = runner.run_of("it")
    runner.advance("9s")
    still = runner.run_of("it")
    runner.advance("30s")
    run = runner.run_of("it")

    assert (waiting.state, waiting.steps["flaky"].due_at) == ("waiting", AT + timedelta(seconds=10))
    assert still.steps["flaky"].attempt == 1
    assert (run.state, run.steps["flaky"].tries) == ("succeeded", 2)
    assert runner.clock.now() == AT + timedelta(seconds=39)


def test_a_run_out_of_time_fails_when_the_clock_passes_it(flow: Declare) -> None:
    runner = flow(
        """
        workflow: it
        on: a.b
        timeout: 1h
        steps: [{task: line.flaky, with: {failures: 9}, retry: {delay: 2h, max_delay: 2h}}]
        """
    )
    emit("a.b", {})

    runner.advance("61m")

    run = runner.run_of("it")
    assert (run.state, run.failure and run.failure.code) == ("failed", "RunTimeout")


def test_a_permanent_failure_ends_the_run_and_leaves_one_dead_letter(flow: Declare) -> None:
    runner = flow("{workflow: it, on: a.b, steps: [line.broken, line.nothing]}")
    emit("a.b", {})

    run = ended(runner)

    assert run.state == "failed"
    assert run.failure is not None
    assert (run.failure.code, run.failure.step) == ("Permanent", "broken")
    assert "nothing" not in run.steps
    assert DeadLetterRecord.objects.get().run_id == run.id
    assert "Permanent: broken for good" in str(run)


def test_events_that_tasks_emit_are_routed_in_the_same_run(flow: Declare) -> None:
    runner = flow(
        "{workflow: it, on: a.b, steps: [line.nothing]}",
        "{workflow: next, on: a.c, steps: [line.nothing]}",
    )

    def pass_on() -> None:
        emit("a.c", {})

    runner.fake("line.nothing", pass_on)
    emit("a.b", {})
    run = ended(runner)

    assert run.state == "succeeded"
    [first, *_] = runner.runs_of("next")
    assert first.steps["nothing"].attempt == 1


def test_a_transactional_task_that_fails_takes_its_writes_back(flow: Declare) -> None:
    runner = flow(
        "{workflow: it, on: a.b, steps: [{task: line.count, transaction: true}]}",
        "{workflow: other, on: a.b, steps: [{task: line.count}]}",
    )

    def count(ctx: Attempt) -> None:
        Mark.objects.create(run_id=ctx.run_id, step=ctx.step, attempt=1)
        raise Permanent("no")

    runner.fake("line.count", count)
    emit("a.b", {})
    ended(runner)

    [mark] = Mark.objects.all()
    assert mark.run_id == runner.run_of("other").id


def test_a_transactional_task_saves_its_writes_and_its_end_together(flow: Declare) -> None:
    runner = flow("{workflow: it, on: a.b, steps: [{task: line.count, transaction: true}]}")
    emit("a.b", {})

    run = ended(runner)

    assert (run.state, run.output) == ("succeeded", {"counted": True})
    assert Mark.objects.get().run_id == run.id


@pytest.mark.parametrize("transaction", ["false", "true"])
def test_a_statement_the_database_refuses_fails_its_step_and_leaves_the_test_usable(
    flow: Declare, transaction: str
) -> None:
    runner = flow(
        f"{{workflow: it, on: a.b, steps: [{{task: line.count, transaction: {transaction}}}]}}"
    )

    def collide() -> None:
        order = Order.objects.create(customer="Ada")
        Order.objects.create(pk=order.pk, customer="Bob")

    runner.fake("line.count", lambda ctx: collide())
    emit("a.b", {})
    run = ended(runner)

    assert run.steps["count"].failure is not None
    assert run.steps["count"].failure.code == IntegrityError.__name__
    assert not connection.needs_rollback
    assert Order.objects.count() in {0, 1}


def test_what_a_task_says_of_itself_is_kept(flow: Declare) -> None:
    runner = flow("{workflow: it, on: a.b, steps: [line.work]}")

    def say(ctx: Attempt) -> None:
        ctx.progress(0.5, "half")

    runner.fake("line.work", say)
    emit("a.b", {})

    step = ended(runner).steps["work"]
    assert (step.progress, step.note) == (0.5, "half")


def test_a_task_that_takes_longer_than_its_time_meets_the_soft_timeout(flow: Declare) -> None:
    runner = flow(
        "{workflow: it, on: a.b, steps: [{task: line.work, timeout: 1m, retry: {attempts: 1}}]}"
    )

    def dawdle(ctx: Attempt) -> None:
        runner.advance("61s")
        with pytest.raises(SoftTimeout):
            ctx.check()
        ctx.check()

    runner.fake("line.work", dawdle)
    emit("a.b", {})

    run = ended(runner)
    assert (run.state, run.failure and run.failure.code) == ("failed", "Timeout")


def test_a_task_that_does_not_notice_the_end_of_its_time_is_given_up(flow: Declare) -> None:
    runner = flow(
        "{workflow: it, on: a.b, steps: [{task: line.work, timeout: 1m, retry: {attempts: 1}}]}"
    )
    runner.fake("line.work", lambda ctx: runner.advance("2m"))
    emit("a.b", {})

    run = ended(runner)
    assert (run.state, run.failure and run.failure.code) == ("failed", "Timeout")


def test_what_ends_the_test_inside_a_task_ends_the_test(flow: Declare) -> None:
    runner = flow("{workflow: it, on: a.b, steps: [line.nothing]}")

    def fail() -> None:
        pytest.fail("on purpose")

    runner.fake("line.nothing", fail)
    emit("a.b", {})

    with pytest.raises(pytest.fail.Exception, match="on purpose"):
        runner.run()


def test_running_inside_a_task_is_refused(flow: Declare) -> None:
    runner = flow("{workflow: it, on: a.b, steps: [{task: line.nothing, retry: {attempts: 1}}]}")
    runner.fake("line.nothing", runner.run)
    emit("a.b", {})

    run = ended(runner)

    assert run.failure is not None
    assert "inside a task" in run.failure.message


def test_a_fake_for_an_unknown_task_is_refused_with_the_nearest_name(flow: Declare) -> None:
    with pytest.raises(
        LookupError, match=r"'line.nothin' is registered; did you mean 'line.nothing'"
    ):
        flow().fake("line.nothin", lambda: None)


def test_a_workflow_that_declined_says_why_there_is_no_run(flow: Declare) -> None:
    runner = flow('{workflow: it, on: {event: a.b, if: "event.data.vip"}, steps: [line.nothing]}')
    emit("a.b", {"vip": False})
    runner.run()

    with pytest.raises(AssertionError, match=r"no run of 'it'; it answered:\n  a.b: no_match"):
        runner.run_of("it")


def test_a_run_that_nothing_started_names_what_it_waits_for_and_what_came(flow: Declare) -> None:
    runner = flow("{workflow: it, on: a.b, steps: [line.nothing]}")
    emit("a.c", {})
    runner.run()

    with pytest.raises(AssertionError, match=r"it starts on a.b, and emitted was a.c"):
        runner.run_of("it")
    with pytest.raises(AssertionError, match=r"no workflow 'itt'; did you mean 'it'"):
        runner.run_of("itt")


def test_runs_of_a_workflow_that_does_not_exist_are_asked_for_in_vain(flow: Declare) -> None:
    runner = flow("{workflow: it, on: a.b, steps: [line.nothing]}")

    none = runner.runs_of("it")

    assert none == []
    with pytest.raises(LookupError, match=r"no workflow 'itt'; did you mean 'it'"):
        runner.runs_of("itt")


def test_several_runs_are_not_one(flow: Declare) -> None:
    runner = flow("{workflow: it, on: a.b, steps: [line.nothing]}")
    emit("a.b", {})
    emit("a.b", {})
    runner.run()

    with pytest.raises(AssertionError, match=r"there are 2 runs of 'it'"):
        runner.run_of("it")
    assert [run.state for run in runner.runs_of("it")] == ["succeeded", "succeeded"]


def test_files_with_errors_are_refused_before_the_test_begins(flow: Declare) -> None:
    with pytest.raises(DefinitionError, match=r"line\.nothing"):
        flow("{workflow: it, on: a.b, steps: [line.nothin]}")


def test_the_clock_takes_durations_and_refuses_to_go_back(flow: Declare) -> None:
    runner = flow()

    runner.advance(timedelta(minutes=1))
    runner.advance(0.5)
    runner.advance("1h30m")

    assert runner.clock.now() == AT + timedelta(hours=1, minutes=31, seconds=0.5)
    with pytest.raises(ValueError, match="would move the clock back"):
        runner.advance(-1)
    with pytest.raises(ValueError, match="'soon' is no duration"):
        runner.advance("soon")


class InATestCase(TestCase):
    """The same under Django's own test runner."""

    def test_the_whole_line_runs_in_the_transaction_of_the_test(self) -> None:
        with inline() as runner:
            emit("chain.begun", {})
            runner.run()

        assert runner.run_of("chain").state == "succeeded"


def test_the_fixture_gives_a_runner_over_the_projects_workflows(flow_runner: Runner) -> None:
    emit("chain.begun", {})

    flow_runner.run()

    assert flow_runner.run_of("chain").state == "succeeded"
