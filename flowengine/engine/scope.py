"""What expressions see. Language §2.7.

What may be read of a run follows from the step alone (:mod:`flowengine.engine.places`): the rows are
asked for all at once, so a decision does not depend on what happened to be loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flowengine.definitions.graph import Graph, Role, Spot
from flowengine.engine import places
from flowengine.engine.draft import Draft
from flowengine.engine.event import Event
from flowengine.engine.places import Part, Reading, at
from flowengine.engine.rows import index_of
from flowengine.engine.run import Failure, Item, Place, Run
from flowengine.engine.run import Step as Row
from flowengine.engine.states import RunState, StepState

Found = Mapping[Place, Row]
"""The rows that were asked for, those that there are."""

LEFT = frozenset({StepState.SUCCEEDED, StepState.UNDOING, StepState.UNDONE, StepState.UNDO_FAILED})
"""States of a row that has left what its kind leaves."""
WITH_OUTPUT = LEFT | {StepState.RESCUED}
_WITH_ERROR = frozenset({StepState.FAILED, StepState.RESCUING})
_ENDING = frozenset({RunState.CANCELLING, RunState.COMPENSATING})
_HOOKS = frozenset({Role.ON_FAILURE, Role.FINALLY})


def scope_of(draft: Draft, spot: Spot, item: Item, **extra: Any) -> dict[str, Any]:
    """The names that the expressions of the step at *spot* see; *extra* names come on top.

    *item* is the path of its row: with the index of its own loop where one item of it begins.
    """
    wanted = places.reading(draft.graph, spot)
    return {**scope_from(draft, spot, item, wanted, draft.rows(wanted.places(item))), **extra}


def scope_at_large(draft: Draft, parts: Iterable[Part], **extra: Any) -> dict[str, Any]:
    """The names that *parts* see that stand outside every line: ``output``, ``cancel_on``."""
    graph = draft.graph
    named = places.steps_of(parts) & graph.spots.keys()
    wanted = {(step_id, "") for step_id in named}
    wanted |= {(owner, "") for step_id in named for owner in graph.owners(step_id)}
    found = draft.rows(sorted(wanted))
    steps = {each: _seen(draft, found, graph.spots[each], (each, "")) for each in sorted(named)}
    return {**scope_before_steps(draft.run, draft.config), "steps": steps, **extra}


def scope_before_steps(run: Run, config: Mapping[str, Any]) -> dict[str, Any]:
    """The names that ``title``, ``labels`` and ``notify`` see."""
    caller = run.event.parent
    return {
        "event": event_scope(run.event),
        "inputs": inputs_of(run),
        "run": {
            "id": str(run.id),
            "workflow": run.workflow,
            "digest": run.digest,
            "started_at": run.started_at,
            "replay": run.replay,
            "parent": None if caller is None else str(caller.run),
        },
        "config": config,
    }


def event_scope(event: Event) -> dict[str, Any]:
    """The event, as expressions see it."""
    return {
        "id": str(event.id),
        "type": event.type,
        "source": event.source,
        "subject": event.subject,
        "time": event.time,
        "actor": event.actor,
        "data": event.data,
        "correlation_id": event.correlation_id or str(event.id),
        "causation_id": event.causation_id,
        "hops": event.hops,
    }


def scope_from(
    draft: Draft, spot: Spot, item: Item, wanted: Reading, found: Found
) -> dict[str, Any]:
    """The names of the scope, from rows that have been asked for."""
    scope = scope_before_steps(draft.run, draft.config)
    scope["steps"] = {
        each: _seen(draft, found, draft.graph.spots[each], _place_of(draft.graph, spot, each, item))
        for each in sorted(wanted.named)
    }
    scope |= _items(draft, spot, item, wanted, found)
    root = places.root_of(draft.graph, spot)
    if root.role in _HOOKS:
        scope["run"]["status"] = None if draft.run.state is None else draft.run.state.value
        scope["error"] = _error(draft.run.failure)
        return scope
    rescued = places.rescued_by(draft.graph, spot)
    if rescued is not None and "error" in wanted.names:
        row = found.get((rescued.step.id, at(item, len(rescued.loops))))
        scope["error"] = None if row is None else _error(row.failure, row)
    return scope


def _place_of(graph: Graph, spot: Spot, step_id: str, item: Item) -> Place:
    """Where the row of a step stands that *spot* speaks of: an undo speaks of its own item."""
    if step_id == spot.step.id:
        return (step_id, item)
    return (step_id, at(item, places.shared_depth(spot, graph.spots[step_id])))


def _items(draft: Draft, spot: Spot, item: Item, wanted: Reading, found: Found) -> dict[str, Any]:
    """The items of the loops around the step, and its own; an inner name hides an outer one."""
    names: dict[str, Any] = {}
    around = [*spot.loops, spot.step.id]
    for depth, loop_id in enumerate(around[: item.count(".") + 1 if item else 0], start=1):
        loop = draft.graph.spots[loop_id].step.loop
        path = at(item, depth)
        if loop is not None and loop.name in wanted.names:
            row = found.get((loop_id, path))
            names[loop.name] = None if row is None else row.value
        names["index"] = index_of(path)
    return names


def _seen(draft: Draft, found: Found, spot: Spot, place: Place) -> dict[str, Any]:
    """What ``steps.x`` is."""
    row = found.get(place)
    if row is None or row.state is StepState.PENDING:
        state = _state_without_row(draft, found, spot, place[1])
        row = Row(id=place[0], item=place[1], state=state)
    return {
        "output": row.output if row.state in WITH_OUTPUT else None,
        "status": row.state.value,
        "error": _error(row.failure, row) if row.state in _WITH_ERROR else None,
        "attempts": row.attempt,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
    }


def _state_without_row(draft: Draft, found: Found, spot: Spot, item: Item) -> StepState:
    """The state of a step that never began: what is around it says why. Language §4.5."""
    line = spot.line
    while line.owner is not None:
        owner = draft.graph.spots[line.owner]
        row = found.get((line.owner, at(item, len(owner.loops))))
        if row is not None and row.state is not StepState.PENDING:
            is_chosen = line.role not in (Role.CLAUSE, Role.RESCUE) or row.clause == line.index
            if row.state is StepState.SKIPPED or (row.state.is_final and not is_chosen):
                return StepState.SKIPPED
            has_failed = row.state is StepState.RESCUING and line.role is not Role.RESCUE
            if row.state.is_final or has_failed:
                return StepState.NOT_REACHED
        line = owner.line
    state = draft.run.state
    is_over = state is not None and (state.is_final or state in _ENDING)
    return StepState.NOT_REACHED if is_over else StepState.PENDING


def inputs_of(run: Run) -> Any:
    """The run's inputs; where none are declared, it works with the event's data itself."""
    return run.event.data if run.inputs is None else run.inputs


def _error(failure: Failure | None, row: Row | None = None) -> dict[str, Any] | None:
    """Why it failed, as ``error`` is seen; None where nothing did."""
    if failure is None:
        return None
    return {
        "code": failure.code,
        "message": failure.message,
        "step": failure.step if failure.step is not None or row is None else row.id,
        "attempts": failure.attempts or (0 if row is None else row.attempt),
        "details": failure.details,
    }
