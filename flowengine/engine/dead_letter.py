"""What failures have in common: a cause, so that two thousand of them show as three errors.

A cause is what failed, by its class and the deepest line of the project's own code, in which step, and
with what message once all that differs from case to case is taken out: numbers, ids, quoted values, hex,
paths and addresses. Its fingerprint begins with the version of these rules; when they change, old dead
letters keep the group they were put in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from flowengine.engine.run import Failure, Frame

RULES = "2"
"""The version of the rules below."""

_READ_MAX = 4000
"""Characters of a message that are looked at."""
_KEPT_MAX = 300
"""Characters of what is left of it that count; what comes later is detail."""

_HEX = r"[0-9a-fA-F]"
_REPLACED = (  # in this order: the longest thing first
    (re.compile(rf"\b{_HEX}{{8}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}\b"), "<id>"),
    (re.compile(r"\b[a-zA-Z][a-zA-Z0-9+.-]{0,19}://[^\s'\"<>]+"), "<url>"),
    (re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+"), "<address>"),
    (
        re.compile(
            r"(?<!\w)'[^']*'(?!\w)|\"[^\"]*\"|`[^`]*`|«[^»]*»|“[^”]*”"
            "|(?<!\\w)\u2018[^\u2019]*\u2019(?!\\w)"  # the same with other marks
        ),
        "<text>",
    ),
    (re.compile(r"(?<![\w/])(?:[A-Za-z]:\\|~?/|\.\.?/)[^\s:,;()'\"<>]+"), "<path>"),
    # Hex and made-up ids become what numbers become: one that happens to have no letter is the same.
    (re.compile(r"(?:(?<![\w)>])[-+])?(?<![\w.])\d+(?:\.\d+)?[eE][-+]?\d+\b"), "<n>"),
    (
        re.compile(rf"\b(?=[a-fA-F]*\d)(?=\d*[a-fA-F]){_HEX}{{8,}}\b|-?\b0[xX]{_HEX}+\b"),
        "<n>",
    ),
    (re.compile(r"\b(?=[A-Za-z]*\d+[A-Za-z]+\d)[A-Za-z0-9]{8,}\b"), "<n>"),
    (re.compile(r"(?:(?<![\w)>])[-+])?\d+(?:[.,:]\d+)*(?:[eE][-+]?\d+)?"), "<n>"),
    (re.compile(r"\s+"), " "),
    # A list of them says the same, however long it is.
    (re.compile(r"(<(?:n|id|text|path|url|address)>)(?:(?:, ?| )\1)+"), r"\1"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What a dead letter has in common with others."""

    fingerprint: str
    """``2:`` and 32 hex digits."""
    kind: str
    code: str
    """``FE`` and three digits."""
    title: str
    """The message without what differs from case to case."""
    error_type: str = ""
    """The name of the error's class, or the engine's own word for it; empty = there was no failure."""
    place: str = ""
    """The deepest frame of the project's own code, ``file:line name``; empty = there is none."""
    step: str = ""


def cause(
    *, kind: str, code: str, message: str, failure: Failure | None = None, step: str | None = None
) -> Cause:
    """The cause of one failure: the same fingerprint for all of one kind, class, place, step and text.

    Args:
        kind: ``failed run`` …
        code: ``FE`` and three digits; what counts where there is no *failure*.
        message: for people; of a loop that failed, the first failure of its items counts as well.
        failure: what was raised; None = a refusal of the engine.
        step: the step in which it happened; None = in none.
    """
    error_type = "" if failure is None else failure.code
    own = None if failure is None else own_frame(failure.frames)
    title = normalised(f"{message}{_first_of_items(failure)}")
    # A line moves with every edit above it, its function seldom.
    place = "" if own is None else f"{own.file}:{own.name}"
    joined = "\0".join((kind, error_type or code, title, place, step or ""))
    digest = sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return Cause(
        fingerprint=f"{RULES}:{digest}",
        kind=kind,
        code=code,
        title=title,
        error_type=error_type,
        place="" if own is None else f"{own.file}:{own.line} {own.name}",
        step=step or "",
    )


def own_frame(frames: tuple[Frame, ...]) -> Frame | None:
    """The deepest frame of the project's own code; None where there is none."""
    return next((frame for frame in reversed(frames) if frame.is_own), None)


def normalised(message: str) -> str:
    """The message with a name in place of everything that differs from case to case."""
    text = message[:_READ_MAX]
    for pattern, name in _REPLACED:
        text = pattern.sub(name, text)
    return text.strip()[:_KEPT_MAX]


def _first_of_items(failure: Failure | None) -> str:
    """Of a loop: what its first failed item says; its own message only counts them."""
    details: Any = None if failure is None else failure.details
    failed = details.get("failed") if isinstance(details, Mapping) else None
    if not isinstance(failed, list) or not failed or not isinstance(failed[0], Mapping):
        return ""
    error = failed[0].get("error")
    if not isinstance(error, Mapping):
        return ""
    return f": {error.get('code')}: {error.get('message')}"
