"""Every kind of step and every modifier, as a file writes them and as they are understood."""

from __future__ import annotations

from datetime import timedelta
from textwrap import indent

import pytest

from flowengine.definitions.expressions.parse import parse_expression, parse_template
from flowengine.definitions.model import Workflow
from flowengine.definitions.parse import parse
from flowengine.definitions.steps import (
    UNDO_RETRY,
    ApprovalStep,
    Branch,
    ChildStep,
    Clause,
    EmitStep,
    FailStep,
    GroupStep,
    Input,
    Loop,
    ParallelStep,
    Rescue,
    RetryPolicy,
    SleepStep,
    Step,
    SwitchStep,
    TaskStep,
    Undo,
    WaitStep,
)


def a_task(name: str, **fields: object) -> TaskStep:
    return TaskStep(**{"id": name, "task": f"shop.{name}", "station": "", **fields})  # type: ignore[arg-type] # fields of the model


def workflow(steps: str, head: str = "") -> Workflow:
    return parse(f"workflow: orders\non: order.paid\n{head}steps:\n{indent(steps, '  ')}")


def only(steps: str) -> Step:
    [step] = workflow(steps).steps
    return step


def test_child_is_called_by_the_last_part_of_its_workflows_name() -> None:
    step = only(
        "- workflow: company.employee-setup\n"
        "  with: {email: x}\n"
        "  detach: true\n"
        "  timeout: 2h\n"
        "  compensate: shop.remove\n"
    )

    assert step == ChildStep(
        id="setup",
        workflow="company.employee-setup",
        arguments={"email": parse_template("x")},
        detach=True,
        timeout=timedelta(hours=2),
        compensate=Undo(task="shop.remove", station=""),
    )


def test_emit_has_data_and_a_subject() -> None:
    assert only(
        "- {emit: order.sent, with: {id: 1}, subject: 'Order ${{ event.id }}'}\n"
    ) == EmitStep(
        id="emit 1",
        event="order.sent",
        arguments={"id": parse_template(1)},
        subject=parse_template("Order ${{ event.id }}"),
    )


def test_wait_has_patterns_a_match_and_a_filter() -> None:
    step = only(
        "- id: sent\n"
        "  timeout: 1d\n"
        "  wait_for:\n"
        "    event: [order.sent, order.*, order.sent]\n"
        "    match: {order.id: '${{ event.data.id }}', kind: 7}\n"
        "    if: incoming.data.total > 0\n"
    )

    assert step == WaitStep(
        id="sent",
        patterns=("order.sent", "order.*"),
        match={
            "order.id": parse_template("${{ event.data.id }}"),
            "kind": parse_template(7),
        },
        accept=parse_expression("incoming.data.total > 0"),
        timeout=timedelta(days=1),
    )


def test_sleep_lasts_so_long_or_until_a_moment() -> None:
    assert only("- sleep: 1h30m\n") == SleepStep(id="sleep 1", duration=timedelta(minutes=90))
    assert only("- sleep: {until: '${{ now() }}'}\n") == SleepStep(
        id="sleep 1", until=parse_template("${{ now() }}")
    )


def test_approval_asks_users_and_groups_with_a_form() -> None:
    step = only(
        "- id: sign\n"
        "  timeout: 3d\n"
        "  approval:\n"
        "    ask: Send ${{ event.id }}?\n"
        "    users: [1, ada]\n"
        "    groups: [staff]\n"
        "    quorum: 2\n"
        "    allow_requester: true\n"
        "    form: {comment: {type: string, default: ''}, amount: integer}\n"
    )

    assert step == ApprovalStep(
        id="sign",
        ask=parse_template("Send ${{ event.id }}?"),
        users=parse_template([1, "ada"]),
        groups=("staff",),
        quorum=2,
        allow_requester=True,
        form=(
            Input(
                name="comment", schema={"type": "string", "default": ""}, required=False, default=""
            ),
            Input(name="amount", schema={"type": "integer"}),
        ),
        timeout=timedelta(days=3),
    )


def test_branches_are_tasks_steps_and_lines_called_by_their_keys() -> None:
    step = only(
        "- parallel:\n"
        "    name: shop.name\n"
        "    many: [shop.first, shop.second]\n"
        "    last: {needs: [name, many, name], sleep: 5m}\n"
        "  fail_fast: false\n"
        "  max_parallel: 2\n"
        "  timeout: 1h\n"
    )

    assert step == ParallelStep(
        id="parallel 1",
        branches=(
            Branch(step=a_task("name")),
            Branch(step=GroupStep(id="many", steps=(a_task("first"), a_task("second")))),
            Branch(
                step=SleepStep(id="last", duration=timedelta(minutes=5)), needs=("name", "many")
            ),
        ),
        fail_fast=False,
        max_parallel=2,
        timeout=timedelta(hours=1),
    )


def test_switch_has_clauses_the_last_of_which_may_take_everything() -> None:
    assert only(
        "- switch:\n    - if: event.data.x\n      steps: [shop.a]\n    - steps: []\n"
    ) == SwitchStep(
        id="switch 1",
        clauses=(
            Clause(condition=parse_expression("event.data.x"), steps=(a_task("a"),)),
            Clause(condition=None, steps=()),
        ),
    )


def test_group_may_have_a_time_and_a_rescue() -> None:
    step = only(
        "- steps: [shop.a]\n"
        "  timeout: 5m\n"
        "  rescue:\n"
        "    - {errors: [Timeout, Gone], steps: [shop.b]}\n"
        "    - {steps: []}\n"
    )

    assert step == GroupStep(
        id="group 1",
        steps=(a_task("a"),),
        timeout=timedelta(minutes=5),
        rescue=(
            Rescue(errors=("Timeout", "Gone"), steps=(a_task("b"),)),
            Rescue(errors=None, steps=()),
        ),
    )


def test_fail_names_an_error() -> None:
    assert only("- fail: {error: Sold, message: 'No ${{ event.id }}'}\n") == FailStep(
        id="fail 1", error="Sold", message=parse_template("No ${{ event.id }}")
    )


@pytest.mark.parametrize(
    ("keys", "loop"),
    [
        ("", Loop(items=parse_template([1, None]))),
        (
            "as: x, max_parallel: 3, ",
            Loop(items=parse_template([1, None]), name="x", max_parallel=3),
        ),
        ("max_failures: 2, ", Loop(items=parse_template([1, None]), max_failures=2)),
        (
            "max_failures: 5%, ",
            Loop(items=parse_template([1, None]), max_failures=5, is_percent=True),
        ),
    ],
)
def test_loop_has_a_name_and_limits(keys: str, loop: Loop) -> None:
    assert only(f"- {{for_each: [1, null], {keys}task: shop.a}}\n").loop == loop


def test_what_every_step_may_have() -> None:
    step = only(
        "- {id: x, title: 'T ${{ event.id }}', if: true, weight: 2.5, for_each: '${{ [1] }}',"
        " steps: [shop.a]}\n"
    )

    assert step == GroupStep(
        id="x",
        title=parse_template("T ${{ event.id }}"),
        condition=parse_expression("true"),
        weight=2.5,
        loop=Loop(items=parse_template("${{ [1] }}")),
        steps=(a_task("a"),),
    )


def test_undo_starts_from_its_own_retry_and_from_the_file_for_the_rest() -> None:
    [first, second] = workflow(
        "- {task: shop.a, compensate: shop.undo}\n"
        "- task: shop.b\n"
        "  compensate:\n"
        "    task: shop.undo@2\n"
        "    with: {id: '${{ output.id }}'}\n"
        "    retry: {attempts: 20, errors: [Late]}\n"
        "    timeout: 1m\n"
        "    station: own\n"
        "    on_unknown: true\n",
        head="defaults: {station: file, timeout: 30s, retry: {attempts: 5}}\n",
    ).steps

    assert isinstance(first, TaskStep)
    assert isinstance(second, TaskStep)
    assert first.compensate == Undo(
        task="shop.undo", retry=UNDO_RETRY, timeout=timedelta(seconds=30), station="file"
    )
    assert second.compensate == Undo(
        task="shop.undo@2",
        arguments={"id": parse_template("${{ output.id }}")},
        retry=RetryPolicy(
            attempts=20,
            delay=timedelta(seconds=10),
            max_delay=timedelta(minutes=10),
            errors=("Late",),
        ),
        timeout=timedelta(minutes=1),
        station="own",
        on_unknown=True,
    )


def test_hooks_are_lines_of_their_own() -> None:
    found = workflow(
        "- shop.a\n",
        head="on_failure: [shop.b, {switch: [{steps: [shop.c]}]}]\n"
        "finally:\n  - {emit: order.over, with: {state: '${{ run.status }}'}}\n",
    )

    assert [step.id for step in found.on_failure] == ["b", "switch 1"]
    assert [step.id for step in found.at_end] == ["emit 1"]
    assert [*found.graph.spots] == ["a", "b", "switch 1", "c", "emit 1"]
