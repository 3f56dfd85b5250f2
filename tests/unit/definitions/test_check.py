"""A file against the tasks and workflows there are."""

from __future__ import annotations

import pytest

from flowengine.definitions.check import bind, check, standalone_problems
from flowengine.definitions.model import Workflow
from flowengine.definitions.parse import Document, parse, read
from flowengine.definitions.steps import ChildStep, TaskStep
from flowengine.definitions.task_signature import TaskSignature


def codes(document: Document, **signatures: TaskSignature) -> list[str]:
    known = {f"shop.{name}": signature for name, signature in signatures.items()}
    return [problem.code for problem in check(document, known)]


def a_document(steps: str, *, head: str = "") -> Document:
    return read(f"workflow: orders\non: order.paid\n{head}steps:\n{steps}")


def stations(workflow: Workflow) -> dict[str, str]:
    steps = [spot.step for spot in workflow.graph.spots.values()]
    found = {step.id: step.station for step in steps if isinstance(step, TaskStep)}
    for step in steps:
        if isinstance(step, TaskStep | ChildStep) and step.compensate is not None:
            found[f"undo {step.id}"] = step.compensate.station
    return found


def test_step_takes_its_station_before_the_file_before_the_task_before_default() -> None:
    text = "workflow: x\non: a\nsteps:\n  - {task: shop.a, station: own}\n  - shop.b\n  - shop.c\n"
    signatures = {
        "shop.a": TaskSignature(station="task"),
        "shop.b": TaskSignature(station="task"),
    }

    plain = bind(parse(text), signatures)
    with_default = bind(parse(text + "defaults: {station: file}\n"), signatures)

    assert stations(plain) == {"a": "own", "b": "task", "c": "default"}
    assert stations(with_default) == {"a": "own", "b": "file", "c": "file"}


def test_tasks_are_bound_wherever_they_stand() -> None:
    workflow = parse(
        "workflow: x\non: a\nsteps:\n"
        "  - for_each: [1]\n"
        "    steps: [{id: a, task: shop.t, compensate: {task: shop.t, station: own}}]\n"
        "    rescue: [{steps: [{id: b, task: shop.t}]}]\n"
        "  - parallel: {c: shop.t, d: [{id: e, task: shop.t}], f: {sleep: 1s}}\n"
        "  - switch: [{steps: [{id: g, task: shop.t}]}]\n"
        "  - {workflow: w, compensate: shop.t}\n"
        "on_failure: [{id: h, task: shop.t}]\n"
        "finally: [{id: i, task: shop.t}, {emit: b, with: {}}]\n"
    )
    signature = TaskSignature(required=("a",), station="task")

    bound = bind(workflow, {"shop.t": signature})

    found = stations(bound)
    assert found.pop("undo a") == "own"
    assert found == dict.fromkeys([*"abceghi", "undo w"], "task")
    tasks = [s.step for s in bound.graph.spots.values() if isinstance(s.step, TaskStep)]
    assert {task.signature for task in tasks} == {signature}
    child = bound.step("w")
    assert isinstance(child, ChildStep)
    assert child.compensate is not None
    assert child.compensate.signature == signature


def test_binding_again_changes_nothing() -> None:
    workflow = parse("workflow: x\non: a\nsteps: [{task: shop.a, compensate: shop.b}]\n")
    signatures = {"shop.a": TaskSignature(station="task")}

    assert bind(bind(workflow, signatures), signatures) == bind(workflow, signatures)


def test_digest_does_not_depend_on_the_tasks() -> None:
    workflow = parse("workflow: x\non: a\nsteps: [shop.a]\n")

    assert bind(workflow, {"shop.a": TaskSignature(station="s")}).digest == workflow.digest


def test_fitting_file_has_no_problems() -> None:
    document = a_document(
        "  - shop.reserve\n"
        "  - task: shop.ship\n"
        "    if: has(steps.reserve.output.id)\n"
        '    with: {fast: "${{ steps.reserve.output.id }}", anything: 1}\n'
        "  - task: shop.note\n"
        "    with: {text: hello}\n",
        head="inputs: {order_id: integer}\n",
    )

    found = codes(
        document,
        reserve=TaskSignature(required=("order_id",), returns=("id",)),
        ship=TaskSignature(required=("id",), optional=("fast",), extra=True),
        note=TaskSignature(optional=("text",)),
    )

    assert found == []


def test_task_without_parameters_says_so() -> None:
    document = a_document("  - {task: shop.ship, with: {a: 1}}\n")

    [problem] = check(document, {"shop.ship": TaskSignature()})

    assert (problem.code, problem.hint) == ("FE110", "it takes: nothing")


def test_transaction_warns_only_of_a_time_out_that_somebody_wrote() -> None:
    step = "  - {task: shop.ship, transaction: true}\n"
    task = TaskSignature()

    assert codes(a_document(step), ship=task) == []
    assert codes(a_document(step, head="defaults: {timeout: 5m}\n"), ship=task) == ["FE232"]
    assert codes(a_document(step, head="defaults: {timeout: 1m}\n"), ship=task) == []


def test_condition_on_an_output_field_that_is_not_returned_is_told() -> None:
    document = a_document(
        "  - shop.reserve\n  - task: shop.ship\n    if: steps.reserve.output.idd == event.data.x / 2\n"
    )

    found = codes(document, reserve=TaskSignature(returns=("id",)), ship=TaskSignature())

    assert found == ["FE207"]


@pytest.mark.parametrize("more", ["for_each: [1]", "rescue: [{steps: [{sleep: 1s}]}]"])
def test_output_that_is_not_what_the_task_returned_has_any_field(more: str) -> None:
    document = a_document(
        f"  - {{task: shop.reserve, {more}}}\n  - {{sleep: 1s, if: has(steps.reserve.output.idd)}}\n"
    )

    assert codes(document, reserve=TaskSignature(returns=("id",))) == []


CHILD = "workflow: child\non: [{call: true}]\ninputs: {a: integer, b: {type: string, default: x}}\n"


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ("with: {a: 1}", []),
        ("with: {a: 1, b: y}", []),
        ("with: {b: y}", ["FE127"]),
        ("with: {a: 1, c: 2}", ["FE110"]),
    ],
)
def test_call_gives_the_inputs_of_the_called_workflow(keys: str, found: list[str]) -> None:
    child = parse(CHILD + "steps: [shop.a]\n")
    document = a_document(f"  - {{workflow: child, {keys}}}\n")

    problems = check(document, {}, workflows={"child": child})

    assert [problem.code for problem in problems] == found


def test_workflow_without_inputs_takes_whatever_it_is_given() -> None:
    child = parse("workflow: child\non: {call: true}\nsteps: [shop.a]\n")

    assert (
        check(a_document("  - {workflow: child, with: {x: 1}}\n"), {}, workflows={"child": child})
        == ()
    )


def test_workflow_may_call_itself() -> None:
    document = read("workflow: x\non: [a, {call: true}]\nsteps: [{workflow: x}]\n")

    assert check(document, {}, workflows={"x": document.workflow}) == ()


def test_calls_are_not_checked_where_the_workflows_are_not_known() -> None:
    assert check(a_document("  - {workflow: nowhere}\n"), {}) == ()


def test_files_alone_are_checked_among_themselves_and_not_against_tasks() -> None:
    caller = a_document(
        "  - shop.unknown\n  - {workflow: elsewhere}\n  - {workflow: closed}\n"
        "  - {id: fits, workflow: child, with: {c: 1}, if: 5 / 2 == 2}\n"
    )
    child = read(CHILD + "steps: [shop.a]\n")
    closed = read("workflow: closed\non: a\nsteps: [shop.a]\n")

    problems = standalone_problems([caller, child, closed])

    assert [(problem.code, problem.line) for problem in problems] == [
        ("FE116", 6),
        ("FE127", 7),
        ("FE110", 7),
        ("FE231", 7),
    ]
