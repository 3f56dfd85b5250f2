"""What tasks do in a rehearsal, as a YAML file says it.

    shop.charge: {charge_id: c-1}            # what it returns, every time
    shop.quote:                              # may look at what it was given
      total: ${{ input.quantity * 3 }}
    mail.send:                               # one after another; the last one stays
      - fails: ConnectionError
      - returns: null
        takes: 30s
    workflows:                               # of workflows that are not there: their output
      newsletter.subscribe: {}

A map with ``returns`` or ``fails`` is a *script*; besides, it may have ``takes`` (a duration), and with
``fails`` also ``message``, ``permanent`` and ``details``. A list of scripts is one per call. Everything
else is a value that is returned. ``${{ }}`` sees ``input`` (a map), ``attempt`` (a number), ``item``
(the path of a loop's item) and ``event``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from flowengine.definitions.durations import parse_duration
from flowengine.definitions.expressions.evaluate import render
from flowengine.definitions.expressions.parse import parse_template
from flowengine.definitions.expressions.tree import Path, Template
from flowengine.definitions.findings import Findings, shown
from flowengine.definitions.load import load
from flowengine.definitions.nodes import Mapping as MapNode
from flowengine.definitions.nodes import Node, Sequence, to_json
from flowengine.engine.run import Failure
from flowengine.engine.scope import event_scope
from flowengine.errors import DefinitionError, ExpressionError
from flowengine.rehearsal.acts import Played, Work

_T = TypeVar("_T")
_SCRIPT = ("returns", "fails", "takes", "message", "permanent", "details")


class Unplayed(Exception):
    """A task is called for which there is no fake."""

    def __init__(self, task: str, step: str, given: Any) -> None:
        super().__init__(task)
        self.task = task
        self.step = step
        self.given = given


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One call of a task."""

    returns: Template | None = None
    failure: Failure | None = None
    """None = it returns."""
    takes: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fakes:
    """What a file of fakes says."""

    tasks: Mapping[str, tuple[Script, ...]] = field(default_factory=dict)
    workflows: Mapping[str, tuple[Script, ...]] = field(default_factory=dict)


def read_fakes(text: str | bytes, *, path: str) -> Fakes:
    """The fakes that *text* says.

    Raises:
        DefinitionError: it is no YAML, or a script will not do.
    """
    loaded = load(text, path=path)
    findings = Findings(path, loaded.root, loaded.problems)
    tasks: dict[str, tuple[Script, ...]] = {}
    workflows: dict[str, tuple[Script, ...]] = {}
    for entry in loaded.root.entries:
        if entry.key == "workflows" and isinstance(entry.value, MapNode):
            for inner in entry.value.entries:
                way: Path = ("workflows", inner.key)
                workflows[inner.key] = _scripts(inner.value, way, findings)
        else:
            tasks[entry.key] = _scripts(entry.value, (entry.key,), findings)
    refusals = findings.refusals()
    if refusals:
        raise DefinitionError(refusals)
    return Fakes(tasks=tasks, workflows=workflows)


def _scripts(node: Node, path: Path, findings: Findings) -> tuple[Script, ...]:
    if isinstance(node, Sequence) and node.items and all(map(_is_script, node.items)):
        return tuple(_script(item, (*path, at), findings) for at, item in enumerate(node.items))
    return (_script(node, path, findings),)


def _is_script(node: Node) -> bool:
    keys = {entry.key for entry in node.entries} if isinstance(node, MapNode) else set()
    return bool(keys & {"returns", "fails"}) and keys <= set(_SCRIPT)


def _script(node: Node, path: Path, findings: Findings) -> Script:
    value = to_json(node)
    if not _is_script(node) or not isinstance(value, dict):
        return Script(returns=_template(value, path, findings))
    takes = timedelta()
    if "takes" in value:
        length = parse_duration(value["takes"]) if isinstance(value["takes"], str) else None
        if length is None:
            message = f"{shown(value['takes'])} will not do: it must be a duration, as 30s"
            findings.at_value((*path, "takes"), "FE112", message)
        takes = length or takes
    if "fails" not in value:
        returns = _template(value["returns"], (*path, "returns"), findings)
        return Script(returns=returns, takes=takes)
    failure = Failure(
        code=str(value["fails"]),
        message=str(value.get("message", "as its fake says")),
        permanent=value.get("permanent") is True,
        details=value.get("details"),
    )
    return Script(failure=failure, takes=takes)


def _template(value: Any, path: Path, findings: Findings) -> Template:
    def refuse(below: Path, error: ExpressionError) -> None:
        findings.in_text((*path, *below), error)

    return parse_template(value, refuse=refuse)


@dataclass(slots=True)
class Cast:
    """Plays tasks by their fakes; steps that are told to fail, fail; the rest is played for real."""

    fakes: Fakes
    failing: Mapping[str, tuple[Failure | None, ...]] = field(default_factory=dict)
    """By step: how each of its calls fails; None = that one goes well. The last one stays."""
    real: Callable[[Work], Played] | None = None
    """Calls the task itself; None = a task without a fake ends the rehearsal."""
    _calls: Counter[str] = field(default_factory=Counter)

    def play(self, work: Work) -> Played:
        """Call the task of *work*.

        Raises:
            Unplayed: there is no fake for it.
        """
        row = work.row
        failures = self.failing.get(row.id)
        if failures is not None:
            failure = self._next(f"step {row.id}.{row.item}", failures)
            if failure is not None:
                return Played(failure=failure)
        task = work.step.task
        scripts = self.fakes.tasks.get(task)
        if scripts is not None:
            scope = {
                "input": row.input or {},
                "attempt": row.attempt,
                "item": row.item,
                "event": event_scope(work.event),
            }
            return _played(self._next(f"task {task}", scripts), scope, work.now)
        if self.real is None:
            raise Unplayed(task, row.id, row.input)
        return self.real(work)

    def play_workflow(self, name: str, inputs: Mapping[str, Any], now: datetime) -> Played | None:
        """The fake of a workflow; None = there is none."""
        scripts = self.fakes.workflows.get(name)
        if scripts is None:
            return None
        return _played(self._next(f"workflow {name}", scripts), {"input": inputs}, now)

    def _next(self, name: str, scripts: tuple[_T, ...]) -> _T:
        at = self._calls[name]
        self._calls[name] += 1
        return scripts[min(at, len(scripts) - 1)]


def _played(script: Script, scope: Mapping[str, Any], now: datetime) -> Played:
    if script.failure is not None or script.returns is None:
        return Played(failure=script.failure, takes=script.takes)
    try:
        return Played(output=render(script.returns, scope, now), takes=script.takes)
    except ExpressionError as error:
        failure = Failure(code="ExpressionError", message=f"in its fake: {error}", permanent=True)
        return Played(failure=failure)
