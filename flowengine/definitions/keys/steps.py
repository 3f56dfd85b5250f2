"""The keys of the ten kinds of steps."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Tag

from flowengine.definitions.keys import values
from flowengine.definitions.keys.maps import Keys, by_key, key, tag, written
from flowengine.definitions.keys.parts import (
    ApprovalKeys,
    AwaitedKeys,
    FailKeys,
    RetryKeys,
    Sleep,
    UndoKeys,
)

STEPS_MAX = 200
"""Steps of a whole file."""
LEVELS_MAX = 8
"""Lines inside one another, the workflow's own included."""
BRANCHES_MAX = 50
CLAUSES_MAX = 50
HOOK_KINDS = ("task", "workflow", "emit", "switch")
"""What may stand in `on_failure` and `finally`, at any depth."""
NOT_IN_HOOKS = ("rescue", "compensate")
WITH_FOR_EACH = ("as", "max_parallel", "max_failures")
"""Modifiers of a loop; `max_parallel` is of `parallel` too."""


class StepKeys(Keys):
    """What every kind of step may have."""

    id: values.Identifier | None = key(
        "name",
        "The name in `steps.<id>`; else the branch's key, else the last part of the task's or"
        " workflow's name.",
        None,
    )
    title: values.ShortText | None = key(
        "text with `${{ }}`", "What people see; else the id, in words.", None
    )
    condition: values.Condition = key(
        "expression", "False: the step is skipped, the line goes on.", None, alias="if"
    )
    needs: list[values.Identifier] = key(
        "list of names",
        "Only in a branch of `parallel`: siblings that must be done first.",
        [],
        min_length=1,
        max_length=BRANCHES_MAX,
    )
    weight: values.Weight = key("number above 0", "Its share of the progress bar.", 1.0)


class LoopedKeys(StepKeys):
    """A step that may run once per item."""

    for_each: values.Items = key(
        "list, or `${{ }}` giving one", "The step runs once per item; `if` is asked before.", None
    )
    item: values.Identifier = key(
        "name", "How an item is called; `index` counts.", "item", alias="as"
    )
    max_parallel: values.AtOnce = key("1-1000", "Items at the same time.", 10)
    max_failures: values.Failures = key(
        "number, or `5%`; `0`", "Items that may fail; a share is rounded down.", (0, False)
    )


class RescueKeys(Keys):
    """One way to go on after an error."""

    errors: list[values.ErrorCode] | None = key(
        "list of error codes",
        "Which errors it is for. A clause without it is for all, and the last.",
        None,
        min_length=1,
        max_length=20,
    )
    steps: Steps = key("list of steps", "What to do instead.", max_length=STEPS_MAX)


Rescues = Annotated[
    "list[RescueKeys]",
    key(
        "list of at most 10 clauses",
        "The first clause that is for the error runs; if it ends well, the line goes on.",
        [],
        min_length=1,
        max_length=10,
    ),
]


class TaskKeys(LoopedKeys):
    """A task, and how it is called. A string is short for `{task: …}`."""

    task: values.TaskName = key("`app.task`", "The task that runs.")
    arguments: dict[values.ParameterName, Any] = key(
        "map of values", "Inputs by name.", {}, alias="with", max_length=64
    )
    retry: RetryKeys | None = key("map", "How often, and how far apart, it is tried.", None)
    timeout: values.Timeout | None = key("duration; `10m`", "Of one try.", None)
    station: values.StationName | None = key(
        "name; the task's own, else `default`", "Where it runs.", None
    )
    transaction: values.Flag = key(
        "bool", "Its database work, its result and the next message commit together.", default=False
    )
    compensate: UndoKeys | None = key("task, or map", "How it is undone.", None)
    rescue: Rescues


class ChildKeys(LoopedKeys):
    """Another workflow."""

    workflow: values.WorkflowName = key("name", "The workflow that is started; it has `call`.")
    arguments: dict[values.ParameterName, Any] = key(
        "map of values", "Its inputs.", {}, alias="with", max_length=64
    )
    detach: values.Flag = key("bool", "Go on without waiting for its end.", default=False)
    timeout: values.Timeout | None = key("duration", "Of the whole.", None)
    compensate: UndoKeys | None = key("task, or map", "How it is undone.", None)
    rescue: Rescues


class EmitKeys(LoopedKeys):
    """An event that is published."""

    emit: values.EventType = key("event type", "What is published.")
    arguments: dict[values.ParameterName, Any] = key(
        "map of values", "The event's data.", alias="with", max_length=64
    )
    subject: values.ShortText | None = key("text with `${{ }}`", "What the event is about.", None)


class WaitKeys(StepKeys):
    """Waiting for an event."""

    wait_for: AwaitedKeys = key("map", "The event that is waited for; back to the run's start.")
    timeout: values.Timeout = key("duration", "Then it fails with `Timeout`.")
    rescue: Rescues


class SleepKeys(StepKeys):
    """Waiting for time to pass, without a worker."""

    sleep: Sleep = key("duration, or map", "How long, or until when.")


class ApprovalStepKeys(StepKeys):
    """People who are asked."""

    approval: ApprovalKeys = key("map", "Who is asked what.")
    timeout: values.Timeout = key("duration", "Then it fails with `Timeout`.")
    rescue: Rescues


class ParallelKeys(StepKeys):
    """Branches at the same time. A list of steps is short for `{steps: …}`."""

    parallel: dict[values.Identifier, Step] = key(
        "map of 1 to 50 branches",
        "A branch is a task, a step or a list of steps; its key is its id.",
        min_length=1,
        max_length=BRANCHES_MAX,
    )
    fail_fast: values.Flag = key("bool", "A failed branch stops the others.", default=True)
    max_parallel: values.AtOnce | None = key("1-1000; all", "Branches at the same time.", None)
    timeout: values.Timeout | None = key("duration", "Of the whole.", None)
    rescue: Rescues


class ClauseKeys(Keys):
    """One way that a `switch` may go."""

    condition: values.Condition = key(
        "expression", "A clause without it takes everything, and is the last.", None, alias="if"
    )
    steps: Steps = key("list of steps", "`[]` does nothing.", max_length=STEPS_MAX)


class SwitchKeys(StepKeys):
    """One way of several."""

    switch: list[ClauseKeys] = key(
        "list of 1 to 50 clauses",
        "The first whose `if` is true; else it fails with `NoMatch`.",
        min_length=1,
        max_length=CLAUSES_MAX,
    )


class GroupKeys(LoopedKeys):
    """Several steps as one."""

    steps: Steps = key("list of steps", "A line of its own.", min_length=1, max_length=STEPS_MAX)
    timeout: values.Timeout | None = key("duration", "Of the whole.", None)
    rescue: Rescues


class FailStepKeys(StepKeys):
    """A failure."""

    fail: FailKeys = key("map", "The error it fails with.")


KINDS: dict[str, type[StepKeys]] = {
    "task": TaskKeys,
    "workflow": ChildKeys,
    "emit": EmitKeys,
    "wait_for": WaitKeys,
    "sleep": SleepKeys,
    "approval": ApprovalStepKeys,
    "parallel": ParallelKeys,
    "switch": SwitchKeys,
    "steps": GroupKeys,
    "fail": FailStepKeys,
}
"""By the key that each kind is written with."""
STEP_KEYS = tuple(dict.fromkeys(name for kind in KINDS.values() for name in written(kind)))
"""Every key that some kind of step has."""

Step = Annotated[
    Annotated[TaskKeys, Tag(tag("task"))]
    | Annotated[ChildKeys, Tag(tag("workflow"))]
    | Annotated[EmitKeys, Tag(tag("emit"))]
    | Annotated[WaitKeys, Tag(tag("wait_for"))]
    | Annotated[SleepKeys, Tag(tag("sleep"))]
    | Annotated[ApprovalStepKeys, Tag(tag("approval"))]
    | Annotated[ParallelKeys, Tag(tag("parallel"))]
    | Annotated[SwitchKeys, Tag(tag("switch"))]
    | Annotated[GroupKeys, Tag(tag("steps"))]
    | Annotated[FailStepKeys, Tag(tag("fail"))],
    by_key(KINDS),
]
Steps = list[Step]

RescueKeys.model_rebuild()
ClauseKeys.model_rebuild()
for _model in KINDS.values():
    _model.model_rebuild()
