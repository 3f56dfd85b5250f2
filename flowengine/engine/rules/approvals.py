"""Approvals: people are asked, and a step waits for what they say. Language §2.5.

Who may answer is the shell's to know; that somebody answers twice, or answers what he asked for himself,
is found here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from flowengine.definitions import schema
from flowengine.definitions.expressions.evaluate import render
from flowengine.definitions.expressions.values import timestamp_text
from flowengine.definitions.graph import Spot
from flowengine.definitions.steps import ApprovalStep, Input
from flowengine.engine import failures
from flowengine.engine.draft import Draft
from flowengine.engine.messages import Answered
from flowengine.engine.rules import flow
from flowengine.engine.run import Answer, Failure, Item, Place
from flowengine.engine.scope import scope_of
from flowengine.engine.states import StepState
from flowengine.engine.transitions import StepAnswered, StepWaiting
from flowengine.errors import ExpressionError


def begin(draft: Draft, spot: Spot, item: Item) -> None:
    """The question is put; the row's input says what is asked, and whom."""
    step = spot.step
    assert isinstance(step, ApprovalStep), "the caller looked"
    place = (step.id, item)
    asked = _asked(draft, spot, step, item)
    if isinstance(asked, Failure):
        flow.fail(draft, place, asked)
        return
    draft.record(
        StepWaiting(
            step=step.id,
            item=item,
            input=asked,
            due_at=draft.now + step.timeout,
            **flow.begun(draft, place, step),
        )
    )


def answered(draft: Draft, message: Answered) -> None:
    """Somebody has answered: one rejection rejects, enough approvals approve.

    Stale: nobody waits for it any more, the same user has answered before, it is the requester and he
    may not, or the form does not fit.
    """
    row = draft.row(message.place)
    if row is None or row.state is not StepState.WAITING or row.kind != "approval":
        return
    step = draft.spot(message.place).step
    assert isinstance(step, ApprovalStep), "its row says so"
    if any(answer.user == message.user for answer in row.answers):
        return
    if not may_answer(step, message.user, draft.run.event.actor):
        return
    if form_problems(step, message.form, approved=message.approved):
        return
    answer = Answer(
        user=message.user,
        approved=message.approved,
        at=draft.now,
        comment=message.comment,
        form=_completed(step, message.form),
    )
    draft.record(StepAnswered(step=row.id, item=row.item, answer=answer))
    if not answer.approved:
        flow.fail(draft, row.place, _rejected(row.place, answer))
    elif len(row.answers) + 1 >= step.quorum:  # those before were approvals, each by another
        flow.succeed(draft, row.place, {"approved": True, **_said(answer)})


def may_answer(step: ApprovalStep, user: str, requester: str | None) -> bool:
    """Whether the step lets *user* answer, if he is among those who are asked."""
    return step.allow_requester or user != requester


def form_problems(
    step: ApprovalStep, form: Mapping[str, Any], *, approved: bool
) -> list[tuple[str, str]]:
    """Pairs of a path (``comment``) and what is wrong there. Empty = the form may be sent.

    Who rejects may leave out what is required of who approves.
    """
    fields = {each.name: each for each in step.form}
    wrong = [(name, "is not a field of this form") for name in form if name not in fields]
    for name, each in fields.items():
        if name in form:
            problems = schema.problems(form[name], each.schema, name)
            wrong += list(problems)
        elif each.required and approved:
            wrong.append((name, "is missing"))
    return wrong


def _completed(step: ApprovalStep, form: Mapping[str, Any]) -> dict[str, Any]:
    defaults = {each.name: each.default for each in step.form if not each.required}
    return {**defaults, **form}


def _asked(draft: Draft, spot: Spot, step: ApprovalStep, item: Item) -> dict[str, Any] | Failure:
    scope = scope_of(draft, spot, item)
    key = "approval.ask"
    try:
        ask = render(step.ask, scope, draft.now)
        key = "approval.users"
        users = None if step.users is None else render(step.users, scope, draft.now)
    except ExpressionError as error:
        return failures.no_value(key, error)
    if not isinstance(ask, str):
        return failures.misfit("approval.ask", "text")
    keys = _user_keys(users)
    if keys is None:
        return failures.misfit("approval.users", "a list of user keys, text or whole numbers")
    if not keys and not step.groups:
        return failures.misfit("approval.users", "somebody to ask")
    asked = {
        "ask": ask,
        "users": keys,
        "groups": list(step.groups),
        "quorum": step.quorum,
        "allow_requester": step.allow_requester,
        "form": {each.name: _field(each) for each in step.form},
    }
    limit = draft.limits.payload_max_bytes
    what = f"the input of {step.id!r}"
    return failures.unstorable(what, asked, size_max_bytes=limit) or asked


def _field(each: Input) -> dict[str, Any]:
    return {"schema": dict(each.schema), "required": each.required, "default": each.default}


def _user_keys(value: Any) -> list[str] | None:
    """Each key once, as text; None where *value* is no list of them."""
    if value is None:
        return []
    keys = value if isinstance(value, list) else [value]
    if not all(isinstance(key, str | int) and not isinstance(key, bool) for key in keys):
        return None
    return list(dict.fromkeys(str(key) for key in keys))


def _said(answer: Answer) -> dict[str, Any]:
    return {"by": answer.user, "at": timestamp_text(answer.at), "form": dict(answer.form)}


def _rejected(place: Place, answer: Answer) -> Failure:
    failure = failures.rejected(place[0], answer.user, answer.comment)
    return replace(failure, details={**_said(answer), "comment": answer.comment})
