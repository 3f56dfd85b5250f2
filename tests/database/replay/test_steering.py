"""How a replay goes: a few first, so many per second, and who may stop it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from pytest_django import Settings

from flowengine.errors import EditRefused, ReasonMissing, ReplayRefused
from flowengine.models import AuditRecord, ReplayItemRecord, ReplayRecord
from flowengine.orchestration import replay
from flowengine.orchestration.audit import By
from flowengine.orchestration.replay.due import run_due
from tests.builders.stored import now
from tests.database.replay.scenes import (
    BY,
    beat,
    chosen,
    failed_orders,
    letter_states,
    letters_of,
    pay,
    seen,
    started,
    states,
)
from tests.database.replay.scenes import fail as fail_again

pytestmark = pytest.mark.django_db

SOMEBODY_ELSE = By(who="8", reason="looked at it")
EDIT = [{"op": "add", "path": "/note", "value": "x"}]


def of_dead(count: int, **pace: float) -> tuple[UUID, list[UUID]]:
    """A replay of so many failed runs, by resuming them; their ids."""
    runs = failed_orders(count)
    return started("resume", letters_of(runs), pace=pace), runs


def test_canary_goes_first_and_the_rest_when_it_has_ended_well() -> None:
    replay_id, runs = of_dead(5, canary=2)

    beat()
    assert states(replay_id) == ["sent", "sent", "pending", "pending", "pending"]
    assert seen(replay_id).state == "canary"
    pay(runs[0])
    assert seen(replay_id).state == "canary"
    pay(runs[1])
    assert seen(replay_id).state == "running"
    seen(replay_id)

    assert states(replay_id)[2:] == ["sent", "sent", "sent"]


def test_failure_of_the_canary_stops_the_rest_which_stays_open() -> None:
    replay_id, runs = of_dead(4, canary=2)
    letters = letters_of(runs)
    beat()

    pay(runs[0])
    fail_again(runs[1])
    done = seen(replay_id)

    assert (done.state, done.succeeded, done.failed, done.skipped) == ("stopped", 1, 1, 2)
    assert done.verdict["words"].startswith("2 of 4 replayed: 1 succeeded, 1 failed again")
    assert "1 of the first 2 failed" in done.verdict["words"]
    assert letter_states(letters) == ["resolved", "resolved", "open", "open"]
    assert states(replay_id) == ["succeeded", "failed", "skipped", "skipped"]


def test_rate_says_when_the_next_are_sent() -> None:
    replay_id, _runs = of_dead(5, rate=4)

    at = now()
    run_due(at, limit=10)

    assert states(replay_id).count("sent") == 2
    due_at = ReplayRecord.objects.get(pk=replay_id).due_at
    assert due_at == at + timedelta(seconds=0.5)
    run_due(at + timedelta(seconds=0.4), limit=10)
    assert states(replay_id).count("sent") == 2
    run_due(at + timedelta(seconds=0.5), limit=10)
    assert states(replay_id).count("sent") == 4


def test_no_more_are_under_way_than_the_pace_says() -> None:
    replay_id, runs = of_dead(4, rate=1000, in_flight=2)

    seen(replay_id)
    seen(replay_id)
    assert states(replay_id) == ["sent", "sent", "pending", "pending"]

    pay(runs[0])
    seen(replay_id)
    assert states(replay_id) == ["succeeded", "sent", "sent", "pending"]


def test_failures_in_a_row_stop_the_replay_and_what_was_sent_is_seen_to_its_end() -> None:
    replay_id, runs = of_dead(5, rate=1000, in_flight=3, stop_in_row=2, stop_percent=100)
    seen(replay_id)

    fail_again(runs[0])
    fail_again(runs[1])
    stopped = seen(replay_id)
    assert (stopped.state, stopped.ended_at) == ("stopped", None)
    pay(runs[2])
    done = seen(replay_id)

    assert (done.state, done.succeeded, done.failed, done.skipped) == ("stopped", 1, 2, 2)
    assert done.ended_at is not None
    assert "2 failed one after another" in done.verdict["words"]


def test_paused_replay_sends_nothing_until_it_goes_on() -> None:
    replay_id, runs = of_dead(3, canary=1)
    beat()

    replay.pause(replay_id, By(who="7", reason="a moment"))
    pay(runs[0])
    assert (seen(replay_id).state, states(replay_id)) == (
        "paused",
        ["succeeded", "pending", "pending"],
    )
    replay.go_on(replay_id, SOMEBODY_ELSE)
    seen(replay_id)
    seen(replay_id)

    assert states(replay_id) == ["succeeded", "sent", "sent"]


def test_stopped_replay_leaves_what_was_not_sent_open() -> None:
    replay_id, runs = of_dead(3, canary=1)
    letters = letters_of(runs)
    beat()

    replay.stop(replay_id, By(who="7", reason="wrong ones"))

    assert states(replay_id) == ["sent", "skipped", "skipped"]
    assert letter_states(letters) == ["replaying", "open", "open"]
    pay(runs[0])
    assert seen(replay_id).verdict["words"].endswith("stopped: by 7: wrong ones")


def test_slower_halves_the_pace_and_each_act_is_in_the_audit() -> None:
    replay_id, _runs = of_dead(2, rate=10, in_flight=8)

    by = By(who="7", reason="the bank groans", door="cli", address="10.0.0.1")
    replay.slower(replay_id, by)

    stored = replay.status(replay_id)
    assert replay.pace_of(None).rate == 10
    assert '"rate":5.0' in stored.pace
    row = AuditRecord.objects.get(verb="replay.slower")
    assert (row.who, row.reason, row.door, row.address) == (
        "7",
        "the bank groans",
        "cli",
        "10.0.0.1",
    )


def test_replay_that_is_over_cannot_be_steered() -> None:
    replay_id, runs = of_dead(1)
    beat()
    pay(runs[0])
    seen(replay_id)

    for act in (replay.pause, replay.go_on, replay.slower, replay.stop, replay.approve):
        with pytest.raises(ReplayRefused, match="is done"):
            act(replay_id, SOMEBODY_ELSE)
    with pytest.raises(ReplayRefused, match="there is no replay"):
        replay.stop(UUID(int=1), SOMEBODY_ELSE)
    with pytest.raises(ReplayRefused, match="there is no replay"):
        replay.status(UUID(int=1))


def test_edit_waits_for_the_approval_of_somebody_else_where_four_eyes_are_wanted(
    settings: Settings,
) -> None:
    settings.FLOWENGINE = {**settings.FLOWENGINE, "REPLAY_FOUR_EYES": True}
    letters = letters_of(failed_orders(2))
    plain = started("restart", letters[:1])
    edited = started("restart", letters[1:], edit=EDIT)
    beat()

    assert (replay.status(plain).state, replay.status(edited).state) == ("running", "proposed")
    assert states(edited) == ["pending"]
    with pytest.raises(ReplayRefused) as refused:
        replay.approve(edited, BY)
    assert refused.value.code == "FE522"
    approved = replay.approve(edited, SOMEBODY_ELSE)
    beat()

    assert (approved.approver, states(edited)) == ("8", ["sent"])


def test_replay_needs_a_reason_a_selection_and_things_that_fit_together() -> None:
    selection = chosen(letters_of(failed_orders()))

    def begin(
        mode: str = "resume", reason: str = "why", pace: object = None, **given: object
    ) -> None:
        by = By(who="7", reason=reason)
        replay.start(selection, mode, given, pace, by=by)  # type: ignore[arg-type]

    with pytest.raises(ReasonMissing):
        begin(reason="  ")
    with pytest.raises(EditRefused, match="there is no replay 'again'"):
        begin("again")
    with pytest.raises(EditRefused, match="these options will not do"):
        begin(nonsense=1)
    with pytest.raises(EditRefused, match="this pace will not do"):
        begin(pace={"rate": 0})
    with pytest.raises(EditRefused, match="this pace will not do"):
        begin(pace={"speed": 1})
    with pytest.raises(EditRefused, match="a resume takes"):
        begin(edit=EDIT)
    with pytest.raises(EditRefused, match="stays the run it is"):
        begin(new_keys=True)
    with pytest.raises(EditRefused, match="one of them"):
        begin(skip=True, output=None)
    with pytest.raises(EditRefused, match="are of resume"):
        begin("restart", skip=True)
    with pytest.raises(EditRefused, match="'workflow' is of event"):
        begin("restart", workflow="order")
    with pytest.raises(EditRefused, match="more than 256 KiB"):
        begin("restart", edit=[{"op": "add", "path": "/x", "value": "y" * 2**20}])
    with pytest.raises(ReplayRefused, match="there is no selection"):
        replay.start(UUID(int=1), "resume", by=BY)
    with pytest.raises(ReplayRefused, match="characters"):
        replay.start(selection, "resume", by=BY, request_key="")
    assert not ReplayRecord.objects.exists()
    assert not AuditRecord.objects.exists()


def test_page_of_items_goes_on_after_a_number_and_may_ask_for_a_state() -> None:
    replay_id, runs = of_dead(3, canary=2)
    beat()

    assert [each.n for each in replay.items(replay_id, after=1, limit=1)] == [2]
    [pending] = replay.items(replay_id, state="pending")
    assert (pending.n, pending.run_id) == (3, None)
    assert {each.run_id for each in replay.items(replay_id, state="sent")} == set(runs[:2])


def test_items_of_a_replay_whose_beat_died_before_it_sent_them_are_sent_by_another() -> None:
    replay_id, _runs = of_dead(2)
    ReplayRecord.objects.filter(pk=replay_id).update(due_at=now() + timedelta(seconds=30))
    assert not ReplayItemRecord.objects.exclude(state="pending").exists()

    beat(29)
    assert states(replay_id) == ["pending", "pending"]
    beat(31)

    assert states(replay_id) == ["sent", "sent"]


def test_replay_whose_items_wait_for_long_is_looked_at_less_and_less_often() -> None:
    replay_id, runs = of_dead(1)

    def next_look(seconds: float) -> float:
        """How long after a look at that time the next one comes."""
        at = now() + timedelta(seconds=seconds)
        ReplayRecord.objects.filter(pk=replay_id).update(due_at=at)
        run_due(at, limit=10)
        due_at = ReplayRecord.objects.get(pk=replay_id).due_at
        assert due_at is not None
        return round((due_at - at).total_seconds(), 1)

    beat()
    assert [next_look(each) for each in (0, 100, 86_400)] == [0.5, 10.0, 600.0]
    pay(runs[0])
    ReplayRecord.objects.filter(pk=replay_id).update(due_at=now())
    beat()

    assert replay.status(replay_id).state == "done"
