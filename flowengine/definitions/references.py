"""The expressions of a file: parsed, and checked against what is in scope where they stand."""

from __future__ import annotations

from dataclasses import dataclass, field

from flowengine.definitions.expressions.check import (
    Place,
    condition_problems,
    template_problems,
)
from flowengine.definitions.expressions.parse import parse_expression, parse_template
from flowengine.definitions.expressions.paths import near
from flowengine.definitions.expressions.tree import Expression, Path, Template
from flowengine.definitions.findings import Findings
from flowengine.definitions.nodes import Mapping, Node, Scalar, Sequence, to_json
from flowengine.errors import ExpressionError

_TRIGGER = frozenset({"event", "config"})
_START = frozenset({"event", "inputs", "run", "config"})
_STEP = frozenset({"event", "inputs", "run", "config", "steps"})


@dataclass(slots=True)
class References:
    """Every expression of the file, by the path of its key."""

    conditions: dict[Path, Expression] = field(default_factory=dict)
    templates: dict[Path, Template] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    """The ids of the steps, in order; made from the task's name where none is given."""


def references(root: Mapping, findings: Findings) -> References:
    """All expressions of a document in its long form, whether or not its structure is right."""
    found = References()
    inputs = _names_of(root.get("inputs"))
    start = Place(names=_START, inputs=inputs)
    _template(root.get("title"), ("title",), start, found, findings)
    for name, label in _entries(root.get("labels")):
        _template(label, ("labels", name), start, found, findings)
    _template(_child(root.get("notify"), "users"), ("notify", "users"), start, found, findings)
    _triggers(root, inputs, found, findings)
    _steps(root, inputs, found, findings)
    everything = Place(names=_STEP, inputs=inputs, steps=tuple(found.ids))
    _template(root.get("output"), ("output",), everything, found, findings)
    return found


def step_id(node: Node) -> str | None:
    """The id of a step: its own, else the last part of its task's name; None where it has neither."""
    if not isinstance(node, Mapping):
        return None
    given = node.get("id")
    if isinstance(given, Scalar) and isinstance(given.value, str):
        return given.value
    task = node.get("task")
    if isinstance(task, Scalar) and isinstance(task.value, str):
        return task.value.rpartition(".")[2].partition("@")[0]
    return None


def _names_of(inputs: Node | None) -> frozenset[str] | None:
    if not isinstance(inputs, Mapping):
        return None
    return frozenset(entry.key for entry in inputs.entries)


def _triggers(
    root: Mapping, inputs: frozenset[str] | None, found: References, findings: Findings
) -> None:
    triggers = root.get("on")
    place = Place(names=_TRIGGER)
    for index, trigger in enumerate(triggers.items if isinstance(triggers, Sequence) else ()):
        path: Path = ("on", index)
        _condition(trigger, path, place, found, findings)
        _arguments(trigger, path, place, found, findings)
        for name, _ in _entries(_child(trigger, "with")):
            if inputs is None:
                reason = "it fills `inputs`, and none are declared"
                findings.at_key((*path, "with"), "FE114", "'with' cannot be used here", reason)
                break
            if name not in inputs:
                hint = near(name, inputs) or f"there are: {', '.join(sorted(inputs))}"
                message = f"no input '{name[:100]}' is declared"
                findings.at_key((*path, "with", name), "FE110", message, hint)


def _steps(
    root: Mapping, inputs: frozenset[str] | None, found: References, findings: Findings
) -> None:
    steps = root.get("steps")
    items = steps.items if isinstance(steps, Sequence) else ()
    ids = [step_id(item) for item in items]
    every = frozenset(name for name in ids if name is not None)
    lines: dict[str, int] = {}
    for index, (item, name) in enumerate(zip(items, ids, strict=True)):
        path: Path = ("steps", index)
        place = Place(names=_STEP, inputs=inputs, steps=tuple(found.ids), later=every)
        _condition(item, path, place, found, findings)
        _arguments(item, path, place, found, findings)
        _template(_child(item, "title"), (*path, "title"), place, found, findings)
        if name is None:
            continue
        if name in lines:
            findings.at_value(
                (*path, "id") if _child(item, "id") is not None else (*path, "task"),
                "FE120",
                f"two steps would be called '{name}' (the other is at line {lines[name]})",
                "give one of them an id",
            )
            continue
        lines[name] = item.place.line
        found.ids.append(name)


def _child(node: Node | None, key: str) -> Node | None:
    return node.get(key) if isinstance(node, Mapping) else None


def _entries(node: Node | None) -> list[tuple[str, Node]]:
    entries = node.entries if isinstance(node, Mapping) else ()
    return [(entry.key, entry.value) for entry in entries]


def _arguments(node: Node, path: Path, place: Place, found: References, findings: Findings) -> None:
    for name, value in _entries(_child(node, "with")):
        _template(value, (*path, "with", name), place, found, findings)


def _template(
    node: Node | None, path: Path, place: Place, found: References, findings: Findings
) -> None:
    if node is None:
        return
    template = parse_template(
        to_json(node), refuse=lambda below, error: findings.in_text((*path, *below), error)
    )
    found.templates[path] = template
    for below, error in template_problems(template, place):
        findings.in_text((*path, *below), error)


def _condition(node: Node, path: Path, place: Place, found: References, findings: Findings) -> None:
    given = _child(node, "if")
    where = (*path, "if")
    if not isinstance(given, Scalar) or given.value is None or given.value == "":
        return  # the keys refuse it
    text = str(given.value).lower() if isinstance(given.value, bool) else str(given.value)
    if "${{" in text:
        hint = "write it without ${{ }}"
        findings.at_value(where, "FE206", "'if' is already an expression", hint)
        return
    try:
        expression = parse_expression(text)
    except ExpressionError as error:
        findings.in_text(where, error)
        return
    found.conditions[where] = expression
    for problem in condition_problems(expression, place):
        findings.in_text(where, problem)
