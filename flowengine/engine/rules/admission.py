"""From an event to a run: what one workflow answers. Language §4.1, stages 4, 5 and 10.

The catalogue has found the workflow by its patterns. Here its filters are asked, the inputs are filled
and checked, and the run is started. The answer depends on the event, the workflow and the time only, so
the same event, routed twice, is answered alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from flowengine.definitions.expressions.evaluate import decide as holds
from flowengine.definitions.model import EventTrigger, Workflow
from flowengine.definitions.patterns import matches
from flowengine.engine.commands import Decision
from flowengine.engine.draft import EMPTY, LIMITS, Draft, Limits
from flowengine.engine.event import Event
from flowengine.engine.rules import flow
from flowengine.engine.rules.audience import audience_of
from flowengine.engine.rules.inputs import Misfit, inputs_of
from flowengine.engine.run import Run
from flowengine.engine.scope import event_scope, scope_before_steps
from flowengine.errors import ExpressionError


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """No run, and why."""

    outcome: str
    """``no_match``, ``filter_error`` or ``bad_input``."""
    code: str = ""
    """FE310 or FE306; empty for ``no_match``."""
    detail: str = ""
    """For people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A run has started."""

    decision: Decision
    watchers: tuple[str, ...] = ()
    """Keys of the users who may watch it, each once."""
    groups: tuple[str, ...] = ()
    """Names of the groups who may watch it."""
    labels: Mapping[str, Any] = field(default_factory=dict)
    """Scalars by name."""
    remarks: tuple[str, ...] = ()
    """What people will not see because it had no value, ``FE401 title: …``."""


def admit(
    workflow: Workflow,
    event: Event,
    *,
    run_id: UUID,
    now: datetime,
    config: Mapping[str, Any] = EMPTY,
    limits: Limits = LIMITS,
) -> Admitted | Declined:
    """What *workflow* answers to *event*; *run_id* is the id that its run gets."""
    trigger = _matching(workflow, event, now, config)
    if isinstance(trigger, Declined):
        return trigger
    inputs = inputs_of(workflow, trigger, event, now, config)
    if isinstance(inputs, Misfit):
        detail = f"{workflow.name}: {inputs.message}"
        return Declined(outcome="bad_input", code="FE306", detail=detail)

    run = Run(
        id=run_id,
        workflow=workflow.name,
        digest=workflow.digest,
        event=event,
        replay=event.replay,
        inputs=inputs,
        created_at=now,
    )
    audience = audience_of(workflow, event, scope_before_steps(run, config), now)
    run = replace(run, title=audience.title)
    draft = Draft(workflow=workflow, run=run, now=now, config=config, limits=limits)
    flow.start(draft)
    return Admitted(
        decision=draft.decision(),
        watchers=audience.watchers,
        groups=audience.groups,
        labels=audience.labels,
        remarks=audience.remarks,
    )


def _matching(
    workflow: Workflow, event: Event, now: datetime, config: Mapping[str, Any]
) -> EventTrigger | Declined:
    """The first trigger that wants the event. A filter without an answer is no match, and is told."""
    scope = {"event": event_scope(event), "config": config}
    refusals: list[str] = []
    for trigger in workflow.triggers:
        if not any(matches(pattern, event.type) for pattern in trigger.patterns):
            continue
        if trigger.condition is None:
            return trigger
        try:
            if holds(trigger.condition, scope, now):
                return trigger
        except ExpressionError as error:
            refusals.append(str(error))
    if not refusals:
        return Declined(outcome="no_match")
    detail = f"{workflow.name}: the filter gave no answer: {'; '.join(refusals)}"
    return Declined(outcome="filter_error", code="FE310", detail=detail)
