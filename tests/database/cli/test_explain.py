"""``flow explain``: what each workflow says to an event, and which clause said no."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pytest_django import Settings

from flowengine import emit
from flowengine.cli.exits import Exit
from flowengine.models import WorkflowRecord
from flowengine.orchestration.sync import sync_project
from flowengine.testing import Runner, inline
from tests.builders.events import NOON
from tests.builders.files import declare
from tests.database.cli.conftest import Flow, Said

pytestmark = pytest.mark.django_db

ORDERS = """
workflow: orders
on:
  event: shop.paid
  if: event.data.total > 10 && !default(event.data.test, false)
concurrency: {key: event.data.customer, on_conflict: skip}
idempotency: {key: event.data.id}
steps: [{sleep: 1d}]
"""
GREEDY = """
workflow: greedy
on: shop.*
inputs: {total: {type: integer, minimum: 100}}
debounce: {period: 5s}
steps: [line.nothing]
"""
BROKEN = """
workflow: broken
on: {event: shop.paid, if: event.data.gone == 1}
steps: [line.nothing]
"""
PAID = {"total": 50, "customer": "ada", "id": "o-1"}


@pytest.fixture
def flow_of_shop(settings: Settings, tmp_path: Path) -> Runner:
    """The three workflows, synchronised."""
    declare(settings, tmp_path, ORDERS, GREEDY, BROKEN)
    with inline() as runner:
        return runner


def explained(said: Said) -> dict[str, str]:
    """The lines of each workflow, by its name."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in said.out.splitlines()[1:]:
        if not line.startswith(" "):
            name = line.partition(":")[0]
        found.setdefault(name, []).append(line.strip())
    return {name: "\n".join(lines) for name, lines in found.items()}


@pytest.mark.usefixtures("flow_of_shop")
def test_event_that_nobody_has_answered_is_explained_by_what_would_become_of_it(flow: Flow) -> None:
    said = flow("explain", "shop.paid", "-d", json.dumps(PAID))

    assert said.code == Exit.OK
    assert said.out.startswith("shop.paid ")
    assert explained(said) == {
        "broken": (
            "broken: filter error  broken: the filter gave no answer: no field 'gone'"
            "\n✗ on[0] shop.paid if event.data.gone == 1"
            "\n✗ event.data.gone == 1  FE401 no field 'gone'"
        ),
        "greedy": ("greedy: bad input  greedy: input 'total' must be at least 100\n✓ on[0] shop.*"),
        "orders": (
            "orders: started"
            "\n✓ on[0] shop.paid if event.data.total > 10 && !default(event.data.test, false)"
            "\n✓ event.data.total > 10  (event.data.total is 50)"
            "\n✓ !default(event.data.test, false)  (event.data.test is missing)"
            "\nidempotency key  o-1\nconcurrency key  ada"
        ),
    }
    assert "other workflows start on other events" in said.err


@pytest.mark.usefixtures("flow_of_shop")
def test_clause_that_said_no_is_marked_and_what_comes_after_was_not_asked(flow: Flow) -> None:
    said = flow("explain", "shop.paid", "-d", '{"total": 1}', "--workflow", "orders")

    assert said.code == Exit.FAILED
    assert explained(said)["orders"] == (
        "orders: no match  event.data.total > 10 is false"
        "\n✗ on[0] shop.paid if event.data.total > 10 && !default(event.data.test, false)"
        "\n✗ event.data.total > 10  (event.data.total is 1)"
        "\n- !default(event.data.test, false)  was not asked"
    )


def test_stored_event_is_explained_by_what_was_recorded(flow: Flow, flow_of_shop: Runner) -> None:
    emitted = emit("shop.paid", PAID)
    flow_of_shop.run()

    said = flow("explain", str(emitted.event_id), "--workflow", "orders")

    lines = explained(said)["orders"]
    run_id = flow_of_shop.run_of("orders").id
    assert said.code == Exit.OK
    assert lines.startswith("orders: started\nrecorded 2026-")
    assert f"run {run_id}" in lines
    assert "✓ event.data.total > 10" in lines


def test_gates_that_would_turn_an_event_away_are_told(flow: Flow, flow_of_shop: Runner) -> None:
    emit("shop.paid", PAID)
    flow_of_shop.run()

    duplicate = flow("explain", "shop.paid", "-d", json.dumps(PAID))
    skipped = flow("explain", "shop.paid", "-d", json.dumps({**PAID, "id": "o-2"}))
    debounced = flow("explain", "shop.left", "-d", '{"total": 200}')

    assert explained(duplicate)["orders"].startswith("orders: duplicate  run ")
    assert explained(skipped)["orders"].startswith("orders: skipped  1 open already")
    assert explained(debounced)["greedy"].startswith("greedy: debouncing  until ")


def test_duplicate_that_was_recorded_is_told(flow: Flow, flow_of_shop: Runner) -> None:
    emit("shop.paid", PAID)
    again = emit("shop.paid", PAID)
    flow_of_shop.run()

    said = flow("explain", str(again.event_id), "--workflow", "orders")

    assert said.code == Exit.FAILED
    assert explained(said)["orders"].startswith("orders: duplicate  run ")


def test_version_that_would_answer_otherwise_now_is_told(
    flow: Flow, flow_of_shop: Runner, settings: Settings, tmp_path: Path
) -> None:
    emitted = emit("shop.paid", PAID)
    flow_of_shop.run()
    declare(settings, tmp_path, ORDERS.replace("> 10", "> 100"), GREEDY, BROKEN)
    sync_project(now=NOON)

    said = flow("explain", str(emitted.event_id), "--workflow", "orders")

    assert "which is active now, says: no match" in said.out


def test_workflow_whose_file_is_gone_still_tells_what_it_answered(
    flow: Flow, flow_of_shop: Runner, settings: Settings, tmp_path: Path
) -> None:
    emitted = emit("shop.paid", PAID)
    flow_of_shop.run()
    declare(settings, tmp_path)
    sync_project(now=NOON)

    assert "orders: started" in flow("explain", str(emitted.event_id)).out


@pytest.mark.usefixtures("flow_of_shop")
def test_disabled_and_new_workflows_are_told_as_such(
    flow: Flow, settings: Settings, tmp_path: Path
) -> None:
    WorkflowRecord.objects.filter(name="orders").update(is_enabled=False)
    declare(settings, tmp_path, ORDERS, ORDERS.replace("workflow: orders", "workflow: fresh"))

    said = flow("explain", "shop.paid", "-d", json.dumps(PAID))

    assert explained(said)["orders"].startswith("orders: disabled\n✓ on[0]")
    assert explained(said)["fresh"].startswith("fresh: not synchronised\n✓ on[0]")


@pytest.mark.usefixtures("flow_of_shop")
def test_explanation_as_json_has_every_workflow_and_clause(flow: Flow, tmp_path: Path) -> None:
    event = tmp_path / "e.json"
    event.write_text(json.dumps({"type": "shop.paid", "data": {"total": 1}, "causation_id": "x"}))

    said = flow("explain", str(event), "--json")

    by_name = {each["workflow"]: each for each in map(json.loads, said.out.splitlines())}
    assert by_name["chain"]["outcome"] == "other_events"
    orders = by_name["orders"]
    assert (orders["outcome"], orders["recorded"]) == ("no_match", None)
    [trigger] = orders["triggers"]
    assert trigger["filter"][0] == {
        "clause": "event.data.total > 10",
        "depth": 0,
        "was_asked": True,
        "value": False,
        "error": "",
        "looked_at": {"event.data.total": 1},
    }


def test_recorded_answer_as_json_has_its_run(flow: Flow, flow_of_shop: Runner) -> None:
    emitted = emit("shop.paid", PAID)
    flow_of_shop.run()

    [line] = flow(
        "explain", str(emitted.event_id), "--workflow", "orders", "--json"
    ).out.splitlines()

    recorded = json.loads(line)["recorded"]
    assert (recorded["outcome"], recorded["run_id"]) == (
        "started",
        str(flow_of_shop.run_of("orders").id),
    )


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["0199c7a2-3f5e-7b60-9a3e-5d1b2c3d4e5f"], Exit.FAILED, "there is no event 0199c7a2"),
        (["0199c7a2-3f5e-7b60-9a3e-5d1b2c3d4e5f"], Exit.FAILED, "hint: flowengine events lists"),
        (["none.json"], Exit.USAGE, "there is no none.json"),
        (["a.b", "--workflow", "nobody"], Exit.USAGE, "there is no workflow 'nobody'"),
    ],
)
def test_what_is_not_there_is_told(flow: Flow, arguments: list[str], code: Exit, said: str) -> None:
    refused = flow("explain", *arguments)

    assert refused.code == code
    assert said in refused.err
