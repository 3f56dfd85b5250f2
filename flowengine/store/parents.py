"""The step that called a run, in the row of the call's event and in that of the run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from flowengine.engine.event import Parent
from flowengine.store import sql

_encode = msgspec.json.encode
_decode = msgspec.json.Decoder(Parent).decode

Columns = Sequence[Any]
"""``parent_run``, ``parent_step``, ``parent_item``, ``parent_depth``, ``parent_detached``."""


def encoded(parent: Parent | None) -> str | None:
    """As an event's row keeps it."""
    return None if parent is None else _encode(parent).decode()


def decoded(text: str | None) -> Parent | None:
    """From an event's row.

    Raises:
        msgspec.DecodeError: these are no words of this version.
    """
    return None if text is None else _decode(text)


def columns(parent: Parent | None) -> Columns:
    """As a run's row keeps it."""
    if parent is None:
        return (None, None, None, 0, False)
    return (parent.run, parent.step, parent.item, parent.depth, parent.detached)


def of_columns(row: Columns) -> Parent | None:
    """From a run's row."""
    if row[0] is None:
        return None
    return Parent(
        run=sql.as_uuid(row[0]), step=row[1], item=row[2], depth=row[3], detached=bool(row[4])
    )
