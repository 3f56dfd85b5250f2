"""Event-type patterns: a subset of RabbitMQ's topic keys, written with ``*`` and ``**``.

``order.paid`` is one type, ``order.*`` any one segment more, ``order.**`` any number of segments
(none, too), last only. ``**`` alone is every type. On the broker ``**`` is ``#``.
"""

from __future__ import annotations

import re

_SEGMENT = r"[A-Za-z0-9_-]+"
TYPE = re.compile(rf"{_SEGMENT}(?:\.{_SEGMENT})*")
"""An event type."""
PATTERN = re.compile(rf"\*\*|(?:{_SEGMENT}|\*)(?:\.(?:{_SEGMENT}|\*))*(?:\.\*\*)?")
"""An event type or a pattern of them."""
LENGTH_MAX = 200
RESERVED = "flowengine."
"""How the types start that only the engine emits."""


def is_type(text: str) -> bool:
    """*text* is a dotted event type, as ``order.paid``."""
    return len(text) <= LENGTH_MAX and TYPE.fullmatch(text) is not None


def is_pattern(text: str) -> bool:
    """*text* is an event type or a pattern of them."""
    return len(text) <= LENGTH_MAX and PATTERN.fullmatch(text) is not None


def matches(pattern: str, event_type: str) -> bool:
    """The type is one that *pattern* (a valid one) speaks of."""
    if "*" not in pattern:
        return pattern == event_type
    wanted, given = pattern.split("."), event_type.split(".")
    if wanted[-1] == "**":
        wanted.pop()
        if len(given) < len(wanted):
            return False
        given = given[: len(wanted)]
    return len(wanted) == len(given) and all(
        want in ("*", have) for want, have in zip(wanted, given, strict=True)
    )


def topic_key(pattern: str) -> str:
    """The same pattern in the words of a topic exchange."""
    return re.sub(r"(^|\.)\*\*$", r"\1#", pattern)
