"""What must hold of a run at its end, and of all that it has told the world outside."""

from __future__ import annotations

from typing import Any

from flowengine.definitions.step_ids import UNDO
from flowengine.engine.commands import Bury, CancelChild, Dispatch, Emit, Listen, Unlisten
from flowengine.engine.messages import Halt
from flowengine.engine.run import Step
from flowengine.engine.states import RunState, StepState
from flowengine.engine.transitions import (
    RunFailed,
    RunHeld,
    RunResumed,
    StepReady,
    StepReturned,
)
from tests.unit.engine.laws import LIMITS, World


def check_end(world: World) -> None:
    """Everything in this file."""
    check_history(world)
    check_commands(world)
    check_outside(world)


def check_history(world: World) -> None:
    """The run as a whole: nothing is left, what had to be undone is, a failure speaks once."""
    run, graph = world.run, world.workflow.graph
    assert run.state is not None
    assert run.state.is_final
    assert not run.tail
    assert run.seq == len(world.transitions)
    if run.state is not RunState.SUCCEEDED:
        done = [row for row in run.steps.values() if row.state is StepState.SUCCEEDED]
        assert not [row.place for row in done if _is_to_be_undone(graph, row)]
    _check_hooks(world)
    buried = [each for each in world.commands if isinstance(each, Bury)]
    _check_doubt(world, {each.step for each in buried if each.kind == "needs review"})
    told = [each for each in buried if each.kind == "failed run"]
    kinds = [type(each) for each in world.transitions]
    if RunResumed not in kinds:
        assert len(told) == (RunFailed in kinds or RunHeld in kinds)
    for row in run.steps.values():
        if row.kind == "task" and RunResumed not in kinds:
            assert row.tries <= graph.work(row.id).retry.attempts
            assert row.crashes <= LIMITS.crashes_max


def _check_doubt(world: World, reviewed: set[str | None]) -> None:
    """What may have taken effect is undone, or somebody is asked to look; a halt does neither."""
    run, graph = world.run, world.workflow.graph
    if run.state is RunState.SUCCEEDED or any(isinstance(each, Halt) for each in world.said):
        return
    left = (StepState.FAILED, StepState.CANCELLED)
    for row in run.steps.values():
        if row.state in left and _is_to_be_undone(graph, row) and (row.doubt or row.crashes):
            assert row.doubt != "Returned", "it surely took effect"
            assert row.id in reviewed
            assert not graph.undo(row.id).on_unknown  # type: ignore[union-attr]


def _is_to_be_undone(graph: Any, row: Step) -> bool:
    is_loop = row.kind == "for_each"
    return not is_loop and not row.id.startswith(UNDO) and graph.undo(row.id) is not None


def _check_hooks(world: World) -> None:
    """Each hook that the end of the run calls for is decided, and no other has a row."""
    run, workflow = world.run, world.workflow
    buried = [each.failure.code for each in world.commands if isinstance(each, Bury)]
    if "HooksTimeout" in buried:
        return  # those that were left then never began
    has_ended = run.state is not RunState.EXPIRED
    for hooks, are_due in (
        (workflow.on_failure, run.state is RunState.FAILED),
        (workflow.at_end, has_ended),
    ):
        rows = [run.steps.get((each.id, "")) for each in hooks]
        states = {row.state for row in rows if row is not None} - {StepState.PENDING}
        assert not are_due or None not in rows
        assert all(state.is_final for state in states)
        assert bool(states) is (are_due and bool(hooks))


def check_outside(world: World) -> None:
    """Nothing outside waits for the run, or is waited for by it, once it has ended."""
    listening: set[tuple[str, str]] = set()
    for each in world.commands:
        if isinstance(each, Listen):
            listening.add((each.step, each.item))
        elif isinstance(each, Unlisten) and each.step:
            listening.remove((each.step, each.item))
        elif isinstance(each, Unlisten):
            listening.clear()
    assert not listening
    parents = [each.event.parent for each in world.commands if isinstance(each, Emit)]
    called = [each for each in parents if each is not None and not each.detached]
    unwanted = [each for each in world.commands if isinstance(each, CancelChild)]
    assert len(called) == world.heard + len(unwanted)


def check_commands(world: World) -> None:
    """Each time a row becomes ready its station is told once, under the number the row has."""
    ready = [each for each in world.transitions if isinstance(each, StepReady | StepReturned)]
    told = [each for each in world.commands if isinstance(each, Dispatch)]
    assert [(each.step, each.item) for each in ready] == [(each.step, each.item) for each in told]
    for each in told:
        assert each.station == world.workflow.graph.work(each.step).station
