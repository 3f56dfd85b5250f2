"""Whether corrected inputs fit a task, before it is called with them."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from typing import Any

import msgspec

from flowengine.tasks.registry import RegisteredTask


def misfit(task: RegisteredTask, given: Mapping[str, Any]) -> str | None:
    """Why the task does not take these values of its parameters; None = it takes them.

    By its annotations, as far as they say something of JSON: a person who corrects an input should
    hear of a slip now, and not from the next failure.
    """
    wanted = _annotations(task)
    for name, value in given.items():
        if name not in wanted:
            continue
        try:
            msgspec.convert(value, wanted[name], strict=False)
        except msgspec.ValidationError as error:
            return f"'{name}' of {task.name}: {error}"
        except TypeError:  # an annotation that speaks of no JSON
            continue
    return None


def _annotations(task: RegisteredTask) -> Mapping[str, Any]:
    try:
        return typing.get_type_hints(task.function, include_extras=True)
    except (NameError, TypeError):  # names that only a type checker knows
        return task.conversions
