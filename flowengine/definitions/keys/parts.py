"""The keys of maps that stand inside steps."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import Tag

from flowengine.definitions.keys import values
from flowengine.definitions.keys.maps import Keys, by_type, key, tag


class RetryKeys(Keys):
    """`retry`: how often, and how far apart, a task is tried."""

    attempts: values.Attempts = key("1-100", "Tries in all, the first included.", 3)
    delay: values.Delay = key("duration", "Before the second try.", timedelta(seconds=5))
    factor: values.Factor = key("1-10", "Each later wait is so many times longer.", 2.0)
    max_delay: values.Delay = key("duration", "No wait is longer.", timedelta(minutes=5))
    jitter: values.Share = key("0-1", "The share of a wait that is random: 0 none, 1 full.", 0.5)
    give_up_after: values.Timeout | None = key(
        "duration", "No further try later than this after the first start.", None
    )
    errors: list[values.ErrorCode] | None = key(
        "list of error codes", "Only these are tried again.", None, min_length=1, max_length=20
    )
    excluded: list[values.ErrorCode] = key(
        "list of error codes",
        "These are not tried again.",
        [],
        alias="except",
        min_length=1,
        max_length=20,
    )


class UndoKeys(Keys):
    """`compensate`: the task that undoes a step. A string is short for `{task: …}`."""

    task: values.TaskName = key("`app.task`", "The task that undoes it.")
    arguments: dict[values.ParameterName, Any] = key(
        "map of values",
        "Inputs by name; else from the step's `output`, else as the step's own.",
        {},
        alias="with",
        max_length=64,
    )
    retry: RetryKeys | None = key(
        "map; 10 attempts, `10s` to `10m`", "How often, and how far apart, it is tried.", None
    )
    timeout: values.Timeout | None = key("duration; `10m`", "Of one try.", None)
    station: values.StationName | None = key(
        "name; the task's own, else `default`", "Where it runs.", None
    )
    on_unknown: values.Flag = key(
        "bool",
        "Also after a time-out, a stop or a lost worker, when nobody knows if the step took effect.",
        default=False,
    )


class AwaitedKeys(Keys):
    """What is waited for."""

    event: list[values.EventPattern] = key(
        "event type, pattern, or list", "What may come.", min_length=1, max_length=20
    )
    match: dict[values.MatchPath, values.PlainValue] = key(
        "map of 1 to 3",
        "A path in the coming event's `data`, and the value of this run that must be there;"
        " compared as text.",
        min_length=1,
        max_length=3,
    )
    condition: values.Condition = key(
        "expression", "Over `incoming`, the event that has come; narrows further.", None, alias="if"
    )


class UntilKeys(Keys):
    """`sleep` until a moment."""

    until: values.Moment = key("`${{ }}`", "A timestamp; one that is past ends the sleep at once.")


Sleep = Annotated[
    Annotated[values.Delay, Tag(tag("duration"))] | Annotated[UntilKeys, Tag(tag("until"))],
    by_type("duration", "until"),
]

INPUTS_MAX = 64
Inputs = dict[values.ParameterName, dict[str, Any]]
"""Names and JSON Schemas; what such a schema may say is in ``input_schemas``."""


class ApprovalKeys(Keys):
    """`approval`: who is asked what. It names users, groups or both."""

    ask: values.LongText = key("text with `${{ }}`", "What people are asked.")
    users: values.Users = key(
        "list of user keys, or `${{ }}` giving one", "Users who may answer.", None
    )
    groups: list[values.GroupName] = key(
        "list of names", "Django groups whose members may answer.", [], min_length=1, max_length=100
    )
    quorum: values.Quorum = key("1-1000", "So many must agree; one rejection rejects.", 1)
    form: Inputs = key(
        "map of name to type or JSON Schema",
        "What they fill in besides.",
        {},
        min_length=1,
        max_length=INPUTS_MAX,
    )
    allow_requester: values.Flag = key(
        "bool", "Whether the one who caused the run may answer.", default=False
    )


class FailKeys(Keys):
    """`fail`: the error it fails with."""

    error: values.ErrorCode = key("error code", "What `rescue` and `error.code` see.")
    message: values.LongText = key("text with `${{ }}`", "For people.")
