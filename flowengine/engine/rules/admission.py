"""From an event to a run: what one workflow answers. Language §4.1, stages 4, 5 and 10.

The catalogue has found the workflow by its patterns, or the event names it. Here its filters are asked,
the inputs are filled and checked, and the keys are taken that the gates (:mod:`.gates`) will ask for.
What they let pass begins a run, or a queued one. An answer depends on the event, the workflow and the
time only, so the same event, routed twice, is answered alike; nothing here needs a stored event.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from flowengine.definitions.catalog import STARTED_BY
from flowengine.definitions.expressions.evaluate import decide as holds
from flowengine.definitions.expressions.evaluate import evaluate
from flowengine.definitions.expressions.parse import parse_expression
from flowengine.definitions.expressions.tokens import tokens
from flowengine.definitions.expressions.tree import Expression, Junction
from flowengine.definitions.expressions.values import Refused, text_of
from flowengine.definitions.model import (
    EventTrigger,
    ScheduleTrigger,
    Trigger,
    Workflow,
)
from flowengine.definitions.patterns import matches
from flowengine.engine.commands import Decision
from flowengine.engine.draft import EMPTY, LIMITS, Draft, Limits
from flowengine.engine.event import Event
from flowengine.engine.identity import kept_keys
from flowengine.engine.rules import agenda, waits
from flowengine.engine.rules.audience import Audience, audience_of
from flowengine.engine.rules.gates import Gate, Key, Verdict, key_of
from flowengine.engine.rules.inputs import Misfit, inputs_of
from flowengine.engine.run import Run
from flowengine.engine.scope import event_scope, scope_before_steps
from flowengine.engine.transitions import RunQueued
from flowengine.errors import ExpressionError

SCHEDULE = "flowengine.schedule"
"""Of a tick; ``data.schedule`` is the index of its trigger."""
MANUAL = "flowengine.manual"
"""Of a start by hand. Its data are the inputs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one trigger says to an event that it speaks of."""

    trigger: int
    """Its index in the file."""
    answer: str
    """``match``, ``no_match`` or ``filter_error``."""
    detail: str = ""
    """The part of the filter that said no, or why it gave no answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """No run, and why."""

    outcome: str
    """``no_match``, ``filter_error``, ``bad_input``; or what the gates said, see
    :class:`flowengine.engine.rules.gates.Verdict`."""
    code: str = ""
    """FE310, FE306 or FE307; empty where nothing is wrong."""
    detail: str = ""
    """For people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A run that matches and has its inputs; the gates have not been asked yet."""

    workflow: Workflow
    run: Run
    """Without a state: who it would be."""
    trigger: int
    """The index of the trigger that matched."""
    keys: Mapping[Gate, Key]
    """Of the gates that the workflow has."""
    audience: Audience


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A run has started, or is queued."""

    decision: Decision
    outcome: str = "started"
    """``started`` or ``queued``."""
    detail: str = ""
    """What it is queued for; for people."""
    watchers: tuple[str, ...] = ()
    """Keys of the users who may watch it, each once."""
    groups: tuple[str, ...] = ()
    """Names of the groups who may watch it."""
    labels: Mapping[str, Any] = field(default_factory=dict)
    """Scalars by name."""
    remarks: tuple[str, ...] = ()
    """What people will not see because it had no value, ``FE401 title: …``."""


def ask(
    workflow: Workflow,
    event: Event,
    *,
    run_id: UUID,
    now: datetime,
    config: Mapping[str, Any] = EMPTY,
) -> Candidate | Declined:
    """What *workflow* answers to *event* before any gate; *run_id* is the id that its run gets."""
    trigger = _matching(workflow, event, now, config)
    if isinstance(trigger, Declined):
        return trigger
    inputs = inputs_of(workflow, workflow.triggers[trigger], event, now, config)
    if isinstance(inputs, Misfit):
        return _bad_input(workflow, inputs.message)
    again = event.again
    run = Run(
        id=run_id,
        workflow=workflow.name,
        digest=workflow.digest,
        event=event,
        replay=event.replay,
        replay_of=None if again is None else again.restart_of,
        keys=kept_keys(again, run_id, workflow.name),
        parent=event.parent,
        inputs=inputs,
        created_at=now,
    )
    scope = scope_before_steps(run, config)
    keys = _keys(workflow, event, scope, now)
    if isinstance(keys, Declined):
        return keys
    audience = audience_of(workflow, event, scope, now)
    run = replace(run, title=audience.title, priority=audience.priority)
    return Candidate(workflow=workflow, run=run, trigger=trigger, keys=keys, audience=audience)


def begin(
    candidate: Candidate,
    verdict: Verdict,
    *,
    now: datetime,
    config: Mapping[str, Any] = EMPTY,
    limits: Limits = LIMITS,
) -> Admitted:
    """The run of *candidate*, which the gates let pass: started, or queued."""
    draft = Draft(
        workflow=candidate.workflow, run=candidate.run, now=now, config=config, limits=limits
    )
    if verdict.outcome == "queued":
        told = agenda.once_more(candidate.run)
        draft.record(RunQueued(title=candidate.run.title, due_at=verdict.due_at, **told))
        waits.watch_cancel(draft)
    else:
        agenda.start(draft)
        agenda.work_off(draft)
        draft.rest()
    audience = candidate.audience
    return Admitted(
        decision=draft.decision(),
        outcome=verdict.outcome,
        detail=verdict.detail,
        watchers=audience.watchers,
        groups=audience.groups,
        labels=audience.labels,
        remarks=audience.remarks,
    )


def looks(
    workflow: Workflow, event: Event, *, now: datetime, config: Mapping[str, Any] = EMPTY
) -> Iterator[Look]:
    """What each trigger says that speaks of the event, in the order of the file."""
    scope = {"event": event_scope(event), "config": config}
    for index, trigger in enumerate(workflow.triggers):
        if not _speaks_of(trigger, index, event):
            continue
        condition = trigger.condition if isinstance(trigger, EventTrigger) else None
        if condition is None:
            yield Look(trigger=index, answer="match")
            continue
        try:
            if holds(condition, scope, now):
                yield Look(trigger=index, answer="match")
            else:
                clause = _said_no(condition, scope, now)
                yield Look(trigger=index, answer="no_match", detail=f"{clause} is false")
        except ExpressionError as error:
            yield Look(trigger=index, answer="filter_error", detail=str(error))


def _speaks_of(trigger: Trigger, index: int, event: Event) -> bool:
    kind = None if event.target is None else STARTED_BY.get(event.type)
    if kind is not None:
        return isinstance(trigger, kind) and (
            kind is not ScheduleTrigger or event.data == {"schedule": index}
        )
    return isinstance(trigger, EventTrigger) and any(
        matches(pattern, event.type) for pattern in trigger.patterns
    )


def _matching(
    workflow: Workflow, event: Event, now: datetime, config: Mapping[str, Any]
) -> int | Declined:
    """The first trigger that wants the event. A filter without an answer is no match, and is told."""
    said_no: list[str] = []
    broken: list[str] = []
    for look in looks(workflow, event, now=now, config=config):
        if look.answer == "match":
            return look.trigger
        (broken if look.answer == "filter_error" else said_no).append(look.detail)
    if broken:
        detail = f"{workflow.name}: the filter gave no answer: {'; '.join(broken)}"
        return Declined(outcome="filter_error", code="FE310", detail=detail)
    return Declined(outcome="no_match", detail="; ".join(said_no) or f"no trigger for {event.type}")


def _said_no(condition: Expression, scope: Mapping[str, Any], now: datetime) -> str:
    """The first part of ``a && b && …`` that is false; the whole where it is no such chain."""
    return next(part.source for part in _parts(condition) if not holds(part, scope, now))


@lru_cache(maxsize=4096)
def _parts(condition: Expression) -> tuple[Expression, ...]:
    """The operands of the outermost ``&&``, as written; the condition itself where there is none."""
    root = condition.root
    if not isinstance(root, Junction) or root.operator != "&&":
        return (condition,)
    depth, begin_at, texts = 0, 0, []
    for token in tokens(condition.source):
        if token.text in {"(", "[", "{"} and token.kind == "sign":
            depth += 1
        elif token.text in {")", "]", "}"} and token.kind == "sign":
            depth -= 1
        elif token.text == "&&" and token.kind == "sign" and depth == 0:
            texts.append(condition.source[begin_at : token.start])
            begin_at = token.end
    texts.append(condition.source[begin_at:])
    if len(texts) == 1:  # (a && b), in brackets
        return (condition,)
    return tuple(parse_expression(text.strip()) for text in texts)


def _keys(
    workflow: Workflow, event: Event, scope: Mapping[str, Any], now: datetime
) -> dict[Gate, Key] | Declined:
    """The key of each gate that the workflow has; without an expression one for all its events."""
    policies = {
        Gate.IDEMPOTENCY: workflow.idempotency,
        Gate.DEBOUNCE: workflow.debounce,
        Gate.THROTTLE: workflow.throttle,
        Gate.CONCURRENCY: workflow.concurrency,
    }
    keys = {}
    for gate, policy in policies.items():
        if policy is None:
            continue
        try:
            text = "" if policy.key is None else text_of(evaluate(policy.key, scope, now))
        except (ExpressionError, Refused) as error:
            return _bad_input(workflow, f"{gate}.key has no value: {error}")
        keys[gate] = key_of(workflow.name, gate, text, replay=event.replay)
    return keys


def _bad_input(workflow: Workflow, message: str) -> Declined:
    return Declined(outcome="bad_input", code="FE306", detail=f"{workflow.name}: {message}")
