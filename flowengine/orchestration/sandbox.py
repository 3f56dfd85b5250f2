"""A text of a workflow that is in no file: what is wrong with it, and what it would do with an event.

Nothing is stored, nothing is sent, no task is called: the answers come from the same pure functions that
``flow check`` and the router use. What they cost is bounded by the size of the text and by time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flowengine import event_types, project
from flowengine.conf import settings
from flowengine.definitions.check import bind, check
from flowengine.definitions.findings import is_warning
from flowengine.definitions.parse import Document, read
from flowengine.engine import transitions as t
from flowengine.engine.commands import Emit
from flowengine.engine.event import Event
from flowengine.engine.identity import run_id
from flowengine.engine.rules.admission import Declined, ask, begin
from flowengine.engine.rules.gates import Verdict
from flowengine.engine.run import Failure
from flowengine.errors import DefinitionError, Problem
from flowengine.orchestration import explain
from flowengine.orchestration.explain import Heard
from flowengine.orchestration.limits import limits
from flowengine.orchestration.masked import mask
from flowengine.tasks import registry

STEPS_MAX = 100
"""Steps that are told of a trial, the first ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the validator says of a text."""

    problems: tuple[Problem, ...]
    """In the order of places, warnings too."""
    document: Document | None
    """None = it cannot be read; then nothing is drawn of it."""

    @property
    def is_fit(self) -> bool:
        """``flow sync`` would take it."""
        return self.document is not None and all(map(is_warning, self.problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class Began:
    """What becomes of a step at once."""

    step: str
    item: str
    """Of a loop: the number of its item; else empty."""
    state: str
    """``ready``, ``waiting``, ``skipped``, ``opened``, ``succeeded`` or ``failed``."""
    kind: str = ""
    task: str = ""
    station: str = ""
    given: Any = None
    """Its evaluated input, or what it waits for; of a step that is done, its output."""
    why: str = ""
    """Of a step that failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a workflow would do with an event: up to the first tasks, whose results nobody knows."""

    outcome: str
    """``match``; or why there would be no run: ``no_match``, ``filter_error``, ``bad_input``,
    ``other_events``."""
    detail: str
    heard: tuple[Heard, ...]
    """By the triggers that speak of such events."""
    title: str = ""
    inputs: Any = None
    keys: dict[str, str] | None = None
    """The value of each gate's key; what the gates would say is not asked."""
    steps: tuple[Began, ...] = ()
    emits: tuple[tuple[str, Any], ...] = ()
    """Types and data of the events that it would publish by then."""
    ended: str = ""
    """It needs no task: how the run would end, with the reason; else empty."""


def look(text: str) -> Checked:
    """What is wrong with *text*, by the tasks, workflows and event types that this process knows."""
    signatures = registry.signatures()
    try:
        document = read(text, path="sandbox.yaml", tasks=signatures)
    except DefinitionError as error:
        return Checked(problems=error.problems, document=None)
    workflow = document.workflow
    found = check(
        document,
        signatures,
        workflows={**project.catalog().workflows, workflow.name: workflow},
        events=event_types.schemas(),
    )
    problems = tuple(sorted(dict.fromkeys([*document.warnings, *found])))
    return Checked(problems=problems, document=document)


def play(document: Document, event: Event, now: datetime) -> Trial:
    """What the workflow would do with *event*, as far as that can be told without calling a task.

    It is tried without what is hidden from all who look: a text says itself under which name it shows a
    value, or asks whether it is the one that somebody guesses.
    """
    event = replace(event, data=mask().value(event.data))
    workflow = bind(document.workflow, registry.signatures())
    heard = tuple(explain.hear(workflow, event, now))
    if not heard:
        return Trial(outcome="other_events", detail="", heard=())
    config = mask().value(settings().CONFIG)
    run = run_id(event.id, workflow.name, event.replay)
    given = ask(workflow, event, run_id=run, now=now, config=config)
    if isinstance(given, Declined):
        return Trial(outcome=given.outcome, detail=given.detail, heard=heard)
    verdict = Verdict(outcome="started")
    decision = begin(given, verdict, now=now, config=config, limits=limits()).decision
    told = (_began(each) for each in decision.transitions)
    emits = (each.event for each in decision.commands if isinstance(each, Emit))
    return Trial(
        outcome="match",
        detail="",
        heard=heard,
        title=given.run.title,
        inputs=given.run.inputs,
        keys={gate.value: key.text for gate, key in given.keys.items()},
        steps=tuple(each for each in told if each is not None)[:STEPS_MAX],
        emits=tuple((each.type, each.data) for each in emits if each.target is None)[:STEPS_MAX],
        ended=next((end for each in decision.transitions if (end := _end(each))), ""),
    )


_BEGINS: Mapping[type[t.Transition], tuple[str, str]] = {
    t.StepReady: ("ready", "input"),
    t.StepWaiting: ("waiting", "input"),
    t.StepSkipped: ("skipped", ""),
    t.StepOpened: ("opened", "total"),
    t.StepSucceeded: ("succeeded", "output"),
    t.StepFailed: ("failed", ""),
}
"""What the transitions of steps are called here, and which of their members is told."""


def _began(fact: t.Transition) -> Began | None:
    """What a transition says of a step; None = it is about the run, or only its next part."""
    state, told = _BEGINS.get(type(fact), ("", ""))
    if not state:
        return None
    failure: Failure | None = getattr(fact, "failure", None)
    return Began(
        step=getattr(fact, "step", ""),
        item=getattr(fact, "item", ""),
        state=state,
        kind=getattr(fact, "kind", ""),
        task=getattr(fact, "task", ""),
        station=getattr(fact, "station", ""),
        given=getattr(fact, told, None) if told else None,
        why="" if failure is None else _why(failure),
    )


def _end(fact: t.Transition) -> str:
    """How the run ends, if that is what the transition says."""
    match fact:
        case t.RunSucceeded():
            return "succeeded"
        case t.RunFailed():
            return f"failed: {_why(fact.failure)}"
        case t.RunHeld():
            return f"held: {_why(fact.failure)}"
        case _:
            return ""


def _why(failure: Failure) -> str:
    return f"{failure.code}: {failure.message}"
