"""What a step reads before it begins, all of it at once."""

from __future__ import annotations

import pytest
from msgspec import structs

from flowengine.definitions.graph import Role
from flowengine.definitions.model import Workflow
from flowengine.definitions.steps import Step
from flowengine.engine import rows
from flowengine.engine.decide import decide
from flowengine.engine.messages import Start, Succeeded
from flowengine.engine.places import ahead, alike, at, has_loops
from flowengine.engine.rows import Known, RowsMissing
from flowengine.engine.run import Run
from flowengine.engine.scope import scope_of
from flowengine.engine.states import StepState
from tests.builders import NOON, a_run, a_workflow, running
from tests.builders.steps import (
    approval,
    child,
    emit,
    fail,
    group,
    otherwise,
    parallel,
    rescue,
    sleep,
    step,
    switch,
    wait,
    when,
)
from tests.unit.engine.drafts import a_draft, a_row, with_rows

ALL = "${{ [steps.a, steps.b, steps.c, steps.d] }}"
"""An expression that names four steps."""


def a_loop_in_a_loop() -> Workflow:
    inner = step(
        "inner",
        each="${{ order.lines }}",
        as_="line",
        with_={"x": "${{ [order.id, line, index, steps.before.output, steps.top.output] }}"},
    )
    outer = group("outer", "before", inner, each="${{ event.data.orders }}", as_="order")
    return a_workflow("top", outer)


PARTS: list[Step] = [
    step("z", if_="steps.a.status == 'x'", title="${{ steps.b.status }}", each=ALL),
    step("z", with_={"x": ALL}),
    child("z", with_={"x": ALL}),
    emit("z", id_="z", with_={"x": "${{ [steps.a, steps.b] }}"},
         subject="${{ steps.c.status }}${{ steps.d.status }}"),
    wait("z", "e", match={"x": ALL}),
    wait("z", "e", match={"x": 1}, accept="incoming.data in [steps.a, steps.b, steps.c, steps.d]"),
    sleep("z", until=ALL),
    approval("z", "${{ steps.a.status }}", users="${{ [steps.b, steps.c, steps.d] }}"),
    switch("z", when("steps.a == steps.b", "m"), when("steps.c == steps.d", "n"), otherwise("o")),
    fail("X", ALL, name="z"),
    group("z", step("inside"), if_="[steps.a, steps.b, steps.c, steps.d] != []"),
    parallel("z", step("inside"), if_="[steps.a, steps.b, steps.c, steps.d] != []"),
]  # fmt: skip


@pytest.mark.parametrize("last", PARTS, ids=lambda each: type(each).__name__)
def test_every_key_of_a_step_is_looked_through_for_what_it_reads(last: Step) -> None:
    workflow = a_workflow("a", "b", "c", "d", last)

    asked = a_question(workflow, a_run(workflow), "z")

    assert {name for name, _ in asked.places} >= {"a", "b", "c", "d"}


def a_question(workflow: Workflow, run: Run, name: str, item: str = "") -> rows.Rows:
    """What is asked for at once where nothing has been read."""
    draft = a_draft(workflow, structs.replace(run, known=Known()))
    with pytest.raises(RowsMissing) as missing:
        scope_of(draft, workflow.graph.spots[name], item)
    assert isinstance(missing.value.question, rows.Rows)
    return missing.value.question


def test_everything_is_asked_for_at_once() -> None:
    workflow = a_loop_in_a_loop()

    asked = a_question(workflow, a_run(workflow), "inner", "4.2")

    assert asked.places == {("outer", "4"), ("inner", "4.2"), ("before", "4"), ("top", "")}


def test_blocks_around_a_named_step_are_asked_for_up_to_the_own_one() -> None:
    named = switch("s", otherwise(group("h", "a")))
    reader = step("z", with_={"x": "${{ steps.a.output }}"})
    workflow = a_workflow(group("g", named, reader))

    asked = a_question(workflow, a_run(workflow), "z")

    assert asked.places == {("z", ""), ("a", ""), ("h", ""), ("s", "")}


def test_nothing_more_is_asked_for_once_that_is_read() -> None:
    workflow = a_loop_in_a_loop()
    run = a_run(workflow)
    asked = a_question(workflow, run, "inner", "4.2")

    read = structs.replace(run, known=Known(places=asked.places))

    scope = scope_of(a_draft(workflow, read), workflow.graph.spots["inner"], "4.2")
    assert scope["steps"].keys() == {"before", "top"}


def test_step_whose_error_is_read_is_asked_for() -> None:
    reader = step("z", if_="error.code == 'X'")
    workflow = a_workflow(step("charge", rescue=rescue(group("g", reader, "y"))))

    assert a_question(workflow, a_run(workflow), "z").places == {("z", ""), ("charge", "")}
    assert a_question(workflow, a_run(workflow), "y").places == {("y", "")}


@pytest.mark.parametrize(
    ("item", "depth", "path"),
    [
        ("", 0, ""),
        ("", 1, ""),
        ("3", 0, ""),
        ("3", 1, "3"),
        ("3.7", 0, ""),
        ("3.7", 1, "3"),
        ("3.7", 2, "3.7"),
        ("3.7", 3, "3.7"),
        ("13.07.22", 2, "13.07"),
    ],
)
def test_first_indices_of_a_path(item: str, depth: int, path: str) -> None:
    assert at(item, depth) == path


# What need not be read


def known(run: Run) -> Run:
    """The run, of which nothing has been read but the rows that it has."""
    return structs.replace(run, known=Known(places=frozenset(run.steps)))


def test_nothing_of_a_run_that_starts_need_be_read() -> None:
    steps = [step(f"s{n}", if_="false") for n in range(20)]
    workflow = a_workflow(*steps, switch("s", otherwise("a")), "b")
    run = structs.replace(a_run(workflow, None), known=Known())

    decision = decide(workflow, run, Start(), NOON)

    assert decision.run.steps["a", ""].state is StepState.READY


def test_inside_of_a_block_that_begins_need_not_be_read() -> None:
    items = group("g", step("x", if_="false"), "y", each=[1, 2, 3])
    inner = parallel("p", items, switch("s", otherwise("z")))
    workflow = a_workflow("first", group("outer", inner))
    run = known(a_run(workflow, first=running()))

    with pytest.raises(RowsMissing) as missing:
        decide(workflow, run, Succeeded(step="first", attempt=1, output=None), NOON)
    asked = missing.value.question
    assert asked == rows.Rows(frozenset({("outer", "")}))

    read = structs.replace(run, known=Known(places=asked.places | set(run.steps)))
    decision = decide(workflow, read, Succeeded(step="first", attempt=1, output=None), NOON)
    assert {place for place, row in decision.run.steps.items() if row.state is StepState.READY} == {
        ("y", "0"),
        ("y", "1"),
        ("y", "2"),
        ("z", ""),
    }


def test_hook_that_runs_once_more_is_read() -> None:
    """It has begun before: what is inside it may be there."""
    hook = switch("which", otherwise("told"))
    workflow = a_workflow("a", at_end=(hook,))
    which = a_row("which", StepState.PENDING, kind="switch", attempt=0)
    run = known(with_rows(a_run(workflow, a=running()), which))

    with pytest.raises(RowsMissing) as missing:
        decide(workflow, run, Succeeded(step="a", attempt=1, output=None), NOON)

    assert missing.value.question == rows.Rows(frozenset({("told", "")}))


def test_steps_that_may_be_skipped_or_done_at_once_are_read_together_with_the_next() -> None:
    line = (
        "first",
        step("a", if_="false"),
        emit("e", with_={}, id_="b"),
        child("c", detach=True),
        sleep("d", seconds=5),
        "z",
    )
    workflow = a_workflow(*line)
    run = known(a_run(workflow, first=running()))

    with pytest.raises(RowsMissing) as missing:
        decide(workflow, run, Succeeded(step="first", attempt=1, output=None), NOON)

    assert missing.value.question == rows.Rows(frozenset((name, "") for name in "abcd"))


def test_last_steps_of_a_line_are_read_to_its_end() -> None:
    workflow = a_workflow("first", step("a", if_="false"))
    line = workflow.graph.line(None, Role.LINE)

    assert [each.id for each in ahead(line, 1)] == ["a"]


def test_untouched_steps_are_known_in_their_item_and_in_loops_inside_it() -> None:
    run = rows.own(known(a_run(a_workflow("a"))))
    for item in ("3", "5", "3.2"):
        rows.note_untouched(run, ["a"], item)

    assert run.known.knows(("a", "3"))
    assert run.known.knows(("a", "3.7"))
    assert run.known.knows(("a", "5"))
    assert not run.known.knows(("a", "4"))
    assert not run.known.knows(("a", ""))
    assert not run.known.knows(("b", "3"))


def test_run_that_has_all_rows_has_nothing_to_learn() -> None:
    run = a_run(a_workflow("a"))

    assert rows.own(run) is run


def test_what_one_decision_notes_is_not_known_to_who_asked_for_it() -> None:
    run = known(a_run(a_workflow("a")))
    rows.note_untouched(rows.own(run), ["a"], "3")
    kept = rows.own(rows.own(run))
    rows.note_untouched(kept, ["a"], "5")

    assert not run.known.knows(("a", "3"))
    assert rows.own(kept).known.knows(("a", "5"))


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        (("x", "3.7"), {("x", "3.7"), ("x", "4.1")}),
        (("x", "3"), {("x", "3"), ("x", "4")}),
        (("x", ""), {("x", "")}),
        (("x", "3.8"), {("x", "3.8")}),
        (("x", "3.7.0"), {("x", "3.7.0")}),
    ],
    ids=["beside it", "around it", "outside", "the next item", "inside it"],
)
def test_what_a_row_asks_for_around_it_others_of_its_step_ask_for_in_their_items(
    asked: tuple[str, str], wanted: set[tuple[str, str]]
) -> None:
    assert alike([asked], "3.7", ["3.7", "4.1"]) == wanted


def test_a_loop_is_found_at_any_depth() -> None:
    assert not has_loops(a_workflow(group("all", "one")).graph)
    assert has_loops(a_workflow(group("all", group("inner", "one", each=[1]))).graph)
