"""Statements and values in the words of SQLite, which has no arrays and no row locks."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID


def plain(value: Any) -> Any:
    """The value in the form Django's SQLite backend stores it in; instants in UTC."""
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return str(value.astimezone(UTC).replace(tzinfo=None))
    return value


def parameters_of(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a statement; a list is one value, for ``json_each``."""
    return {
        name: json.dumps(value, default=plain) if isinstance(value, list | tuple) else plain(value)
        for name, value in parameters.items()
    }


@cache
def text_of(text: str) -> str:
    """The same statement in SQLite's words."""
    text = re.sub(
        r"= ANY\((%\(\w+\)s)(?:::\w+\[\])?\)", r"IN (SELECT value FROM json_each(\1))", text
    )
    return re.sub(r"FOR (NO KEY )?UPDATE( OF \w+)?( SKIP LOCKED)?", "", text)
