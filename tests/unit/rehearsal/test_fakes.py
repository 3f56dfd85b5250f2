"""What a file of fakes makes tasks do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from flowengine.engine.run import Failure, Run, Step
from flowengine.errors import DefinitionError
from flowengine.rehearsal.acts import Played, Work
from flowengine.rehearsal.fakes import Cast, Fakes, Unplayed, read_fakes
from tests.builders.events import NOON, an_event
from tests.builders.runs import RUN_ID
from tests.builders.steps import step
from tests.builders.workflows import a_workflow


def fakes(text: str) -> Fakes:
    return read_fakes(text, path="fakes.yaml")


def work(*, attempt: int = 1, item: str = "", **given: Any) -> Work:
    """A call of ``shop.charge``."""
    workflow = a_workflow("charge")
    event = an_event(data={"order_id": 42})
    run = Run(id=RUN_ID, workflow=workflow.name, digest=workflow.digest, event=event)
    row = Step(id="charge", item=item, attempt=attempt, input=given)
    return Work(run=run, row=row, step=step("charge"), workflow=workflow, event=event, now=NOON)


@pytest.mark.parametrize(
    ("said", "output"),
    [
        ("{charge_id: c-1}", {"charge_id": "c-1"}),
        ("[1, 2]", [1, 2]),
        ("null", None),
        ("${{ input.amount * 2 }}", 10),
        ("{id: '${{ event.data.order_id }}', try: '${{ attempt }}', at: '${{ item }}'}",
         {"id": 42, "try": 1, "at": "3"}),
        ("{returns: {fails: 1}}", {"fails": 1}),
        ("{fails_of: 1, takes: 2}", {"fails_of": 1, "takes": 2}),
        ("{returns: 1, other: 2}", {"returns": 1, "other": 2}),
    ],
)  # fmt: skip
def test_task_returns_the_value_of_its_fake(said: str, output: Any) -> None:
    cast = Cast(fakes=fakes(f"shop.charge: {said}"))

    assert cast.play(work(item="3", amount=5)) == Played(output=output)


def test_list_of_scripts_is_one_per_call_and_the_last_stays() -> None:
    cast = Cast(fakes=fakes("shop.charge: [{fails: Gone}, {returns: 1}, {returns: 2}]"))

    played = [cast.play(work()) for _ in range(4)]

    assert [each.failure.code if each.failure else each.output for each in played] == [
        "Gone", 1, 2, 2,
    ]  # fmt: skip


def test_script_says_how_a_task_fails_and_how_long_it_takes() -> None:
    text = "shop.charge: {fails: Gone, message: no, permanent: true, details: {a: 1}, takes: 30s}"

    played = Cast(fakes=fakes(text)).play(work())

    assert played == Played(
        failure=Failure(code="Gone", message="no", permanent=True, details={"a": 1}),
        takes=timedelta(seconds=30),
    )


def test_fake_whose_expression_has_no_value_fails_the_step() -> None:
    played = Cast(fakes=fakes("shop.charge: ${{ input.gone }}")).play(work())

    assert played.failure is not None
    assert played.failure.code == "ExpressionError"
    assert "in its fake" in played.failure.message


def test_step_that_is_told_to_fail_fails_before_its_fake_is_asked() -> None:
    gone = Failure(code="Gone", message="x")
    cast = Cast(fakes=fakes("shop.charge: 1"), failing={"charge": (gone, None)})

    assert [cast.play(work()) for _ in range(3)] == [
        Played(failure=gone), Played(output=1), Played(output=1),
    ]  # fmt: skip


def test_each_item_of_a_loop_is_told_to_fail_for_itself() -> None:
    gone = Failure(code="Gone", message="x")
    cast = Cast(fakes=fakes("shop.charge: 1"), failing={"charge": (gone, None)})

    assert cast.play(work(item="0")).failure == gone
    assert cast.play(work(item="1")).failure == gone
    assert cast.play(work(item="0")).output == 1


def test_task_without_a_fake_is_played_for_real_or_ends_the_rehearsal() -> None:
    real = Cast(fakes=Fakes(), real=lambda work: Played(output=work.row.input))

    assert real.play(work(a=1)).output == {"a": 1}
    with pytest.raises(Unplayed) as refused:
        Cast(fakes=Fakes()).play(work(a=1))
    assert (refused.value.task, refused.value.step, refused.value.given) == (
        "shop.charge", "charge", {"a": 1},
    )  # fmt: skip


def test_workflows_that_are_not_there_are_faked_by_their_output() -> None:
    cast = Cast(
        fakes=fakes("workflows:\n  mailing: {to: '${{ input.to }}'}\n  other: {fails: Gone}")
    )

    assert cast.play_workflow("mailing", {"to": "a"}, NOON) == Played(output={"to": "a"})
    assert cast.play_workflow("nobody", {}, NOON) is None
    other = cast.play_workflow("other", {}, NOON)
    assert other is not None
    assert other.failure is not None


@pytest.mark.parametrize(
    ("text", "place", "code"),
    [
        ("shop.charge: {returns: 1, takes: soon}", (1, 34), "FE112"),
        ("shop.charge: {returns: 1, takes: 3}", (1, 34), "FE112"),
        ("shop.charge:\n  a: ${{ 1 + }}", (2, 14), "FE201"),
        ("workflows:\n  w: {returns: '${{ 1'}", (2, 17), "FE205"),
        ("a: 1\na: 2", (2, 1), "FE102"),
    ],
)
def test_fakes_that_will_not_do_are_told_with_their_place(
    text: str, place: tuple[int, int], code: str
) -> None:
    with pytest.raises(DefinitionError) as refused:
        fakes(text)

    [problem] = refused.value.problems
    assert (problem.file, problem.line, problem.column, problem.code) == (
        "fakes.yaml", *place, code,
    )  # fmt: skip
