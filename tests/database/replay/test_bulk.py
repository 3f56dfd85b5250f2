"""Runs that a selection names are cancelled, held and released as acts that beats carry out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest
from django.db import DataError, connection
from django.test.utils import CaptureQueriesContext

from flowengine.engine.run import Run
from flowengine.errors import ReasonMissing, ReplayRefused, RunRefused, SelectionRefused
from flowengine.models import AuditRecord, RunRecord
from flowengine.orchestration import acts, replay
from flowengine.orchestration.audit import By
from flowengine.orchestration.replay import Bulk, Replay, ReplayState, telling_runs
from flowengine.store import replays, runs
from tests.builders.stored import define
from tests.database.replay.scenes import BY, ORDER, beat, chosen, pay, placed

pytestmark = pytest.mark.django_db

SILENT = By(who="7", reason=" ")


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs a page."""
    monkeypatch.setattr(telling_runs, "PAGE", 2)


def done(act: Replay) -> Replay:
    """The act after all beats that it needs."""
    found = replay.status(act.id)
    while found.state == ReplayState.RUNNING:
        beat(1)
        found = replay.status(act.id)
    return found


def told(mode: Bulk, ids: list[UUID]) -> Replay:
    return done(replay.tell_runs(mode, chosen(ids, "run"), BY))


def states() -> list[str]:
    return [*RunRecord.objects.order_by("created_at", "id").values_list("state", flat=True)]


def verbs() -> list[str]:
    return [*AuditRecord.objects.order_by("number").values_list("verb", flat=True)]


def test_few_runs_are_cancelled_at_once_with_who_and_why() -> None:
    ids = placed(define(ORDER), 2)
    selection = chosen(ids, "run")

    act = replay.tell_runs(Bulk.CANCEL, selection, BY)

    assert states() == ["cancelled"] * 2
    assert (act.state, act.succeeded, act.verdict["words"]) == (
        *("done", 2),
        "2 of 2 cancelled, 0 had ended",
    )
    first, *each = AuditRecord.objects.order_by("number")
    assert (first.verb, first.selection_id, first.replay_id) == ("cancel", selection, act.id)
    assert json.loads(first.details) == {"count": 2}
    assert {(row.verb, row.object_id, row.who, row.reason, row.replay_id) for row in each} == {
        ("run.cancel", str(run), "7", "the bank is back", act.id) for run in ids
    }


def test_what_has_ended_is_skipped_and_gets_no_row_in_the_audit() -> None:
    paid, open_ = placed(define(ORDER), 2)
    pay(paid)

    act = told(Bulk.CANCEL, [paid, open_, uuid4()])

    assert (act.succeeded, act.skipped, act.failed) == (1, 2, 0)
    assert verbs() == ["cancel", "run.cancel"]


def test_many_runs_go_on_by_beats_page_by_page(small_pages: None) -> None:
    act = replay.tell_runs(Bulk.CANCEL, chosen(placed(define(ORDER), 5), "run"), BY)
    first = states().count("cancelled")
    beat()
    second = states().count("cancelled")

    ended = done(act)

    assert (first, second, states()) == (2, 4, ["cancelled"] * 5)
    assert (ended.state, ended.succeeded, ended.due_at) == ("done", 5, None)
    assert verbs().count("cancel") == 1
    assert verbs().count("run.cancel") == 5


def test_act_is_paused_goes_on_and_is_stopped(small_pages: None) -> None:
    act = replay.tell_runs(Bulk.CANCEL, chosen(placed(define(ORDER), 7), "run"), BY)
    replay.pause(act.id, BY)
    beat(1)
    paused = states().count("cancelled")
    replay.go_on(act.id, BY)
    beat(1)
    replay.stop(act.id, BY)
    beat(1)

    assert (paused, states().count("cancelled")) == (2, 4)
    assert replay.status(act.id).state == ReplayState.STOPPED
    with pytest.raises(ReplayRefused, match="as fast as it can be"):
        replay.slower(
            replay.tell_runs(Bulk.CANCEL, chosen(placed(define(ORDER), 3), "run"), BY).id, BY
        )


def test_page_that_is_killed_before_its_commit_has_told_nobody(
    small_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    act = replay.tell_runs(Bulk.CANCEL, chosen(placed(define(ORDER), 4), "run"), BY)
    with monkeypatch.context() as patched:
        patched.setattr(replays, "save", _killed)
        with pytest.raises(KeyboardInterrupt):
            beat()
    after = states().count("cancelled")

    ended = done(act)

    assert (after, ended.succeeded, ended.skipped) == (2, 4, 0)


def _killed(_act: Replay) -> None:
    raise KeyboardInterrupt


def test_run_that_another_transaction_holds_is_told_later(
    small_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = placed(define(ORDER), 3)
    lock = runs.lock

    def busy(wanted: list[UUID], *, wait: bool = False) -> runs.Locked:
        return lock([each for each in wanted if each != ids[0]], wait=wait)

    with monkeypatch.context() as patched:
        patched.setattr(runs, "lock", busy)
        act = replay.tell_runs(Bulk.CANCEL, chosen(ids, "run"), BY)
        beat()
        without = (states().count("cancelled"), replay.status(act.id).state)

    ended = done(act)

    assert without == (2, "running")
    assert (ended.succeeded, ended.skipped, states()) == (3, 0, ["cancelled"] * 3)


def test_run_that_cannot_be_decided_is_counted_and_keeps_no_other(small_pages: None) -> None:
    broken, fine = placed(define(ORDER), 2)
    RunRecord.objects.filter(pk=broken).update(failure=b"{")

    act = told(Bulk.CANCEL, [broken, fine])

    assert (act.succeeded, act.failed, act.skipped) == (1, 1, 0)
    assert act.verdict["words"] == "1 of 2 cancelled, 0 had ended, 1 could not be told"


def test_run_that_cannot_be_stored_is_counted_and_keeps_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ids = placed(define(ORDER), 5)
    update = runs.update

    def refusing(changed: Sequence[Run]) -> None:
        if any(run.id == ids[2] for run in changed):
            raise DataError("invalid byte sequence")
        update(changed)

    monkeypatch.setattr(runs, "update", refusing)

    act = told(Bulk.CANCEL, ids)

    assert (act.succeeded, act.failed, act.skipped) == (4, 1, 0)
    assert states().count("cancelled") == 4
    assert verbs().count("run.cancel") == 4


def test_runs_with_much_at_work_share_no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling_runs, "ROWS_MAX", 5)
    ids = placed(define(ORDER), 4)
    for run, asleep in zip(ids, (4, 3), strict=False):
        RunRecord.objects.filter(pk=run).update(asleep=asleep)

    act = replay.tell_runs(Bulk.HOLD, chosen(ids, "run"), BY)
    counts = [RunRecord.objects.filter(holding=True).count()]
    beat(1)
    counts.append(RunRecord.objects.filter(holding=True).count())

    assert counts == [1, 3]
    assert (done(act).succeeded, done(act).skipped) == (4, 0)


def test_runs_are_held_before_their_next_step_and_released() -> None:
    ids = placed(define(ORDER), 2)

    held = told(Bulk.HOLD, ids)
    marked = {*RunRecord.objects.values_list("state", "holding")}
    again = told(Bulk.HOLD, ids)
    released = told(Bulk.RELEASE, ids)

    assert (held.succeeded, held.verdict["words"]) == (2, "2 of 2 held, 0 were not at work")
    assert marked == {("running", True)}
    assert (again.succeeded, again.skipped) == (0, 2)
    assert released.verdict["words"] == "2 of 2 go on, 0 were not held"
    assert not RunRecord.objects.filter(holding=True).exists()


def test_one_run_is_held_and_released_with_a_row_of_the_audit() -> None:
    [run] = placed(define(ORDER))

    acts.hold(run, BY)
    with pytest.raises(RunRefused, match="it is running, and held by hand"):
        acts.hold(run, BY)
    acts.release(run, BY)
    with pytest.raises(RunRefused, match="it is running, and not held by hand"):
        acts.release(run, BY)

    assert verbs() == ["run.hold", "run.release"]


def test_same_request_is_the_same_act_and_its_key_names_no_other() -> None:
    selection = chosen(placed(define(ORDER), 1), "run")
    first = replay.tell_runs(Bulk.HOLD, selection, BY, request_key="7/k")

    again = replay.tell_runs(Bulk.HOLD, selection, BY, request_key="7/k")

    assert again.id == first.id
    assert verbs() == ["hold", "run.hold"]
    with pytest.raises(ReplayRefused, match="used for another act"):
        replay.tell_runs(Bulk.CANCEL, selection, BY, request_key="7/k")


def test_what_does_not_fit_is_refused() -> None:
    ids = placed(define(ORDER), 1)

    with pytest.raises(ReasonMissing):
        replay.tell_runs(Bulk.CANCEL, chosen(ids, "run"), SILENT)
    with pytest.raises(SelectionRefused, match="not of runs"):
        replay.tell_runs(Bulk.CANCEL, chosen(ids, "event"), BY)
    with pytest.raises(ReplayRefused, match="not told to 'discard'"):
        replay.tell_runs(Bulk.DISCARD, chosen(ids, "run"), BY)
    assert verbs() == []


def test_statements_of_a_page_do_not_grow_with_its_runs() -> None:
    workflow = define(ORDER)
    counts = []
    for count in (2, 12):
        selection = chosen(placed(workflow, count), "run")
        with CaptureQueriesContext(connection) as captured:
            replay.tell_runs(Bulk.HOLD, selection, BY)
        # How many wake-ups there are, and whether the time is asked, depends on the clock.
        texts = [each["sql"] for each in captured]
        counts.append(
            sum(not text.startswith(("NOTIFY", "SELECT clock_timestamp")) for text in texts)
        )

    assert counts[0] == counts[1]
