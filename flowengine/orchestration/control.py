"""What people do to runs: cancel, resume, give up, answer. Each is one transaction.

Where somebody is named, it ends with its row in the audit: from then on nobody else can write there until
the transaction has ended. What a program does by itself stands in the history of the run.

Who may is asked before, with the predicates of :mod:`flowengine.access`; only whom an approval asks is
known to its row, so that is checked here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from flowengine import access
from flowengine.conf import settings
from flowengine.definitions.steps import ApprovalStep, TaskStep
from flowengine.engine import rows
from flowengine.engine.messages import Answered, Cancel, GiveUp, Hold, Message, Release, Resume
from flowengine.engine.patch import barred
from flowengine.engine.rows import Ended, Question, Rows
from flowengine.engine.rules import holding
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
from flowengine.orchestration import audit
from flowengine.orchestration.advance import Advanced, Told, Work, apply, write
from flowengine.orchestration.audit import NOBODY, By, Edit, Entry, digest, wants_reason
from flowengine.orchestration.commit import Committed
from flowengine.orchestration.edits import edit_of
from flowengine.orchestration.masked import check_given
from flowengine.orchestration.payload import encode
from flowengine.orchestration.retake import retake
from flowengine.orchestration.trace import Act, Read, Trace, read, settle
from flowengine.store import dead_letters, sql
from flowengine.tasks import registry
from flowengine.tasks.fitting import misfit

ANSWER_MAX_BYTES = 64 * 1024
"""Of one answer to an approval, as JSON: several of them and the step's output stay within limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """What came of resuming runs."""

    committed: Committed
    edits: Mapping[UUID, Edit]
    """By run, of those of which something was given by hand."""


def cancel(run_id: UUID, *, by: By = NOBODY, hooks: bool = False, now: datetime) -> Advanced:
    """End the run early: what waits ends at once, an attempt that runs is told and awaited.

    Cancelling a final run is stale: nothing changes; with *hooks*, those that are at work end, without
    awaiting anybody. The caller has checked the permission.

    Raises:
        ReasonMissing: FE513, somebody does it, and does not say why.
    """
    _check_reason(by)
    message = Cancel(by=by.who, reason=by.reason, hooks=hooks)
    with sql.writing():
        advanced = apply(Work(told=(Told(run_id=run_id, message=message),)), now, wait=True)
        if advanced.committed.heads:
            _keep(by, "run.cancel", run_id, now, details={"hooks": hooks})
        return advanced


def resume(
    run_id: UUID,
    *,
    by: By = NOBODY,
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
        by: who wants it, and why.
        inputs: corrected inputs of the failed steps, by name.
        output: with *is_done*, what the failed step left.
        is_done: the failed step was done by hand.
        skip: the failed step is skipped.
        now: the database's clock.

    Raises:
        RunRefused: FE501, it is not failed or held, or something was undone.
        EditRefused: FE502, what was given does not fit.
        NotPermitted: FE522, with ``REPLAY_FOUR_EYES`` nobody corrects a run alone: it is replayed.
        ReasonMissing: FE513, somebody does it, and does not say why.
    """
    _check_reason(by)
    given = dict(inputs or {})
    check_given(given, output)
    by_hand = is_done + skip + bool(given)
    if by_hand > 1:
        raise EditRefused("give corrected inputs, or an output, or skip the step: one of them")
    if by_hand and by.is_person and settings().REPLAY_FOUR_EYES:
        raise NotPermitted(
            "here somebody else approves an edit: replay the run with it", code="FE522"
        )
    message = Resume(
        by=by.who, reason=by.reason, inputs=given, output=output, is_done=is_done, skip=skip
    )
    with sql.writing():
        # Before the run is locked: who replays a letter holds it first, and its run then.
        dead_letters.close_of_runs([run_id], reason=by.reason, by=by.who, now=now)
        resumed = resume_all({run_id: message}, now)
        _keep(by, "run.resume", run_id, now, edit=resumed.edits.get(run_id))
        return resumed.committed


def resume_all(wanted: Mapping[UUID, Resume], now: datetime) -> Resumed:
    """The same for many, or for none of them, in the caller's transaction; who did it is his to keep.

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
    edits = {run_id: edit_of(trace, wanted[run_id]) for run_id, trace in batch.traces.items()}
    return Resumed(
        committed=write(batch, now),
        edits={run_id: edit for run_id, edit in edits.items() if edit is not None},
    )


def give_up(run_id: UUID, *, by: By = NOBODY, now: datetime) -> Committed:
    """Hold a held run no longer: what is to be undone is, and it fails.

    Raises:
        RunRefused: FE501, it is not held.
        ReasonMissing: FE513, somebody does it, and does not say why.
    """
    _check_reason(by)
    with sql.writing():
        batch, trace = _held(run_id, [])
        by_hand = holding.is_held(trace.run)
        why = "somebody holds it: cancel it" if by_hand else "it is not held"
        refusal = RunRefused(f"run {run_id} cannot be given up: {why}")
        if by_hand or trace.run.state is not RunState.HELD:
            raise refusal
        committed = _tell(batch, trace, GiveUp(by=by.who, reason=by.reason), now, refusal)
        _keep(by, "run.give_up", run_id, now)
        return committed


def hold(run_id: UUID, *, by: By = NOBODY, now: datetime) -> Committed:
    """Let the run begin no further step of its line; what has begun goes on to its end.

    The caller has checked the permission.

    Raises:
        RunRefused: FE501, it is held or is to be, begins to end, or has ended.
        ReasonMissing: FE513, somebody does it, and does not say why.
    """
    return _say(run_id, Hold(by=by.who, reason=by.reason), "held", by, now)


def release(run_id: UUID, *, by: By = NOBODY, now: datetime) -> Committed:
    """Let a run that somebody holds, or has asked to be held, go on.

    The caller has checked the permission.

    Raises:
        RunRefused: FE501, nobody holds it.
        ReasonMissing: FE513, somebody does it, and does not say why.
    """
    return _say(run_id, Release(by=by.who, reason=by.reason), "released", by, now)


def _say(run_id: UUID, message: Message, done: str, by: By, now: datetime) -> Committed:
    _check_reason(by)
    with sql.writing():
        batch, trace = _held(run_id, [])
        state, is_told = trace.run.state, "held" if trace.run.holding else "not held"
        refusal = RunRefused(f"run {run_id} cannot be {done}: it is {state}, and {is_told} by hand")
        committed = _tell(batch, trace, message, now, refusal)
        _keep(by, "run.hold" if done == "held" else "run.release", run_id, now)
        return committed


def answer(
    run_id: UUID,
    step: str,
    item: Item = "",
    *,
    user: Any,
    approved: bool,
    comment: str = "",
    form: Mapping[str, Any] | None = None,
    by: By = NOBODY,
    now: datetime,
) -> Committed:
    """Answer an approval as *user*, who is one of the people it asks; *by* says through which door.

    In the audit it is the user who does it, and that he was asked is the reason; his comment is payload.

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
        committed = _tell(batch, trace, message, now, refusal)
        by = replace(by, who=key, reason=f"asked at step '{step}'")
        told = {"step": step, "item": item, "approved": approved, "comment": comment}
        said = Edit(after_sha256=digest({**told, "form": given}))
        _keep(by, "run.answer", run_id, now, details=told, edit=said)
        return committed


def _check_reason(by: By) -> None:
    if by.is_person:
        wants_reason(by)


def _keep(
    by: By,
    verb: str,
    run_id: UUID,
    now: datetime,
    *,
    details: Mapping[str, Any] | None = None,
    edit: Edit | None = None,
) -> None:
    """Last in the transaction: who did it, where somebody did."""
    if by.is_person:
        told = details or {}
        entry = Entry(by=by, verb=verb, kind="run", object_id=str(run_id), details=told, edit=edit)
        audit.record([entry], now)


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
