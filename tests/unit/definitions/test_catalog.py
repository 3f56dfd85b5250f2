"""All workflows of a project."""

from __future__ import annotations

import pytest

from flowengine.definitions import catalog as module
from flowengine.definitions.catalog import Catalog, gather
from flowengine.definitions.model import Workflow
from flowengine.definitions.parse import Document, parse, read


def a_document(name: str, on: str, *, station: str = "") -> Document:
    where = f", station: {station}" if station else ""
    text = f"workflow: {name}\non: {on}\nsteps:\n  - {{task: shop.x{where}}}\n"
    return read(text, path=f"{name}.yaml")


def a_catalog(**on: str) -> Catalog:
    return gather(a_document(name, text) for name, text in on.items())[0]


def names(workflows: tuple[Workflow, ...]) -> list[str]:
    return [workflow.name for workflow in workflows]


def test_event_concerns_the_workflows_with_a_pattern_for_it_in_the_order_of_names() -> None:
    catalog, problems = gather(
        [
            a_document("ship", "[order.paid, {event: [stock.*, order.**]}]"),
            a_document("audit", "'**'"),
            a_document("refund", "order.refunded"),
            a_document("called", "{call: true}"),
        ]
    )

    assert problems == ()
    assert names(catalog.matching("order.paid")) == ["audit", "ship"]
    assert names(catalog.matching("order.refunded")) == ["audit", "refund", "ship"]
    assert catalog.matching("order.paid") is catalog.matching("order.paid")


def test_types_that_nobody_reads_do_not_fill_the_memory() -> None:
    catalog = Catalog({"x": parse("workflow: x\non: a\nsteps: [shop.x]\n")})

    for number in range(module._TYPES_MAX + 5):
        catalog.matching(f"type.{number}")

    assert len(catalog._matching) == 5


@pytest.mark.parametrize(
    ("event_type", "found"),
    [
        ("flowengine.call", ["called"]),
        ("flowengine.schedule", ["timed"]),
        ("flowengine.manual", ["button"]),
        ("order.paid", ["all"]),
    ],
)
def test_targeted_event_concerns_its_workflow_alone_if_that_has_the_trigger(
    event_type: str, found: list[str]
) -> None:
    catalog = a_catalog(
        called="{call: true}", timed="{schedule: '0 6 * * *'}", button="{manual: true}", all="'**'"
    )

    said = [name for name in catalog.workflows if catalog.matching(event_type, name)]

    assert said == found
    assert catalog.matching(event_type, "nobody") == ()


def test_events_that_runs_wait_for_are_found_wherever_the_wait_stands() -> None:
    waiting = read(
        "workflow: waiting\non: a\n"
        "cancel_on: [{event: [user.deleted, user.*], match: {x: 1}}]\n"
        "steps:\n"
        "  - parallel:\n"
        "      left:\n"
        "        - task: shop.x\n"
        "          rescue: [{steps: [{wait_for: {event: mail.**, match: {x: 1}}, timeout: 1s}]}]\n"
    )
    catalog, _ = gather([waiting, a_document("other", "mail.read")])

    assert names(catalog.listens("mail.read.twice")) == ["waiting"]
    assert names(catalog.listens("user.deleted")) == ["waiting"]
    assert catalog.listens("a") == ()
    assert catalog.listens("mail.read") is catalog.listens("mail.read")


def test_schedules_buttons_and_calls_are_listed() -> None:
    catalog = a_catalog(
        night="[{schedule: '0 2 * * *', missed: skip}, {schedule: '0 3 * * *'}]",
        button="[{manual: {groups: [staff]}}, {call: true}]",
        plain="a",
    )

    assert [(w.name, t.cron) for w, t in catalog.schedules()] == [
        ("night", "0 2 * * *"),
        ("night", "0 3 * * *"),
    ]
    assert [(w.name, t.groups) for w, t in catalog.manual()] == [("button", ("staff",))]
    assert catalog.callable() == {"button"}


def test_second_file_of_a_name_is_refused_and_the_first_is_taken() -> None:
    first, second = (
        a_document("ship", "a"),
        read("on: b\nworkflow: ship\nsteps: [shop.x]\n", path="b.yaml"),
    )

    catalog, problems = gather([first, second])

    assert catalog.workflows == {"ship": first.workflow}
    assert [str(problem) for problem in problems] == [
        "b.yaml:2:11: FE128 workflow 'ship' is also in ship.yaml (rename one of them)"
    ]


def test_stations_are_those_of_all_tasks_and_undos() -> None:
    deep = read(
        "workflow: deep\non: a\nsteps:\n"
        "  - for_each: [1]\n"
        "    steps:\n"
        "      - {task: shop.x, station: inner, compensate: {task: shop.y, station: undo}}\n"
        "finally: [{task: shop.z, station: hook}, {workflow: w, id: v}]\n"
    )
    undone = read("workflow: child\non: a\nsteps: [{workflow: w, compensate: shop.x}]\n")
    catalog, _ = gather([a_document("a", "a", station="gpu"), deep])

    assert catalog.stations() == {"gpu", "inner", "undo", "hook"}
    assert gather([undone])[0].stations() == {"default"}
