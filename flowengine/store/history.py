"""Rows of a run's numbered transitions: written with the state, read by whoever follows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from flowengine.engine.transitions import PRIVATE, Transition, public
from flowengine.store import sql, tables


def append(rows: Sequence[tuple[UUID, int, tuple[Transition, ...]]], at: datetime) -> None:
    """One row per run: its head after, and the transitions that led there, at least one."""
    sql.insert(
        tables.HISTORY,
        ("run_id", "first", "last", "at", "transitions"),
        [(run, head - len(facts) + 1, head, at, encoded(facts)) for run, head, facts in rows],
    )


def encoded(transitions: Sequence[Transition]) -> bytes:
    """The JSON list of what ``public`` gives of each, in order: what one row holds."""
    return msgspec.json.encode([_bare(each) for each in transitions])


def _bare(transition: Transition) -> Any:
    """What is encoded as ``public`` of it is: most often it itself, and no payload is copied for that."""
    private = _private_of(type(transition))
    if private is None:
        return public(transition)
    return replace(transition, **private) if private else transition


@cache
def _private_of(kind: type[Transition]) -> dict[str, None] | None:
    """The private members of that kind, with their default; None = parts of its members are private."""
    names = kind.__struct_fields__
    if "failure" in names or "answer" in names:
        return None
    return {name: None for name in PRIVATE if name in names}
