"""Lists: a page at a time, each beginning where the last one ended, never counted.

A cursor is the last thing's place in the order (an instant and an id), written so that nobody is tempted
to read it. What comes meanwhile at the beginning of a list moves nothing on its later pages.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from flowengine.web.api.problems import Refusal, malformed

LIMIT_MAX = 200
TEXT_MAX = 2_000

Row = TypeVar("Row")
Place = tuple[datetime, UUID]
"""Where a row of a list stands: when it was made, and its id."""

Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""ISO 8601 in UTC, with milliseconds."""


class Shape(BaseModel):
    """An answer: it has the members that are declared, and no others."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Given(BaseModel):
    """What was sent: a member that nobody knows is a mistake."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Paged(Given):
    """The query of a list."""

    after: Annotated[str, Field(max_length=200)] = ""
    """The ``next`` of the page before; empty = the first page."""
    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX)] = 50


class Page(Shape, Generic[Row]):
    """A part of a list."""

    items: list[Row]
    next: str | None
    """What to ask for ``after``; null = this is the last page."""
    searched_newest: int = 0
    """Only of a last page: so many of the newest were looked at for what has no index, and there are
    older ones; not there = there are none."""


def page_of(
    found: Sequence[Any],
    limit: int,
    shown: Callable[[Any], dict[str, Any]],
    place: Callable[..., str],
) -> dict[str, Any]:
    """A page of *found*, which has one more than *limit* where there is a page after it."""
    items = found[:limit]
    has_more = len(found) > limit
    return {"items": [shown(row) for row in items], "next": place(items[-1]) if has_more else None}


def cursor(*parts: object) -> str:
    """The parts of a place as one opaque text."""
    text = "\n".join(
        part.isoformat() if isinstance(part, datetime) else str(part) for part in parts
    )
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place_after(text: str) -> Place | None:
    """The instant and the id of a cursor; None for the first page.

    Raises:
        Refusal: 422, it was not made here.
    """
    return place_of(*parts_of(text, 2)) if text else None


def place_of(at: str, key: str) -> Place:
    """An instant and an id as a cursor has them.

    Raises:
        Refusal: 422, it was not made here.
    """
    try:
        return datetime.fromisoformat(at), UUID(key)
    except ValueError:
        raise _foreign() from None


def number_after(text: str) -> int:
    """The number of a cursor; 0 for the first page.

    Raises:
        Refusal: 422, it was not made here.
    """
    if not text:
        return 0
    [number] = parts_of(text, 1)
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise _foreign()
    return int(number)


def parts_of(text: str, count: int) -> list[str]:
    """The *count* parts of a cursor.

    Raises:
        Refusal: 422, it was not made here.
    """
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        parts = raw.decode().split("\n")
    except (binascii.Error, ValueError):
        raise _foreign() from None
    if len(parts) != count:
        raise _foreign()
    return parts


def _foreign() -> Refusal:
    return malformed("`after` is the `next` of the page before, as it was given.")
