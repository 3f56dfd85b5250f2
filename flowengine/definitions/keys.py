"""Every key a workflow file may have: its type, its default, its meaning. The one table.

The parser reads files by these models, and the reference is made from them
(:func:`table`). A file's short forms are written out before it comes here: ``on`` is a list of
triggers, an event is a list of patterns, a step is a map.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from flowengine.definitions import forms

STEPS_MAX = 200


class Keys(BaseModel):
    """The keys of one kind of map; any other key is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_alias=True)


def _key(shown: str, meaning: str, default: Any = ..., **limits: Any) -> Any:
    """A key: its type and default in the words of the reference, and what it means."""
    return Field(default, title=shown, description=meaning, **limits)


class RetryKeys(Keys):
    """`retry`: how often, and how far apart, a task is tried."""

    attempts: forms.Attempts = _key("1-100", "Tries in all, the first included.", 3)
    delay: forms.Delay = _key("duration", "Before the second try.", timedelta(seconds=5))
    factor: forms.Factor = _key("1-10", "Each later wait is so many times longer.", 2.0)
    max_delay: forms.Delay = _key("duration", "No wait is longer.", timedelta(minutes=5))
    jitter: forms.Share = _key("0-1", "The share of a wait that is random: 0 none, 1 full.", 0.5)
    give_up_after: forms.Timeout | None = _key(
        "duration", "No further try later than this after the first start.", None
    )
    errors: list[forms.ErrorCode] | None = _key(
        "list of error codes", "Only these are tried again.", None, min_length=1, max_length=20
    )
    excluded: list[forms.ErrorCode] = _key(
        "list of error codes",
        "These are not tried again.",
        [],
        alias="except",
        min_length=1,
        max_length=20,
    )


class DefaultsKeys(Keys):
    """`defaults`: for all steps of the file that do not say otherwise."""

    retry: RetryKeys | None = _key("map", "Merged key by key under a step's own `retry`.", None)
    timeout: forms.Timeout = _key("duration", "Of one try.", timedelta(minutes=10))
    station: forms.StationName = _key("name", "Where the tasks run.", "")


class NotifyKeys(Keys):
    """`notify`: who sees a run move, live. `{}` is nobody."""

    users: forms.Users = _key(
        "list of user keys, or `${{ }}` giving one", "Users who may watch.", None
    )
    groups: list[forms.GroupName] = _key(
        "list of names", "Django groups whose members may watch.", [], max_length=100
    )
    detail: forms.Detail = _key("`steps` or `summary`", "How much they see.", "steps")


class EventTriggerKeys(Keys):
    """A trigger: what starts a run. A string is short for `{event: …}`."""

    event: list[forms.EventPattern] = _key(
        "event type, pattern, or list",
        "`order.paid`; `order.*` is one segment more, `order.**` any number, last only.",
        min_length=1,
        max_length=20,
    )
    condition: forms.Condition = _key(
        "expression", "Over `event` and `config`; false: no run.", None, alias="if"
    )
    arguments: dict[forms.ParameterName, Any] = _key(
        "map of values", "Fills `inputs` from the event.", {}, alias="with", max_length=64
    )


class TaskStepKeys(Keys):
    """A step: a task, and how it is called. A string is short for `{task: …}`."""

    task: forms.TaskName = _key("`app.task`", "The task that runs.")
    id: forms.Identifier | None = _key(
        "name", "The name in `steps.<id>`; else the last part of the task's name.", None
    )
    title: forms.ShortText | None = _key(
        "text with `${{ }}`", "What people see; else the id, in words.", None
    )
    condition: forms.Condition = _key(
        "expression", "False: the step is skipped, the line goes on.", None, alias="if"
    )
    arguments: dict[forms.ParameterName, Any] = _key(
        "map of values", "Inputs by name.", {}, alias="with", max_length=64
    )
    retry: RetryKeys | None = _key("map", "How often, and how far apart, it is tried.", None)
    timeout: forms.Timeout | None = _key("duration; `10m`", "Of one try.", None)
    station: forms.StationName | None = _key(
        "name; the task's own, else `default`", "Where it runs.", None
    )
    transaction: forms.Flag = _key(
        "bool", "Its database work, its result and the next message commit together.", default=False
    )
    weight: forms.Weight = _key("number above 0", "Its share of the progress bar.", 1.0)


class WorkflowKeys(Keys):
    """The file."""

    workflow: forms.WorkflowName = _key("name", "The workflow's name, unique in the project.")
    format: forms.FormatNumber = _key("`1`", "The version of this format.", 1)
    title: forms.ShortText | None = _key(
        "text with `${{ }}`; the name", "What people see for one run.", None
    )
    description: forms.LongText = _key("text", "For people who look after it.", "")
    labels: dict[forms.Identifier, forms.PlainValue] = _key(
        "map of at most 8 plain values", "Search keys of a run.", {}, max_length=8
    )
    on: list[EventTriggerKeys] = _key(
        "trigger, or list of at most 20", "What starts a run.", min_length=1, max_length=20
    )
    inputs: dict[forms.ParameterName, dict[str, Any]] = _key(
        "map of name to type or JSON Schema",
        "The values a run works with. One without `default` is required.",
        {},
        min_length=1,
        max_length=64,
    )
    notify: NotifyKeys | None = _key("map; the event's `actor`", "Who sees the run move.", None)
    timeout: forms.Timeout = _key(
        "duration", "Of the whole run; then it fails with `RunTimeout`.", timedelta(days=30)
    )
    defaults: DefaultsKeys = _key("map", "For all steps of the file.", DefaultsKeys())
    steps: list[TaskStepKeys] = _key(
        "list of 1 to 200 steps", "The line.", min_length=1, max_length=STEPS_MAX
    )
    output: Any = _key("any value; the output of the last step", "The run's result.", None)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """One key, for the reference."""

    path: str
    """``steps[].retry.attempts``."""
    type: str
    default: str
    """``required``, ``-`` for none, or as it is written in a file."""
    meaning: str


def table(model: type[Keys] = WorkflowKeys, prefix: str = "") -> Iterator[KeyRow]:
    """Every key in the order of the models, each map's keys right below it."""
    for name, info in model.model_fields.items():
        path = f"{prefix}{info.alias or name}"
        kind, _, own = (info.title or "").partition("; ")
        yield KeyRow(
            path=path,
            type=kind,
            default=own or _default(info),
            meaning=info.description or "",
        )
        below, is_list = _below(info.annotation)
        if below is not None:
            yield from table(below, f"{path}[]." if is_list else f"{path}.")


def known_keys(model: type[Keys]) -> list[str]:
    """The keys of a map, as they are written."""
    return [info.alias or name for name, info in model.model_fields.items()]


def _below(annotation: Any) -> tuple[type[Keys] | None, bool]:
    if isinstance(annotation, type) and issubclass(annotation, Keys):
        return annotation, False
    for part in getattr(annotation, "__args__", ()):
        if isinstance(part, type) and issubclass(part, Keys):
            return part, getattr(annotation, "__origin__", None) is list
    return None, False


def _default(info: FieldInfo) -> str:
    match info.default:
        case value if value is PydanticUndefined:
            return "required"
        case timedelta() as length:
            return f"`{_length(length)}`"
        case bool() as flag:
            return f"`{str(flag).lower()}`"
        case float() as number:
            return f"`{number:g}`"
        case str() | int() as plain if plain:
            return f"`{plain}`"
        case _:
            return "-"


def _length(length: timedelta) -> str:
    seconds = int(length.total_seconds())
    units = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
    return next(f"{seconds // size}{unit}" for unit, size in units if seconds % size == 0)
