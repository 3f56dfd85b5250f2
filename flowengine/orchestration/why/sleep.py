"""PURE: what a step waits for that wants no worker: an event, a time, people, a run, another try."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

from flowengine.engine.states import StepState
from flowengine.orchestration.why.facts import Act, Facts, Reason, Stopped, reason_of, user_of


def of_sleep(row: Stopped, facts: Facts, *, with_text: bool) -> Reason:
    """What *row* waits for."""
    if row.state == StepState.RETRYING:
        return _retry(row, facts)
    match row.kind:
        case "wait_for":
            return _event(row, with_text=with_text)
        case "approval":
            return _approval(row, facts)
        case "workflow":
            return _child(row, facts)
        case _:
            return reason_of(row, "sleep", "It sleeps.", until=row.due_at)


def _retry(row: Stopped, facts: Facts) -> Reason:
    code = f" with {row.code}" if row.code else ""
    text = f"Try {row.tries} of {row.tries_max} has failed{code}; it is tried again."
    seen = Act(label="See why", place=f"runs/{facts.run_id}?step={row.step}&tab=error")
    return reason_of(row, "retry", text, until=row.due_at, until_word="again", act=seen)


def _event(row: Stopped, *, with_text: bool) -> Reason:
    types = [str(each) for each in row.given.get("event", ())]
    wanted: Mapping[str, str] = row.given.get("match", {})
    where = " and ".join(
        f"{path} is {value}" if with_text else f"{path} has its value"
        for path, value in wanted.items()
    )
    text = f"It waits for the event {' or '.join(types)}{f' where {where}' if where else ''}."
    return reason_of(row, "event", text, until=row.due_at, act=_sending(types, wanted, with_text))


def _sending(types: list[str], wanted: Mapping[str, str], with_text: bool) -> Act | None:  # noqa: FBT001 - private, one caller
    """How somebody sends by hand what is waited for; None where its type is not known."""
    plain = next((each for each in types if "*" not in each), None)
    if plain is None:
        return None
    nested = _nested(wanted)
    if not with_text or nested is None:
        return Act(label="See such events", place=f"event-types/{plain}")
    data = shlex.quote(json.dumps(nested, ensure_ascii=False))
    return Act(
        label="See such events", place=f"event-types/{plain}", command=f"emit {plain} -d {data}"
    )


def _nested(wanted: Mapping[str, str]) -> dict[str, Any] | None:
    """``customer.id`` as ``{"customer": {"id": …}}``; None where one value would stand in another."""
    data: dict[str, Any] = {}
    for path, value in wanted.items():
        *outer, last = path.split(".")
        inside: Any = data
        for name in outer:
            inside = inside.setdefault(name, {})
            if not isinstance(inside, dict):
                return None
        if last in inside:
            return None
        inside[last] = value
    return data


def _approval(row: Stopped, facts: Facts) -> Reason:
    users = [user_of(str(key)) for key in row.given["users"]]
    groups = [f"the group {name}" for name in row.given["groups"]]
    wanted = row.given["quorum"]
    given = f"; {row.answers} of {wanted} have answered" if wanted > 1 else ""
    text = f"It waits for {' or '.join([*users, *groups])} to approve{given}."
    place = f"{row.step}.{row.item}" if row.item else row.step
    answer = Act(
        label="Answer",
        place="approvals",
        command=f"run answer {facts.run_id} {shlex.quote(place)} --approve",
    )
    return reason_of(row, "approval", text, until=row.due_at, act=answer)


def _child(row: Stopped, facts: Facts) -> Reason:
    called = None if row.child is None else facts.called.get(row.child)
    if called is None:
        text, act = "It waits for a run that it has called, and that has not begun.", None
    else:
        text = f"It waits for a run of {called.workflow}, which is {called.state.value}."
        act = Act(label="Open that run", place=f"runs/{row.child}", command=f"run {row.child}")
    return reason_of(row, "child", text, until=row.due_at, act=act)
