"""Events for one workflow alone: calls, ticks, starts by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from flowengine.definitions.expressions.parse import parse_template
from flowengine.definitions.model import (
    CallTrigger,
    EventTrigger,
    ManualTrigger,
    ScheduleTrigger,
)
from flowengine.engine.event import Event, Parent
from flowengine.engine.rules.admission import (
    MANUAL,
    SCHEDULE,
    Candidate,
    Declined,
)
from flowengine.engine.rules.children import CALL
from tests.builders import a_trigger, a_workflow, an_event
from tests.builders.admission import admitted, answer, candidate


def targeted(kind: str, data: Any, **fields: Any) -> Event:
    return an_event(kind, data, target="fulfil-order", **fields)


EVERY_KIND = (
    EventTrigger(patterns=("flowengine.**",)),
    CallTrigger(),
    ManualTrigger(),
    ScheduleTrigger(cron="0 1 * * *", arguments={"day": parse_template("Monday")}),
    ScheduleTrigger(cron="0 2 * * *"),
)


@pytest.mark.parametrize(
    ("kind", "data", "trigger"),
    [
        (CALL, {}, 1),
        (MANUAL, {}, 2),
        (SCHEDULE, {"schedule": 3}, 3),
        (SCHEDULE, {"schedule": 4}, 4),
    ],
)
def test_event_for_one_workflow_is_matched_by_the_trigger_of_its_kind(
    kind: str, data: Any, trigger: int
) -> None:
    workflow = a_workflow("reserve", on=EVERY_KIND)

    assert candidate(workflow, targeted(kind, data)).trigger == trigger


@pytest.mark.parametrize("kind", [CALL, MANUAL, SCHEDULE])
def test_workflow_without_a_trigger_of_that_kind_does_not_match(kind: str) -> None:
    workflow = a_workflow("reserve", on=(a_trigger("flowengine.**"), a_trigger("**")))

    declined = answer(workflow, targeted(kind, {"schedule": 0}))

    assert declined == Declined(outcome="no_match", detail=f"no trigger for {kind}")


def test_tick_of_a_trigger_that_is_no_longer_a_schedule_does_not_match() -> None:
    workflow = a_workflow("reserve", on=EVERY_KIND)

    assert isinstance(answer(workflow, targeted(SCHEDULE, {"schedule": 2})), Declined)
    assert isinstance(answer(workflow, targeted(SCHEDULE, {"schedule": 9})), Declined)


def test_other_event_for_one_workflow_goes_through_its_filters() -> None:
    workflow = a_workflow("reserve", on=a_trigger(if_="event.data.order_id == 42"))

    assert isinstance(answer(workflow, targeted("order.placed", None)), Candidate)
    assert isinstance(answer(workflow, targeted("order.placed", {"order_id": 1})), Declined)


def test_called_run_knows_its_caller() -> None:
    workflow = a_workflow("reserve", on=CallTrigger())
    parent = Parent(run=UUID(int=7), step="sub", item="3", depth=2)

    run = admitted(workflow, targeted(CALL, {}, parent=parent)).decision.run

    assert run.parent == parent


@pytest.mark.parametrize(
    ("kind", "data", "inputs"),
    [
        (CALL, {"day": "Friday"}, {"day": "Friday"}),
        (MANUAL, {"day": "Friday"}, {"day": "Friday"}),
        (MANUAL, {}, {"day": "Sunday"}),
        (SCHEDULE, {"schedule": 3}, {"day": "Monday"}),
        (SCHEDULE, {"schedule": 4}, {"day": "Sunday"}),
    ],
)
def test_inputs_come_from_whatever_starts_the_run(
    kind: str, data: Any, inputs: Mapping[str, Any]
) -> None:
    workflow = a_workflow(
        "reserve", on=EVERY_KIND, inputs={"day": {"type": "string", "default": "Sunday"}}
    )

    assert candidate(workflow, targeted(kind, data)).run.inputs == inputs
