"""Rows of runs and steps give back the values that were written, whole."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from django.apps import apps
from django.db import connection
from msgspec.structs import replace

from flowengine.engine.event import Event, Parent
from flowengine.engine.rows import (
    Active,
    Ended,
    Items,
    Newest,
    Question,
    Rows,
)
from flowengine.engine.run import Answer, Counts, Failure, Place, Run, Step
from flowengine.engine.states import RunState, StepState
from flowengine.models import StepRecord
from flowengine.store import events, questions, runs, steps, tables
from tests.builders.events import NOON
from tests.builders.stored import publish

pytestmark = pytest.mark.django_db

RUN, OTHER = UUID(int=1), UUID(int=2)
FAILURE = Failure(
    code="Declined",
    message="no funds",
    bases=("CardError",),
    fe="FE421",
    permanent=True,
    retry_after_s=2.5,
    traceback="line 1\nline 2",
    details={"card": [1, None]},
    step="charge",
    attempts=3,
)
FULL_STEP = Step(
    id="charge",
    item="3.7",
    state=StepState.SUCCEEDED,
    kind="task",
    title="Charge 42",
    task="shop.charge",
    station="mail",
    attempt=4,
    tries=2,
    crashes=1,
    block="each",
    counts=Counts(total=3, begun=2, done=1, failed=1, failures=(("0", "Oops", "no"),)),
    clause=2,
    value={"sku": "a"},
    input={"amount": 1},
    output=[1, {"b": None}],
    failure=FAILURE,
    is_stopping=True,
    doubt="Timeout",
    answers=(Answer(user="7", approved=True, at=NOON, comment="fine", form={"n": 1}),),
    due_at=NOON,
    ended=17,
    worker=UUID(int=9),
    ready_at=NOON + timedelta(seconds=1),
    first_started_at=NOON + timedelta(seconds=2),
    started_at=NOON + timedelta(seconds=3),
    finished_at=NOON + timedelta(seconds=4),
)


def differs_everywhere(value: msgspec.Struct, plain: msgspec.Struct) -> set[str]:
    """Fields that a test would not see lost, because they have their default."""
    names = set(type(value).__struct_fields__)
    return {name for name in names if getattr(value, name) == getattr(plain, name)}


def test_step_is_read_as_it_was_inserted() -> None:
    assert differs_everywhere(FULL_STEP, Step(id="x")) == {"kind"}

    steps.insert([(RUN, FULL_STEP, 2)])

    assert steps.load([(RUN, ("charge", "3.7"))]) == {RUN: {("charge", "3.7"): FULL_STEP}}
    assert StepRecord.objects.get().priority == 2


def test_step_is_read_as_it_was_updated() -> None:
    pending = Step(id="charge", item="3.7", kind="emit", value={"sku": "a"})
    steps.insert([(RUN, pending, 1)])

    steps.update([(RUN, pending, FULL_STEP)])

    assert steps.load([(RUN, ("charge", "3.7"))])[RUN]["charge", "3.7"] == FULL_STEP


def test_step_that_says_the_same_of_itself_is_moved_without_its_input() -> None:
    steps.insert([(RUN, FULL_STEP, 1)])
    failed = replace(FULL_STEP, state=StepState.FAILED, output=None, ended=20, is_stopping=False)

    steps.update([(RUN, FULL_STEP, failed)])

    assert steps.load([(RUN, ("charge", "3.7"))])[RUN]["charge", "3.7"] == failed


def test_step_of_the_same_place_in_another_run_is_left_alone() -> None:
    steps.insert([(RUN, FULL_STEP, 1), (OTHER, FULL_STEP, 1)])

    steps.update([(RUN, FULL_STEP, replace(FULL_STEP, tries=9))])

    assert steps.load([(OTHER, FULL_STEP.place)])[OTHER][FULL_STEP.place].tries == 2


def a_full_run(event: Event) -> Run:
    """A run in which nothing is as it is by default."""
    return Run(
        id=RUN,
        workflow="order",
        digest="d",
        event=event,
        state=RunState.SUCCEEDED,
        seq=9,
        replay=1,
        replay_of=OTHER,
        keys=UUID(int=5),
        parent=Parent(run=OTHER, step="child", item="3", depth=2, detached=True),
        priority=2,
        inputs={"n": 1},
        title="Order 1",
        busy=3,
        asleep=4,
        output_bytes=6,
        failure=FAILURE,
        outcome=RunState.FAILED,
        undoing=5,
        has_undone=True,
        tail="finally",
        holding=True,
        output={"done": True},
        due_at=NOON,
        created_at=NOON + timedelta(seconds=1),
        started_at=NOON + timedelta(seconds=2),
        held_at=NOON + timedelta(seconds=3),
        still_s=2.5,
        finished_at=NOON + timedelta(seconds=4),
    )


def test_run_is_read_as_it_was_written() -> None:
    event_id = publish("order.begun", {"n": 1}, actor="7", target="order")
    [event] = events.load([event_id])
    run = a_full_run(event)
    plain = Run(id=OTHER, workflow="", digest="", event=event)
    assert differs_everywhere(run, plain) == {"event", "steps", "known"}

    runs.insert([(run, ["7"], ["packers"], {"a": 1})])

    assert runs.lock([RUN]).readable == {RUN: run}
    changed = replace(
        run,
        replay=2,
        state=RunState.SUCCEEDED,
        seq=10,
        title="",
        busy=0,
        asleep=0,
        output_bytes=0,
        failure=None,
        outcome=None,
        undoing=None,
        has_undone=False,
        tail="",
        holding=False,
        output=None,
        due_at=None,
        started_at=None,
        held_at=None,
        still_s=0.0,
        finished_at=None,
    )
    runs.update([changed])
    assert runs.lock([RUN]).readable == {RUN: changed}


def written(*rows: Step, run: UUID = RUN) -> None:
    steps.insert([(run, row, 1) for row in rows])


def answered(question: Question, run: UUID = RUN) -> set[Place]:
    """The places that are read where *run* is asked this."""
    unreadable: dict[UUID, Exception] = {}
    found = questions.read({run: [question]}, unreadable)
    assert not unreadable
    return set(found.get(run, {}))


def a_row(step: str, item: str = "", **fields: Any) -> Step:
    return Step(id=step, item=item, **fields)


def test_rows_are_answered_by_step_and_item() -> None:
    written(a_row("a"), a_row("a", "1"), a_row("b", "1"))

    assert answered(Rows(frozenset({("a", "1"), ("b", "1"), ("c", "")}))) == {
        ("a", "1"),
        ("b", "1"),
    }


def test_active_rows_are_those_that_are_begun_and_not_decided() -> None:
    written(*(a_row(state.value, state=state) for state in StepState))

    assert {step for step, _item in answered(Active())} == {
        *("ready", "running", "waiting", "retrying", "rescuing")
    }


def test_rows_that_ended_badly_are_those_that_failed_or_were_cancelled() -> None:
    written(*(a_row(state.value, state=state) for state in StepState))

    assert {step for step, _item in answered(Ended())} == {"failed", "cancelled"}


def test_items_of_a_loop_are_those_below_its_own_place() -> None:
    places = ["", "1", "1.0", "1.1", "10", "10.0"]
    written(*(a_row("inner", item) for item in places), a_row("other", "1.0"))

    assert answered(Items("inner", "1")) == {("inner", "1.0"), ("inner", "1.1")}


def test_items_of_an_outermost_loop_are_all_but_its_own_row() -> None:
    written(*(a_row("each", item) for item in ("", "0", "1")))

    assert answered(Items("each", "")) == {("each", "0"), ("each", "1")}


def done(step: str, ended: int, item: str = "", **fields: Any) -> Step:
    return a_row(step, item, **{"state": StepState.SUCCEEDED, "ended": ended, **fields})


def test_newest_is_the_one_that_ended_last_of_the_named_steps() -> None:
    written(done("a", 3), done("b", 5), done("c", 9))

    assert answered(Newest(("a", "b"), None)) == {("b", "")}
    assert answered(Newest(("a", "b"), 5)) == {("a", "")}
    assert answered(Newest(("a", "b"), 3)) == set()


def test_newest_item_of_a_loop_is_read_and_not_the_loop() -> None:
    written(
        done("each", 9, kind="for_each"), done("each", 7, "0"), done("each", 8, "1"), done("b", 1)
    )

    assert answered(Newest(("each",), None)) == {("each", "1")}


@pytest.mark.parametrize("state", [StepState.FAILED, StepState.CANCELLED])
def test_step_that_may_have_taken_effect_may_be_the_newest(state: StepState) -> None:
    written(done("a", 3), done("b", 5, state=state, doubt="Timeout"))

    assert answered(Newest(("a", "b"), None)) == {("b", "")}


def test_step_that_took_no_effect_is_never_the_newest() -> None:
    written(
        done("a", 3),
        done("b", 5, state=StepState.FAILED, failure=Failure(code="Timeout", message="")),
        done("c", 6, state=StepState.UNDONE, doubt="Timeout"),
        done("d", 7, state=StepState.CANCELLED),
        done("e", 8, state=StepState.RESCUED, doubt="Timeout"),
    )

    assert answered(Newest(("a", "b", "c", "d", "e"), None)) == {("a", "")}


def test_step_whose_name_contains_another_is_another() -> None:
    written(done("a", 3), done("undo a", 9), done("aa", 8))

    assert answered(Newest(("a", "undo b"), None)) == {("a", "")}


def test_each_run_is_answered_its_own_question() -> None:
    for run in (RUN, OTHER):
        written(done("a", 3), done("b", 5), a_row("c", state=StepState.READY), run=run)

    found = questions.read(
        {RUN: [Newest(("a",), None), Active()], OTHER: [Newest(("a", "b"), 5)]}, {}
    )

    assert {run: set(rows) for run, rows in found.items()} == {
        RUN: {("a", ""), ("c", "")},
        OTHER: {("a", "")},
    }


def test_row_that_this_version_cannot_read_is_told_by_its_run() -> None:
    written(a_row("a"), run=RUN)
    written(a_row("a"), run=OTHER)
    StepRecord.objects.filter(run_id=OTHER).update(state="from the future")
    unreadable: dict[UUID, Exception] = {}

    found = questions.read(
        {run: [Rows(frozenset({("a", "")}))] for run in (RUN, OTHER)}, unreadable
    )

    assert set(found) == {RUN}
    assert set(unreadable) == {OTHER}


def test_tables_have_the_columns_of_their_models() -> None:
    models = {
        model._meta.db_table: model for model in apps.get_app_config("flowengine").get_models()
    }

    for table in tables.ALL:
        fields = models[table.name]._meta.concrete_fields
        assert set(table.types) == {field.column for field in fields}, table.name


def test_types_of_columns_are_those_of_the_models(postgres: str) -> None:
    models = {
        model._meta.db_table: model for model in apps.get_app_config("flowengine").get_models()
    }

    for table in tables.ALL:
        for field in models[table.name]._meta.concrete_fields:
            declared = str(field.db_type(connection)).replace(
                "timestamp with time zone", "timestamptz"
            )
            assert table.types[str(field.column)] == declared, (table.name, field.column)
