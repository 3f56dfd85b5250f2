"""What people do to runs: cancel, resume, give up, answer. Each is one transaction.

Who may is asked before, with the predicates of :mod:`flowengine.access`; only whom an approval asks is
known to its row, so that is checked here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from flowengine import access
from flowengine.conf import settings
from flowengine.definitions.steps import ApprovalStep, TaskStep
from flowengine.engine import rows
from flowengine.engine.messages import Answered, Cancel, GiveUp, Message, Resume
from flowengine.engine.patch import barred
from flowengine.engine.rows import Ended, Question, Rows
from flowengine.engine.rules import resume as resuming
from flowengine.engine.rules.approvals import form_problems
from flowengine.engine.run import Item, Step
from flowengine.engine.states import RunState, StepState
from flowengine.errors import (
    AnswerRefused,
    CallerError,
    EditRefused,
    EventRefused,
    NotPermitted,
    RunRefused,
)
from flowengine.orchestration.advance import Advanced, tell, write
from flowengine.orchestration.commit import Committed
from flowengine.orchestration.payload import encode
from flowengine.orchestration.retake import retake
from flowengine.orchestration.trace import Act, Read, Trace, read, settle
from flowengine.store import dead_letters, sql
from flowengine.tasks import registry
from flowengine.tasks.fitting import misfit

ANSWER_MAX_BYTES = 64 * 1024
"""Of one answer to an approval, as JSON: several of them and the step's output stay within limits."""


def cancel(
    run_id: UUID, *, by: str = "", reason: str = "", hooks: bool = False, now: datetime
) -> Advanced:
    """End the run early: what waits ends at once, an attempt that runs is told and awaited.

    Cancelling a final run is stale: nothing changes; with *hooks*, those that are at work end, without
    awaiting anybody. The caller has checked the permission.
    """
    return tell({run_id: Cancel(by=by, reason=reason, hooks=hooks)}, now)


def resume(
    run_id: UUID,
    *,
    by: str = "",
    reason: str = "",
    inputs: Mapping[str, Any] | None = None,
    output: Any = None,
    is_done: bool = False,
    skip: bool = False,
    now: datetime,
) -> Committed:
    """Go on with a failed or held run: what has failed begins anew, its tries count from one.

    The caller has checked the permission.

    Args:
        run_id: the run.
        by: who wants it: a user key; empty for the system.
        reason: for the history.
        inputs: corrected inputs of the failed steps, by name.
        output: with *is_done*, what the failed step left.
        is_done: the failed step was done by hand.
        skip: the failed step is skipped.
        now: the database's clock.

    Raises:
        RunRefused: FE501, it is not failed or held, or something was undone.
        EditRefused: FE502, what was given does not fit.
    """
    given = dict(inputs or {})
    if is_done + skip + bool(given) > 1:
        raise EditRefused("give corrected inputs, or an output, or skip the step: one of them")
    message = Resume(by=by, reason=reason, inputs=given, output=output, is_done=is_done, skip=skip)
    with sql.writing():
        # Before the run is locked: who replays a letter holds it first, and its run then.
        dead_letters.close_of_runs([run_id], reason=reason, by=by, now=now)
        return resume_all({run_id: message}, now)


def resume_all(wanted: Mapping[UUID, Resume], now: datetime) -> Committed:
    """The same for many, or for none of them, in the caller's transaction.

    The number of statements does not grow with that of the runs.

    Raises:
        RunRefused, EditRefused: as :func:`resume`, of the first that cannot go on; the transaction is
            to be given up.
    """
    retake(list(wanted))
    batch = _held_all(wanted, [Ended()])
    acts: list[Act] = []
    for run_id, trace in batch.traces.items():
        why = resuming.refusal(trace.run)
        if why is not None:
            raise RunRefused(f"run {run_id} cannot be resumed: {why}")
        _check_edit(trace, wanted[run_id].inputs)
        acts.append((run_id, partial(trace.tell, wanted[run_id], now)))
    settle(batch, acts)
    for run_id, trace in batch.traces.items():
        _check_told(trace, EditRefused(f"run {run_id}: the edit is too large"))
    return write(batch, now)


def give_up(run_id: UUID, *, by: str = "", reason: str = "", now: datetime) -> Committed:
    """Hold a held run no longer: what is to be undone is, and it fails.

    Raises:
        RunRefused: FE501, it is not held.
    """
    with sql.writing():
        batch, trace = _held(run_id, [])
        refusal = RunRefused(f"run {run_id} cannot be given up: it is not held")
        if trace.run.state is not RunState.HELD:
            raise refusal
        return _tell(batch, trace, GiveUp(by=by, reason=reason), now, refusal)


def answer(
    run_id: UUID,
    step: str,
    item: Item = "",
    *,
    user: Any,
    approved: bool,
    comment: str = "",
    form: Mapping[str, Any] | None = None,
    now: datetime,
) -> Committed:
    """Answer an approval as *user*, who is one of the people it asks.

    Raises:
        AnswerRefused: FE504, nobody is asked this any more, the user has answered already, or the
            form does not fit, or is nothing that can be stored.
        NotPermitted: FE505, somebody else is asked.
    """
    comment, given = _said(comment, form or {})
    with sql.writing():
        batch, trace = _held(run_id, [Rows(frozenset({(step, item)}))])
        row = rows.row(trace.run, (step, item))
        if row is None or row.kind != "approval" or row.state is not StepState.WAITING:
            raise AnswerRefused(
                f"nobody is asked at step '{step}' of run {run_id}, or not any more"
            )
        if not access.answer_approval(user, row.input, trace.run.event.actor):
            raise NotPermitted(f"step '{step}' of run {run_id} does not ask this user")
        key = access.user_key(user)
        _check_answer(trace, row, key, given, approved=approved)
        message = Answered(
            step=step, item=item, user=key, approved=approved, comment=comment, form=given
        )
        refusal = AnswerRefused(f"the answer to step '{step}' of run {run_id} changes nothing")
        return _tell(batch, trace, message, now, refusal)


def _said(comment: str, form: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """An answer as it is stored. What cannot be stored must not decide anything."""
    try:
        plain, _bytes = encode({"comment": comment, "form": form}, size_max_bytes=ANSWER_MAX_BYTES)
    except EventRefused as error:
        raise AnswerRefused(f"this answer cannot be stored: {error.message}") from error
    return plain["comment"], plain["form"]


def _held(run_id: UUID, asked: Sequence[Question]) -> tuple[Read, Trace]:
    """The run, locked."""
    batch = _held_all([run_id], asked)
    return batch, batch.traces[run_id]


def _held_all(run_ids: Collection[UUID], asked: Sequence[Question]) -> Read:
    """These runs, all of them locked."""
    batch = read(run_ids, dict.fromkeys(run_ids, asked), wait=True)
    for run_id, error in batch.unreadable.items():
        raise RunRefused(f"run {run_id} cannot be read by this version: {error}") from error
    for run_id in run_ids:
        if run_id not in batch.traces:
            raise RunRefused(f"there is no run {run_id}")
    return batch


def _tell(
    batch: Read, trace: Trace, message: Message, now: datetime, refusal: CallerError
) -> Committed:
    """Tell it; *refusal* is raised where that changes nothing."""
    settle(batch, [(trace.run.id, partial(trace.tell, message, now))])
    _check_told(trace, refusal)
    return write(batch, now)


def _check_told(trace: Trace, refusal: CallerError) -> None:
    if trace.error is not None:
        raise trace.error
    if not trace.transitions:
        raise refusal


def _check_edit(trace: Trace, given: Mapping[str, Any]) -> None:
    problem = _unfit(trace, given)
    if problem:
        raise EditRefused(f"this edit does not fit: {problem}")


def _unfit(trace: Trace, given: Mapping[str, Any]) -> str:
    """Why a failed task does not take these inputs: they would only make it fail again. Empty = it does."""
    if not given:
        return ""
    problem = forbidden(given)
    if problem:
        return problem
    failed = [
        spot.step
        for row in rows.ended_badly(trace.run)
        if row.state is StepState.FAILED
        and (spot := trace.workflow.graph.spots.get(row.id)) is not None
    ]
    problems = [unfit(step, given) for step in failed if isinstance(step, TaskStep)]
    return next(filter(None, problems), "")


def forbidden(given: Mapping[str, Any]) -> str:
    """Why nobody may give these inputs by hand, whatever step they are of; empty = one may."""
    name = barred(given, settings().REPLAY_PROTECTED)
    return "" if name is None else f"the name {name!a} is protected: no edit gives it"


def unfit(step: TaskStep, given: Mapping[str, Any]) -> str:
    """Why the task of this step does not take these inputs; empty = it does, as far as is known."""
    signature = step.signature
    if signature is not None and not signature.extra:
        unknown = given.keys() - {*signature.required, *signature.optional}
        if unknown:
            return f"the input of '{step.id}': {step.task} does not take '{min(unknown)}'"
    task = registry.get(step.task)
    problem = None if task is None else misfit(task, given)
    return f"the input of '{step.id}': {problem}" if problem else ""


def _check_answer(
    trace: Trace, row: Step, user: str, form: Mapping[str, Any], *, approved: bool
) -> None:
    if any(said.user == user for said in row.answers):
        raise AnswerRefused(f"this user has answered step '{row.id}' already")
    step = trace.workflow.step(row.id)
    assert isinstance(step, ApprovalStep), "its row says so"
    problems = form_problems(step, form, approved=approved)
    if problems:
        shown = "; ".join(f"{path} {problem}" for path, problem in problems)
        raise AnswerRefused(f"the form of step '{row.id}' does not fit: {shown}")
