"""All workflows of a project, and which of them an event concerns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flowengine.definitions.check import STATION
from flowengine.definitions.model import (
    CallTrigger,
    EventTrigger,
    ManualTrigger,
    ScheduleTrigger,
    Trigger,
    Workflow,
)
from flowengine.definitions.parse import Document
from flowengine.definitions.patterns import matches
from flowengine.definitions.steps import ChildStep, TaskStep, WaitStep
from flowengine.errors import Problem

_TYPES_MAX = 10_000
"""Types remembered; foreign programs may invent any number of them."""
STARTED_BY: Mapping[str, type[Trigger]] = {
    "flowengine.call": CallTrigger,
    "flowengine.schedule": ScheduleTrigger,
    "flowengine.manual": ManualTrigger,
}
"""The events that are for one workflow alone, and the trigger that it must have for them."""


class Catalog:
    """The workflows by name. Holds the answers for the event types it was asked about."""

    def __init__(self, workflows: Mapping[str, Workflow]) -> None:
        self.workflows = dict(sorted(workflows.items()))
        """In the order of names."""
        self._starts = {name: _start_patterns(each) for name, each in self.workflows.items()}
        self._waits = {name: _waited_for(each) for name, each in self.workflows.items()}
        self._matching: dict[str, tuple[Workflow, ...]] = {}
        self._listening: dict[str, tuple[Workflow, ...]] = {}

    def matching(self, event_type: str, target: str | None = None) -> tuple[Workflow, ...]:
        """The workflows that an event of that type may start, in the order of names.

        Filters are not asked. Of an event that has a *target*, it is that workflow or none: for calls,
        ticks and starts by hand it must have the trigger, for others a pattern.
        """
        if target is None:
            return self._answer(self._matching, self._starts, event_type)
        workflow = self.workflows.get(target)
        if workflow is None:
            return ()
        wanted = STARTED_BY.get(event_type)
        if wanted is None:
            fits = _any_matches(self._starts[target], event_type)
        else:
            fits = any(isinstance(trigger, wanted) for trigger in workflow.triggers)
        return (workflow,) if fits else ()

    def listens(self, event_type: str) -> tuple[Workflow, ...]:
        """The workflows whose runs may wait for that type, or be cancelled by it."""
        return self._answer(self._listening, self._waits, event_type)

    def schedules(self) -> tuple[tuple[Workflow, ScheduleTrigger], ...]:
        """Every schedule, with the workflow that it starts."""
        return tuple(
            (workflow, trigger)
            for workflow in self.workflows.values()
            for trigger in workflow.triggers
            if isinstance(trigger, ScheduleTrigger)
        )

    def manual(self) -> tuple[tuple[Workflow, ManualTrigger], ...]:
        """The workflows that people may start, with who may."""
        return tuple(
            (workflow, trigger)
            for workflow in self.workflows.values()
            for trigger in workflow.triggers
            if isinstance(trigger, ManualTrigger)
        )

    def callable(self) -> frozenset[str]:
        """The names of the workflows that others may call."""
        return frozenset(name for name, each in self.workflows.items() if each.is_callable)

    def stations(self) -> frozenset[str]:
        """Every station that a task or an undo of these workflows runs at."""
        found = set()
        for workflow in self.workflows.values():
            for spot in workflow.graph.spots.values():
                step = spot.step
                if isinstance(step, TaskStep):
                    found.add(step.station or STATION)
                if isinstance(step, TaskStep | ChildStep) and step.compensate is not None:
                    found.add(step.compensate.station or STATION)
        return frozenset(found)

    def _answer(
        self,
        known: dict[str, tuple[Workflow, ...]],
        patterns: Mapping[str, tuple[str, ...]],
        event_type: str,
    ) -> tuple[Workflow, ...]:
        answer = known.get(event_type)
        if answer is None:
            answer = tuple(
                workflow
                for name, workflow in self.workflows.items()
                if _any_matches(patterns[name], event_type)
            )
            if len(known) >= _TYPES_MAX:
                known.clear()
            known[event_type] = answer
        return answer


def _any_matches(patterns: tuple[str, ...], event_type: str) -> bool:
    return any(matches(pattern, event_type) for pattern in patterns)


def _start_patterns(workflow: Workflow) -> tuple[str, ...]:
    return tuple(
        pattern
        for trigger in workflow.triggers
        if isinstance(trigger, EventTrigger)
        for pattern in trigger.patterns
    )


def _waited_for(workflow: Workflow) -> tuple[str, ...]:
    waits = (spot.step for spot in workflow.graph.spots.values())
    return tuple(
        dict.fromkeys(
            [
                *(p for step in waits if isinstance(step, WaitStep) for p in step.patterns),
                *(pattern for cancel in workflow.cancel_on for pattern in cancel.patterns),
            ]
        )
    )


def gather(documents: Iterable[Document]) -> tuple[Catalog, tuple[Problem, ...]]:
    """The catalogue of these documents, not bound, and FE128 for each name that is there twice.

    Of two files with one name the first is taken.
    """
    taken: dict[str, Workflow] = {}
    clashes: list[Problem] = []
    for document in documents:
        workflow = document.workflow
        first = taken.setdefault(workflow.name, workflow)
        if first is not workflow:
            findings = document.findings()
            message = f"workflow '{workflow.name}' is also in {first.path}"
            findings.at_value(("workflow",), "FE128", message, "rename one of them")
            clashes += findings.refusals()
    return Catalog(taken), tuple(clashes)
