"""The one table of keys as a JSON Schema: for editors, and for whoever reads files without us.

Written in what draft-07 and 2020-12 have in common. It says the structure, short forms included:
what it refuses, the parser refuses too. Names, references and expressions are the parser's to check.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from flowengine.definitions.forms import Form
from flowengine.definitions.input_schemas import TYPES, schema_of_schemas
from flowengine.definitions.keys import values
from flowengine.definitions.keys.maps import Keys
from flowengine.definitions.keys.parts import ApprovalKeys, AwaitedKeys, Inputs, UndoKeys
from flowengine.definitions.keys.steps import (
    HOOK_KINDS,
    KINDS,
    NOT_IN_HOOKS,
    WITH_FOR_EACH,
    LoopedKeys,
    Step,
    Steps,
)
from flowengine.definitions.keys.table import default_of
from flowengine.definitions.keys.workflow import (
    TRIGGERS,
    EventTriggerKeys,
    Trigger,
    WorkflowKeys,
)

Schema = dict[str, Any]

_ONE_OR_LIST = {(EventTriggerKeys, "event"), (AwaitedKeys, "event"), (WorkflowKeys, "on")}
"""Fields whose list may be written as its one item."""
_HOOKS = ("on_failure", "at_end")
_LOOP_ONLY: Schema = {
    "anyOf": [
        {"required": ["for_each"]},
        {"not": {"anyOf": [{"required": [key]} for key in WITH_FOR_EACH]}},
    ]
}
"""Modifiers of a loop stand beside ``for_each``."""
_WHOM: Schema = {"anyOf": [{"required": ["users"]}, {"required": ["groups"]}]}
"""An approval asks somebody."""


def json_schema() -> Schema:
    """The schema of a workflow file. A new value at each call."""
    writer = _Writer(is_hook=False)
    root = writer.map(WorkflowKeys)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A flowengine workflow",
        **root,
        "definitions": dict(sorted(writer.definitions.items())),
    }


class _Writer:
    """Writes values of the table's types; what more than one place needs, into *definitions*."""

    def __init__(self, *, is_hook: bool, definitions: dict[str, Schema] | None = None) -> None:
        self.is_hook = is_hook
        """Steps are those of ``on_failure`` and ``finally``, which may have less."""
        self.definitions = {} if definitions is None else definitions

    def map(self, model: type[Keys]) -> Schema:
        """The schema of a map."""
        fields = {info.alias or name: (name, info) for name, info in model.model_fields.items()}
        if self.is_hook:
            fields = {key: fields[key] for key in fields if key not in (*NOT_IN_HOOKS, "needs")}
        schema = {
            "description": " ".join((model.__doc__ or "").split()),
            "type": "object",
            "additionalProperties": False,
            "properties": {
                key: self.field(model, name, info) for key, (name, info) in fields.items()
            },
            "required": [key for key, (_, info) in fields.items() if info.is_required()],
        }
        if issubclass(model, LoopedKeys):
            return {**schema, **_LOOP_ONLY}
        return {**schema, **_WHOM} if model is ApprovalKeys else schema

    def field(self, model: type[Keys], name: str, info: FieldInfo) -> Schema:
        """The schema of what stands under a key."""
        writer = self
        if name in _HOOKS:
            writer = _Writer(is_hook=True, definitions=self.definitions)
        schema = writer.value(info.annotation, info.metadata)
        if (model, name) in _ONE_OR_LIST:
            schema = {"anyOf": [schema["items"], schema]}
        default = default_of(info)
        known = {} if default is None else {"default": default}
        return {"description": info.description, **schema, **known}

    def value(self, annotation: Any, metadata: list[Any]) -> Schema:  # noqa: PLR0911 - for each type
        """The schema of a value of that type, within the limits of its field."""
        form = next((each for each in metadata if isinstance(each, Form)), None)
        if form is not None:
            return dict(form.schema)
        for known, write in self.shapes():
            if annotation == known:
                return write(metadata)
        origin, parts = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            return self.value(parts[0], list(parts[1:]))
        if origin is list:
            items = self.value(parts[0], [])
            return {"type": "array", "items": items, **_limits(metadata, "Items")}
        if origin is dict:
            return {
                "type": "object",
                "propertyNames": self.value(parts[0], []),
                "additionalProperties": self.value(parts[1], []),
                **_limits(metadata, "Properties"),
            }
        if origin in (Union, types.UnionType):
            ways = [self.value(part, []) for part in parts if part is not types.NoneType]
            return ways[0] if len(ways) == 1 else {"anyOf": ways}
        return {} if annotation is Any else self.named(annotation.__name__, annotation)

    def shapes(self) -> tuple[tuple[Any, Callable[[list[Any]], Schema]], ...]:
        """What has short forms, or refers to itself."""
        return (
            (Steps, self.steps),
            (dict[values.Identifier, Step], self.branches),
            (Trigger, self.trigger),
            (Inputs, self.inputs),
            (UndoKeys, self.undo),
        )

    def named(self, name: str, model: type[Keys]) -> Schema:
        """A reference to the definition of a map."""
        name = name.removesuffix("Keys").lower()
        return self.defined(name, lambda: self.map(model))

    def defined(self, name: str, write: Callable[[], Schema]) -> Schema:
        """A reference to a definition, which is written at the first; draft-07 sees only it."""
        if self.is_hook and ("step" in name or name == "clause"):
            name = f"hook_{name}"
        if name not in self.definitions:
            self.definitions[name] = {}  # it may refer to itself
            self.definitions[name] = write()
        return {"allOf": [{"$ref": f"#/definitions/{name}"}]}

    def step(self) -> Schema:
        """A task's name, or a map of one of the kinds."""
        kinds = HOOK_KINDS if self.is_hook else tuple(KINDS)
        ways = [self.named(f"{kind}_step", KINDS[kind]) for kind in kinds]
        return {"anyOf": [_form(values.TaskName), *ways]}

    def steps(self, metadata: list[Any]) -> Schema:
        """A line: no step has ``needs``."""
        step = self.defined("step", self.step)
        items = {"allOf": [_without("needs"), *step["allOf"]]}
        return {"type": "array", "items": items, **_limits(metadata, "Items")}

    def branches(self, metadata: list[Any]) -> Schema:
        """A step without ``id``, or a list of steps."""
        step = self.defined("step", self.step)
        line = {**self.steps([]), "minItems": 1}
        return {
            "type": "object",
            "propertyNames": _form(values.Identifier),
            "additionalProperties": {"anyOf": [{"allOf": [_without("id"), *step["allOf"]]}, line]},
            **_limits(metadata, "Properties"),
        }

    def trigger(self, _metadata: list[Any]) -> Schema:
        """An event type, or a map of one of the kinds."""
        ways = [self.named(f"{kind}_trigger", model) for kind, model in TRIGGERS.items()]
        return {"anyOf": [_form(values.EventPattern), *ways]}

    def inputs(self, metadata: list[Any]) -> Schema:
        """Names, each with a type or a schema."""
        schema = self.defined("schema", schema_of_schemas)
        return {
            "type": "object",
            "propertyNames": _form(values.ParameterName),
            "additionalProperties": {"anyOf": [{"enum": list(TYPES)}, schema]},
            **_limits(metadata, "Properties"),
        }

    def undo(self, _metadata: list[Any]) -> Schema:
        """A task's name, or a map."""
        return {"anyOf": [_form(values.TaskName), self.named("undo", UndoKeys)]}


def _form(annotation: Any) -> Schema:
    form: Form = get_args(annotation)[1]
    return dict(form.schema)


def _without(key: str) -> Schema:
    return {"not": {"type": "object", "required": [key]}}


def _limits(metadata: list[Any], of: str) -> Schema:
    limits = {}
    for each in metadata:
        for side in ("min", "max"):
            if hasattr(each, f"{side}_length"):
                limits[f"{side}{of}"] = getattr(each, f"{side}_length")
    return limits
