"""All workflows of a project."""

from __future__ import annotations

from flowengine.definitions import catalog as module
from flowengine.definitions.catalog import Catalog, gather
from flowengine.definitions.parse import Document, parse, read


def a_document(name: str, on: str, *, station: str = "") -> Document:
    where = f", station: {station}" if station else ""
    text = f"workflow: {name}\non: {on}\nsteps:\n  - {{task: shop.x{where}}}\n"
    return read(text, path=f"{name}.yaml")


def test_event_concerns_the_workflows_with_a_pattern_for_it_in_the_order_of_names() -> None:
    catalog, problems = gather(
        [
            a_document("ship", "[order.paid, {event: [stock.*, order.**]}]"),
            a_document("audit", "'**'"),
            a_document("refund", "order.refunded"),
        ]
    )

    assert problems == ()
    assert [w.name for w in catalog.matching("order.paid")] == ["audit", "ship"]
    assert [w.name for w in catalog.matching("order.refunded")] == ["audit", "refund", "ship"]
    assert catalog.matching("order.paid") is catalog.matching("order.paid")


def test_types_that_nobody_reads_do_not_fill_the_memory() -> None:
    catalog = Catalog({"x": parse("workflow: x\non: a\nsteps: [shop.x]\n")})

    for number in range(module._TYPES_MAX + 5):
        catalog.matching(f"type.{number}")

    assert len(catalog._answers) == 5


def test_second_file_of_a_name_is_refused_and_the_first_is_taken() -> None:
    first, second = (
        a_document("ship", "a"),
        read("on: b\nworkflow: ship\nsteps: [shop.x]\n", path="b.yaml"),
    )

    catalog, problems = gather([first, second])

    assert catalog.workflows == {"ship": first.workflow}
    assert [str(problem) for problem in problems] == [
        "b.yaml:2:11: FE128 workflow 'ship' is also in ship.yaml"
    ]


def test_stations_are_those_of_all_steps() -> None:
    catalog, _ = gather([a_document("a", "a", station="gpu"), a_document("b", "b")])

    assert catalog.stations() == {"gpu", "default"}
