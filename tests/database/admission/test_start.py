"""Starting by hand: an event for one workflow, refused at once where it could start nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from pytest_django import Settings

import flowengine
from flowengine.engine.event import Event
from flowengine.errors import EventRefused, StartRefused
from flowengine.models import EventRecord, RunRecord, WorkflowRecord
from flowengine.orchestration import emit as emitting
from flowengine.orchestration import start as starting
from flowengine.orchestration.route import route
from tests.builders.door import states
from tests.builders.events import NOON
from tests.builders.files import HELLO, synchronise

pytestmark = pytest.mark.django_db

BY_HAND = (
    HELLO.replace("on: hello.said", "on: [hello.said, {manual: true}]")
    + """
inputs:
  name: string
  age: {type: integer, minimum: 18, default: 30}
"""
)


@pytest.fixture
def _by_hand(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, BY_HAND, HELLO.replace("workflow: hello", "workflow: greeter"))


@pytest.mark.usefixtures("_by_hand")
def test_start_writes_an_event_for_the_workflow_and_its_run_has_the_inputs() -> None:
    user = User.objects.create_user("ann")

    emitted = flowengine.start("hello", {"name": "Ann"}, actor=user)

    event = EventRecord.objects.get(pk=emitted.event_id)
    assert (event.type, event.target, event.actor, event.state) == (
        "flowengine.manual",
        "hello",
        str(user.pk),
        "pending",
    )
    route([emitted.event_id], now=NOON)
    run = RunRecord.objects.get()
    assert run.id == emitted.run_ids["hello"]
    assert bytes(run.inputs or b"") == b'{"name":"Ann","age":30}'
    assert run.watchers == f'["{user.pk}"]'


@pytest.mark.usefixtures("_by_hand")
@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({}, "hello: input 'name' is missing"),
        ({"name": 5}, "hello: input 'name' must be string, not integer"),
        ({"name": "Ann", "age": 17}, "hello: input 'age' must be at least 18"),
        ({"nmae": "Ann"}, "hello: there is no input 'nmae'; did you mean 'name'?"),
        ({"x": 1}, "hello: there is no input 'x'; known here: name, age"),
    ],
)
def test_inputs_that_do_not_fit_are_refused_by_name_and_nothing_is_written(
    inputs: dict[str, Any], message: str
) -> None:
    with pytest.raises(StartRefused) as refused:
        flowengine.start("hello", inputs)

    assert (str(refused.value), refused.value.code) == (message, "FE306")
    assert not EventRecord.objects.exists()


@pytest.mark.usefixtures("_by_hand")
@pytest.mark.parametrize(
    ("workflow", "message"),
    [
        ("helo", "no workflow 'helo' takes new runs; did you mean 'hello'?"),
        (
            "x",
            "no workflow 'x' takes new runs; `flow sync` makes the project's files take new runs",
        ),
        (
            "greeter",
            "workflow 'greeter' has no `manual` trigger: write `on: [..., {manual: true}]`",
        ),
    ],
)
def test_workflow_that_cannot_be_started_by_hand_is_refused(workflow: str, message: str) -> None:
    with pytest.raises(StartRefused) as refused:
        flowengine.start(workflow)

    assert (str(refused.value), refused.value.code) == (message, "FE116")


@pytest.mark.usefixtures("_by_hand")
def test_disabled_workflow_is_refused() -> None:
    WorkflowRecord.objects.filter(name="hello").update(is_enabled=False)

    with pytest.raises(StartRefused, match="no workflow 'hello' takes new runs"):
        flowengine.start("hello", {"name": "Ann"})


@pytest.mark.usefixtures("_by_hand")
def test_inputs_that_are_no_json_are_refused() -> None:
    with pytest.raises(EventRefused, match="object"):
        flowengine.start("hello", {"name": object()})


def test_workflow_without_inputs_works_with_what_is_given(
    settings: Settings, tmp_path: Path
) -> None:
    text = HELLO.replace("on: hello.said", "on: {manual: true}")
    synchronise(settings, tmp_path, text + "title: ${{ event.data.name }}\n")

    emitted = flowengine.start("hello", {"name": "Ann"})
    route([emitted.event_id], now=NOON)

    assert RunRecord.objects.get().title == "Ann"


def test_key_that_has_no_value_is_refused_at_once(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, f"{BY_HAND}\nconcurrency: {{key: event.data.team}}")

    with pytest.raises(StartRefused, match=r"concurrency\.key has no value"):
        flowengine.start("hello", {"name": "Ann"})


def test_somebody_who_is_not_logged_in_is_nobody_to_the_check_too(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, f"{BY_HAND}\nconcurrency: {{key: event.actor}}")

    with pytest.raises(StartRefused, match=r"concurrency\.key has no value"):
        flowengine.start("hello", {"name": "Ann"}, actor=AnonymousUser())


@pytest.mark.usefixtures("_by_hand")
def test_each_start_is_a_run_of_its_own() -> None:
    started = [flowengine.start("hello", {"name": "Ann"}) for _ in range(2)]

    route([each.event_id for each in started], now=NOON)

    assert states(*[each.run_ids["hello"] for each in started]) == ["running", "running"]


@pytest.mark.usefixtures("_by_hand")
@pytest.mark.django_db(transaction=True)
def test_start_that_is_rolled_back_started_nothing() -> None:
    with transaction.atomic():
        flowengine.start("hello", {"name": "Ann"})
        transaction.set_rollback(True)

    assert not EventRecord.objects.exists()


def test_trigger_says_which_groups_may_start(settings: Settings, tmp_path: Path) -> None:
    text = HELLO.replace("on: hello.said", "on: {manual: {groups: [ops]}}")
    synchronise(settings, tmp_path, text)

    trigger = starting.trigger_of(starting.manual("hello"))

    assert trigger is not None
    assert trigger.groups == ("ops",)


@pytest.mark.usefixtures("_by_hand")
def test_start_inside_a_task_belongs_to_the_chain_of_its_event(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cause = Event(
        id=UUID(int=7), type="hello.said", data={}, time=NOON, correlation_id="first", hops=3
    )

    class Attempt:
        event = cause

    monkeypatch.setattr(emitting, "current", Attempt)

    emitted = flowengine.start("hello", {"name": "Ann"})

    event = EventRecord.objects.get(pk=emitted.event_id)
    assert (event.correlation_id, event.causation_id, event.hops) == ("first", str(cause.id), 4)
