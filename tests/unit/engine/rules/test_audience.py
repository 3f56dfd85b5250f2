"""What people see of a run, and who they are."""

from __future__ import annotations

from typing import Any

import pytest

from flowengine.definitions.expressions.parse import parse_template
from flowengine.definitions.model import Workflow
from flowengine.engine.event import Event
from flowengine.engine.rules.audience import WATCHERS_MAX, Audience, audience_of
from flowengine.engine.scope import scope_before_steps
from tests.builders import NOON, a_run, a_workflow, an_event


def audience(workflow: Workflow, event: Event | None = None) -> Audience:
    event = event or an_event()
    run = a_run(workflow, None, event=event)
    return audience_of(workflow, event, scope_before_steps(run, {}), NOON)


def test_title_is_the_name_of_the_workflow_unless_written() -> None:
    assert audience(a_workflow("charge")).title == "fulfil-order"
    assert audience(a_workflow("charge", title="Order ${{ event.data.order_id }}")).title == (
        "Order 42"
    )
    assert audience(a_workflow("charge", title="${{ event.data.order_id }}")).title == "42"


def test_title_without_a_value_is_the_name_and_is_remarked() -> None:
    seen = audience(a_workflow("charge", title="Order ${{ event.data.number }}"))

    assert seen.title == "fulfil-order"
    [remark] = seen.remarks
    assert remark.startswith("FE401 title: ")


def test_labels_are_plain_values_and_others_are_left_out_with_a_remark() -> None:
    labels = {"order": "${{ event.data.order_id }}", "all": "${{ event.data }}", "x": "${{ 1/0 }}"}

    seen = audience(a_workflow("charge", labels=labels))

    assert seen.labels == {"order": 42}
    assert [remark.split(":")[0] for remark in seen.remarks] == [
        "FE112 labels.all",
        "FE402 labels.x",
    ]


def test_what_people_see_is_text_that_a_database_takes() -> None:
    broken = "${{ event.data.note }}"
    workflow = a_workflow("charge", title=broken, labels={"note": broken}, notify={"users": broken})

    seen = audience(workflow, an_event(data={"note": "a\x00b"}))

    shown = "a\N{REPLACEMENT CHARACTER}b"
    assert (seen.title, seen.labels, seen.watchers) == (shown, {"note": shown}, (shown,))


def test_actor_watches_unless_somebody_is_named() -> None:
    assert audience(a_workflow("charge")).watchers == ("7",)
    assert audience(a_workflow("charge"), an_event(actor=None)).watchers == ()


def test_empty_notify_shows_the_run_to_nobody() -> None:
    assert audience(a_workflow("charge", notify={})).watchers == ()


@pytest.mark.parametrize(
    ("users", "watchers"),
    [
        (["7", 7, "8"], ("7", "8")),
        ("${{ event.data.order_id }}", ("42",)),
        ("${{ [event.actor, '9'] }}", ("7", "9")),
        ([], ()),
        ("${{ null }}", ()),
    ],
)
def test_watchers_are_user_keys_as_text_each_once(users: Any, watchers: tuple[str, ...]) -> None:
    seen = audience(a_workflow("charge", notify={"users": users}))

    assert seen.watchers == watchers
    assert seen.remarks == ()


@pytest.mark.parametrize("count", [WATCHERS_MAX - 1, WATCHERS_MAX])
def test_as_many_users_may_watch_as_the_limit_says(count: int) -> None:
    seen = audience(a_workflow("charge", notify={"users": list(range(count))}))

    assert (len(seen.watchers), seen.remarks) == (count, ())


@pytest.mark.parametrize(
    ("users", "remark"),
    [
        (["7", None], "FE112 notify.users"),
        (["7", True], "FE112 notify.users"),
        ({"a": "7"}, "FE112 notify.users"),
        ("${{ event.data.owner }}", "FE401 notify.users"),
        (list(range(WATCHERS_MAX + 1)), "FE305 `notify` names 1001 users; the limit is 1000"),
    ],
)
def test_users_that_cannot_be_told_are_nobody_and_remarked(users: Any, remark: str) -> None:
    seen = audience(a_workflow("charge", notify={"users": users, "groups": ["sales"]}))

    assert seen.watchers == ()
    assert seen.groups == ("sales",)
    assert seen.remarks[0].startswith(remark)


@pytest.mark.parametrize(
    ("priority", "number"), [("low", 0), ("normal", 1), ("high", 2), ("${{ 'hi' + 'gh' }}", 2)]
)
def test_priority_is_a_number_from_low_to_high(priority: str, number: int) -> None:
    seen = audience(a_workflow("charge", priority=parse_template(priority)))

    assert (seen.priority, seen.remarks) == (number, ())


def test_priority_is_normal_unless_written() -> None:
    assert audience(a_workflow("charge")).priority == 1


@pytest.mark.parametrize(
    ("priority", "remark"),
    [
        ("${{ 'urgent' }}", "FE112 priority: one of low, normal, high"),
        ("${{ 2 }}", "FE112 priority: one of low, normal, high"),
        ("${{ event.data }}", "FE112 priority: one of low, normal, high"),
        ("${{ event.data.rank }}", "FE401 priority: no field 'rank'"),
    ],
)
def test_priority_that_is_none_is_normal_and_remarked(priority: str, remark: str) -> None:
    seen = audience(a_workflow("charge", priority=parse_template(priority)))

    assert seen.priority == 1
    assert seen.remarks[0].startswith(remark)
