"""The keys of the file itself, and of what is no step in it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import Tag

from flowengine.definitions.keys import values
from flowengine.definitions.keys.maps import Keys, by_key, by_type, key, tag, written
from flowengine.definitions.keys.parts import INPUTS_MAX, AwaitedKeys, Inputs, RetryKeys
from flowengine.definitions.keys.steps import STEPS_MAX, Steps

TRIGGERS_MAX = 20
CANCELS_MAX = 5
LABELS_MAX = 8


class EventTriggerKeys(Keys):
    """Events that start a run. A string is short for `{event: …}`."""

    event: list[values.EventPattern] = key(
        "event type, pattern, or list",
        "`order.paid`; `order.*` is one segment more, `order.**` any number, last only.",
        min_length=1,
        max_length=20,
    )
    condition: values.Condition = key(
        "expression", "Over `event` and `config`; false: no run.", None, alias="if"
    )
    arguments: dict[values.ParameterName, Any] = key(
        "map of values", "Fills `inputs` from the event.", {}, alias="with", max_length=64
    )


class ScheduleTriggerKeys(Keys):
    """Times at which a run starts."""

    schedule: values.Cron = key(
        "cron, five fields", "When: minute, hour, day, month, day of the week."
    )
    timezone: values.Timezone | None = key(
        "name; Django's `TIME_ZONE`", "Whose clock the fields are read on.", None
    )
    missed: values.Missed = key(
        "`once` or `skip`", "What becomes of ticks that nobody was there for.", "once"
    )
    arguments: dict[values.ParameterName, Any] = key(
        "map of values", "Fills `inputs` from the tick.", {}, alias="with", max_length=64
    )


class StarterKeys(Keys):
    """Who may start a run by hand."""

    groups: list[values.GroupName] = key(
        "list of names", "Members of these Django groups.", min_length=1, max_length=100
    )


class ManualTriggerKeys(Keys):
    """A button, and an API; the form comes from `inputs`."""

    manual: Annotated[
        Annotated[values.True_, Tag(tag("true"))] | Annotated[StarterKeys, Tag(tag("starters"))],
        by_type("true", "starters"),
    ] = key("`true`, or map", "`true`: who has the permission `start_workflow`.")


class CallTriggerKeys(Keys):
    """Other workflows."""

    call: values.True_ = key("`true`", "Other workflows may start it with a `workflow` step.")


TRIGGERS: dict[str, type[Keys]] = {
    "event": EventTriggerKeys,
    "schedule": ScheduleTriggerKeys,
    "manual": ManualTriggerKeys,
    "call": CallTriggerKeys,
}
"""By the key of which a trigger has exactly one."""
TRIGGER_KEYS = tuple(dict.fromkeys(name for kind in TRIGGERS.values() for name in written(kind)))
"""Every key that some kind of trigger has."""

Trigger = Annotated[
    Annotated[EventTriggerKeys, Tag(tag("event"))]
    | Annotated[ScheduleTriggerKeys, Tag(tag("schedule"))]
    | Annotated[ManualTriggerKeys, Tag(tag("manual"))]
    | Annotated[CallTriggerKeys, Tag(tag("call"))],
    by_key(TRIGGERS),
]


class NotifyKeys(Keys):
    """`notify`: who sees a run move, live. `{}` is nobody."""

    users: values.Users = key(
        "list of user keys, or `${{ }}` giving one", "Users who may watch.", None
    )
    groups: list[values.GroupName] = key(
        "list of names", "Django groups whose members may watch.", [], max_length=100
    )
    detail: values.Detail = key("`steps` or `summary`", "How much they see.", "steps")


class IdempotencyKeys(Keys):
    """`idempotency`: a second start of the same key starts nothing."""

    by: values.Condition = key("expression", "What makes two starts the same.", alias="key")
    window: values.Timeout = key("duration", "For so long.", timedelta(days=30))


class DebounceKeys(Keys):
    """`debounce`: one run for a burst of events, with the last of them."""

    period: values.Timeout = key("duration", "Quiet for so long.")
    by: values.Condition = key("expression", "Bursts are told apart by it.", None, alias="key")
    max_wait: values.Timeout | None = key("duration", "But never later than this.", None)


class ThrottleKeys(Keys):
    """`throttle`: so many starts in a time."""

    limit: values.Starts = key("1-1000000", "So many starts.")
    per: values.Timeout = key("duration", "In such a time.")
    by: values.Condition = key(
        "expression", "Each of its values is counted apart.", None, alias="key"
    )
    excess: values.Excess = key("`queue` or `drop`", "What becomes of the others.", "queue")


class ConcurrencyKeys(Keys):
    """`concurrency`: so many open runs."""

    by: values.Condition = key(
        "expression", "Each of its values is counted apart.", None, alias="key"
    )
    limit: values.RunsAtOnce = key("1-10000", "So many open runs.", 1)
    on_conflict: values.OnConflict = key(
        "`queue`, `skip` or `replace`",
        "One more waits in order, or is skipped, or cancels the oldest.",
        "queue",
    )
    max_queued: values.Queued = key("1-100000", "So many may wait.", 1000)


class DefaultsKeys(Keys):
    """`defaults`: for all task steps of the file that do not say otherwise."""

    retry: RetryKeys | None = key("map", "Merged key by key under a step's own `retry`.", None)
    timeout: values.Timeout = key("duration", "Of one try.", timedelta(minutes=10))
    station: values.StationName = key("name", "Where the tasks run.", "")


class WorkflowKeys(Keys):
    """The file."""

    workflow: values.WorkflowName = key("name", "The workflow's name, unique in the project.")
    format: values.FormatNumber = key("`1`", "The version of this format.", 1)
    title: values.ShortText | None = key(
        "text with `${{ }}`; the name", "What people see for one run.", None
    )
    description: values.LongText = key("text", "For people who look after it.", "")
    labels: dict[values.Identifier, values.PlainValue] = key(
        "map of at most 8 plain values", "Search keys of a run.", {}, max_length=LABELS_MAX
    )
    on: list[Trigger] = key(
        "trigger, or list of at most 20",
        "What starts a run.",
        min_length=1,
        max_length=TRIGGERS_MAX,
    )
    inputs: Inputs = key(
        "map of name to type or JSON Schema",
        "The values a run works with. One without `default` is required.",
        {},
        min_length=1,
        max_length=INPUTS_MAX,
    )
    notify: NotifyKeys | None = key("map; the event's `actor`", "Who sees the run move.", None)
    idempotency: IdempotencyKeys | None = key(
        "map; the event's `id`", "A second start with the same key starts nothing.", None
    )
    debounce: DebounceKeys | None = key("map", "One run for a burst of events.", None)
    throttle: ThrottleKeys | None = key("map", "So many starts in a time.", None)
    concurrency: ConcurrencyKeys | None = key("map", "So many open runs.", None)
    priority: values.Priority = key(
        "`low`, `normal`, `high`, or `${{ }}`; `normal`",
        "Which queued start and which ready step goes first.",
        None,
    )
    start_within: values.Timeout | None = key(
        "duration", "A run that is still queued after it expires.", None
    )
    timeout: values.Timeout = key(
        "duration", "Of the whole run; then it fails with `RunTimeout`.", timedelta(days=30)
    )
    cancel_on: list[AwaitedKeys] = key(
        "list of at most 5",
        "Such an event cancels the run.",
        [],
        min_length=1,
        max_length=CANCELS_MAX,
    )
    defaults: DefaultsKeys = key("map", "For all task steps of the file.", DefaultsKeys())
    hold_on_failure: values.Timeout | None = key(
        "duration", "After a failure the run waits so long for a person, before it is undone.", None
    )
    steps: Steps = key("list of steps", "The line.", min_length=1, max_length=STEPS_MAX)
    output: Any = key("any value; the output of the last step", "The run's result.", None)
    on_failure: Steps = key(
        "list of at most 20 steps",
        "Runs once the run is `failed`.",
        [],
        min_length=1,
        max_length=20,
    )
    at_end: Steps = key(
        "list of at most 20 steps",
        "Runs after `succeeded`, `failed` and `cancelled`.",
        [],
        alias="finally",
        min_length=1,
        max_length=20,
    )
