"""How a run ends."""

from __future__ import annotations

from flowengine.engine.commands import Bury
from flowengine.engine.decide import Limits, decide
from flowengine.engine.messages import Succeeded
from flowengine.engine.states import RunState
from flowengine.engine.transitions import RunSucceeded, StepSucceeded
from tests.builders import NOON, a_run, a_workflow, running, succeeded


def test_last_step_ends_the_run_with_its_output() -> None:
    workflow = a_workflow("charge", "ship")
    run = a_run(workflow, charge=succeeded({"id": 1}), ship=running())

    decision = decide(workflow, run, Succeeded(step="ship", attempt=1, output={"id": 2}), NOON)

    assert decision.transitions == (
        StepSucceeded(step="ship", attempt=1, output={"id": 2}),
        RunSucceeded(output={"id": 2}),
    )
    assert decision.run.state is RunState.SUCCEEDED
    assert (decision.run.output, decision.run.finished_at) == ({"id": 2}, NOON)
    assert decision.run.due_at is None


def test_output_of_the_workflow_is_evaluated_over_the_steps() -> None:
    workflow = a_workflow("charge", "ship", output={"paid": "${{ steps.charge.output.id }}"})
    run = a_run(workflow, charge=succeeded({"id": 1}), ship=running())

    decision = decide(workflow, run, Succeeded(step="ship", attempt=1, output=None), NOON)

    assert decision.run.output == {"paid": 1}


def test_output_without_a_value_fails_the_run() -> None:
    workflow = a_workflow("ship", output="${{ steps.ship.output.parcel }}")
    run = a_run(workflow, ship=running())

    decision = decide(workflow, run, Succeeded(step="ship", attempt=1, output={"box": 1}), NOON)

    failure = decision.run.failure
    assert decision.run.state is RunState.FAILED
    assert failure is not None
    assert (failure.fe, failure.step) == ("FE401", None)
    assert failure.message.startswith("in `output`: ")
    assert decision.commands == (Bury(kind="failed run", failure=failure),)


def test_output_over_the_limit_fails_the_run() -> None:
    workflow = a_workflow("ship", output=["${{ event.type }}", "x" * 2048])
    run = a_run(workflow, ship=running())
    message = Succeeded(step="ship", attempt=1, output=None)

    decision = decide(workflow, run, message, NOON, limits=Limits(payload_max_bytes=1024))

    assert decision.run.failure is not None
    assert decision.run.failure.message == (
        "the output of fulfil-order is 2 KiB; the limit is 1 KiB"
    )
