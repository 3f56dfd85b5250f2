"""How parameters are filled by name: the workpiece. Language §2.5, §4.10.

A required parameter that ``with`` does not give is taken from the nearest place above that has its name,
at last from the run's inputs. Which places those are is :mod:`flowengine.engine.places`'s to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from flowengine.definitions.expressions.evaluate import render
from flowengine.definitions.expressions.tree import Template
from flowengine.definitions.graph import Graph, Line, Role, Spot
from flowengine.definitions.steps import (
    ApprovalStep,
    ChildStep,
    EmitStep,
    Step,
    TaskStep,
    WaitStep,
)
from flowengine.definitions.workpiece import lasts
from flowengine.engine import failures, places
from flowengine.engine.draft import Draft
from flowengine.engine.places import Reading, at
from flowengine.engine.run import Failure, Item
from flowengine.engine.run import Step as Row
from flowengine.engine.scope import LEFT, WITH_OUTPUT, Found, inputs_of, scope_from
from flowengine.engine.states import StepState
from flowengine.errors import ExpressionError

_WITH_INPUT = (TaskStep, ChildStep, EmitStep)
"""The kinds of steps that are given something."""


def fill(draft: Draft, spot: Spot, item: Item) -> dict[str, Any] | Failure:
    """The input of a task, child or emit step: its ``with``, and what its task requires besides.

    A row that had its input before (it is resumed) keeps it; values that were given by hand go before
    the ``with``. The failure, instead, where an expression has no value, or a parameter is found
    nowhere or in two branches.
    """
    step = spot.step
    assert isinstance(step, _WITH_INPUT), "no other kind has an input"
    wanted = places.reading(draft.graph, spot)
    found = draft.rows(wanted.places(item))
    own = found.get((step.id, item))
    by_hand = {} if own is None or own.input is None else dict(own.input)
    if own is not None and own.input is not None and own.ready_at is not None:
        return by_hand
    given = by_hand
    if step.arguments:
        arguments = {name: part for name, part in step.arguments.items() if name not in by_hand}
        scope = scope_from(draft, spot, item, wanted, found) if wanted.names else {}
        rendered = _rendered(draft, arguments, scope, "with")
        if isinstance(rendered, Failure):
            return rendered
        given = {**rendered, **by_hand}
    task = step.task if isinstance(step, TaskStep) else ""
    return _filled(draft, given, task, wanted, _Left(draft.graph, found, item))


def fill_undo(draft: Draft, spot: Spot, item: Item) -> dict[str, Any] | Failure:
    """The input of the task that undoes the step there.

    What its ``with`` does not give is taken from the step's own output, then from what the step was
    given, then as it is for the step itself. ``output`` is null where nobody knows what the step did.
    """
    undo = draft.graph.undo(spot.step.id)
    assert undo is not None, "only a step with `compensate` is undone"
    wanted = places.undo_reading(draft.graph, spot)
    found = draft.rows(wanted.places(item))
    own = found[spot.step.id, item]
    output = own.output if own.state in WITH_OUTPUT else None
    scope = {**scope_from(draft, spot, item, wanted, found), "output": output}
    given = _rendered(draft, undo.arguments, scope, "compensate.with")
    if isinstance(given, Failure):
        return given
    for source in (output, own.input):
        if isinstance(source, Mapping):
            for name in wanted.missing:
                if name in source:
                    given.setdefault(name, source[name])
    return _filled(draft, given, undo.task, wanted, _Left(draft.graph, found, item))


class _Left:
    """What the steps above have left, as the rows at one path say it."""

    def __init__(self, graph: Graph, found: Found, item: Item) -> None:
        self._graph = graph
        self._found = found
        self._item = item

    def of(self, step: Step) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Ids and mappings; several only where they come from branches side by side."""
        row = self._row(step)
        if row is None:
            return
        lines: Iterable[Line] = ()
        if row.state is StepState.RESCUED:
            lines = [self._graph.line(step.id, Role.RESCUE, row.clause or 0)]
        elif row.state in LEFT and step.loop is None:
            left = _returned(step, row)
            if isinstance(left, Mapping):
                yield step.id, left
            lines = places.inner_lines(self._graph, step)
        for line in lines:
            if line.role is not Role.CLAUSE or line.index == row.clause:
                yield from self._of_last(line)

    def _of_last(self, line: Line) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Of the last step of the line that was not skipped."""
        for step in lasts(line.steps):
            row = self._row(step)
            if row is not None and row.state is not StepState.SKIPPED:
                yield from self.of(step)
                return

    def _row(self, step: Step) -> Row | None:
        depth = len(self._graph.spots[step.id].loops)
        return self._found.get((step.id, at(self._item, depth)))


def _filled(
    draft: Draft, given: dict[str, Any], task: str, wanted: Reading, left: _Left
) -> dict[str, Any] | Failure:
    """*given*, and what is missing of it from the nearest place that has it."""
    if not wanted.missing:
        return given
    inputs = inputs_of(draft.run)
    unfound = []
    for name in wanted.missing:
        if name in given:
            continue
        sources = _nearest(wanted, left, name)
        if len(sources) > 1:
            return failures.ambiguous(task, name, sources)
        if sources:
            given[name] = next(iter(sources.values()))
        elif isinstance(inputs, Mapping) and name in inputs:
            given[name] = inputs[name]
        else:
            unfound.append(name)
    if not unfound:
        return given
    names = [*_names_above(wanted, left), *(inputs if isinstance(inputs, Mapping) else ())]
    return failures.unfilled(task, unfound, names)


def _nearest(wanted: Reading, left: _Left, name: str) -> dict[str, Any]:
    """The value of *name* by the step that left it: of the nearest place where any did."""
    for level in wanted.levels:
        found = {
            step_id: values[name]
            for step in level
            for step_id, values in left.of(step)
            if name in values
        }
        if found:
            return found
    return {}


def _names_above(wanted: Reading, left: _Left) -> Iterator[str]:
    """For people: what was there to be filled in, nearest first."""
    for level in wanted.levels:
        for step in level:
            signature = step.signature if isinstance(step, TaskStep) else None
            if signature is not None and signature.returns is not None and step.loop is None:
                yield from signature.returns
            else:
                for _, values in left.of(step):
                    yield from values


def _rendered(
    draft: Draft, arguments: Mapping[str, Template], scope: Mapping[str, Any], key: str
) -> dict[str, Any] | Failure:
    given: dict[str, Any] = {}
    for name, template in arguments.items():
        try:
            given[name] = render(template, scope, draft.now)
        except ExpressionError as error:
            return failures.no_value(f"{key}.{name}", error)
    return given


def _returned(step: Step, row: Row) -> Any:
    """What a step of one of the plain kinds leaves; a mapping, or it leaves nothing.

    A declared return type is the whole of what a task leaves.
    """
    match step:
        case TaskStep():
            output = row.output
            returns = None if step.signature is None else step.signature.returns
            if returns is None or not isinstance(output, Mapping):
                return output
            return {name: output[name] for name in returns if name in output}
        case ChildStep() if not step.detach:
            return row.output
        case WaitStep():
            return _member(row.output, "data")
        case ApprovalStep():
            return _member(row.output, "form")
        case _:
            return None


def _member(output: Any, name: str) -> Any:
    """What stands under *name*; None where somebody gave another output by hand."""
    return output.get(name) if isinstance(output, Mapping) else None
