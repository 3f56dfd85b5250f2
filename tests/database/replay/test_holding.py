"""What a replay holds: given to it page by page, told to who wants it as well, and free again in the end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from pytest_django import Settings

from flowengine.errors import ReplayRefused
from flowengine.models import AuditRecord, ReplayItemRecord, ReplayRecord, RunRecord
from flowengine.orchestration import prune, replay
from flowengine.orchestration.audit import By
from flowengine.orchestration.replay import filling
from flowengine.orchestration.replay.verdict import PAUSED_FOR, PROPOSED_FOR
from flowengine.store import replay_items
from tests.builders.stored import now
from tests.database.replay.scenes import (
    BY,
    beat,
    chosen,
    details,
    failed_orders,
    letter_states,
    letters_of,
    pay,
    seen,
    started,
    states,
)

pytestmark = pytest.mark.django_db

ANN = By(who="11", reason="field renamed")
BOB = By(who="12", reason="looked at it")
EDIT = [{"op": "add", "path": "/note", "value": "by hand"}]


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two items are written at a time."""
    monkeypatch.setattr(filling, "PAGE", 2)


@pytest.fixture
def four_eyes(settings: Settings) -> None:
    """Edits are approved by somebody else."""
    settings.FLOWENGINE = {**settings.FLOWENGINE, "REPLAY_FOUR_EYES": True}


def items_of(replay_id: UUID) -> int:
    return ReplayItemRecord.objects.filter(replay_id=replay_id).count()


def proposed(letters: list[UUID]) -> UUID:
    """A replay with an edit, which nobody has approved yet."""
    begun = replay.start(chosen(letters), "event", {"edit": EDIT}, by=ANN)
    assert begun.state == "proposed"
    return begun.id


def after(replay_id: UUID, days: float) -> None:
    """A beat, so many days after it was asked for."""
    beat(timedelta(days=days).total_seconds())


@pytest.mark.usefixtures("small_pages")
def test_items_are_written_page_by_page_and_all_of_them_are_sent() -> None:
    runs = failed_orders(5)

    replay_id = started("restart", letters_of(runs), pace={"rate": 1000})
    assert (items_of(replay_id), replay.status(replay_id).total) == (2, 5)
    beat()
    assert (items_of(replay_id), states(replay_id)) == (4, ["sent"] * 4)
    seen(replay_id)
    assert states(replay_id) == ["sent"] * 5
    for copy in RunRecord.objects.exclude(pk__in=runs):
        pay(copy.id)

    over = seen(replay_id)
    assert (over.state, over.succeeded, over.skipped) == ("done", 5, 0)
    assert over.verdict["words"].startswith("5 of 5 replayed")


@pytest.mark.usefixtures("small_pages")
def test_replay_whose_first_items_are_all_over_waits_for_its_others() -> None:
    runs = failed_orders(5)
    letters = letters_of(runs)
    first = started("restart", letters[:4], pace={"rate": 1000})
    beat()

    second = started("restart", letters, pace={"canary": 1})
    for _ in range(3):
        seen(second)

    assert states(first) == ["sent"] * 4
    assert states(second) == ["skipped"] * 4 + ["sent"]
    assert replay.status(second).state == "canary"


@pytest.mark.usefixtures("small_pages")
def test_replay_that_is_stopped_before_it_has_all_items_leaves_the_others_to_who_wants_them() -> (
    None
):
    letters = letters_of(failed_orders(5))
    replay_id = started("restart", letters)

    stopped = replay.stop(replay_id, BY)
    beat()
    assert (stopped.state, stopped.skipped, items_of(replay_id)) == ("stopped", 5, 2)

    other = started("restart", letters, pace={"rate": 1000})
    for _ in range(3):
        seen(other)
    assert states(other) == ["sent"] * 5


@pytest.mark.usefixtures("small_pages", "four_eyes")
def test_proposed_replay_gets_all_its_items_and_is_looked_at_again_when_its_time_is_over() -> None:
    replay_id = proposed(letters_of(failed_orders(5)))

    for _ in range(3):
        beat()

    assert (items_of(replay_id), set(states(replay_id))) == (5, {"pending"})
    row = ReplayRecord.objects.get(pk=replay_id)
    assert (row.state, row.due_at) == ("proposed", row.created_at + PROPOSED_FOR)
    assert RunRecord.objects.count() == 5


@pytest.mark.usefixtures("four_eyes")
def test_replay_that_nobody_approves_ends_and_others_may_have_what_it_had() -> None:
    letters = letters_of(failed_orders(2))
    replay_id = proposed(letters)
    after(replay_id, PROPOSED_FOR.days - 1)
    assert replay.status(replay_id).state == "proposed"

    after(replay_id, PROPOSED_FOR.days + 1)

    over = replay.status(replay_id)
    assert (over.state, over.skipped, states(replay_id)) == ("stopped", 2, ["skipped"] * 2)
    assert over.verdict["why"] == "nobody approved it within 7 days"
    assert letter_states(letters) == ["open"] * 2
    act = AuditRecord.objects.get(verb="replay.expire")
    assert (act.who, act.door, act.replay_id) == ("", "system", replay_id)
    other = started("restart", letters)
    beat()
    assert states(other) == ["sent"] * 2


@pytest.mark.usefixtures("four_eyes")
def test_nobody_approves_a_replay_whose_time_is_over() -> None:
    replay_id = proposed(letters_of(failed_orders()))
    long_ago = ReplayRecord.objects.get(pk=replay_id).created_at - PROPOSED_FOR
    ReplayRecord.objects.filter(pk=replay_id).update(created_at=long_ago)

    with pytest.raises(ReplayRefused, match=r"nobody approved .* in time"):
        replay.approve(replay_id, BOB)

    assert replay.status(replay_id).state == "proposed"


def paused(letter: UUID) -> UUID:
    return replay.pause(started("restart", [letter]), BY).id


def test_paused_replay_that_nobody_lets_go_on_ends_and_others_may_have_what_it_had() -> None:
    letters = letters_of(failed_orders(3))
    replay_id = started("restart", letters, pace={"in_flight": 1})
    beat()
    replay.pause(replay_id, BY)
    [sent] = RunRecord.objects.exclude(replay_of=None)
    after(replay_id, PAUSED_FOR.days - 1)
    assert replay.status(replay_id).state == "paused"

    after(replay_id, PAUSED_FOR.days + 1)

    over = replay.status(replay_id)
    assert (over.state, over.ended_at, over.skipped) == ("stopped", None, 2)
    assert over.verdict["why"] == "it was paused, and nobody let it go on within 30 days"
    act = AuditRecord.objects.get(verb="replay.expire")
    assert (act.who, act.door, act.replay_id) == ("", "system", replay_id)
    pay(sent.id)
    seen(replay_id)
    assert states(replay_id) == ["succeeded", "skipped", "skipped"]
    assert letter_states(letters) == ["resolved", "open", "open"]
    assert replay.status(replay_id).ended_at is not None


def test_paused_replay_at_rest_is_looked_at_again_when_its_time_is_over() -> None:
    replay_id = replay.pause(started("restart", letters_of(failed_orders())), BY).id

    seen(replay_id)

    row = ReplayRecord.objects.get(pk=replay_id)
    end = replay.expires_at(row.state, row.created_at, replay.status(replay_id).verdict)
    assert row.due_at == end is not None


@pytest.mark.usefixtures("four_eyes")
@pytest.mark.parametrize("state", ["proposed", "paused"])
def test_who_is_refused_a_letter_is_told_which_replay_has_it(state: str) -> None:
    [letter] = letters_of(failed_orders())
    holding = proposed([letter]) if state == "proposed" else paused(letter)
    asked_by = "11" if state == "proposed" else BY.who
    words = f"replay {holding}, which {asked_by} asked for and is {state}, has it"

    [planned] = replay.plan(chosen([letter]), "restart").items
    refused = started("restart", [letter])

    assert (planned.word, planned.why) == ("not_open", words)
    assert details(refused) == [words]


def test_plan_says_which_replay_has_sent_a_letter() -> None:
    [letter] = letters_of(failed_orders())
    sent = started("restart", [letter])
    beat()

    def why(options: dict[str, Any]) -> str:
        return replay.plan(chosen([letter]), "restart", options).items[0].why

    words = replay_items.holders([letter])[letter].words
    assert why({}) == why({"even_if_succeeded": True}) == f"the dead letter is replaying: {words}"
    assert str(sent) in words


@pytest.mark.parametrize("name", ["RUNS", "EVENTS"])
@pytest.mark.parametrize("days", [99, None])
def test_replay_is_known_as_long_as_what_it_is_of_may_be_replayed(
    name: str, days: float | None, settings: Settings
) -> None:
    replay_id = started("restart", letters_of(failed_orders()))
    replay.stop(replay_id, BY)
    given, later = settings.FLOWENGINE, now() + timedelta(days=95)

    settings.FLOWENGINE = {**given, f"RETENTION_{name}_DAYS": days}
    prune.run(later)
    assert items_of(replay_id) == 1
    settings.FLOWENGINE = given
    prune.run(later)
    assert items_of(replay_id) == 0
