"""All workflows of a project, and which of them an event concerns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flowengine.definitions.check import STATION
from flowengine.definitions.model import Workflow
from flowengine.definitions.parse import Document
from flowengine.definitions.patterns import matches
from flowengine.errors import Problem

_TYPES_MAX = 10_000
"""Types remembered; foreign programs may invent any number of them."""


class Catalog:
    """The workflows by name. Holds the answers for the event types it was asked about."""

    def __init__(self, workflows: Mapping[str, Workflow]) -> None:
        self.workflows = dict(sorted(workflows.items()))
        """In the order of names."""
        self._answers: dict[str, tuple[Workflow, ...]] = {}

    def matching(self, event_type: str) -> tuple[Workflow, ...]:
        """The workflows with a pattern for that type, in the order of names; filters are not asked."""
        answer = self._answers.get(event_type)
        if answer is None:
            answer = tuple(
                workflow
                for workflow in self.workflows.values()
                if any(
                    matches(pattern, event_type)
                    for trigger in workflow.triggers
                    for pattern in trigger.patterns
                )
            )
            if len(self._answers) >= _TYPES_MAX:
                self._answers.clear()
            self._answers[event_type] = answer
        return answer

    def stations(self) -> frozenset[str]:
        """Every station that a step of these workflows runs at."""
        return frozenset(
            step.station or STATION
            for workflow in self.workflows.values()
            for step in workflow.steps
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
            findings.at_value(("workflow",), "FE128", message)
            clashes += findings.refusals()
    return Catalog(taken), tuple(clashes)
