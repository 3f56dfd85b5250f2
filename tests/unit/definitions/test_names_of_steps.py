"""What the steps of a file are called."""

from __future__ import annotations

import pytest

from flowengine.definitions.parse import parse, read

HEAD = "workflow: x\non: a\nsteps:\n"


def ids(steps: str) -> list[str]:
    return [*parse(HEAD + steps).graph.spots]


@pytest.mark.parametrize(
    ("step", "name"),
    [
        ("mail.send", "send"),
        ("mail.send_all@2", "send_all"),
        ("{task: mail.send, id: tell}", "tell"),
        ("{workflow: setup}", "setup"),
        ("{workflow: employee-setup}", "setup"),
        ("{workflow: company.employee_setup}", "setup"),
        ("{workflow: newsletter.subscribe, id: join}", "join"),
    ],
)
def test_step_is_called_by_its_id_or_the_last_part_of_what_it_calls(step: str, name: str) -> None:
    assert ids(f"  - {step}\n") == [name]


def test_other_kinds_without_an_id_are_counted_among_all_of_their_kind() -> None:
    text = """
  - {id: named, sleep: 1s}
  - sleep: 2s
  - emit: a.b
    with: {}
  - {wait_for: {event: b, match: {x: 1}}, timeout: 1s}
  - {approval: {ask: it, groups: [g]}, timeout: 1s}
  - parallel: {left: shop.a, right: shop.b}
  - switch: [{steps: [{fail: {error: Wrong, message: x}}]}]
  - steps: [{sleep: 1s}]
"""

    assert ids(text) == [
        *("named", "sleep 2", "emit 1", "wait 1", "approval 1"),
        *("parallel 1", "left", "right", "switch 1", "fail 1", "group 1", "sleep 3"),
    ]


def test_steps_without_a_name_cannot_be_referred_to() -> None:
    [named, other] = parse(HEAD + "  - {id: named, sleep: 1s}\n  - sleep: 2s\n").steps

    assert named.is_named
    assert not other.is_named


def test_branch_is_called_by_its_key_whatever_it_is() -> None:
    text = "  - parallel: {left: mail.send, right: [mail.send], third: {sleep: 1s}}\n"

    assert ids(text) == ["parallel 1", "left", "right", "send", "third"]


def test_order_of_keys_and_branches_changes_no_name() -> None:
    one = read(
        HEAD
        + "  - parallel: {left: [sleep: 1s], right: [sleep: 2s]}\n    rescue: [{steps: [{sleep: 3s}]}]\n"
        "on_failure: [{emit: a, with: {}}]\nfinally: [{emit: b, with: {}}]\n"
    )
    other = read(
        "finally: [{emit: b, with: {}}]\non_failure: [{emit: a, with: {}}]\nsteps:\n"
        "  - rescue: [{steps: [{sleep: 3s}]}]\n    parallel: {right: [sleep: 2s], left: [sleep: 1s]}\n"
        "on: a\nworkflow: x\n"
    )

    assert one.workflow.digest == other.workflow.digest
    assert {name: spot.step for name, spot in one.workflow.graph.spots.items() if " " in name} == {
        name: spot.step for name, spot in other.workflow.graph.spots.items() if " " in name
    } | {"parallel 1": one.workflow.steps[0]}


def test_every_step_has_its_path_in_the_file() -> None:
    document = read(
        HEAD
        + "  - id: both\n    parallel: {left: [mail.send]}\n    rescue: [{steps: [{sleep: 1s}]}]\n"
        "finally: [mail.tell]\n"
    )

    assert document.paths == {
        "both": ("steps", 0),
        "left": ("steps", 0, "parallel", "left"),
        "send": ("steps", 0, "parallel", "left", "steps", 0),
        "sleep 1": ("steps", 0, "rescue", 0, "steps", 0),
        "tell": ("finally", 0),
    }
