"""What a run sets going outside of itself: other runs, and events. Language §2.5, §4.1.

Both are events whose ids follow from run, step and item, so a decision that is made twice writes each
once. The run that a call starts is known before there is one.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flowengine.definitions.expressions.evaluate import render
from flowengine.definitions.graph import Spot
from flowengine.definitions.steps import ChildStep, EmitStep
from flowengine.engine import failures, identity
from flowengine.engine.commands import CancelChild, Emit
from flowengine.engine.draft import Draft
from flowengine.engine.event import Again, Event, Parent
from flowengine.engine.fill import fill
from flowengine.engine.messages import ChildEnded
from flowengine.engine.printable import printable
from flowengine.engine.rules import flow
from flowengine.engine.run import Failure, Item, Run, Step
from flowengine.engine.scope import scope_of
from flowengine.engine.states import RunState, StepState
from flowengine.engine.transitions import StepWaiting
from flowengine.errors import ExpressionError

CALL = "flowengine.call"
"""The type of the event that starts a child."""


def begin_child(draft: Draft, spot: Spot, item: Item) -> None:
    """The other workflow is called; the step waits for its end, or is done at once."""
    step = spot.step
    assert isinstance(step, ChildStep), "the caller looked"
    place = (step.id, item)
    given = _input(draft, spot, item)
    if isinstance(given, Failure):
        flow.fail(draft, place, given)
        return
    called_by = draft.run.parent or draft.run.event.parent
    depth = 1 if called_by is None else called_by.depth + 1
    if depth > draft.limits.depth_max:
        flow.fail(draft, place, failures.too_deep(step.workflow, depth))
        return
    row = draft.row(place)
    attempt = 1 if row is None else row.attempt + 1
    event_id = identity.call_event_id(draft.run.id, step.id, item, attempt)
    parent = Parent(run=draft.run.id, step=step.id, item=item, depth=depth, detached=step.detach)
    again = _again(draft, event_id, step.id, item)
    event = _event(draft, event_id, CALL, given, target=step.workflow, parent=parent, again=again)
    if isinstance(event, Failure):
        flow.fail(draft, place, event)
        return
    if step.detach:
        output = {"run_id": str(identity.run_id(event_id, step.workflow))}
        if flow.succeed(draft, place, output, attempt=attempt):
            draft.commands.append(Emit(event=event))
        return
    draft.commands.append(Emit(event=event))
    draft.record(
        StepWaiting(
            step=step.id,
            item=item,
            input=given,
            due_at=draft.after(step.timeout),
            **flow.begun(draft, place, step),
        )
    )


def _again(draft: Draft, event_id: UUID, step_id: str, item: Item) -> Again | None:
    """The first call of this step keeps its idempotency keys for those that come after it.

    They come where the step is resumed, or its run is replayed: what the child does is done once. What a
    replay calls that is shown to nobody is shown to nobody as well.
    """
    first = identity.call_event_id(draft.run.keys_of, step_id, item, 1)
    origin = None if first == event_id else first
    is_quiet = _is_quiet(draft.run)
    return Again(origin=origin, is_quiet=is_quiet) if origin or is_quiet else None


def _is_quiet(run: Run) -> bool:
    """It was started by a replay that is shown to nobody; its event may have been replayed since."""
    event = run.event
    is_last = run.id == identity.run_id(event.id, run.workflow, event.replay)
    return is_last and event.again is not None and event.again.is_quiet


def begin_emit(draft: Draft, spot: Spot, item: Item) -> None:
    """The event is written, in the same transaction; the step is done."""
    step = spot.step
    assert isinstance(step, EmitStep), "the caller looked"
    place = (step.id, item)
    given = _input(draft, spot, item)
    if isinstance(given, Failure):
        flow.fail(draft, place, given)
        return
    subject = None
    if step.subject is not None:
        try:
            subject = render(step.subject, scope_of(draft, spot, item), draft.now)
        except ExpressionError as error:
            flow.fail(draft, place, failures.no_value("subject", error))
            return
        if isinstance(subject, str):
            subject = printable(subject)
        elif subject is not None:
            flow.fail(draft, place, failures.misfit("subject", "text"))
            return
    refusal = _refusal(draft, step, given)
    if refusal is not None:
        flow.fail(draft, place, refusal)
        return
    event_id = identity.emitted_event_id(draft.run.id, step.id, item, draft.run.replay)
    event = _event(draft, event_id, step.event, given, subject=subject)
    if isinstance(event, Failure):
        flow.fail(draft, place, event)
        return
    if flow.succeed(draft, place, {"event_id": str(event_id)}):
        draft.commands.append(Emit(event=event))


def _refusal(draft: Draft, step: EmitStep, given: dict[str, Any]) -> Failure | None:
    """Why no event may have this data; None where one may."""
    limit = draft.limits.event_max_bytes
    size = failures.size_of(given)
    if size > limit:
        return failures.event_too_large(step.event, size, size_max_bytes=limit)
    problem = draft.limits.misfit(step.event, given)
    return failures.bad_event(step.event, problem) if problem else None


def child_ended(draft: Draft, message: ChildEnded) -> None:
    """The run that the step waits for is final, or was not started: the step ends as it did.

    Stale: it waits no longer, or waits for another one, which it started when it was resumed.
    """
    row = draft.row(message.place)
    if row is None or row.state is not StepState.WAITING or row.kind != "workflow":
        return
    if message.run is not None and message.run != _child_of(draft, row):
        return
    if message.state is RunState.SUCCEEDED:
        flow.succeed(draft, row.place, message.output)
    else:
        flow.fail(draft, row.place, _failed(draft, row, message))


def forget(draft: Draft, row: Step) -> None:
    """The row waits no longer: its child is not wanted any more."""
    step = draft.spot(row.place).step
    assert isinstance(step, ChildStep), "its row says so"
    draft.commands.append(
        CancelChild(
            event_id=_call_of(draft, row),
            workflow=step.workflow,
            reason=f"step {row.id} of run {draft.run.id} does not wait for it any longer",
        )
    )


def _call_of(draft: Draft, row: Step) -> UUID:
    return identity.call_event_id(draft.run.id, row.id, row.item, row.attempt)


def _child_of(draft: Draft, row: Step) -> UUID:
    step = draft.spot(row.place).step
    assert isinstance(step, ChildStep), "its row says so"
    return identity.run_id(_call_of(draft, row), step.workflow)


def _input(draft: Draft, spot: Spot, item: Item) -> dict[str, Any] | Failure:
    given = fill(draft, spot, item)
    if isinstance(given, Failure):
        return given
    limit = draft.limits.payload_max_bytes
    what = f"the input of {spot.step.id!r}"
    return failures.unstorable(what, given, size_max_bytes=limit) or given


def _event(
    draft: Draft, event_id: UUID, event_type: str, given: dict[str, Any], **fields: Any
) -> Event | Failure:
    """The event that this run causes now; the failure where it would be one too many."""
    cause = draft.run.event
    hops = cause.hops + 1
    root = cause.correlation_id or str(cause.id)
    if hops > draft.limits.hops_max:
        return failures.loop_suspected(event_type, hops, root)
    return Event(
        id=event_id,
        type=event_type,
        data=given,
        time=draft.now,
        actor=cause.actor,
        correlation_id=root,
        causation_id=str(cause.id),
        hops=hops,
        traceparent=cause.traceparent,
        **fields,
    )


def _failed(draft: Draft, row: Step, message: ChildEnded) -> Failure:
    """``ChildFailed``, with the child's own error in the details."""
    step = draft.spot(row.place).step
    assert isinstance(step, ChildStep), "its row says so"
    why = message.failure or Failure(code="Cancelled", message=f"the run was {message.state.value}")
    return Failure(
        code="ChildFailed",
        message=f"{step.workflow}: {why.code}: {why.message}",
        permanent=True,
        details={
            "run": None if message.run is None else str(message.run),
            "status": message.state.value,
            "code": why.code,
            "message": why.message,
            "step": why.step,
            "attempts": why.attempts,
            "details": why.details,
        },
    )
