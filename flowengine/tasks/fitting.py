"""Whether corrected inputs fit a task, before it is called with them."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from typing import Any

import msgspec

from flowengine.tasks.registry import RegisteredTask

_PLAIN = (bool, int, float, str, list, dict, type(None), Any)


def misfit(task: RegisteredTask, given: Mapping[str, Any]) -> str | None:
    """Why the task does not take these values of its parameters; None = it takes them.

    By its annotations, as far as they say something of JSON: a person who corrects an input should
    hear of a slip now, and not from the next failure.
    """
    wanted = {name: of for name, of in _annotations(task).items() if _is_json(of)}
    for name, value in given.items():
        try:
            msgspec.convert(value, {**wanted, **task.conversions}.get(name, Any), strict=False)
        except msgspec.ValidationError as error:
            return f"'{name}' of {task.name}: {error}"
    return None


def _is_json(annotation: Any) -> bool:
    """It speaks of plain JSON, and of nothing that a project has made itself."""
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType, list, dict):
        return all(map(_is_json, typing.get_args(annotation)))
    return annotation in _PLAIN


def _annotations(task: RegisteredTask) -> Mapping[str, Any]:
    try:
        return typing.get_type_hints(task.function, include_extras=True)
    except (NameError, TypeError):  # names that only a type checker knows
        return task.conversions
