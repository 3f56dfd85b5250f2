"""Do the keys and the form of their values fit the one table? Every misfit with its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from flowengine.definitions.expressions.paths import near
from flowengine.definitions.expressions.tree import Json, Path
from flowengine.definitions.findings import Findings, shown
from flowengine.definitions.input_schemas import schema_problems
from flowengine.definitions.keys import (
    STEPS_MAX,
    DefaultsKeys,
    EventTriggerKeys,
    Keys,
    NotifyKeys,
    RetryKeys,
    TaskStepKeys,
    WorkflowKeys,
    known_keys,
)
from flowengine.definitions.nodes import Mapping, Node, Scalar, Sequence, node_at, to_json

_FREE = ("with", "output")
"""Below these keys null is a value like others."""
_SHAPES = {
    "on": "an event type, or a map with the key `event`",
    "steps": "a task's name, or a map with the key `task`",
    "inputs": "a type's name, or a JSON Schema",
}


def structure(root: Mapping, findings: Findings) -> WorkflowKeys | None:
    """The document by its keys; None, with the reasons in *findings*, where it does not fit."""
    before = len(findings.problems)
    nulls = list(_nulls(root, ()))
    for path in nulls:
        findings.at_key(path, "FE112", f"'{path[-1]}' has no value", "give it one, or leave it out")
    inputs = root.get("inputs")
    if isinstance(inputs, Mapping):
        for entry in inputs.entries:
            if isinstance(entry.value, Mapping):
                for below, problem in schema_problems(to_json(entry.value)):
                    findings.at_value(("inputs", entry.key, *below), "FE112", problem)
    try:
        keys = WorkflowKeys.model_validate(to_json(root))
    except ValidationError as error:
        for misfit in error.errors(include_url=False, include_input=False):
            if misfit["loc"] not in nulls:
                _refuse(root, misfit["type"], misfit["loc"], misfit.get("ctx", {}), findings)
        return None
    return keys if len(findings.problems) == before else None


def _nulls(node: Node, path: Path) -> Iterator[Path]:
    """The paths of keys without a value, where a value is owed."""
    match node:
        case Mapping(_, entries):
            for entry in entries:
                if entry.key in _FREE:
                    continue
                if isinstance(entry.value, Scalar) and entry.value.value is None:
                    yield (*path, entry.key)
                elif (*path, entry.key) != ("inputs",):
                    yield from _nulls(entry.value, (*path, entry.key))
        case Sequence(_, items):
            for index, item in enumerate(items):
                yield from _nulls(item, (*path, index))
        case _:
            return


def _refuse(
    root: Mapping, kind: str, loc: Path, details: dict[str, Any], findings: Findings
) -> None:
    is_key = loc[-1:] == ("[key]",)
    path = loc[:-1] if is_key else loc
    match kind:
        case "extra_forbidden":
            _unknown_key(path, findings)
        case "missing":
            _missing_key(path, findings)
        case "form" if is_key:
            name = shown(path[-1])
            findings.at_key(path, "FE112", f"{name} will not do: it must be {details['wanted']}")
        case "too_long" if path == ("steps",):
            place = ("steps", STEPS_MAX)
            findings.at_value(place, "FE129", f"more than {STEPS_MAX} steps")
        case _:
            value = _outline(to_json(node_at(root, path)))
            wanted = _wanted(kind, path, details)
            findings.at_value(path, "FE112", f"{value} will not do: it must {wanted}")


def _wanted(kind: str, path: Path, details: dict[str, Any]) -> str:
    match kind:
        case "form":
            return f"be {details['wanted']}"
        case "too_short":
            return "have at least one entry"
        case "too_long":
            return f"have at most {details['max_length']} entries"
        case "list_type":
            return "be a list"
        case _:
            return f"be {_SHAPES.get(str(path[0]), 'a map') if len(path) == 2 else 'a map'}"


def _outline(value: Json) -> str:
    """What a message shows of a value: not the inside of lists and maps."""
    if isinstance(value, dict):
        return f"a map of {len(value)}" if value else "an empty map"
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else "an empty list"
    return shown(value)


def _unknown_key(path: Path, findings: Findings) -> None:
    key = str(path[-1])
    known = known_keys(_model_at(path[:-1]))
    hint = near(key, known) or f"known here: {', '.join(known)}"
    findings.at_key(path, "FE110", f"unknown key '{key[:100]}'", hint)


def _missing_key(path: Path, findings: Findings) -> None:
    key = path[-1]
    if key == "on" and any(problem.code == "FE105" for problem in findings.loaded):
        return  # it is there, as `true`, and was reported
    findings.at_value(path[:-1], "FE111", f"the key '{key}' is missing")


def _model_at(path: Path) -> type[Keys]:
    match path:
        case ():
            return WorkflowKeys
        case (*_, "retry"):
            return RetryKeys
        case ("notify",):
            return NotifyKeys
        case ("defaults",):
            return DefaultsKeys
        case ("on", _):
            return EventTriggerKeys
        case _:
            return TaskStepKeys
