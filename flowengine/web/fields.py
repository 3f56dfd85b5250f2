"""Forms for people from JSON Schemas: which control each field has, and what was typed as JSON.

Text, numbers, yes or no, and a choice of an ``enum`` have controls of their own; anything else is
typed as JSON. What comes out is checked by the schema afterwards, by the same code as any other input.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from flowengine.definitions.schema import problems
from flowengine.representations import words
from flowengine.web.asking import no_constant

PREFIX = "field."
"""What the name of each control begins with, so that a field may be called ``comment``."""

_INPUT_TYPES = {"email": "email", "date": "date", "uri": "url"}
_MISSING = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field as it is shown."""

    name: str
    control: str
    """``text``, ``email``, ``date``, ``url``, ``number``, ``checkbox``, ``select``, ``json``."""
    label: str
    help: str = ""
    schema: Mapping[str, Any]
    required: bool = True
    value: str = ""
    """What stands in the control; of a checkbox ``on`` or nothing, of a select the option's index."""
    options: tuple[tuple[str, str], ...] = ()
    """Of a select: value and text."""
    step: str = ""
    """Of a number: ``1`` or ``any``."""
    problem: str = ""

    @property
    def key(self) -> str:
        """The name of its control."""
        return PREFIX + self.name


def field(name: str, schema: Mapping[str, Any], *, required: bool, default: Any = None) -> Field:
    """The field of that schema, empty or with its default."""
    control, step = _control(schema)
    options = tuple((str(n), _text(value)) for n, value in enumerate(schema.get("enum", ())))
    return Field(
        name=name,
        control=control,
        label=str(schema.get("title") or words(name)),
        help=str(schema.get("description", "")),
        schema=schema,
        required=required,
        value="" if required else _shown(control, schema, default),
        options=options,
        step=step,
    )


def typed(
    fields: Iterable[Field], given: Mapping[str, str], *, lenient: bool = False
) -> tuple[list[Field], dict[str, Any]]:
    """The fields with what was typed and what is wrong with it, and the values that it stands for.

    Args:
        fields: as they were shown.
        given: the values of the controls, by their names.
        lenient: nothing is demanded: who rejects need not fill in a form.
    """
    seen: list[Field] = []
    values: dict[str, Any] = {}
    for each in fields:
        text = given.get(each.key, "")
        value, problem = _value(each, text)
        if value is _MISSING and not problem:
            problem = _("is missing") if each.required and not lenient else ""
        elif not problem:
            problem = "; ".join(what for _path, what in problems(value, each.schema, each.name))
        if value is not _MISSING and not problem:
            values[each.name] = value
        seen.append(replace(each, value=text, problem=problem))
    return seen, values


def _control(schema: Mapping[str, Any]) -> tuple[str, str]:
    """Which control a schema has, and by which steps a number moves."""
    if schema.get("enum"):
        return "select", ""
    match schema.get("type"):
        case "boolean":
            return "checkbox", ""
        case "integer":
            return "number", "1"
        case "number":
            return "number", "any"
        case "string":
            return _INPUT_TYPES.get(str(schema.get("format")), "text"), ""
        case _:
            return "json", ""


def _value(each: Field, text: str) -> tuple[Any, str]:
    """The value that a control's text stands for, and what is wrong with it."""
    if each.control == "checkbox":
        return text == "on", ""
    if not text.strip():
        return _MISSING, ""
    read = _READERS.get(each.control)
    try:
        return (text if read is None else read(each, text.strip())), ""
    except (ValueError, IndexError, OverflowError, RecursionError):
        return _MISSING, _wrong(each)


def _chosen(each: Field, text: str) -> Any:
    if not text.isdecimal():
        raise ValueError(text)
    return each.schema["enum"][int(text)]


def _number(each: Field, text: str) -> int | float:
    number = int(text) if each.step == "1" else float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


_READERS: dict[str, Callable[[Field, str], Any]] = {
    "select": _chosen,
    "number": _number,
    "json": lambda _each, text: json.loads(text, parse_constant=no_constant),
}
"""By control, what its text stands for; of the others it is the text itself."""


def _wrong(each: Field) -> str:
    match each.control:
        case "select":
            return _("is not one of the choices")
        case "json":
            return _("is not JSON")
        case _:
            return _("must be a whole number") if each.step == "1" else _("must be a number")


def _shown(control: str, schema: Mapping[str, Any], value: Any) -> str:
    if value is None:
        return ""
    match control:
        case "checkbox":
            return "on" if value is True else ""
        case "select":
            allowed = list(schema["enum"])
            return str(allowed.index(value)) if value in allowed else ""
        case "json":
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
