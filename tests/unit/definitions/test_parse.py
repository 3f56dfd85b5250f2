"""A file, and the workflow it means."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flowengine.definitions.expressions.parse import parse_expression, parse_template
from flowengine.definitions.model import EventTrigger, Notify
from flowengine.definitions.parse import parse, read
from flowengine.definitions.steps import Input, RetryPolicy, Step, TaskStep
from flowengine.errors import DefinitionError

SHORT = """
workflow: hello
on: user.registered
steps:
  - greetings.compose
  - greetings.send
"""
FULL = """
workflow: order-fulfilment
format: 1
title: Order ${{ event.data.order_id }}
description: From a paid order to a parcel.
labels: {order: "${{ event.data.order_id }}", kind: parcel, count: 3}
on:
  - order.paid
  - event: [order.*, shipment.**, order.*]
    if: event.data.total > 0
    with: {order_id: "${{ event.data.id }}"}
inputs:
  order_id: integer
  note: {type: string, default: none}
notify:
  users: ${{ [event.data.customer_id] }}
  groups: [warehouse]
  detail: summary
timeout: 2d
defaults:
  retry: {attempts: 5, delay: 1s, errors: [Late]}
  timeout: 30s
  station: shop
steps:
  - stock.reserve
  - id: ship
    title: Handing over ${{ steps.reserve.output.x }}
    task: shipping.hand_over@2
    if: steps.reserve.status == 'succeeded'
    with: {reservation: "${{ steps.reserve.output.id }}", fast: true}
    retry: {delay: 2s, except: [Gone], factor: 3, max_delay: 1h, jitter: 0, give_up_after: 1d}
    timeout: 5m
    station: dock
    transaction: true
    weight: 3
  - task: mail.send
    if: true
output: {done: "${{ steps.ship.output }}"}
"""


def task(step: Step) -> TaskStep:
    assert isinstance(step, TaskStep)
    return step


def test_short_file_is_the_straight_line() -> None:
    workflow = parse(SHORT, path="hello.yaml")

    assert (workflow.name, workflow.path) == ("hello", "hello.yaml")
    assert workflow.triggers == (EventTrigger(patterns=("user.registered",)),)
    assert workflow.steps == (
        TaskStep(id="compose", task="greetings.compose", station=""),
        TaskStep(id="send", task="greetings.send", station=""),
    )
    first = task(workflow.steps[0])
    assert (first.retry, first.timeout, first.weight) == (RetryPolicy(), timedelta(minutes=10), 1.0)
    assert (workflow.timeout, workflow.notify, workflow.output) == (timedelta(days=30), None, None)


def test_every_key_of_a_file_is_in_its_workflow() -> None:
    workflow = parse(FULL)

    assert workflow.title == parse_template("Order ${{ event.data.order_id }}")
    assert workflow.description == "From a paid order to a parcel."
    assert workflow.labels == {
        "order": parse_template("${{ event.data.order_id }}"),
        "kind": parse_template("parcel"),
        "count": parse_template(3),
    }
    assert workflow.triggers[1] == EventTrigger(
        patterns=("order.*", "shipment.**"),
        condition=parse_expression("event.data.total > 0"),
        arguments={"order_id": parse_template("${{ event.data.id }}")},
    )
    assert workflow.inputs == (
        Input(name="order_id", schema={"type": "integer"}),
        Input(
            name="note",
            schema={"type": "string", "default": "none"},
            required=False,
            default="none",
        ),
    )
    assert workflow.notify == Notify(
        users=parse_template("${{ [event.data.customer_id] }}"),
        groups=("warehouse",),
        detail="summary",
    )
    assert workflow.timeout == timedelta(days=2)
    assert workflow.output == parse_template({"done": "${{ steps.ship.output }}"})


def test_step_says_more_than_the_defaults_and_retry_is_merged_key_by_key() -> None:
    reserve, ship, send = map(task, parse(FULL).steps)

    assert reserve.retry == RetryPolicy(attempts=5, delay=timedelta(seconds=1), errors=("Late",))
    assert (reserve.timeout, reserve.station) == (timedelta(seconds=30), "shop")
    assert ship.retry == RetryPolicy(
        attempts=5,
        delay=timedelta(seconds=2),
        factor=3.0,
        max_delay=timedelta(hours=1),
        jitter=0.0,
        give_up_after=timedelta(days=1),
        errors=("Late",),
        excluded=("Gone",),
    )
    assert (ship.timeout, ship.station, ship.transaction, ship.weight) == (
        timedelta(minutes=5),
        "dock",
        True,
        3.0,
    )
    assert ship.arguments == {
        "reservation": parse_template("${{ steps.reserve.output.id }}"),
        "fast": parse_template(value=True),
    }
    assert send.condition == parse_expression("true")
    assert ship.title is not None
    assert (ship.id, ship.task) == ("ship", "shipping.hand_over@2")


def test_step_is_found_by_its_id() -> None:
    workflow = parse(FULL)

    assert workflow.step("ship") is workflow.steps[1]
    with pytest.raises(KeyError):
        workflow.step("nothing")


def test_users_may_be_a_list_and_an_input_anything() -> None:
    head = "notify: {users: [1, ada]}\ninputs: {a: {enum: [1, 2]}, b: {}}\n"

    workflow = parse(SHORT + head)

    assert workflow.notify == Notify(users=parse_template([1, "ada"]))
    assert [item.schema for item in workflow.inputs] == [{"enum": [1, 2]}, {}]


def test_empty_notify_is_nobody() -> None:
    assert parse(SHORT + "notify: {}\n").notify == Notify()


def test_version_of_a_task_is_no_part_of_its_id() -> None:
    assert parse(SHORT + "  - pay.charge@2\n").steps[2].id == "charge"


def test_steps_are_named_only_by_those_after_them() -> None:
    with pytest.raises(DefinitionError, match="FE121"):
        parse(SHORT.replace("greetings.compose", "{task: a.b, if: steps.send.output == 1}"))


def test_all_problems_are_told_at_once_in_the_order_of_places_and_at_most_fifty() -> None:
    wrong = "workflow: x\non: a\nsteps:\n" + "".join(
        f"  - {{id: s{n}, task: a.b, timeout: 5, if: nope}}\n" for n in range(60)
    )

    with pytest.raises(DefinitionError) as caught:
        parse(wrong, path="x.yaml")

    problems = caught.value.problems
    assert len(problems) == 50
    assert list(problems) == sorted(problems)
    assert caught.value.code == "FE112"
    assert problems[0].path == "steps[0].timeout"
    assert str(caught.value).startswith("x.yaml:4:34: FE112 5 will not do: it must be a time")


def test_warnings_do_not_refuse() -> None:
    document = read(SHORT + "output: ${{ event.data.cents / 100 }}\n")

    assert [problem.code for problem in document.warnings] == ["FE231"]


def test_bytes_are_utf_8() -> None:
    assert parse((SHORT + "description: é\n").encode()).description == "é"
