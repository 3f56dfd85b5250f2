"""The inline runner over the whole language: waits, people, children, loops, gates, schedules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from pytest_django import Settings

from flowengine import Permanent, emit
from flowengine.errors import AnswerRefused, NotPermitted, RunRefused, StartRefused
from flowengine.models import DeadLetterRecord
from flowengine.testing import Runner, WorkflowTest, assert_emitted, inline
from tests.builders.files import declare

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


def it(steps: str, **keys: str) -> str:
    """A workflow ``it`` on ``a.b``, in flow style."""
    said = {"workflow": "it", "on": "a.b", **keys, "steps": steps}
    return "".join(f"{key}: {value}\n" for key, value in said.items())


WAIT = it(
    "[{id: paid, wait_for: {event: order.paid, match: {order_id: '${{ event.data.order_id }}'}},"
    " timeout: 24h}]",
    output="${{ steps.paid.output.data.sum }}",
)


def test_run_that_waits_goes_on_with_the_event_that_is_sent(flow: Declare) -> None:
    runner = flow(WAIT)
    runner.send("a.b", {"order_id": 7})
    run = runner.follow("it")
    assert run.state == "waiting"

    run.send("order.paid", {"order_id": 8, "sum": 1})
    assert run.state == "waiting"
    run.send("order.paid", {"order_id": 7, "sum": 2})

    assert (run.state, run.output) == ("succeeded", 2)
    run.assert_line(["paid: succeeded"])


def test_event_that_came_before_the_wait_is_found(flow: Declare) -> None:
    runner = flow(it("[{sleep: 1h}, {id: p, wait_for: {event: a.c, match: {n: 1}}, timeout: 1h}]"))
    runner.send("a.b")
    runner.send("a.c", {"n": 1})

    runner.advance("1h")

    assert runner.run_of("it").state == "succeeded"


def test_wait_that_nothing_ends_times_out_at_its_own_time(flow: Declare) -> None:
    runner = flow(WAIT)
    runner.send("a.b", {"order_id": 7})
    run = runner.follow("it")
    assert run.steps["paid"].due_at == datetime(2026, 3, 3, 12, 0, tzinfo=UTC)

    runner.advance("23h")
    assert run.state == "waiting"
    runner.advance("1h")

    assert run.state == "failed"
    assert run.failure is not None
    assert run.failure.code == "Timeout"


def test_event_may_cancel_a_run(flow: Declare) -> None:
    runner = flow(it("[{sleep: 3d}]", cancel_on="[{event: a.gone, match: {n: 1}}]"))
    runner.send("a.b")

    runner.send("a.gone", {"n": 1})

    assert runner.run_of("it").state == "cancelled"


# -- people -------------------------------------------------------------------------------------------

APPROVAL = it(
    "[{id: ok, approval: {ask: Now?, groups: [leads], form: {note: {type: string, default: ''}}},"
    " timeout: 3d}]"
)


def a_lead(name: str = "anna") -> User:
    user = User.objects.create_user(name)
    user.groups.add(Group.objects.get_or_create(name="leads")[0])
    return user


def test_approval_is_answered(flow: Declare) -> None:
    runner = flow(APPROVAL)
    runner.send("a.b")
    run = runner.follow("it")
    anna = a_lead()

    run.answer("ok", user=anna, form={"note": "fine"})

    assert run.state == "succeeded"
    assert (run.output["by"], run.output["form"]) == (str(anna.pk), {"note": "fine"})


def test_approval_is_rejected(flow: Declare) -> None:
    runner = flow(APPROVAL)
    runner.send("a.b")

    runner.answer(runner.run_of("it"), "ok", user=a_lead(), approved=False, comment="no")

    failure = runner.run_of("it").failure
    assert failure is not None
    assert failure.code == "Rejected"


def test_answer_of_somebody_who_is_not_asked_is_refused_as_in_production(flow: Declare) -> None:
    runner = flow(APPROVAL)
    runner.send("a.b")
    run = runner.follow("it")

    with pytest.raises(NotPermitted):
        run.answer("ok", user=User.objects.create_user("ben"))
    with pytest.raises(AnswerRefused):
        run.answer("other", user=a_lead())


def test_workflow_is_started_by_hand(flow: Declare) -> None:
    runner = flow(
        it("[{task: line.any, with: {value: '${{ inputs.n }}'}}]", on="[{manual: true}]",
           inputs="{n: integer}")
    )  # fmt: skip

    run = runner.start("it", {"n": 5})

    assert (run.state, run.output) == ("succeeded", 5)
    with pytest.raises(StartRefused):
        runner.start("it", {"n": "five"})


def test_start_that_is_turned_away_is_told(flow: Declare) -> None:
    runner = flow(it("[{sleep: 1d}]", on="[{manual: true}]", concurrency="{on_conflict: skip}"))
    runner.start("it")

    with pytest.raises(AssertionError, match="skipped 1 open already"):
        runner.start("it")


def test_held_run_is_resumed_with_a_corrected_input(flow: Declare) -> None:
    runner = flow(it("[{task: line.any, with: {n: 1}}]", hold_on_failure="2h"))

    def fails(n: int) -> int:
        if n == 1:
            raise Permanent("one is too few")
        return n

    runner.fake("line.any", fails)
    runner.send("a.b")
    run = runner.follow("it")
    assert run.state == "held"

    run.resume(inputs={"n": 2})

    assert (run.state, run.output) == ("succeeded", 2)
    with pytest.raises(RunRefused):
        run.give_up()


def test_held_run_is_given_up_by_hand_or_in_time_and_undone(flow: Declare) -> None:
    steps = "[{id: one, task: line.nothing, compensate: line.any}, line.broken]"
    runner = flow(it(steps, hold_on_failure="2h"))
    runner.send("a.b")
    runner.send("a.b")
    by_hand, in_time = (runner.follow(run) for run in runner.runs_of("it"))

    by_hand.give_up(reason="no use")
    assert (by_hand.state, in_time.state) == ("failed", "held")
    runner.advance("2h")

    assert in_time.state == "failed"
    by_hand.assert_line(["one: undone", "broken: failed", "undo one"])
    assert DeadLetterRecord.objects.filter(kind="failed run").count() == 2


def test_run_is_cancelled(flow: Declare) -> None:
    runner = flow(it("[{sleep: 3d}]"))
    runner.send("a.b")
    run = runner.follow("it")

    run.cancel(reason="typo")

    assert run.state == "cancelled"
    assert "typo" in str(run.seen.history)


# -- blocks -------------------------------------------------------------------------------------------


def test_line_is_told_in_the_order_in_which_it_began(flow: Declare) -> None:
    steps = (
        "[{task: line.nothing, id: first}, {if: 'false', task: line.nothing, id: never},"
        " {parallel: {a: line.nothing, b: {needs: [a], task: line.nothing}}},"
        " {id: each, for_each: [1, 2], task: line.any, with: {value: '${{ item }}'}},"
        " {id: told, emit: order.told, with: {n: 1}}]"
    )
    runner = flow(it(steps))
    runner.send("a.b")
    run = runner.run_of("it")

    assert run.line == ["first", "a", "b", "each.0", "each.1", "told"]
    assert run.steps["each"].output == [1, 2]
    assert run.steps["each.1"].output == 2
    assert run.steps["never"].state == "skipped"
    assert_emitted("order.told", {"n": 1}, count=1)


def test_line_that_is_another_is_told_with_both_and_the_story(flow: Declare) -> None:
    runner = flow(it("[{task: line.nothing, id: first}, {task: line.broken, id: second}]"))
    runner.send("a.b")
    run = runner.follow("it")

    run.assert_line(["first", "second: failed"])
    for wrong in (["first"], ["second", "first"], ["first", "second: succeeded"], []):
        with pytest.raises(AssertionError, match="first: succeeded, second: failed") as refused:
            run.assert_line(wrong)
        assert "broken for good" in str(refused.value)


def test_children_are_run_and_can_be_followed(flow: Declare) -> None:
    child = (
        "workflow: child\non: [{call: true}]\ninputs: {n: integer}\n"
        "steps: [{sleep: 1h}, {task: line.any, with: {value: '${{ inputs.n }}'}}]\n"
    )
    runner = flow(
        it("[{id: c, for_each: [1, 2], workflow: child, with: {n: '${{ item }}'}}]"), child
    )
    runner.send("a.b")
    run = runner.follow("it")

    assert [each.state for each in run.children] == ["waiting", "waiting"]
    runner.advance("1h")

    assert run.output == [1, 2]
    assert [each.line for each in run.children] == [["sleep 1", "any"]] * 2


# -- gates and time -----------------------------------------------------------------------------------


def test_burst_of_events_starts_one_run(flow: Declare) -> None:
    runner = flow(it("[line.nothing]", debounce="{period: 10s}", output="${{ event.data.n }}"))
    for n in range(3):
        runner.send("a.b", {"n": n})
        runner.advance("5s")
    assert runner.runs_of("it") == []

    runner.advance("5s")

    assert runner.run_of("it").output == 2


def test_queued_run_starts_when_the_one_before_it_is_done(flow: Declare) -> None:
    runner = flow(it("[{sleep: 1h}]", concurrency="{limit: 1}"))
    runner.send("a.b")
    runner.send("a.b")

    assert [run.state for run in runner.runs_of("it")] == ["waiting", "queued"]
    runner.advance("1h")
    assert [run.state for run in runner.runs_of("it")] == ["succeeded", "waiting"]
    runner.advance("1h")
    assert [run.state for run in runner.runs_of("it")] == ["succeeded", "succeeded"]


def test_throttled_start_waits_for_its_slot(flow: Declare) -> None:
    runner = flow(it("[line.nothing]", throttle="{limit: 1, per: 1m}"))
    runner.send("a.b")
    runner.send("a.b")

    runner.advance("59s")
    assert [run.state for run in runner.runs_of("it")] == ["succeeded", "queued"]
    runner.advance("1s")

    assert [run.state for run in runner.runs_of("it")] == ["succeeded", "succeeded"]


def test_schedule_ticks_as_time_passes(flow: Declare) -> None:
    runner = flow(it("[line.nothing]", on="[{schedule: '0 6 * * *', timezone: UTC}]"))

    runner.advance("2d")

    assert len(runner.runs_of("it")) == 2


def test_no_run_of_a_workflow_without_events_tells_what_starts_it(flow: Declare) -> None:
    runner = flow(it("[line.nothing]", on="[{manual: true}]"))

    with pytest.raises(AssertionError, match="it starts on by hand, and emitted was nothing"):
        runner.run_of("it")


class ADjangoTest(WorkflowTest):
    """``self.flow`` runs what the test emitted."""

    at = AT

    def test_project_s_workflows_run(self) -> None:
        emit("chain.begun", {})
        self.flow.run()

        assert self.flow.run_of("chain").state == "succeeded"
        assert self.flow.clock.now() == AT

    def test_each_test_begins_with_nothing(self) -> None:
        found: list[Any] = self.flow.runs_of("chain")
        assert found == []
