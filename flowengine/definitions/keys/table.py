"""Every key that a file may have, in rows: what the reference shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from flowengine.definitions.keys.maps import Keys
from flowengine.definitions.keys.steps import KINDS, LoopedKeys, StepKeys
from flowengine.definitions.keys.workflow import WorkflowKeys


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """One key, for the reference."""

    path: str
    """``on[].if``."""
    type: str
    default: str
    """``required``, ``-`` for none, or as it is written in a file."""
    meaning: str


def file_rows() -> Iterator[KeyRow]:
    """The keys of the file and of what is no step in it, each map's keys right below it."""
    return _rows("", WorkflowKeys.model_fields, set())


def step_rows() -> Iterator[KeyRow]:
    """The keys that every step has, then those of a loop."""
    return _rows("", LoopedKeys.model_fields, set())


def kind_rows() -> Iterator[tuple[str, KeyRow]]:
    """The keys of each kind besides, by kind; a map that several have is shown once."""
    shown: set[type[Keys]] = set()
    for kind, model in KINDS.items():
        base = LoopedKeys if issubclass(model, LoopedKeys) else StepKeys
        own = {name: model.model_fields[name] for name in model.model_fields}
        for name in base.model_fields:
            del own[name]
        first = {kind: own.pop(kind)}
        for row in _rows("", {**first, **own}, shown):
            yield kind, row


def _rows(prefix: str, fields: dict[str, FieldInfo], shown: set[type[Keys]]) -> Iterator[KeyRow]:
    for name, info in fields.items():
        path = f"{prefix}{info.alias or name}"
        kind, _, own = (info.title or "").partition("; ")
        yield KeyRow(
            path=path,
            type=kind,
            default=own or _default(info),
            meaning=info.description or "",
        )
        below = f"{path}[]." if get_origin(info.annotation) is list else f"{path}."
        for map_ in _maps_in(info.annotation):
            if map_ not in shown and not issubclass(map_, StepKeys):
                shown.add(map_)
                yield from _rows(below, map_.model_fields, shown)


def _maps_in(annotation: Any) -> Iterator[type[Keys]]:
    """The maps that a value may be."""
    if isinstance(annotation, type) and issubclass(annotation, Keys):
        yield annotation
    for part in get_args(annotation):
        yield from _maps_in(part)


def default_of(info: FieldInfo) -> Any:
    """What a key is where it is left out, as a file would write it; None where there is no such."""
    match info.default:
        case timedelta() as length:
            return _length(length)
        case bool() | int() | float() | str() as plain if plain != "":
            return plain
        case _:
            return None


def _default(info: FieldInfo) -> str:
    if info.default is PydanticUndefined:
        return "required"
    match default_of(info):
        case None:
            return "-"
        case bool() as flag:
            return f"`{str(flag).lower()}`"
        case float() as number:
            return f"`{number:g}`"
        case plain:
            return f"`{plain}`"


def _length(length: timedelta) -> str:
    seconds = int(length.total_seconds())
    units = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
    return next(f"{seconds // size}{unit}" for unit, size in units if seconds % size == 0)
