"""FE127: a parameter that nothing fills, or that two branches would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flowengine.definitions.expressions.tree import Path
from flowengine.definitions.findings import Findings
from flowengine.definitions.graph import Spot
from flowengine.definitions.likeness import near
from flowengine.definitions.model import Workflow
from flowengine.definitions.steps import Step, TaskStep
from flowengine.definitions.workpiece import ANYTHING, Left, Workpiece, above, returned

_NAMES_SHOWN_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """A call of a task whose parameters are filled by name."""

    task: str
    missing: tuple[str, ...]
    """Required, and not given by ``with``."""
    path: Path
    """Of the task's name."""
    first: Left | None = None
    """What is asked before the places above: of an undo, what its step returned and was given."""


def filling(workflow: Workflow, paths: Mapping[str, Path], findings: Findings) -> None:
    """FE127 for every task and every undo of a bound workflow."""
    search = _Search(workflow, findings)
    for spot in workflow.graph.spots.values():
        for call in _calls(spot, paths[spot.step.id]):
            for name in call.missing:
                if call.first is None or not _may_have(call.first, name):
                    search.look(spot, call, name)


def _calls(spot: Spot, path: Path) -> Iterator[_Call]:
    step = spot.step
    if isinstance(step, TaskStep) and step.signature is not None:
        required = step.signature.required
        missing = tuple(name for name in required if name not in step.arguments)
        yield _Call(task=step.task, missing=missing, path=(*path, "task"))
    undo = getattr(step, "compensate", None)
    if undo is not None and undo.signature is not None:
        missing = tuple(name for name in undo.signature.required if name not in undo.arguments)
        where = (*path, "compensate", "task")
        yield _Call(task=undo.task, missing=missing, path=where, first=_of_step(step))


def _of_step(step: Step) -> Left:
    """What an undo finds at the step itself: what it returned, and what it was given."""
    left = returned(step) if isinstance(step, TaskStep) else ANYTHING
    required = step.signature.required if isinstance(step, TaskStep) and step.signature else ()
    arguments = step.arguments if isinstance(step, TaskStep) else {}
    return Left(
        left.certain, left.possible | frozenset((*required, *arguments)), is_open=left.is_open
    )


def _may_have(left: Left, name: str) -> bool:
    return left.is_open or name in left.possible


class _Search:
    """Looks through the places above a step."""

    def __init__(self, workflow: Workflow, findings: Findings) -> None:
        self._graph = workflow.graph
        self._inputs = [item.name for item in workflow.inputs]
        self._findings = findings
        self._pieces = Workpiece()

    def look(self, spot: Spot, call: _Call, name: str) -> None:
        """The nearest place that may have *name* decides; at last the inputs, where they are declared."""
        for level in above(self._graph, spot):
            twice = self._pieces.returned_twice(level, name)
            if twice is not None:
                message = f"{call.task} needs '{name}'; both {twice[0]} and {twice[1]} return it"
                hint = f"write `with: {{{name}: ${{{{ … }}}}}}`"
                self._findings.at_value(call.path, "FE127", message, hint)
                return
            if any(_may_have(self._pieces.left_by(step), name) for step in level):
                return
        if self._inputs and name not in self._inputs:
            there = list(self._names_above(spot))
            hint = near(name, there) or f"there are: {', '.join(there[:_NAMES_SHOWN_MAX])}"
            message = f"{call.task} needs '{name}'; nothing above returns it"
            self._findings.at_value(call.path, "FE127", message, hint)

    def _names_above(self, spot: Spot) -> dict[str, None]:
        """What there is to be filled in, nearest first."""
        names: dict[str, None] = {}
        for level in above(self._graph, spot):
            for step in level:
                names |= dict.fromkeys(sorted(self._pieces.left_by(step).possible))
        return names | dict.fromkeys(self._inputs)
