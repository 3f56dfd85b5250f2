"""Runs that people resume one by one, and replays of the same: one of both does it."""

from __future__ import annotations

from uuid import UUID

import pytest

from flowengine.engine.messages import Succeeded
from flowengine.errors import RunRefused
from flowengine.models import RunRecord
from flowengine.orchestration import acts, control, replay
from flowengine.orchestration.replay.due import run_due
from tests.builders.stored import claim, define, now, tell
from tests.database.replay.scenes import (
    BY,
    ORDER,
    beat,
    chosen,
    details,
    fail,
    failed_orders,
    letter_states,
    letters_of,
    pay,
    placed,
    seen,
    started,
    states,
)

pytestmark = pytest.mark.django_db

EDIT = [{"op": "add", "path": "/note", "value": "by hand"}]


def copies_of(*runs: UUID) -> list[RunRecord]:
    """All runs but these."""
    return [*RunRecord.objects.exclude(pk__in=runs)]


def test_copy_that_was_resumed_by_hand_keeps_the_original_from_being_replayed() -> None:
    [run] = failed_orders()
    corrected = started("event", letters_of([run]), edit=EDIT)
    beat()
    [copy] = copies_of(run)
    fail(copy.id)
    seen(corrected)
    control.resume(copy.id, now=now())

    at_work = started("restart", [run], kind="run")
    beat()
    pay(copy.id)
    over = started("restart", [run], kind="run")
    beat()

    assert details(at_work) == [f"not_open: run {copy.id} is running for it"]
    assert details(over) == [f"succeeded_since: run {copy.id} has succeeded since"]


@pytest.mark.parametrize("edit", [[], EDIT])
def test_run_is_not_resumed_by_hand_while_it_is_replayed_nor_once_that_has_succeeded(
    edit: list[object],
) -> None:
    [run] = failed_orders()
    replay_id = started("event", letters_of([run]), edit=edit)
    run_due(now(), limit=10)

    with pytest.raises(RunRefused, match=f"replay {replay_id} has sent it"):
        acts.resume(run, BY)
    beat()
    [copy] = copies_of(run)
    with pytest.raises(RunRefused, match=f"run {copy.id} is running for it"):
        acts.resume(run, BY)
    pay(copy.id)
    seen(replay_id)
    with pytest.raises(RunRefused, match=f"run {copy.id} has succeeded since"):
        acts.resume(run, BY)

    assert RunRecord.objects.get(pk=run).state == "failed"
    wanted = started("resume", [run], kind="run", even_if_succeeded=True)
    beat()
    assert (states(wanted), RunRecord.objects.get(pk=run).state) == (["sent"], "running")


def test_run_is_resumed_by_hand_once_its_copy_has_failed_as_well() -> None:
    [run] = failed_orders()
    replay_id = started("restart", letters_of([run]))
    beat()
    [copy] = copies_of(run)
    fail(copy.id)
    seen(replay_id)

    acts.resume(run, BY)

    assert RunRecord.objects.get(pk=run).state == "running"
    with pytest.raises(RunRefused, match=f"run {run} is running for it"):
        acts.resume(copy.id, BY)


def test_run_that_goes_on_meanwhile_is_not_replayed() -> None:
    runs = failed_orders(2)
    letters = letters_of(runs)
    first, second = started("resume", letters[:1]), started("restart", letters[1:])

    for run in runs:
        control.resume(run, now=now())
    beat()

    assert (states(first), states(second)) == (["skipped"], ["skipped"])
    assert RunRecord.objects.count() == 2


def held(run: UUID) -> None:
    """Somebody holds it before its second step."""
    claim(run, "before")
    acts.hold(run, BY)
    tell(run, Succeeded(step="before", attempt=1, output=None))
    assert RunRecord.objects.get(pk=run).state == "held"


def test_copy_that_somebody_holds_has_not_failed() -> None:
    [run] = failed_orders()
    letters = letters_of([run])
    replay_id = started("restart", letters)
    beat()
    [copy] = copies_of(run)
    held(copy.id)

    standing = seen(replay_id)
    acts.release(copy.id, BY)
    pay(copy.id)
    over = seen(replay_id)

    assert (standing.failed, standing.ended_at) == (0, None)
    assert (over.succeeded, over.state) == (1, "done")
    assert letter_states(letters) == ["resolved"]


def test_run_that_somebody_holds_is_released_and_not_resumed() -> None:
    [run] = placed(define(ORDER))
    held(run)

    [planned] = replay.plan(chosen([run], "run"), "resume").items
    replay_id = started("resume", [run], kind="run")
    beat()

    why = "somebody holds it: release it"
    assert (planned.word, planned.why) == ("not_open", why)
    assert details(replay_id) == [f"not_open: {why}"]
