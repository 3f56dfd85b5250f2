"""Texts and instants as people and browsers read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flowengine.engine.run import Failure

_TURNS = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
"""Characters that make what follows read backwards, or end that."""
_DEPTH_MAX = 16
"""How deep a failure is looked into: blocks in blocks, and runs that called runs."""


def instant(at: datetime | None) -> str | None:
    """An instant as JSON: ISO 8601, UTC, milliseconds."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def unturned(text: str) -> str:
    """*text* as it may be shown: nothing in it turns round how it, or what stands beside it, is read.

    A question whose event data held such a character could ask, to the eye, for something else.
    """
    if text.isascii():
        return text
    clean = text.translate(_TURNS)
    return text if clean == text else clean  # Django's safe text stays safe


def words(name: str) -> str:
    """A step's id as people read it: ``send_mail`` is «Send mail»."""
    text = name.replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def why(
    failure: Failure | None, titles: Mapping[str, str], *, is_summary: bool = False
) -> dict[str, str]:
    """What a customer is told of a failure: ``kind``, ``message`` and, where a step is named, its ``title``.

    The kind ``said`` is a text that its author meant for users: a task gives it with
    ``Permanent(..., details={"user_message": "…"})``, also from inside a block or a run that was called.
    The others are sentences of ours, which a page may say in its own language: ``late``, ``step`` (with
    that title) and ``plain``.
    """
    said = None if failure is None else _said(failure.details)
    if said is not None:
        return {"kind": "said", "message": unturned(said)}
    if failure is not None and failure.code == "RunTimeout":
        return {"kind": "late", "message": "This took longer than it may, and was stopped."}
    if failure is None or failure.step is None or is_summary:
        return {"kind": "plain", "message": "Something went wrong."}
    title = unturned(titles.get(failure.step) or words(failure.step))
    return {"kind": "step", "title": title, "message": f"Something went wrong in «{title}»."}


def _said(details: Any, depth: int = _DEPTH_MAX) -> str | None:
    """The text for users in the details of a failure, or of the first of those that led to it."""
    if not isinstance(details, dict) or depth == 0:
        return None
    if isinstance(details.get("user_message"), str):
        return str(details["user_message"])
    errors = details.get("errors")
    causes = errors if isinstance(errors, list) else []
    inner = [details, *(each for each in causes if isinstance(each, dict))]
    found = (_said(each.get("details"), depth - 1) for each in inner)
    return next((said for said in found if said is not None), None)
