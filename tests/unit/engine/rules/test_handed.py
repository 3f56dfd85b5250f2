"""An attempt that is begun from hand to hand."""

from __future__ import annotations

from flowengine.engine.decide import decide
from flowengine.engine.messages import Began
from flowengine.engine.transitions import StepStarted
from tests.builders import NOON, WORKER, a_run, a_workflow, ready


def test_begin_from_hand_to_hand_says_so_and_is_like_any_other() -> None:
    workflow = a_workflow("charge")
    run = a_run(workflow, charge=ready(attempt=1))
    message = Began(step="charge", attempt=2, worker=WORKER, handed=True)

    decision = decide(workflow, run, message, NOON)

    [fact] = decision.transitions
    assert fact == StepStarted(step="charge", attempt=2, worker=WORKER, handed=True)
    plain = decide(workflow, run, Began(step="charge", attempt=2, worker=WORKER), NOON)
    assert decision.run == plain.run
