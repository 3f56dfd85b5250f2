"""Waiting: for an event, for a time; and what it means when nothing came. Language §2.5.

The shell keeps an index of who listens for what, and tells a run of events that may be meant. Whether
one is meant is found here, by the values that were stored when the wait began. The same event, told
twice, finds the wait over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flowengine.definitions.expressions.evaluate import decide as holds
from flowengine.definitions.expressions.evaluate import render
from flowengine.definitions.expressions.tree import Template
from flowengine.definitions.expressions.values import read_timestamp, timestamp_text
from flowengine.definitions.graph import Spot
from flowengine.definitions.patterns import matches
from flowengine.definitions.steps import ApprovalStep, ChildStep, SleepStep, WaitStep
from flowengine.engine import failures
from flowengine.engine.commands import Listen, Unlisten
from flowengine.engine.draft import Draft
from flowengine.engine.event import Event
from flowengine.engine.messages import Arrived, Cancel
from flowengine.engine.rules import children, flow
from flowengine.engine.run import Failure, Item, Step
from flowengine.engine.scope import event_scope, scope_at_large, scope_of
from flowengine.engine.states import StepState
from flowengine.engine.transitions import StepWaiting
from flowengine.errors import ExpressionError


def as_text(value: Any) -> str | None:
    """What ``match`` compares: 42 is "42", and 42.0 is, too; None = it has no text, and matches none."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return repr(value) if isinstance(value, int | float) else None


def value_at(data: Any, path: str) -> Any:
    """What stands at ``customer.id`` in an event's data; None where nothing does."""
    for key in path.split("."):
        if not isinstance(data, Mapping) or key not in data:
            return None
        data = data[key]
    return data


def begin_wait(draft: Draft, spot: Spot, item: Item) -> None:
    """It listens from now on, and looks back to the start of the run."""
    step = spot.step
    assert isinstance(step, WaitStep), "the caller looked"
    place = (step.id, item)
    wanted = _values(draft, step.match, scope_of(draft, spot, item))
    if isinstance(wanted, Failure):
        flow.fail(draft, place, wanted)
        return
    draft.record(
        StepWaiting(
            step=step.id,
            item=item,
            input={"event": list(step.patterns), "match": wanted},
            due_at=draft.now + step.timeout,
            **flow.begun(draft, place, step),
        )
    )
    draft.commands.append(Listen(patterns=step.patterns, match=wanted, step=step.id, item=item))


def begin_sleep(draft: Draft, spot: Spot, item: Item) -> None:
    """It sleeps until its time has come; a time that is past ends it at once."""
    step = spot.step
    assert isinstance(step, SleepStep), "the caller looked"
    place = (step.id, item)
    due_at = None if step.duration is None else draft.now + step.duration
    if step.until is not None:
        try:
            text = render(step.until, scope_of(draft, spot, item), draft.now)
        except ExpressionError as error:
            flow.fail(draft, place, failures.no_value("sleep.until", error))
            return
        due_at = read_timestamp(text) if isinstance(text, str) else None
    if due_at is None:
        flow.fail(draft, place, failures.misfit("sleep.until", "a timestamp"))
    elif due_at <= draft.now:
        flow.succeed(draft, place, None)
    else:
        facts = flow.begun(draft, place, step)
        asleep = {"until": timestamp_text(due_at)}
        draft.record(StepWaiting(step=step.id, item=item, input=asleep, due_at=due_at, **facts))


def watch_cancel(draft: Draft) -> None:
    """Listen for what cancels the run, with the values of its start.

    An entry of which a value is missing or null listens for nothing: no event can have it.
    """
    for index, entry in enumerate(draft.workflow.cancel_on):
        wanted = _values(draft, entry.match, scope_at_large(draft, entry.match.values()))
        if not isinstance(wanted, Failure):
            draft.commands.append(Listen(patterns=entry.patterns, match=wanted, cancel_on=index))


def arrived(draft: Draft, message: Arrived) -> None:
    """An event came: the step that waits for it is done, and the event is its output."""
    row = draft.row(message.place)
    if row is None or row.state is not StepState.WAITING or row.kind != "wait_for":
        return
    spot, event = draft.spot(message.place), message.event
    step = spot.step
    assert isinstance(step, WaitStep), "its row says so"
    if not _is_meant(step.patterns, row.input["match"], event):
        return
    if step.accept is not None:
        scope = scope_of(draft, spot, row.item, incoming=event_scope(event))
        try:
            if not holds(step.accept, scope, draft.now):
                return
        except ExpressionError:
            return  # a filter without an answer is no match
    forget(draft, row)
    flow.succeed(draft, row.place, {**event_scope(event), "time": timestamp_text(event.time)})


def cancel_wanted(draft: Draft, message: Arrived) -> Cancel | None:
    """The cancellation that an event of ``cancel_on`` asks for; None = it is not meant."""
    entries = draft.workflow.cancel_on
    if message.cancel_on is None or message.cancel_on >= len(entries):
        return None
    entry, event = entries[message.cancel_on], message.event
    wanted = _values(draft, entry.match, scope_at_large(draft, entry.match.values()))
    if isinstance(wanted, Failure) or not _is_meant(entry.patterns, wanted, event):
        return None
    if entry.condition is not None:
        scope = scope_at_large(draft, [entry.condition], incoming=event_scope(event))
        try:
            if not holds(entry.condition, scope, draft.now):
                return None
        except ExpressionError:
            return None
    return Cancel(reason=f"event {event.type} {event.id}")


def timed_out(draft: Draft, row: Step) -> None:
    """The time of a waiting row has come: a sleep is done; the others have waited for nothing."""
    step = draft.spot(row.place).step
    match step:
        case SleepStep():
            flow.succeed(draft, row.place, None)
        case WaitStep():
            forget(draft, row)
            awaited = " or ".join(step.patterns)
            flow.fail(draft, row.place, failures.nothing_came(step.id, step.timeout, awaited))
        case ApprovalStep():
            flow.fail(draft, row.place, failures.nothing_came(step.id, step.timeout, "an answer"))
        case _:
            assert isinstance(step, ChildStep), "no other kind waits"
            assert step.timeout is not None, "its due_at came from there"
            failure = failures.step_timeout(step.id, step.timeout)
            children.forget(draft, row)
            flow.doubt(draft, row, failure.code)
            flow.fail(draft, row.place, failure)


def forget(draft: Draft, row: Step) -> None:
    """The row waits no longer: nobody listens on its behalf."""
    if row.kind == "wait_for":
        draft.commands.append(Unlisten(step=row.id, item=row.item))


def _is_meant(patterns: Iterable[str], wanted: Mapping[str, str], event: Event) -> bool:
    """The event is of that type, and its data has those values."""
    return any(matches(pattern, event.type) for pattern in patterns) and all(
        as_text(value_at(event.data, path)) == text for path, text in wanted.items()
    )


def _values(
    draft: Draft, match: Mapping[str, Template], scope: Mapping[str, Any]
) -> dict[str, str] | Failure:
    """The values of a ``match``, as text."""
    found: dict[str, str] = {}
    for path, template in match.items():
        key = f"match.{path}"
        try:
            text = as_text(render(template, scope, draft.now))
        except ExpressionError as error:
            return failures.no_value(key, error)
        if text is None:
            return failures.misfit(key, "text, a number or a bool")
        found[path] = text
    return found
