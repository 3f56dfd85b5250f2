"""Ends out of order: of a run of which something that would follow cannot be stored, and of hooks.

Such a run must not hang: nobody would come to move it. So it fails in its order, as one whose time is
over, and what is to be undone is. Where even that cannot be stored, it ends here and now: with nothing but
this failure, which is all that is certain to be storable.
"""

from __future__ import annotations

from flowengine.definitions.graph import Role
from flowengine.engine import failures, rows
from flowengine.engine.commands import Bury, Unlisten
from flowengine.engine.draft import Draft
from flowengine.engine.messages import Cancel, GiveUp, Halt
from flowengine.engine.rules import (
    attempts,
    compensation,
    conclusion,
    control,
    finish,
    hooks,
    resume,
)
from flowengine.engine.run import Failure, Step
from flowengine.engine.states import RunState
from flowengine.engine.transitions import (
    HooksEnded,
    RunCancelling,
    RunFailed,
    RunStarted,
    StepCancelled,
    StepUndoFailed,
)


def halt(draft: Draft, message: Halt) -> None:
    """The run begins to end; stale where it does so already, unless that is to be *at once*.

    Of a final run, the hooks end at once.
    """
    run, failure = draft.run, message.failure
    if message.at_once:
        end = _end_hooks if run.tail else _end
        end(draft, failure)
    elif run.state is RunState.QUEUED:
        draft.record(RunStarted(title=run.title))
        draft.commands.append(Bury(kind=finish.FAILED_RUN, failure=failure))
        conclusion.conclude(draft, RunState.FAILED, failure)
    elif run.state is RunState.HELD and run.failure is not None:
        resume.give_up(draft, GiveUp(reason=failure.message))
    elif run.state in control.OPEN:
        control.wind_down(draft, RunCancelling(outcome=RunState.FAILED, failure=failure))


def _end(draft: Draft, failure: Failure) -> None:
    """The run fails here and now; no attempt is awaited, nothing is undone, no hook begins."""
    run = draft.run
    for row in _innermost_first(draft):
        _drop(draft, row, failure)
    draft.commands.append(Unlisten())
    if run.state is RunState.QUEUED:
        draft.record(RunStarted(title=run.title))
    draft.commands.append(Bury(kind=finish.FAILED_RUN, failure=failure))
    draft.record(RunFailed(failure=failure))


def hooks_out_of_time(draft: Draft) -> None:
    """The hooks end, whether or not anybody is at work on one."""
    _end_hooks(draft, failures.hooks_timeout(draft.workflow.timeout))


def cancel_hooks(draft: Draft, message: Cancel) -> None:
    """Somebody wants the hooks to end, too."""
    if message.hooks:
        _end_hooks(draft, None, by=message.by, reason=message.reason)


def _end_hooks(draft: Draft, failure: Failure | None, *, by: str = "", reason: str = "") -> None:
    """They end here and now; no attempt is awaited. *failure* is why, None = it is nobody's fault."""
    found = _innermost_first(draft)
    for row in found:
        _give_up(draft, row)
    if failure is not None:
        begun = {row.place for row in found}
        line = draft.graph.line(None, Role(draft.run.tail))
        [hook] = [step.id for step in line.steps if (step.id, "") in begun]
        told = failures.hook_failed(hook, failure)
        draft.commands.append(Bury(kind=hooks.FAILED_HOOK, failure=told, step=hook))
    draft.record(HooksEnded(by=by, reason=reason))


def _innermost_first(draft: Draft) -> list[Step]:
    """What is begun and not decided; a block after all that is inside it."""
    inside = draft.graph.within
    return sorted(
        rows.active(draft.run), key=lambda row: (len(inside(row.id)), -rows.depth(row.item))
    )


def _drop(draft: Draft, row: Step, failure: Failure) -> None:
    _give_up(draft, row)
    if row.kind == attempts.UNDO:
        step, item = compensation.undoes(row.place)
        draft.record(StepUndoFailed(step=step, item=item, failure=failure))


def _give_up(draft: Draft, row: Step) -> None:
    """What the row does is of no use any more; one who works at it finds that out by himself."""
    control.forget(draft, row)
    draft.record(StepCancelled(step=row.id, item=row.item, attempt=row.attempt))
