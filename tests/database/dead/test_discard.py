"""What a selection names is discarded as an act that beats carry out, page by page."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowengine.errors import ReasonMissing, ReplayRefused, SelectionRefused
from flowengine.models import (
    AuditRecord,
    DeadLetterRecord,
    ReplayRecord,
    SelectionItemRecord,
    SelectionRecord,
)
from flowengine.orchestration import prune, replay, selections
from flowengine.orchestration.audit import By
from flowengine.orchestration.replay import Replay, ReplayState, discarding
from flowengine.orchestration.replay.due import run_due
from flowengine.store import dead_letters, replays
from flowengine.store.clock import DatabaseClock
from tests.builders.dead import NOON, SOMEBODY, a_letter, bury, new_id

pytestmark = pytest.mark.django_db

NOBODY = By(who="7", reason="  ")


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two letters a page."""
    monkeypatch.setattr(discarding, "PAGE", 2)


def choose(count: int, query: str = "") -> SelectionRecord:
    """Of so many letters, those that the query finds."""
    bury(*[a_letter() for _ in range(count)])
    return selections.freeze("dead_letter", query, "7")


def beat() -> None:
    run_due(DatabaseClock().now(), limit=100)


def done(act: Replay) -> Replay:
    """The act after all beats that it needs."""
    found = replay.status(act.id)
    while found.state == ReplayState.RUNNING:
        beat()
        found = replay.status(act.id)
    return found


def discarded() -> int:
    return DeadLetterRecord.objects.filter(state="discarded").count()


def test_selection_of_which_the_discarding_was_stopped_has_to_be_chosen_anew(
    small_pages: None,
) -> None:
    selection = choose(5)
    replay.stop(replay.discard(selection.id, SOMEBODY).id, SOMEBODY)

    with pytest.raises(ReplayRefused, match="was stopped: choose anew"):
        replay.discard(selection.id, SOMEBODY)
    done(replay.discard(selections.freeze("dead_letter", "state:open", "7").id, SOMEBODY))

    assert discarded() == 5


def test_small_selection_is_discarded_at_once_with_who_and_why() -> None:
    bury(a_letter("card gone"), a_letter("card gone"), a_letter("card lost"))
    selection = selections.freeze("dead_letter", "gone", "7")

    act = replay.discard(selection.id, SOMEBODY)

    assert (act.state, act.total, act.succeeded, act.skipped) == ("done", 2, 2, 0)
    assert act.verdict["words"] == "2 of 2 discarded, 0 were not open"
    closed = DeadLetterRecord.objects.filter(state="discarded")
    assert {(each.message, each.reason, each.closed_by) for each in closed} == {
        ("card gone", "INC-812", "7")
    }
    row = AuditRecord.objects.get()
    assert (row.verb, row.selection_id, row.replay_id) == ("discard", selection.id, act.id)
    assert json.loads(row.details) == {"count": 2}


def test_same_selection_again_is_the_same_act() -> None:
    selection = choose(2)

    first = replay.discard(selection.id, SOMEBODY)
    again = replay.discard(selection.id, By(who="8", reason="also me"))

    assert again == replay.status(first.id)
    assert AuditRecord.objects.count() == 1


def test_large_selection_is_begun_at_once_and_goes_on_by_beats(small_pages: None) -> None:
    act = replay.discard(choose(5).id, SOMEBODY)
    first = discarded()
    beat()
    second, told = discarded(), replay.status(act.id)

    ended = done(act)

    assert (first, second, discarded()) == (2, 4, 5)
    assert (told.state, told.succeeded, told.total) == ("running", 4, 5)
    assert (ended.state, ended.succeeded, ended.due_at) == ("done", 5, None)
    assert AuditRecord.objects.count() == 1


def test_what_is_not_open_any_more_is_skipped(small_pages: None) -> None:
    selection = choose(5)
    ids = selections.objects(selection.id, limit=5)
    dead_letters.close(ids[1:2], "resolved", reason="x", by="8", now=NOON)
    dead_letters.claim(ids[3:4], new_id())

    ended = done(replay.discard(selection.id, SOMEBODY))

    assert (ended.succeeded, ended.skipped, discarded()) == (3, 2, 3)
    assert ended.verdict["words"] == "3 of 5 discarded, 2 were not open"


class _Killed(Exception):
    """The process ends here."""


def beat_that_is_killed_before_the_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    def kill(_act: Replay) -> None:
        raise _Killed

    with monkeypatch.context() as patched:
        patched.setattr(replays, "save", kill)
        with pytest.raises(_Killed):
            beat()


def test_beat_that_is_killed_in_a_page_has_closed_none_of_it_and_another_goes_on(
    small_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    act = replay.discard(choose(5).id, SOMEBODY)
    beat_that_is_killed_before_the_commit(monkeypatch)
    after = (discarded(), replay.status(act.id).succeeded)

    ended = done(act)

    assert after == (2, 2)
    assert (ended.succeeded, ended.skipped, discarded()) == (5, 0, 5)


def test_discarding_is_paused_goes_on_and_is_stopped(small_pages: None) -> None:
    act = replay.discard(choose(7).id, SOMEBODY)
    replay.pause(act.id, SOMEBODY)
    beat()
    beat()
    held = replay.status(act.id)
    paused = (discarded(), held.state)
    end = replay.expires_at(held.state, held.created_at, held.verdict)
    replay.go_on(act.id, SOMEBODY)
    beat()

    stopped = replay.stop(act.id, SOMEBODY)
    beat()

    assert paused == (2, "paused")
    assert held.due_at == end is not None
    assert (discarded(), stopped.state, stopped.due_at) == (4, "stopped", None)
    assert stopped.verdict["words"].startswith("4 of 7 discarded, 0 were not open; stopped: by 7")
    with pytest.raises(ReplayRefused, match="as fast as it can be"):
        replay.slower(replay.discard(choose(3).id, SOMEBODY).id, SOMEBODY)


def test_beginning_and_each_page_take_as_many_statements_for_one_as_for_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def statements(page: int) -> tuple[int, ...]:
        monkeypatch.setattr(discarding, "PAGE", page)
        selection = choose(3 * page, "state:open")
        with CaptureQueriesContext(connection) as begun:
            act = replay.discard(selection.id, SOMEBODY)
        with CaptureQueriesContext(connection) as followed:
            beat()
        done(act)
        # The clock is asked now and then.
        return tuple(sum("clock" not in q["sql"] for q in each) for each in (begun, followed))

    statements(1)

    assert statements(1) == statements(30)


def test_selection_stays_until_its_act_is_over(small_pages: None) -> None:
    act = replay.discard(choose(5).id, SOMEBODY)
    SelectionRecord.objects.update(created_at=NOON)
    late = DatabaseClock().now()
    prune.run(late)
    kept = SelectionItemRecord.objects.count()
    done(act)

    # The act is kept as long, and what was chosen as long as the act.
    ReplayRecord.objects.update(created_at=NOON)
    prune.run(late)

    assert (kept, SelectionItemRecord.objects.count()) == (5, 0)


def test_what_is_discarded_needs_a_reason_and_a_selection_of_letters() -> None:
    chosen = choose(1)
    SelectionRecord.objects.create(id=new_id(), kind="run", query="", words="", created_at=NOON)
    of_runs = SelectionRecord.objects.get(kind="run")

    with pytest.raises(ReasonMissing):
        replay.discard(chosen.id, NOBODY)
    with pytest.raises(SelectionRefused, match="of runs"):
        replay.discard(of_runs.id, SOMEBODY)
    with pytest.raises(SelectionRefused, match="there is no selection"):
        replay.discard(new_id(), SOMEBODY)
    assert discarded() == 0
