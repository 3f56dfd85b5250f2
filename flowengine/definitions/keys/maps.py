"""What a map of a workflow file is made of: keys, and maps of more than one kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field


class Keys(BaseModel):
    """The keys of one kind of map; any other key is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_alias=True)


def key(shown: str, meaning: str, default: Any = ..., **limits: Any) -> Any:
    """A key: its type and default in the words of the reference, and what it means."""
    return Field(default, title=shown, description=meaning, **limits)


def written(model: type[Keys]) -> list[str]:
    """The keys of a map, as they are written."""
    return [info.alias or name for name, info in model.model_fields.items()]


def tag(name: str) -> str:
    """How the kind *name* of a map is marked: no key of a file looks like it."""
    return f"<{name}>"


def by_key(kinds: Mapping[str, Any]) -> Discriminator:
    """A map is of the first kind whose key it has; whatever else is of none."""

    def kind(value: Any) -> str | None:
        if not isinstance(value, dict):
            return None
        return next((tag(name) for name in value if name in kinds), None)

    return Discriminator(kind)


def by_type(plain: str, map_: str) -> Discriminator:
    """A map is of the kind *map_*, whatever else of the kind *plain*."""
    return Discriminator(lambda value: tag(map_ if isinstance(value, dict) else plain))
