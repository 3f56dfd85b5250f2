"""What each workflow says to an event, and why; nothing is changed.

What was recorded when a stored event was routed stands first. Beside it is what the active versions
would say now: their filters, their inputs, and, for an event that they have not answered, their gates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from flowengine.conf import settings
from flowengine.definitions.drawing import start_in_words
from flowengine.definitions.expressions.reasons import Reason, reasons
from flowengine.definitions.model import EventTrigger, Trigger, Workflow
from flowengine.engine.event import Event
from flowengine.engine.identity import run_id
from flowengine.engine.rules.admission import Declined, ask, looks
from flowengine.engine.rules.gates import Wish, pass_gates
from flowengine.engine.scope import event_scope
from flowengine.models import DecisionRecord
from flowengine.store import definitions, keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What a workflow has answered."""

    outcome: str
    detail: str
    digest: str
    run_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What one trigger says."""

    index: int
    trigger: Trigger
    answer: str
    """``match``, ``no_match`` or ``filter_error``."""
    reasons: tuple[Reason, ...] = ()
    """The clauses of its filter; empty where it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """What one workflow says."""

    workflow: str
    digest: str
    outcome: str
    """What would become of the event now: ``started``, ``queued``, ``no_match``, ``bad_input``,
    ``duplicate`` …; ``disabled``; ``not_synchronised``; empty where no trigger speaks of it."""
    detail: str = ""
    heard: tuple[Heard, ...] = ()
    """By the triggers that speak of such events."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """The value of each gate's key: ``concurrency`` …"""
    recorded: Recorded | None = None
    """None = it was not asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The workflows there are, by name."""

    active: Mapping[str, Workflow]
    disabled: Mapping[str, Workflow] = field(default_factory=dict)
    declared: Mapping[str, Workflow] = field(default_factory=dict)
    """Those of files that were not synchronised."""


def known(declared: Mapping[str, Workflow]) -> Known:
    """The workflows that the database knows, and those of *declared* that it does not."""
    active = definitions.active()
    every = definitions.synchronised()
    loaded = definitions.load(frozenset(every.values()))
    found = {name: loaded[digest] for name, digest in every.items() if digest in loaded}
    return Known(
        active={name: workflow for name, workflow in found.items() if name in active},
        disabled={name: workflow for name, workflow in found.items() if name not in active},
        declared={name: workflow for name, workflow in declared.items() if name not in found},
    )


def explain(event: Event, workflows: Known, now: datetime) -> list[Explained]:
    """What each workflow says to *event*, in the order of names."""
    recorded = _recorded(event.id)
    found = [_of(event, w, now, recorded.pop(w.name, None)) for w in workflows.active.values()]
    for state, those in (
        ("disabled", workflows.disabled),
        ("not_synchronised", workflows.declared),
    ):
        for workflow in those.values():
            heard = tuple(hear(workflow, event, now))
            found.append(
                Explained(
                    workflow=workflow.name,
                    digest=workflow.digest,
                    outcome=state if heard else "",
                    heard=heard,
                    recorded=recorded.pop(workflow.name, None),
                )
            )
    for name, said in recorded.items():  # its file is gone
        found.append(Explained(workflow=name, digest="", outcome="", recorded=said))
    return sorted(found, key=lambda each: each.workflow)


def as_json(each: Explained) -> dict[str, Any]:
    """What one workflow says, for programs; these members stay."""
    recorded = each.recorded
    return {
        "workflow": each.workflow,
        "digest": each.digest,
        "outcome": each.outcome or "other_events",
        "detail": each.detail,
        "keys": dict(each.keys),
        "recorded": None
        if recorded is None
        else {**asdict(recorded), "run_id": str(recorded.run_id), "at": recorded.at.isoformat()},
        "triggers": [heard_as_json(heard) for heard in each.heard],
    }


def heard_as_json(heard: Heard) -> dict[str, Any]:
    """What one trigger says, for programs."""
    return {
        "index": heard.index,
        "starts_on": start_in_words(heard.trigger),
        "answer": heard.answer,
        "filter": [_reason_as_json(reason) for reason in heard.reasons],
    }


def _reason_as_json(reason: Reason) -> dict[str, Any]:
    return {
        "clause": reason.seen.text,
        "depth": reason.depth,
        "was_asked": reason.was_asked,
        "value": reason.seen.value,
        "error": reason.seen.error,
        "looked_at": {seen.text: seen.value for seen in reason.looked_at},
    }


def _recorded(event_id: UUID) -> dict[str, Recorded]:
    rows = DecisionRecord.objects.using(settings().DATABASE).filter(event_id=event_id)
    return {
        row.workflow: Recorded(
            outcome=row.outcome,
            detail=row.detail,
            digest=row.digest,
            run_id=row.run_id,
            at=row.decided_at,
        )
        for row in rows.order_by("replay")
    }


def _of(event: Event, workflow: Workflow, now: datetime, recorded: Recorded | None) -> Explained:
    heard = tuple(hear(workflow, event, now))
    if not heard:
        return Explained(
            workflow=workflow.name, digest=workflow.digest, outcome="", recorded=recorded
        )
    run = run_id(event.id, workflow.name, event.replay)
    given = ask(workflow, event, run_id=run, now=now, config=settings().CONFIG)
    if isinstance(given, Declined):
        outcome, detail, values = given.outcome, given.detail, {}
    else:
        values = {gate.value: key.text for gate, key in given.keys.items()}
        outcome, detail = "match", ""
        if recorded is None:
            wish = Wish(run=run, event=event.id, written_at=now, workflow=workflow, keys=given.keys)
            memory = keys.seen([key.id for key in given.keys.values()])
            verdict = pass_gates(wish, memory, now)
            outcome, detail = verdict.outcome, verdict.detail
    return Explained(
        workflow=workflow.name,
        digest=workflow.digest,
        outcome=outcome,
        detail=detail,
        heard=heard,
        keys=values,
        recorded=recorded,
    )


def hear(workflow: Workflow, event: Event, now: datetime) -> Iterator[Heard]:
    """What each trigger says that speaks of the event, with the clauses of its filter."""
    config: Mapping[str, Any] = settings().CONFIG
    scope = {"event": event_scope(event), "config": config}
    for look in looks(workflow, event, now=now, config=config):
        trigger = workflow.triggers[look.trigger]
        condition = trigger.condition if isinstance(trigger, EventTrigger) else None
        why = () if condition is None else reasons(condition, scope, now)
        yield Heard(index=look.trigger, trigger=trigger, answer=look.answer, reasons=why)
