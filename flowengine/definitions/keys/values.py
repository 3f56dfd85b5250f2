"""The forms by name: what stands under the keys of a file."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from flowengine.definitions import patterns
from flowengine.definitions.cron import is_cron, is_timezone
from flowengine.definitions.forms import (
    Form,
    Unfit,
    checked_form,
    duration_form,
    exactly_form,
    number_form,
    one_of_form,
    prose_form,
    text_form,
    whole_form,
)

ITEMS_MAX = 10_000
"""Items of a loop that are written in the file."""
USERS_MAX = 1_000


def _bool(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Unfit
    return value


def _scalar(value: Any) -> Any:
    if not isinstance(value, str | int | float):
        raise Unfit
    return value


def _condition(value: Any) -> Any:
    if not isinstance(value, str | bool) or value == "":
        raise Unfit
    return value


def _is_whole(value: Any) -> bool:
    """One ``${{ }}`` and nothing around it."""
    return isinstance(value, str) and value.startswith("${{") and value.endswith("}}")


def _users(value: Any) -> Any:
    if _is_whole(value):
        return value
    if not isinstance(value, list) or len(value) > USERS_MAX:
        raise Unfit
    if any(isinstance(user, bool) or not isinstance(user, str | int) for user in value):
        raise Unfit
    return value


def _items(value: Any) -> Any:
    if not _is_whole(value) and (not isinstance(value, list) or len(value) > ITEMS_MAX):
        raise Unfit
    return value


def _whole_expression(value: Any) -> Any:
    if not _is_whole(value):
        raise Unfit
    return value


_PERCENT = re.compile(r"(?:100|[1-9]?[0-9])%", re.ASCII)


def _failures(value: Any) -> tuple[int, bool]:
    """The number, and whether it is a percentage."""
    if isinstance(value, str) and _PERCENT.fullmatch(value):
        return int(value[:-1]), True
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= ITEMS_MAX:
        raise Unfit
    return value, False


_PRIORITIES = ("low", "normal", "high")


def _priority(value: Any) -> Any:
    if value not in _PRIORITIES and not _is_whole(value):
        raise Unfit
    return value


def _emitted(text: str) -> bool:
    return patterns.is_type(text) and not text.startswith(patterns.RESERVED)


_MOMENT = timedelta(milliseconds=1)
_IN_BRACES = {"type": "string", "pattern": r"^\$\{\{[\s\S]*\}\}$"}
_NAME = r"[A-Za-z_][A-Za-z0-9_]*"

WorkflowName = Annotated[
    str,
    text_form(
        "a name such as order-fulfilment: lower case, digits, parts joined by '-', '.' or '_'",
        r"[a-z][a-z0-9]*(?:[-._][a-z0-9]+)*",
        100,
    ),
]
FormatNumber = Annotated[int, exactly_form(1)]
ShortText = Annotated[str, prose_form("text of 1 to 500 characters", 500, least=1)]
LongText = Annotated[str, prose_form("text of at most 4000 characters", 4000)]
Identifier = Annotated[
    str, text_form("a name: lower case, digits, '_'; a letter first", r"[a-z][a-z0-9_]*", 63)
]
ParameterName = Annotated[str, text_form("a name of a parameter", _NAME, 63)]
MatchPath = Annotated[
    str,
    text_form("a path in the event's data such as order.id", rf"{_NAME}(?:\.{_NAME})*", 200),
]
TASK_NAME = r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+(?:@[1-9][0-9]*)?"
TaskName = Annotated[
    str,
    text_form(
        "a task's name such as stock.reserve or stock.reserve@2",
        TASK_NAME,
        120,
    ),
]
StationName = Annotated[
    str, text_form("a station's name: lower case, digits, '_', '-'", r"[a-z][a-z0-9_-]*", 63)
]
EventPattern = Annotated[
    str,
    checked_form(
        "an event type such as order.paid, or a pattern: order.*, order.**",
        patterns.is_pattern,
        {"maxLength": patterns.LENGTH_MAX, "pattern": f"^(?:{patterns.PATTERN.pattern})$"},
    ),
]
EventType = Annotated[
    str,
    checked_form(
        f"an event type such as order.paid; only the engine emits '{patterns.RESERVED}…'",
        _emitted,
        {
            "maxLength": patterns.LENGTH_MAX,
            "pattern": f"^(?!{re.escape(patterns.RESERVED)})(?:{patterns.TYPE.pattern})$",
        },
    ),
]
Cron = Annotated[
    str,
    checked_form(
        "five fields of cron such as '0 6 * * 1': minute, hour, day, month, day of the week",
        is_cron,
        {"maxLength": 100, "pattern": r"^\S+(?: +\S+){4}$"},
    ),
]
Timezone = Annotated[
    str,
    checked_form(
        "a time zone such as Europe/Berlin",
        is_timezone,
        {"maxLength": 100, "pattern": r"^[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*$"},
    ),
]
ErrorCode = Annotated[
    str, text_form("an error code such as CardDeclined", r"[A-Z][A-Za-z0-9]*", 100)
]
GroupName = Annotated[str, prose_form("a group's name", 150, least=1)]
Detail = Annotated[str, one_of_form("steps", "summary")]
Missed = Annotated[str, one_of_form("once", "skip")]
Excess = Annotated[str, one_of_form("queue", "drop")]
OnConflict = Annotated[str, one_of_form("queue", "skip", "replace")]
Priority = Annotated[
    Any,
    Form(
        "low, normal or high, or one ${{ }} that gives one of them",
        _priority,
        {"anyOf": [{"enum": list(_PRIORITIES)}, _IN_BRACES]},
    ),
]
Condition = Annotated[
    Any,
    Form(
        "an expression, or true or false",
        _condition,
        {
            "anyOf": [
                {"type": "boolean"},
                {"type": "string", "minLength": 1, "not": {"pattern": r"\$\{\{"}},
            ]
        },
    ),
]
PlainValue = Annotated[
    Any,
    Form(
        "one plain value: text, a number, true or false",
        _scalar,
        {"type": ["string", "number", "boolean"]},
    ),
]
Users = Annotated[
    Any,
    Form(
        f"a list of at most {USERS_MAX} user keys, or one ${{{{ }}}} that gives one",
        _users,
        {
            "anyOf": [
                {
                    "type": "array",
                    "maxItems": USERS_MAX,
                    "items": {"type": ["string", "integer"]},
                },
                _IN_BRACES,
            ]
        },
    ),
]
Items = Annotated[
    Any,
    Form(
        f"a list of at most {ITEMS_MAX} items, or one ${{{{ }}}} that gives one",
        _items,
        {"anyOf": [{"type": "array", "maxItems": ITEMS_MAX}, _IN_BRACES]},
    ),
]
Failures = Annotated[
    Any,
    Form(
        f"a whole number from 0 to {ITEMS_MAX}, or a share such as 5%",
        _failures,
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": ITEMS_MAX},
                {"type": "string", "pattern": f"^{_PERCENT.pattern}$"},
            ]
        },
    ),
]
Moment = Annotated[Any, Form("one ${{ }} that gives a timestamp", _whole_expression, _IN_BRACES)]
Timeout = Annotated[
    timedelta, duration_form("a time such as 30s, 10m or 1h30m, up to 366d", _MOMENT)
]
Delay = Annotated[
    timedelta, duration_form("a time such as 500ms, 10s or 5m, up to 366d", timedelta())
]
Attempts = Annotated[int, whole_form(1, 100)]
Quorum = Annotated[int, whole_form(1, USERS_MAX)]
AtOnce = Annotated[int, whole_form(1, 1_000)]
RunsAtOnce = Annotated[int, whole_form(1, 10_000)]
Queued = Annotated[int, whole_form(1, 100_000)]
Starts = Annotated[int, whole_form(1, 1_000_000)]
Factor = Annotated[float, number_form(1, 10)]
Share = Annotated[float, number_form(0, 1)]
Weight = Annotated[
    float, number_form(0, 1_000_000, wanted="a number above 0, up to 1000000", open_low=True)
]
Flag = Annotated[bool, Form("true or false", _bool, {"type": "boolean"})]
True_ = Annotated[bool, exactly_form(True)]
