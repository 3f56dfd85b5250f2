"""A batch of runs advances in one transaction."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowengine.engine.messages import Failed, GivenBack, Lost, Succeeded
from flowengine.engine.run import Failure
from flowengine.engine.states import StepState
from flowengine.models import DeadLetterRecord, HistoryRecord, RunRecord, StepRecord
from flowengine.orchestration.advance import Progress, Told, Wanted, Work, advance
from flowengine.orchestration.audit import By
from flowengine.orchestration.control import cancel
from tests.builders.line import WORKER, begin, begin_by, claim, now, state_of, step_of, tell

pytestmark = pytest.mark.django_db


def test_a_claim_begins_the_step_and_names_its_worker() -> None:
    [run] = begin("chain")

    advanced = claim([run], "one")

    [begun] = advanced.begun
    assert (begun.step.id, begun.step.attempt) == ("one", 1)
    row = step_of(run, "one")
    assert (row.state, row.worker, row.attempt) == (StepState.RUNNING, WORKER, 1)


def test_a_step_that_another_worker_holds_is_stale() -> None:
    [run] = begin("chain")
    claim([run], "one")

    other = advance(
        Work(
            wanted=(Wanted(run_id=run, step="one"),),
            worker=run,
            tasks=frozenset({"line.nothing"}),
        ),
        now(),
    )

    assert (other.begun, other.stale) == ([], 1)


def test_a_step_whose_task_the_worker_does_not_know_stays_ready() -> None:
    [run] = begin("chain")

    advanced = advance(Work(wanted=(Wanted(run_id=run, step="one"),), worker=WORKER), now())

    assert [wanted.step for wanted in advanced.unknown] == ["one"]
    assert step_of(run, "one").worker is None


def test_the_end_of_a_step_makes_the_next_ready_and_says_so_to_its_station() -> None:
    [run] = begin("chain")
    claim([run], "one")

    advanced = tell(run, Succeeded(step="one", attempt=1, output=None))

    assert step_of(run, "two").state is StepState.READY
    assert step_of(run, "two").due_at is not None
    [envelope] = advanced.committed.envelopes
    assert json.loads(envelope.body)["step"] == "two"


def test_a_run_ends_with_its_last_step_and_its_history_is_numbered_without_gaps() -> None:
    [run] = begin("chain")
    for step in ("one", "two", "three", "four", "five"):
        claim([run], step)
        tell(run, Succeeded(step=step, attempt=1, output={"was": step}))

    record = RunRecord.objects.get(pk=run)
    assert (record.state, json.loads(bytes(record.output or b""))) == ("succeeded", {"was": "five"})
    assert record.due_at is None
    ranges = HistoryRecord.objects.filter(run_id=run).order_by("first").values_list("first", "last")
    numbers = [n for first, last in ranges for n in range(first, last + 1)]
    assert numbers == list(range(1, record.seq + 1))


def test_an_end_that_comes_twice_changes_nothing_the_second_time() -> None:
    [run] = begin("chain")
    claim([run], "one")
    tell(run, Succeeded(step="one", attempt=1, output=1))
    head = RunRecord.objects.get(pk=run).seq

    again = tell(run, Succeeded(step="one", attempt=1, output=2))

    assert again.stale == 1
    assert RunRecord.objects.get(pk=run).seq == head
    assert step_of(run, "one").output == 1


def test_a_lost_attempt_is_fenced_by_the_next_one() -> None:
    [run] = begin("chain")
    claim([run], "one")
    tell(run, Lost(step="one", attempt=1))
    claim([run], "one")

    late = tell(run, Succeeded(step="one", attempt=1, output="late"))

    assert late.stale == 1
    row = step_of(run, "one")
    assert (row.state, row.attempt, row.crashes) == (StepState.RUNNING, 2, 1)


def test_an_attempt_given_back_uses_neither_a_try_nor_a_crash() -> None:
    [run] = begin("chain")
    claim([run], "one")

    tell(run, GivenBack(step="one", attempt=1))

    row = step_of(run, "one")
    assert (row.state, row.tries, row.crashes, row.worker) == (StepState.READY, 0, 0, None)


def test_a_failure_for_good_leaves_one_dead_letter_in_the_same_transaction() -> None:
    [run] = begin("chain")
    claim([run], "one")
    failure = Failure(code="Permanent", message="no", permanent=True)

    advanced = tell(run, Failed(step="one", attempt=1, failure=failure))

    assert state_of(run) == "failed"
    letter = DeadLetterRecord.objects.get(run_id=run)
    assert (letter.kind, letter.step) == ("failed run", "one")
    assert advanced.committed.buried == [letter.id]


def test_cancel_ends_a_run_that_waits_for_a_worker_at_once() -> None:
    [run] = begin("chain")

    cancel(run, by=By(who="7", reason="changed my mind"), now=now())

    assert state_of(run) == "cancelled"
    assert step_of(run, "one").state is StepState.CANCELLED


def test_cancel_of_a_running_attempt_waits_for_its_end() -> None:
    [run] = begin("chain")
    claim([run], "one")

    cancel(run, now=now())

    assert state_of(run) == "cancelling"
    tell(run, Succeeded(step="one", attempt=1, output=None))
    assert state_of(run) == "cancelled"
    assert step_of(run, "one").state is StepState.SUCCEEDED


def test_progress_is_the_last_word_on_the_row_and_raises_the_head_alone() -> None:
    [run] = begin("chain")
    claim([run], "one")
    head = RunRecord.objects.get(pk=run).seq

    said = Progress(run_id=run, step="one", attempt=1, fraction=0.4, note="page 2")
    advance(Work(progress=(said,)), now())

    assert RunRecord.objects.get(pk=run).seq == head + 1
    row = StepRecord.objects.get(run_id=run, step="one")
    assert (row.progress, row.note) == (0.4, "page 2")
    tell(run, Succeeded(step="one", attempt=1, output=None))
    last = HistoryRecord.objects.filter(run_id=run).order_by("-last")[0]
    assert last.first == head + 2


def test_a_late_word_of_progress_changes_nothing_of_a_run_that_has_ended() -> None:
    [run] = begin("patient")
    claim([run], "one")
    tell(run, Succeeded(step="one", attempt=1, output={"answer": 42}))
    head = RunRecord.objects.get(pk=run).seq

    said = Progress(run_id=run, step="one", attempt=1, fraction=0.9)
    advance(Work(progress=(said,)), now())

    record = RunRecord.objects.get(pk=run)
    assert (record.seq, json.loads(bytes(record.output or b""))) == (head, {"answer": 42})


def test_a_word_of_progress_of_a_former_attempt_changes_nothing() -> None:
    [run] = begin("patient")
    claim([run], "one")
    tell(run, Lost(step="one", attempt=1))
    claim([run], "one")
    head = RunRecord.objects.get(pk=run).seq

    said = Progress(run_id=run, step="one", attempt=1, fraction=0.9, note="late")
    advance(Work(progress=(said,)), now())

    assert RunRecord.objects.get(pk=run).seq == head
    assert StepRecord.objects.get(run_id=run).note == ""


def test_a_new_attempt_forgets_what_the_former_one_said() -> None:
    [run] = begin("patient")
    claim([run], "one")
    said = Progress(run_id=run, step="one", attempt=1, fraction=0.9, note="nearly")
    advance(Work(progress=(said,)), now())
    tell(run, GivenBack(step="one", attempt=1))

    claim([run], "one")

    row = StepRecord.objects.get(run_id=run)
    assert (row.progress, row.note) == (None, "")


def test_a_run_that_cannot_be_read_does_not_stop_the_others_and_is_put_off() -> None:
    good, bad = begin("chain", 2)
    RunRecord.objects.filter(pk=bad).update(state="from the future", due_at=now())

    advanced = claim([good, bad], "one")

    assert [begun.run.id for begun in advanced.begun] == [good]
    due_at = RunRecord.objects.get(pk=bad).due_at
    assert due_at is not None
    assert due_at > now()


def test_a_message_to_a_run_that_cannot_be_read_is_refused_and_kept() -> None:
    [run] = begin("chain")
    claim([run], "one")
    RunRecord.objects.filter(pk=run).update(state="from the future")

    advanced = tell(run, Succeeded(step="one", attempt=1, output=None))

    assert [told.run_id for told in advanced.refused] == [run]


def test_a_message_to_a_run_that_does_not_exist_is_counted_and_dropped() -> None:
    advanced = tell(WORKER, Lost(step="one", attempt=1))

    assert (advanced.stale, advanced.later_told) == (1, [])


def _statements_of_a_cycle(count: int) -> int:
    runs = begin("chain", count)
    claim(runs, "one")
    with CaptureQueriesContext(connection) as captured:
        advance(
            Work(
                told=tuple(
                    Told(run_id=run, message=Succeeded(step="one", attempt=1, output={"n": 1}))
                    for run in runs[: count - count // 2]
                ),
                progress=tuple(
                    Progress(run_id=run, step="one", attempt=1, fraction=0.5)
                    for run in runs[count - count // 2 :]
                ),
                worker=WORKER,
                tasks=frozenset({"line.nothing"}),
            ),
            now(),
        )
        claim(runs[: count - count // 2], "two")
    return len(captured)


def test_the_number_of_statements_does_not_depend_on_the_number_of_items() -> None:
    few, many = _statements_of_a_cycle(2), _statements_of_a_cycle(200)

    assert few == many


def test_a_filter_that_says_no_skips_its_step_and_the_line_goes_on() -> None:
    [run] = begin_by("troubled.quiet", "troubled", order_id=7)
    claim([run], "told")

    tell(run, Succeeded(step="told", attempt=1, output={"order_id": 7}))

    assert state_of(run) == "succeeded"
    assert step_of(run, "flaky").state is StepState.SKIPPED
