"""Other runs, and events, that a run sets going."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from flowengine.engine import identity
from flowengine.engine.draft import Limits
from flowengine.engine.event import Again, Event, Parent
from flowengine.engine.messages import ChildEnded
from flowengine.engine.run import Failure
from flowengine.engine.states import RunState
from flowengine.engine.transitions import StepSucceeded
from tests.builders import NOON, RUN_ID, a_workflow, an_event
from tests.builders.driver import Driver
from tests.builders.steps import child, emit, group, rescue, step

SETUP = child("employee-setup", with_={"email": "${{ event.data.email }}"})
NEW = an_event("company.signed", {"email": "a@b.c"})


def a_driver(*steps: Any, event: Event = NEW, **fields: Any) -> Driver:
    return Driver(a_workflow(*steps, **fields), event).start()


def is_stale(driver: Driver) -> bool:
    assert driver.decision is not None
    return driver.decision.stale


# Calls. 4.5: pending -> waiting


def test_child_is_called_by_an_event_of_its_own() -> None:
    event = an_event(
        "company.signed", {"email": "a@b.c"}, correlation_id="c1", hops=2, traceparent="00-1"
    )

    [call] = a_driver(SETUP, event=event).emitted

    assert call == Event(
        id=identity.call_event_id(RUN_ID, "employee_setup", "", 1),
        type="flowengine.call",
        data={"email": "a@b.c"},
        time=NOON,
        actor="7",
        correlation_id="c1",
        causation_id=str(event.id),
        hops=3,
        traceparent="00-1",
        target="employee-setup",
        parent=Parent(run=RUN_ID, step="employee_setup", item="", depth=1),
    )


def test_step_waits_for_its_child_without_a_worker() -> None:
    driver = a_driver(SETUP, "ship")

    row = driver.row("employee_setup")

    assert driver.state is RunState.WAITING
    assert (row.kind, row.input, row.due_at) == ("workflow", {"email": "a@b.c"}, None)


def test_first_event_is_the_correlation_of_what_follows() -> None:
    [call] = a_driver(SETUP).emitted

    assert call.correlation_id == str(NEW.id)


def test_each_item_calls_a_child_of_its_own() -> None:
    people = child("setup", each=["a", "b"], as_="who", with_={"email": "${{ who }}"})

    driver = a_driver(people)

    assert [event.data["email"] for event in driver.emitted] == ["a", "b"]
    assert len({event.id for event in driver.emitted}) == 2
    driver.end_child("setup.1", output={"user": 2}).end_child("setup.0", output={"user": 1})
    assert driver.output("setup") == [{"user": 1}, {"user": 2}]


def test_child_that_has_no_input_is_not_called() -> None:
    driver = a_driver(child("setup", with_={"x": "${{ event.data.nothing }}"}))

    assert driver.emitted == []
    assert driver.states() == {"setup": "failed"}


def test_input_of_a_child_over_the_limit_fails_the_step() -> None:
    driver = a_driver(child("setup", with_={"x": "y" * 300_000}))

    assert driver.run.failure is not None
    assert (driver.run.failure.code, driver.run.failure.fe) == ("PayloadTooLarge", "FE423")
    assert driver.emitted == []


@pytest.mark.parametrize(("depth", "is_called"), [(6, True), (7, True), (8, False)])
def test_children_are_at_most_eight_deep(depth: int, *, is_called: bool) -> None:
    caller = Parent(run=UUID(int=1), step="s", item="", depth=depth)

    driver = a_driver(SETUP, event=an_event(data={"email": "e"}, parent=caller))

    assert bool(driver.emitted) is is_called
    if not is_called:
        assert driver.run.failure is not None
        assert (driver.run.failure.code, driver.run.failure.fe) == ("LoopSuspected", "FE425")
        assert driver.run.failure.message == "employee-setup would be a child 9 deep: a loop?"


# 4.7: the step ends when the child's run is final


def test_child_that_succeeded_gives_the_step_its_output() -> None:
    driver = a_driver(SETUP, step("ship", takes=("user_id",)))

    driver.end_child("employee_setup", output={"user_id": 5})

    assert driver.output("employee_setup") == {"user_id": 5}
    assert driver.row("ship").input == {"user_id": 5}


def test_child_that_failed_fails_the_step_with_its_error_in_the_details() -> None:
    why = Failure(code="Refused", message="no", step="account", attempts=3, details={"a": 1})
    driver = a_driver(SETUP).end_child("employee_setup", RunState.FAILED, failure=why)

    failure = driver.run.failure
    assert failure is not None
    assert (failure.code, failure.step) == ("ChildFailed", "employee_setup")
    assert failure.message == "employee-setup: Refused: no"
    assert failure.details == {
        "run": str(identity.run_id(driver.emitted[0].id, "employee-setup")),
        "status": "failed",
        "code": "Refused",
        "message": "no",
        "step": "account",
        "attempts": 3,
        "details": {"a": 1},
    }


@pytest.mark.parametrize("state", [RunState.CANCELLED, RunState.EXPIRED])
def test_child_that_ended_otherwise_fails_the_step(state: RunState) -> None:
    driver = a_driver(SETUP).end_child("employee_setup", state)

    assert driver.run.failure is not None
    assert driver.run.failure.code == "ChildFailed"
    assert driver.run.failure.details["code"] == "Cancelled"
    assert driver.run.failure.details["status"] == state.value


def test_child_that_was_not_started_fails_the_step() -> None:
    why = Failure(code="InvalidInput", message="input 'email' is missing", fe="FE306")
    driver = a_driver(SETUP)

    driver.end_child("employee_setup", RunState.FAILED, failure=why, is_started=False)

    assert driver.run.failure is not None
    assert driver.run.failure.message == "employee-setup: InvalidInput: input 'email' is missing"
    assert driver.run.failure.details["run"] is None


def test_end_of_a_child_told_twice_is_stale() -> None:
    driver = a_driver(SETUP, "ship").end_child("employee_setup")

    assert is_stale(driver.end_child("employee_setup"))


def test_end_of_another_run_is_stale() -> None:
    driver = a_driver(SETUP, "ship")
    message = ChildEnded(step="employee_setup", run=UUID(int=1), state=RunState.SUCCEEDED)

    assert is_stale(driver.tell(message))
    ship = ChildEnded(step="ship", run=None, state=RunState.SUCCEEDED)
    assert is_stale(driver.tell(ship))


def test_failed_child_is_rescued_by_name() -> None:
    clause = rescue(step("note", with_={"c": "${{ error.details.code }}"}), errors=("ChildFailed",))
    driver = a_driver(child("setup", rescue=clause))

    driver.end_child("setup", RunState.FAILED, failure=Failure(code="Refused", message="no"))

    assert driver.row("note").input == {"c": "Refused"}


def test_resumed_step_calls_another_child_and_hears_of_that_one_only() -> None:
    driver = a_driver(SETUP).end_child("employee_setup", RunState.FAILED)
    first = driver.emitted[0].id

    driver.resume()

    second = driver.emitted[-1].id
    assert second != first
    old = identity.run_id(first, "employee-setup")
    late = ChildEnded(step="employee_setup", run=old, state=RunState.SUCCEEDED)
    assert is_stale(driver.tell(late))
    assert driver.end_child("employee_setup").state is RunState.SUCCEEDED


def test_child_of_a_resumed_step_keeps_the_idempotency_keys_of_the_first_one() -> None:
    driver = a_driver(SETUP).end_child("employee_setup", RunState.FAILED)
    first = driver.emitted[0]
    assert first.again is None

    driver.resume()

    assert driver.emitted[-1].again == Again(origin=first.id)


# 4.6, 4.9: children are cancelled


def test_child_that_is_not_done_in_time_is_cancelled_and_the_step_fails() -> None:
    driver = a_driver(child("setup", timeout_s=3600)).advance(hours=1)

    assert driver.run.failure is not None
    assert driver.run.failure.code == "Timeout"
    assert driver.run.failure.message == "'setup' was not done within 1h"
    [cancelled] = driver.cancelled_children
    assert (cancelled.event_id, cancelled.workflow) == (driver.emitted[0].id, "setup")


def test_children_are_cancelled_with_their_run() -> None:
    driver = a_driver(group("g", child("setup", each=[1, 2]))).cancel()

    assert driver.state is RunState.CANCELLED
    assert [each.event_id for each in driver.cancelled_children] == [
        event.id for event in driver.emitted
    ]


# Detached


def test_detached_child_is_called_and_the_line_goes_on() -> None:
    driver = a_driver(child("setup", detach=True), "ship")

    [call] = driver.emitted
    assert call.parent == Parent(run=RUN_ID, step="setup", item="", depth=1, detached=True)
    assert driver.output("setup") == {"run_id": str(identity.run_id(call.id, "setup"))}
    assert driver.states() == {"setup": "succeeded", "ship": "ready"}
    assert driver.cancel().cancelled_children == []


# emit


def test_event_is_published_with_its_data_and_subject() -> None:
    published = emit(
        "order.shipped",
        with_={"order": "${{ event.data.order_id }}"},
        subject="order/${{ event.data.order_id }}",
        id_="told",
    )
    event = an_event(hops=1, correlation_id="c")

    driver = a_driver(published, event=event)

    assert driver.emitted == [
        Event(
            id=identity.emitted_event_id(RUN_ID, "told", "", 0),
            type="order.shipped",
            data={"order": 42},
            time=NOON,
            subject="order/42",
            actor="7",
            correlation_id="c",
            causation_id=str(event.id),
            hops=2,
        )
    ]
    assert driver.output("told") == {"event_id": str(driver.emitted[0].id)}
    assert driver.state is RunState.SUCCEEDED


@pytest.mark.parametrize(
    ("subject", "message"),
    [
        ("${{ event.data.nothing }}", "in `subject`: no field 'nothing'"),
        ("${{ 5 }}", "in `subject`: text is wanted"),
    ],
)
def test_subject_must_be_text(subject: str, message: str) -> None:
    driver = a_driver(emit("e", with_={}, subject=subject))

    assert driver.emitted == []
    assert driver.run.failure is not None
    assert driver.run.failure.message.startswith(message)


def test_subject_is_text_that_a_database_takes() -> None:
    published = emit("e", with_={}, subject="${{ event.data.note }}")

    [event] = a_driver(published, event=an_event(data={"note": "a\x00b"})).emitted

    assert event.subject == "a\N{REPLACEMENT CHARACTER}b"


def test_null_is_no_subject() -> None:
    [event] = a_driver(emit("e", with_={}, subject="${{ null }}")).emitted

    assert event.subject is None


def test_data_without_a_value_fails_the_step() -> None:
    driver = a_driver(emit("e", with_={"x": "${{ event.data.nothing }}"}))

    assert (driver.emitted, driver.states()) == ([], {"emit 1": "failed"})


@pytest.mark.parametrize(("hops", "is_written"), [(14, True), (15, True), (16, False)])
def test_chain_of_events_ends_after_sixteen(hops: int, *, is_written: bool) -> None:
    event = an_event(hops=hops, correlation_id="first", data={"email": "e"})

    for last in (emit("e", with_={}), SETUP):
        driver = a_driver(last, event=event)

        assert bool(driver.emitted) is is_written
        if not is_written:
            assert driver.run.failure is not None
            assert driver.run.failure.code == "LoopSuspected"
            assert driver.run.failure.message.endswith(
                "would be the 17th of a chain started by first: a loop?"
            )


def test_hooks_may_call_and_publish() -> None:
    driver = a_driver(
        "a", at_end=(emit("done", with_={"s": "${{ run.status }}"}), child("setup", detach=True))
    )

    driver.succeed("a")

    assert [event.type for event in driver.emitted] == ["done", "flowengine.call"]
    assert driver.emitted[0].data == {"s": "succeeded"}
    assert driver.run.tail == ""


def test_detached_child_in_a_hook_is_called_after_each_end() -> None:
    driver = a_driver("a", at_end=(child("setup", detach=True),)).fail("a").resume()

    driver.succeed("a")

    first, second = driver.emitted
    assert first.id != second.id
    assert [each.attempt for each in driver.history(StepSucceeded) if each.step == "setup"] == [
        1,
        2,
    ]
    assert driver.output("setup") == {"run_id": str(identity.run_id(second.id, "setup"))}
    assert second.id == identity.call_event_id(RUN_ID, "setup", "", driver.row("setup").attempt)


def test_child_in_a_hook_is_awaited() -> None:
    driver = a_driver("a", at_end=(child("setup"), "b")).succeed("a")

    assert driver.states() == {"a": "succeeded", "setup": "waiting"}
    driver.advance(timedelta(days=29)).end_child("setup")
    assert driver.states()["b"] == "ready"


def test_event_whose_data_does_not_fit_its_registered_type_is_not_published() -> None:
    def misfit(event_type: str, given: Any) -> str:
        return "$.id is missing" if event_type == "order.placed" and "id" not in given else ""

    workflow = a_workflow(emit("order.placed", id_="told", with_={"n": 1}))
    driver = Driver(workflow, NEW, limits=Limits(misfit=misfit)).start()

    assert driver.emitted == []
    failure = driver.row("told").failure
    assert failure is not None
    assert (failure.code, failure.fe) == ("InvalidOutput", "FE303")
    assert failure.message == "event order.placed: $.id is missing"
