"""A workflow that another one called, and that is called again: what is called again is not replayed as well."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from flowengine.engine.messages import Failed, Succeeded
from flowengine.errors import RunRefused
from flowengine.models import RunRecord
from flowengine.orchestration import acts, control
from flowengine.orchestration.commit import Committed
from flowengine.orchestration.follow import follow
from flowengine.orchestration.route import overdue
from tests.builders.stored import claim, define, now, publish, tell
from tests.database.replay.scenes import (
    BY,
    NO,
    ORDER,
    beat,
    details,
    fail,
    letters_of,
    pay,
    seen,
    started,
    states,
    through,
)

pytestmark = pytest.mark.django_db

CHILD = ORDER.replace("on: order.placed", "on: {call: true}").replace(
    "${{ event.data.order }}", "1"
)
PARENT = """
workflow: shop
on: shop.opened
steps:
  - {id: buy, workflow: order}
"""


def called(*known: UUID) -> UUID:
    """The run that was called, which is none of the *known* ones."""
    for _ in range(2):
        through(overdue(now() + timedelta(minutes=5), limit=100, broker_open=True))
    return RunRecord.objects.filter(workflow="order").exclude(pk__in=known).get().id


def both_failed(**given: Any) -> tuple[UUID, UUID]:
    """A run that has failed because that which it called has; both."""
    define(CHILD)
    define(PARENT)
    through([publish("shop.opened", {}, **given)])
    child = called()
    claim(child, "before")
    tell(child, Succeeded(step="before", attempt=1, output=None))
    claim(child, "charge")
    done(tell(child, Failed(step="charge", attempt=1, failure=NO)).committed)
    parent = RunRecord.objects.get(workflow="shop")
    assert parent.state == "failed"
    return parent.id, child


def done(committed: Committed) -> None:
    """What it left to do is done."""
    for _ in follow(committed, now()):
        pass


def again(parent: UUID, way: str) -> None:
    """The caller is replayed, and calls once more."""
    if way == "resume by hand":
        done(control.resume(parent, now=now()))
    else:
        started(way, [parent], kind="run")
        beat()


@pytest.mark.parametrize("way", ["resume by hand", "resume", "restart"])
def test_what_was_called_again_is_not_replayed_by_itself_as_well(way: str) -> None:
    parent, child = both_failed()
    again(parent, way)
    other = called(child)

    at_work = started("restart", letters_of([child]))
    beat()
    with pytest.raises(RunRefused, match=f"run {other} is running for it"):
        acts.resume(child, BY)
    pay(other)
    over = started("resume", letters_of([child]))
    beat()

    assert (states(at_work), states(over)) == (["skipped"], ["skipped"])
    assert details(at_work) == [f"not_open: run {other} is running for it"]
    assert details(over) == [f"succeeded_since: run {other} has succeeded since"]


@pytest.mark.parametrize("way", ["resume by hand", "resume", "restart"])
def test_what_is_called_again_has_the_new_keys_that_were_given_meanwhile(way: str) -> None:
    parent, child = both_failed()
    renewed = started("restart", letters_of([child]), new_keys=True)
    beat()
    other = called(child)
    fail(other)
    seen(renewed)

    again(parent, way)
    third = called(child, other)

    keys = dict(RunRecord.objects.values_list("id", "keys"))
    assert (keys[child], keys[other], keys[third]) == (None, None, other)


@pytest.mark.parametrize("way", ["resume by hand", "resume", "restart"])
def test_what_is_called_again_with_new_keys_is_not_replayed_by_itself_as_well(way: str) -> None:
    parent, child = both_failed()
    renewed = started("restart", letters_of([child]), new_keys=True)
    beat()
    other = called(child)
    fail(other)
    seen(renewed)
    again(parent, way)
    third = called(child, other)

    at_work = started("restart", letters_of([other]))
    beat()
    with pytest.raises(RunRefused, match=f"run {third} is running for it"):
        acts.resume(other, BY)

    assert details(at_work) == [f"not_open: run {third} is running for it"]


def test_event_of_a_call_is_not_replayed_while_its_caller_calls_again() -> None:
    parent, child = both_failed()
    again(parent, "resume by hand")
    other = called(child)

    event = RunRecord.objects.get(pk=child).event_id
    at_work = started("event", [event], kind="event")
    for_all = started("event", [event], kind="event", workflow="*")
    beat()

    assert details(at_work) == [f"not_open: run {other} is running for it"]
    assert states(for_all) == ["skipped"]


@pytest.mark.parametrize("new_keys", [False, True])
def test_callers_keys_are_those_of_all_that_it_calls_later(*, new_keys: bool) -> None:
    parent, child = both_failed()
    renewed = started("restart", [parent], kind="run", new_keys=new_keys)
    beat()
    second = called(child)
    fail(second)
    done(Committed(finals=[second]))
    seen(renewed)
    caller = RunRecord.objects.filter(workflow="shop").exclude(pk=parent).get()

    again(caller.id, "resume by hand")
    third = called(child, second)
    fail(third)
    done(Committed(finals=[third]))
    again(caller.id, "restart")
    fourth = called(child, second, third)

    keys = dict(RunRecord.objects.values_list("id", "keys"))
    mine = second if new_keys else child
    assert keys[caller.id] == (None if new_keys else parent)
    assert [keys[each] or each for each in (second, third, fourth)] == [mine] * 3


@pytest.mark.parametrize("is_quiet", [False, True])
def test_what_a_replay_that_is_shown_to_nobody_calls_is_shown_to_nobody(*, is_quiet: bool) -> None:
    parent, child = both_failed(actor="9")
    started("restart", [parent], kind="run", suppress_notify=is_quiet)
    beat()
    other = called(child)

    watchers = dict(RunRecord.objects.values_list("id", "watchers"))
    assert watchers[child] == '["9"]'
    assert watchers[other] == ("[]" if is_quiet else '["9"]')


def test_run_of_the_first_time_is_told_of_although_its_event_was_replayed_for_nobody() -> None:
    parent, child = both_failed(actor="9")
    quiet = started("restart", [parent], kind="run", suppress_notify=True)
    beat()
    other = called(child)
    fail(other)
    done(Committed(finals=[other]))
    seen(quiet)

    done(control.resume(parent, now=now()))
    third = called(child, other)

    assert RunRecord.objects.get(pk=third).watchers == '["9"]'
