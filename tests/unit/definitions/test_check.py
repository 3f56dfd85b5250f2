"""A file against the tasks there are."""

from __future__ import annotations

from flowengine.definitions.check import bind, check
from flowengine.definitions.model import TaskSignature
from flowengine.definitions.parse import Document, parse, read


def codes(document: Document, **signatures: TaskSignature) -> list[str]:
    known = {f"shop.{name}": signature for name, signature in signatures.items()}
    return [problem.code for problem in check(document, known)]


def a_document(steps: str, *, head: str = "") -> Document:
    return read(f"workflow: orders\non: order.paid\n{head}steps:\n{steps}")


def test_step_takes_its_station_before_the_file_before_the_task_before_default() -> None:
    text = "workflow: x\non: a\nsteps:\n  - {task: shop.a, station: own}\n  - shop.b\n  - shop.c\n"
    signatures = {
        "shop.a": TaskSignature(station="task"),
        "shop.b": TaskSignature(station="task"),
    }

    plain = bind(parse(text), signatures)
    with_default = bind(parse(text + "defaults: {station: file}\n"), signatures)

    assert [step.station for step in plain.steps] == ["own", "task", "default"]
    assert [step.station for step in with_default.steps] == ["own", "file", "file"]
    assert [step.signature for step in plain.steps] == [*signatures.values(), None]


def test_binding_again_changes_nothing() -> None:
    workflow = parse("workflow: x\non: a\nsteps: [shop.a]\n")
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


def test_parameter_is_missed_only_where_everything_above_is_known() -> None:
    document = a_document("  - shop.reserve\n  - shop.ship\n", head="inputs: {order_id: integer}\n")
    ship = TaskSignature(required=("address",))
    known = TaskSignature(required=("order_id",), returns=())
    unknown = TaskSignature(required=("order_id",))

    assert codes(document, reserve=known, ship=ship) == ["FE127"]
    assert codes(document, reserve=unknown, ship=ship) == []
    assert codes(document, ship=ship) == ["FE115"]


def test_event_may_have_any_field_where_no_inputs_are_declared() -> None:
    assert codes(a_document("  - shop.ship\n"), ship=TaskSignature(required=("address",))) == []


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
