"""New idempotency keys change what others dedup by, and nothing of what is replayed once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from flowengine.models import RunRecord
from tests.builders.stored import define
from tests.database.replay.scenes import (
    ORDER,
    beat,
    details,
    fail,
    failed_orders,
    letters_of,
    pay,
    runs_of,
    seen,
    started,
    states,
)

pytestmark = pytest.mark.django_db

EDIT = [{"op": "add", "path": "/note", "value": "by hand"}]


def others(*runs: UUID) -> RunRecord:
    """The one run that is none of these."""
    return RunRecord.objects.exclude(pk__in=runs).get()


def why_not(mode: str, thing: UUID, kind: str, **options: Any) -> str:
    """What is said of a replay of that thing which is not sent."""
    replay_id = started(mode, [thing], kind=kind, **options)
    beat()
    [state], [detail] = states(replay_id), details(replay_id)
    return detail if state == "skipped" else state


def failed_copy(run: UUID, **options: Any) -> UUID:
    """An edited copy of that run, which has failed as well."""
    replay_id = started("event", letters_of([run]), edit=EDIT, new_keys=True, **options)
    beat()
    copy = others(run)
    fail(copy.id)
    seen(replay_id)
    return copy.id


@pytest.mark.parametrize("is_over", [False, True])
@pytest.mark.parametrize("new_keys", [False, True])
@pytest.mark.parametrize("again", ["letter", "event"])
def test_what_a_copy_of_a_copy_with_new_keys_does_is_not_done_by_the_first_event_as_well(
    again: str, *, new_keys: bool, is_over: bool
) -> None:
    [run] = failed_orders()
    copy = failed_copy(run)
    edit = EDIT if again == "letter" else []
    second = started("event", letters_of([copy]), edit=edit, new_keys=new_keys)
    beat()
    other = others(run, copy)
    if is_over:
        pay(other.id)
        seen(second)

    event = RunRecord.objects.get(pk=run).event_id
    tried = [
        why_not("event", event, "event"),
        why_not("event", event, "event", edit=EDIT, workflow="*"),
        why_not("event", event, "event", new_keys=True, workflow="order"),
        why_not("restart", run, "run"),
        why_not("restart", run, "run", new_keys=True),
        why_not("resume", run, "run"),
    ]

    word = "succeeded_since: run " if is_over else "not_open: "
    assert [each for each in tried if not each.startswith(word)] == []
    assert RunRecord.objects.count() == 3


def test_copy_with_new_keys_and_the_run_that_it_is_of_are_not_replayed_both() -> None:
    [run] = failed_orders()
    copy = failed_copy(run)

    both = started("restart", [run, copy], kind="run")
    beat()

    assert states(both) == ["sent", "skipped"]
    assert RunRecord.objects.count() == 3


def test_new_keys_hold_for_all_that_is_replayed_of_the_event_later() -> None:
    [run] = failed_orders()
    copy = failed_copy(run)

    restarted = started("restart", [run], kind="run")
    beat()
    third = others(run, copy)
    fail(third.id)
    seen(restarted)
    started("event", letters_of([third.id]), edit=EDIT)
    beat()
    fourth = others(run, copy, third.id)

    assert RunRecord.objects.get(pk=copy).keys is None
    assert (third.keys, fourth.keys) == (copy, copy)


def test_new_keys_of_one_workflow_leave_another_one_its_first() -> None:
    [run] = failed_orders()
    define(ORDER.replace("workflow: order", "workflow: stock"))
    event = RunRecord.objects.get(pk=run).event_id
    first = started("event", [event], kind="event", workflow="*", even_if_succeeded=True)
    beat()
    for each in runs_of(event, replay=1):
        fail(each.id)
    seen(first)
    stock = RunRecord.objects.get(workflow="stock")
    renewed = started("event", letters_of([stock.id]), new_keys=True)
    beat()
    mine = RunRecord.objects.get(workflow="stock", replay=2)
    fail(mine.id)
    seen(renewed)

    started("event", [event], kind="event", workflow="*")
    beat()

    kept = {each.workflow: each.keys for each in runs_of(event, replay=3)}
    assert kept == {"order": run, "stock": mine.id}


def test_new_keys_for_all_workflows_are_new_for_each() -> None:
    [run] = failed_orders()
    define(ORDER.replace("workflow: order", "workflow: stock"))
    event = RunRecord.objects.get(pk=run).event_id

    renewed = started("event", [event], kind="event", workflow="*", new_keys=True)
    beat()
    for each in runs_of(event, replay=1):
        fail(each.id)
    seen(renewed)
    started("event", [event], kind="event", workflow="*", edit=EDIT)
    beat()

    firsts = {each.workflow: each for each in runs_of(event, replay=1)}
    copies = {each.workflow: each for each in RunRecord.objects.exclude(event_id=event)}
    assert {each.keys for each in firsts.values()} == {None}
    assert {name: each.keys for name, each in copies.items()} == {
        name: each.id for name, each in firsts.items()
    }
