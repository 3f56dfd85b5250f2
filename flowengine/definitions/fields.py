"""FE207 where it takes more than one place of the file: the fields of events and of steps' outputs."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Table
from typing import Any

from flowengine.definitions.expressions.check import NAMES, Place, problems
from flowengine.definitions.expressions.shapes import Shape, Shapes, either, of_schema
from flowengine.definitions.expressions.tree import Expression, Path
from flowengine.definitions.expressions.types import EVENT
from flowengine.definitions.findings import Findings
from flowengine.definitions.likeness import near
from flowengine.definitions.model import EventTrigger, Trigger, Workflow
from flowengine.definitions.nodes import Mapping, node_at
from flowengine.definitions.references import References
from flowengine.definitions.steps import (
    ApprovalStep,
    ChildStep,
    EmitStep,
    GroupStep,
    ParallelStep,
    Step,
    TaskStep,
    WaitStep,
)

Schemas = Table[str, Any]
"""JSON Schemas of events' data, by type; types without one are not among them."""


def known_fields(
    workflow: Workflow,
    paths: Table[str, Path],
    found: References,
    schemas: Schemas,
    findings: Findings,
) -> None:
    """FE207 in every expression, and in every ``match``.

    All else has been checked where the expressions stand; here every name may be used anywhere.
    """
    waits = dict(_waits(workflow, paths))
    for path, patterns in waits.items():
        _match(path, patterns, schemas, findings)
    places = _Places(workflow, waits, schemas)
    for path, below, expression in _expressions(found):
        for error in problems(expression, places.of(path)):
            if error.code == "FE207":
                findings.in_text((*path, *below), error)


class _Places:
    """What is known where an expression stands; three kinds of places differ from all the others."""

    def __init__(
        self, workflow: Workflow, waits: Table[Path, tuple[str, ...]], schemas: Schemas
    ) -> None:
        outputs = dict(_outputs(workflow, schemas))
        starts = [_started_by(trigger) for trigger in workflow.triggers]
        every = tuple(pattern for patterns in starts for pattern in patterns or ("**",))
        common = {**outputs, **_event("event", every, schemas)}

        def place(shapes: Shapes) -> Place:
            return Place(names=NAMES, steps=workflow.graph.spots, shapes=shapes, is_hook=True)

        self._common = place(common)
        self._triggers = [place(_event("event", patterns, schemas)) for patterns in starts]
        self._waits = {
            path: place({**common, **_event("incoming", patterns, schemas)})
            for path, patterns in waits.items()
        }

    def of(self, path: Path) -> Place:
        """The place of the expression at that path."""
        if path[0] == "on":
            return self._triggers[int(path[1])]
        return self._waits.get(path[:-1], self._common)


def _expressions(found: References) -> Iterator[tuple[Path, Path, Expression]]:
    """Every expression: the path of its key, the way below it, itself."""
    for path, expression in found.conditions.items():
        yield path, (), expression
    for path, template in found.templates.items():
        for embedded in template.expressions():
            yield path, embedded.path, embedded.expression


def _started_by(trigger: Trigger) -> tuple[str, ...]:
    return trigger.patterns if isinstance(trigger, EventTrigger) else ()


def _waits(workflow: Workflow, paths: Table[str, Path]) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """What is waited for, by the path of the map that says so."""
    for step_id, path in paths.items():
        step = workflow.step(step_id)
        if isinstance(step, WaitStep):
            yield (*path, "wait_for"), step.patterns
    for index, cancel in enumerate(workflow.cancel_on):
        yield ("cancel_on", index), cancel.patterns


def _data_of(patterns: tuple[str, ...], schemas: Schemas) -> Shape | None:
    """What the data of such an event has; None where one of the types is not known."""
    return either(of_schema(schemas[each]) if each in schemas else None for each in patterns)


def _event(name: str, patterns: tuple[str, ...], schemas: Schemas) -> Shapes:
    shape = _data_of(patterns, schemas)
    return {} if shape is None else {(name, "data"): (_types(patterns), shape)}


def _types(patterns: tuple[str, ...]) -> str:
    return " or ".join(dict.fromkeys(patterns))


def _match(path: Path, patterns: tuple[str, ...], schemas: Schemas, findings: Findings) -> None:
    """FE207 for the paths of a ``match``."""
    data = _data_of(patterns, schemas)
    match = node_at(findings.root, (*path, "match"))
    for entry in match.entries if isinstance(match, Mapping) else ():
        shape = data
        for name in entry.key.split("."):
            if shape is None:
                break
            if name not in shape.fields:
                hint = near(name, shape.fields)
                message = f"{_types(patterns)} has no field '{entry.key[:100]}'"
                findings.at_key((*path, "match", entry.key), "FE207", message, hint)
                break
            shape = shape.fields[name]


def _outputs(
    workflow: Workflow, schemas: Schemas
) -> Iterator[tuple[tuple[str, ...], tuple[str, Shape]]]:
    """What the outputs of steps have, where that is known."""
    for step_id, spot in workflow.graph.spots.items():
        shape = _output(spot.step, schemas)
        if shape is not None:
            yield ("steps", step_id, "output"), (f"the output of '{step_id}'", shape)


def _output(step: Step, schemas: Schemas) -> Shape | None:  # noqa: PLR0911 - one for each kind
    """The fields of what a step gives; None where that is not known, or it is no map."""
    if step.loop is not None or step.rescue:
        return None
    match step:
        case TaskStep():
            returns = None if step.signature is None else step.signature.returns
            return None if returns is None else _plain(*returns)
        case ChildStep():
            return _plain("run_id") if step.detach else None
        case EmitStep():
            return _plain("event_id")
        case WaitStep():
            return Shape({**dict.fromkeys(EVENT), "data": _data_of(step.patterns, schemas)})
        case ApprovalStep():
            form = _plain(*(field.name for field in step.form))
            return Shape({**dict.fromkeys(("approved", "by", "at")), "form": form})
        case ParallelStep():
            return Shape({b.step.id: _output(b.step, schemas) for b in step.branches})
        case GroupStep():
            last = step.steps[-1]
            return None if last.condition is not None else _output(last, schemas)
        case _:
            return None


def _plain(*names: str) -> Shape:
    return Shape(dict.fromkeys(names))
