"""Do the keys and the form of their values fit the one table? Every misfit with its place."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from flowengine.definitions.expressions.tree import Json, Path
from flowengine.definitions.findings import PROBLEMS_MAX, Findings, shown
from flowengine.definitions.input_schemas import schema_problems
from flowengine.definitions.keys.maps import Keys, written
from flowengine.definitions.keys.parts import (
    ApprovalKeys,
    AwaitedKeys,
    FailKeys,
    RetryKeys,
    UndoKeys,
    UntilKeys,
)
from flowengine.definitions.keys.steps import (
    KINDS,
    STEP_KEYS,
    ClauseKeys,
    RescueKeys,
    StepKeys,
)
from flowengine.definitions.keys.workflow import (
    TRIGGER_KEYS,
    TRIGGERS,
    ConcurrencyKeys,
    DebounceKeys,
    DefaultsKeys,
    IdempotencyKeys,
    NotifyKeys,
    StarterKeys,
    ThrottleKeys,
    WorkflowKeys,
)
from flowengine.definitions.likeness import near
from flowengine.definitions.misplaced import misplaced, written_elsewhere
from flowengine.definitions.nodes import (
    Mapping,
    Node,
    Scalar,
    Sequence,
    has_path,
    key_place,
    node_at,
    to_json,
)

_FREE = frozenset({"with", "output", "for_each", "inputs", "form"})
"""Below these keys null is a value like others."""
_NAMED = frozenset({"parallel", "labels", "match"})
"""The keys right below these are names that the author chose."""
_MAPS: dict[str, type[Keys]] = {
    "retry": RetryKeys,
    "compensate": UndoKeys,
    "rescue": RescueKeys,
    "wait_for": AwaitedKeys,
    "cancel_on": AwaitedKeys,
    "until": UntilKeys,
    "approval": ApprovalKeys,
    "switch": ClauseKeys,
    "fail": FailKeys,
    "starters": StarterKeys,
    "notify": NotifyKeys,
    "idempotency": IdempotencyKeys,
    "debounce": DebounceKeys,
    "throttle": ThrottleKeys,
    "concurrency": ConcurrencyKeys,
    "defaults": DefaultsKeys,
}
"""What a map may hold, by the key it stands under or by its kind."""
_STEP = f"a task's name, or a map with one of {', '.join(f'`{kind}`' for kind in KINDS)}"
_TRIGGER = "an event type, or a map with `event`, `schedule`, `manual` or `call`"
_KEY = "[key]"
"""How the way through the table ends for a key that does not have its form."""
_SCHEMA = "a type's name, or a JSON Schema"
_UNDO = "a task's name, or a map with the key `task`"


def structure(root: Mapping, findings: Findings) -> WorkflowKeys | None:
    """The document by its keys; None, with the reasons in *findings*, where it does not fit."""
    before = len(findings.problems)
    nulls = frozenset(islice(_nulls(root, (), are_names=False), PROBLEMS_MAX))
    for path in nulls:
        findings.at_key(path, "FE112", f"'{path[-1]}' has no value", "give it one, or leave it out")
    _schemas(root, (), findings)
    try:
        keys = WorkflowKeys.model_validate(to_json(root))
    except ValidationError as error:
        for path, misfit in _first(root, error):
            if path not in nulls:
                _refuse(root, path, misfit, findings)
        return None
    return keys if len(findings.problems) == before else None


def _first(root: Mapping, error: ValidationError) -> list[tuple[Path, ErrorDetails]]:
    """The first misfits by their places, with their paths: more than that nobody is told."""
    misfits = error.errors(include_url=False, include_input=False)[: 4 * PROBLEMS_MAX]
    found = [(_path(root, misfit["loc"]), misfit) for misfit in misfits]
    found.sort(key=lambda each: key_place(root, each[0]))
    return found[:PROBLEMS_MAX]


def _nulls(node: Node, path: Path, *, are_names: bool) -> Iterator[Path]:
    """The paths of keys without a value, where a value is owed."""
    match node:
        case Mapping(_, entries):
            for entry in entries:
                is_key = not are_names
                where = (*path, entry.key)
                if is_key and entry.key in ("with", "output"):
                    continue
                if isinstance(entry.value, Scalar) and entry.value.value is None:
                    yield where
                elif not (is_key and entry.key in _FREE):
                    yield from _nulls(entry.value, where, are_names=is_key and entry.key in _NAMED)
        case Sequence(_, items):
            for index, item in enumerate(items):
                if not isinstance(item, Scalar):
                    yield from _nulls(item, (*path, index), are_names=False)
        case _:
            return


def _schemas(node: Node, path: Path, findings: Findings) -> None:
    """What is wrong with the JSON Schemas of ``inputs`` and of the forms of approvals."""
    match node:
        case Mapping(_, entries):
            for entry in entries:
                where = (*path, entry.key)
                is_table = where == ("inputs",) or where[-2:] == ("approval", "form")
                if is_table and isinstance(entry.value, Mapping):
                    _each_schema(entry.value, where, findings)
                elif entry.key not in ("with", "output"):
                    _schemas(entry.value, where, findings)
        case Sequence(_, items):
            for index, item in enumerate(items):
                if not isinstance(item, Scalar):
                    _schemas(item, (*path, index), findings)
        case _:
            return


def _each_schema(table: Mapping, path: Path, findings: Findings) -> None:
    for entry in table.entries:
        if isinstance(entry.value, Mapping):
            for below, problem in islice(schema_problems(to_json(entry.value)), PROBLEMS_MAX):
                findings.at_value((*path, entry.key, *below), "FE112", problem)


def _refuse(root: Mapping, path: Path, misfit: ErrorDetails, findings: Findings) -> None:
    kind, loc, details = misfit["type"], misfit["loc"], misfit.get("ctx", {})
    match kind:
        case "extra_forbidden":
            _unknown_key(path, _model_at(loc[:-1]), findings)
        case "missing":
            _missing_key(path, findings)
        case "form" if loc[-1] == _KEY:
            name = shown(path[-1])
            findings.at_key(path, "FE112", f"{name} will not do: it must be {details['wanted']}")
        case "union_tag_not_found" if isinstance(node_at(root, path), Mapping):
            _no_kind(root, path, findings)
        case "too_long" if path[-1] == "steps":
            pass  # counted over the whole file: FE129
        case _:
            value = _outline(to_json(node_at(root, path)))
            wanted = _wanted(kind, path, details)
            findings.at_value(path, "FE112", f"{value} will not do: it must {wanted}")


def _path(root: Mapping, loc: Path) -> Path:
    """The way through the document, without the marks of the way through the table."""
    path: Path = ()
    for part in loc[:-1] if loc[-1:] == (_KEY,) else loc:
        is_mark = isinstance(part, str) and part[:1] == "<" and part[-1:] == ">"
        if not is_mark or has_path(root, (*path, part)):
            path = (*path, part)
    return path


def _wanted(kind: str, path: Path, details: dict[str, Any]) -> str:  # noqa: PLR0911 - one for each
    match kind:
        case "form":
            return f"be {details['wanted']}"
        case "too_short":
            return "have at least one entry"
        case "too_long":
            return f"have at most {details['max_length']} entries"
        case "list_type":
            return "be a list"
        case "union_tag_not_found":
            return f"be {_TRIGGER if path[0] == 'on' else _step_at(path)}"
        case _ if path[-2:-1] in (("inputs",), ("form",)):
            return f"be {_SCHEMA}"
        case _:
            return f"be {_UNDO if path[-1:] == ('compensate',) else 'a map'}"


def _step_at(path: Path) -> str:
    return _STEP if isinstance(path[-1], int) else f"{_STEP}, or a list of them"


def _outline(value: Json) -> str:
    """What a message shows of a value: not the inside of lists and maps."""
    if isinstance(value, dict):
        return f"a map of {len(value)}" if value else "an empty map"
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else "an empty list"
    return shown(value)


def _unknown_key(path: Path, model: type[Keys], findings: Findings) -> None:
    key = str(path[-1])
    reason = misplaced(key, model)
    if reason is not None:
        findings.at_key(path, *reason)
        return
    known = written(model)
    hint = written_elsewhere(key, model) or near(key, known) or f"known here: {', '.join(known)}"
    findings.at_key(path, "FE110", f"unknown key '{key[:100]}'", hint)


def _missing_key(path: Path, findings: Findings) -> None:
    key = path[-1]
    if key == "on" and any(problem.code == "FE105" for problem in findings.loaded):
        return  # it is there, as `true`, and was reported
    findings.at_value(path[:-1], "FE111", f"the key '{key}' is missing")


def _no_kind(root: Mapping, path: Path, findings: Findings) -> None:
    """A step or a trigger without the key that would make it one."""
    node = node_at(root, path)
    is_trigger = path[0] == "on"
    kinds = list(TRIGGERS if is_trigger else KINDS)
    known = TRIGGER_KEYS if is_trigger else STEP_KEYS
    model = Keys if is_trigger else StepKeys
    entries = node.entries if isinstance(node, Mapping) else ()
    is_named = False
    for entry in entries[:PROBLEMS_MAX]:
        if entry.key not in known:
            hint = written_elsewhere(entry.key, model) or near(entry.key, known)
            is_named = is_named or any(f"'{kind}'" in hint for kind in kinds)
            hint = hint or f"known here: {', '.join(known)}"
            message = f"unknown key '{entry.key[:100]}'"
            findings.at_key((*path, entry.key), "FE110", message, hint)
    if not is_named:
        what = "a trigger" if is_trigger else "a step"
        hint = f"{what} has one of {', '.join(kinds)}"
        findings.at_value(path, "FE111", f"the key '{kinds[0]}' is missing", hint)


def _model_at(loc: Path) -> type[Keys]:
    """Which map of the table the way *loc* leads to."""
    names = [part for part in loc if isinstance(part, str)]
    if not names:
        return WorkflowKeys
    name = names[-1].strip("<>")
    if names[-1] != name and name in KINDS:
        return KINDS[name]
    if names[-1] != name and name in TRIGGERS:
        return TRIGGERS[name]
    return _MAPS[name]
