"""The bars of a run: from its history, or from what its rows remember."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from flowengine.engine.run import Failure, Try
from flowengine.representations.rows import Fact
from flowengine.representations.timeline import Bar, bar_view, of_facts, of_row

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
Said = tuple[str, int, int | None, int | None, str]


def at(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


def fact(second: int, what: str, /, **said: Any) -> Fact:
    return Fact(n=second + 1, at=at(second), transition={"t": what, **said})


def told(bar: Bar) -> list[Said]:
    """Its segments: kind, from and to in seconds after noon, attempt, result."""
    return [
        (
            each.kind,
            int((each.begin - NOON).total_seconds()),
            None if each.end is None else int((each.end - NOON).total_seconds()),
            each.attempt,
            each.result,
        )
        for each in bar.segments
    ]


def test_step_waits_for_a_worker_works_fails_and_is_tried_again() -> None:
    found = of_facts(
        [
            fact(0, "run.started"),
            fact(0, "step.ready", step="charge", title="Charge", task="charge"),
            fact(2, "step.started", step="charge", attempt=1),
            fact(5, "step.retrying", step="charge", attempt=1, tries=1),
            fact(9, "step.ready", step="charge", again=True),
            fact(10, "step.started", step="charge", attempt=2),
            fact(12, "step.succeeded", step="charge", attempt=2),
            fact(12, "run.succeeded"),
        ]
    )

    charge = found.bars["charge"]
    assert told(charge) == [
        ("queued", 0, 2, None, ""),
        ("running", 2, 5, 1, "failed"),
        ("delay", 5, 9, None, ""),
        ("queued", 9, 10, None, ""),
        ("running", 10, 12, 2, "succeeded"),
    ]
    assert (charge.title, charge.kind) == ("Charge", "task")
    assert told(found.run) == [("running", 0, 12, None, "succeeded")]


def test_what_goes_on_has_no_end() -> None:
    found = of_facts(
        [fact(0, "run.queued"), fact(3, "run.started"), fact(3, "step.ready", step="a")]
    )

    assert told(found.run) == [("queued", 0, 3, None, ""), ("running", 3, None, None, "")]
    assert told(found.bars["a"]) == [("queued", 3, None, None, "")]


def test_attempt_whose_worker_was_lost_is_told_as_lost_and_one_given_back_as_returned() -> None:
    found = of_facts(
        [
            fact(0, "step.ready", step="a"),
            fact(1, "step.started", step="a", attempt=1),
            fact(2, "step.returned", step="a", attempt=1, lost=True),
            fact(3, "step.started", step="a", attempt=2),
            fact(4, "step.returned", step="a", attempt=2),
        ]
    )

    assert [each[4] for each in told(found.bars["a"])] == ["", "lost", "", "returned", ""]


def test_attempts_before_a_resume_stay_and_the_run_was_held_meanwhile() -> None:
    found = of_facts(
        [
            fact(0, "run.started"),
            fact(0, "step.ready", step="a"),
            fact(1, "step.started", step="a", attempt=1),
            fact(2, "step.failed", step="a", attempt=1, tries=1),
            fact(2, "run.held"),
            fact(99, "run.resumed"),
            fact(99, "step.reset", step="a"),
            fact(99, "step.ready", step="a"),
        ]
    )

    assert [each[:3] for each in told(found.run)] == [
        ("running", 0, 2),
        ("held", 2, 99),
        ("running", 99, None),
    ]
    assert [each[:3] for each in told(found.bars["a"])] == [
        ("queued", 0, 1),
        ("running", 1, 2),
        ("queued", 99, None),
    ]


def test_block_that_is_reopened_goes_on() -> None:
    found = of_facts(
        [
            fact(0, "step.opened", step="both", kind="parallel", total=2),
            fact(1, "step.failing", step="both"),
            fact(2, "step.failed", step="both", kind="parallel"),
            fact(9, "step.reset", step="both", reopened=True),
        ]
    )

    both = found.bars["both"]
    assert [each[:3] for each in told(both)] == [("block", 0, 2), ("block", 9, None)]
    assert both.total is None


def test_loop_says_how_many_items_it_has_and_none_of_them() -> None:
    found = of_facts(
        [
            fact(0, "step.opened", step="each", total=480),
            fact(0, "step.ready", step="each", item="0"),
            fact(1, "step.started", step="each", item="0", attempt=1),
            fact(7, "step.succeeded", step="each"),
        ]
    )

    assert (found.bars["each"].kind, found.bars["each"].total) == ("for_each", 480)
    assert told(found.bars["each"]) == [("block", 0, 7, None, "succeeded")]


def test_wait_and_what_is_done_at_once() -> None:
    found = of_facts(
        [
            fact(0, "step.succeeded", step="told", kind="emit", title="Told"),
            fact(0, "step.waiting", step="nap", kind="sleep"),
            fact(5, "step.succeeded", step="nap"),
        ]
    )

    assert told(found.bars["told"]) == []
    assert told(found.bars["nap"]) == [("waiting", 0, 5, None, "succeeded")]


def row(state: str, **more: Any) -> Any:
    plain = {"step": "each", "item": "3", "kind": "task", "title": "", "attempt": 0}
    times = dict.fromkeys(("ready_at", "started_at", "finished_at"))
    return SimpleNamespace(**{**plain, **times, "state": state, **more})


def tried(attempt: int, begin: int, end: int) -> Try:
    return Try(attempt=attempt, code="E", message="m", started_at=at(begin), ended_at=at(end))


def test_row_remembers_the_tries_that_failed_and_the_last_one() -> None:
    failure = Failure(code="E", message="m", tries=(tried(1, 1, 2), tried(2, 5, 6)))
    done = row("succeeded", attempt=3, ready_at=at(9), started_at=at(10), finished_at=at(12))

    assert told(of_row(done, failure)) == [
        ("running", 1, 2, 1, "failed"),
        ("delay", 2, 5, None, ""),
        ("running", 5, 6, 2, "failed"),
        ("delay", 6, 9, None, ""),
        ("queued", 9, 10, None, ""),
        ("running", 10, 12, 3, "succeeded"),
    ]


def test_row_that_has_failed_for_good_has_no_attempt_after_its_tries() -> None:
    failure = Failure(code="E", message="m", tries=(tried(1, 1, 2),))
    failed = row("failed", attempt=1, ready_at=at(0), started_at=at(1), finished_at=at(2))

    assert told(of_row(failed, failure)) == [("running", 1, 2, 1, "failed")]


def test_row_that_is_ready_waits_and_one_that_is_pending_does_nothing() -> None:
    assert told(of_row(row("ready", ready_at=at(4)), None)) == [("queued", 4, None, None, "")]
    assert told(of_row(row("pending"), None)) == []


def test_row_of_a_block_or_of_a_wait_is_one_stretch() -> None:
    block = row("running", kind="steps", ready_at=at(1), started_at=at(1))
    wait = row("succeeded", kind="sleep", ready_at=at(1), started_at=at(1), finished_at=at(6))

    assert told(of_row(block, None)) == [("block", 1, None, None, "")]
    assert told(of_row(wait, None)) == [("waiting", 1, 6, None, "")]


def test_try_of_which_nobody_knows_when_it_began_is_left_out() -> None:
    failure = Failure(code="E", message="m", tries=(Try(attempt=1, code="E", message="m"),))

    assert told(of_row(row("retrying", attempt=1), failure)) == []


def test_bar_is_named_by_its_title_or_else_by_the_step_in_words() -> None:
    assert bar_view(Bar(step="undo send_mail"))["title"] == "Send mail"
    assert bar_view(Bar(step="a", title="Charge\u202e"))["title"] == "Charge"
