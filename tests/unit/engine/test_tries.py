"""Every failed attempt is remembered with its traceback, within bounds."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from flowengine.engine.run import Failure, Frame, Step, Try
from flowengine.engine.states import StepState
from flowengine.engine.tries import FRAMES_MAX, TRACEBACK_MAX, TRIES_MAX, tried
from tests.builders.events import NOON
from tests.builders.runs import WORKER

LATER = NOON + timedelta(seconds=5)
FRAME = Frame(file="shop/cards.py", line=88, name="charge", is_own=True)
DECLINED = Failure(
    code="CardDeclined", message="no", traceback="Traceback …", frames=(FRAME,), version="7.2"
)
RUNNING = Step(
    id="charge", item="3", state=StepState.RUNNING, attempt=1, worker=WORKER, started_at=NOON
)


def row_after(failure: Failure, attempt: int) -> Step:
    return replace(RUNNING, attempt=attempt, tries=attempt - 1, failure=failure)


def test_failure_says_where_it_was_and_how_its_attempt_went() -> None:
    failure = tried(DECLINED, RUNNING, LATER)

    assert (failure.step, failure.item, failure.attempts) == ("charge", "3", 1)
    assert failure.tries == (
        Try(
            attempt=1,
            code="CardDeclined",
            message="no",
            traceback="Traceback …",
            frames=(FRAME,),
            worker=str(WORKER),
            version="7.2",
            started_at=NOON,
            ended_at=LATER,
        ),
    )


def test_what_an_attempt_has_logged_is_kept_with_its_try_alone() -> None:
    failure = tried(replace(DECLINED, log="12:00 INFO shop: paying"), RUNNING, LATER)

    assert failure.log == ""
    assert failure.tries[0].log == "12:00 INFO shop: paying"


def test_last_failure_has_all_the_tries_before_it() -> None:
    failure = tried(DECLINED, RUNNING, NOON)
    for attempt in (2, 3):
        other = replace(DECLINED, message=f"no {attempt}")
        failure = tried(other, row_after(failure, attempt), LATER)

    assert [(each.attempt, each.message) for each in failure.tries] == [
        (1, "no"),
        (2, "no 2"),
        (3, "no 3"),
    ]


def test_of_many_tries_the_first_and_the_last_ones_are_kept() -> None:
    failure = tried(DECLINED, RUNNING, NOON)
    for attempt in range(2, 101):
        failure = tried(DECLINED, row_after(failure, attempt), LATER)

    numbers = [each.attempt for each in failure.tries]
    assert numbers == [1, *range(102 - TRIES_MAX, 101)]
    assert len(numbers) == TRIES_MAX


def test_tries_before_a_resume_do_not_come_again() -> None:
    before = tried(DECLINED, RUNNING, NOON)
    resumed = replace(RUNNING, attempt=2, tries=0, failure=before)

    assert [each.attempt for each in tried(DECLINED, resumed, LATER).tries] == [2]


def test_long_traceback_is_cut_in_its_middle_and_deep_frames_are_the_ones_kept() -> None:
    frames = tuple(replace(FRAME, line=line) for line in range(50))
    long = replace(DECLINED, traceback=f"first{'x' * 50_000}last", frames=frames)

    [only] = tried(long, RUNNING, LATER).tries

    assert len(only.traceback) <= TRACEBACK_MAX
    assert only.traceback.startswith("first")
    assert only.traceback.endswith("last")
    assert only.frames == frames[-FRAMES_MAX:]


def test_attempt_whose_worker_is_unknown_names_none() -> None:
    assert tried(DECLINED, replace(RUNNING, worker=None), LATER).tries[0].worker == ""
