"""A workflow as a picture before it has a form: boxes, the lanes inside them, what leads where.

:mod:`flowengine.definitions.mermaid` and :mod:`flowengine.definitions.svg` write it down.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from flowengine.definitions.expressions.tree import Template
from flowengine.definitions.model import (
    EventTrigger,
    ManualTrigger,
    ScheduleTrigger,
    Trigger,
    Workflow,
)
from flowengine.definitions.steps import (
    ApprovalStep,
    ChildStep,
    EmitStep,
    FailStep,
    GroupStep,
    Loop,
    ParallelStep,
    SleepStep,
    Step,
    SwitchStep,
    TaskStep,
    WaitStep,
    kind_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Boxes one below the other: a branch, a clause, a body, a rescue, or a line of the file."""

    label: str
    """``if …``, ``Timeout``; empty where there is nothing to say."""
    boxes: tuple[Box, ...]
    after: tuple[int, ...] = ()
    """Of a branch: which of its siblings must be done first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One step."""

    id: str
    kind: str
    """The key it is written with."""
    title: str
    notes: tuple[str, ...] = ()
    """What else is to be known of it, a line each."""
    lanes: tuple[Lane, ...] = ()
    """What is inside a block; None of them for other steps."""
    rescues: tuple[Lane, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """The whole picture."""

    name: str
    description: str
    starts: tuple[str, ...]
    """What starts a run, in words."""
    line: Lane
    hooks: tuple[Lane, ...]
    """``on_failure`` and ``finally``, where the file has them."""


def drawing(workflow: Workflow) -> Drawing:
    """The picture of *workflow*. The same workflow gives the same picture."""
    hooks = (("on failure", workflow.on_failure), ("finally", workflow.at_end))
    return Drawing(
        name=workflow.name,
        description=workflow.description,
        starts=tuple(start_in_words(trigger) for trigger in workflow.triggers),
        line=_lane("", workflow.steps),
        hooks=tuple(_lane(label, steps) for label, steps in hooks if steps),
    )


def start_in_words(trigger: Trigger) -> str:
    """What starts a run: ``order.paid if event.data.total > 0``, ``by hand: finance``."""
    match trigger:
        case EventTrigger():
            return _if(", ".join(trigger.patterns), trigger)
        case ScheduleTrigger():
            zone = f" {trigger.timezone}" if trigger.timezone else ""
            return f"schedule {trigger.cron}{zone}"
        case ManualTrigger():
            groups = f": {', '.join(trigger.groups)}" if trigger.groups else ""
            return f"by hand{groups}"
        case _:
            return "called by a workflow"


def _if(text: str, trigger: EventTrigger) -> str:
    condition = trigger.condition
    return text if condition is None else f"{text} if {condition.source}"


def _lane(label: str, steps: tuple[Step, ...], after: tuple[int, ...] = ()) -> Lane:
    return Lane(label=label, boxes=tuple(_box(step) for step in steps), after=after)


def _box(step: Step) -> Box:
    doing = _doing(step)
    title = _title(step)
    return Box(
        id=step.id,
        kind=kind_of(step),
        title=title or doing,
        notes=tuple(_notes(step, doing if title else "")),
        lanes=tuple(_lanes(step)),
        rescues=tuple(
            _lane(f"rescue {', '.join(clause.errors or ())}".rstrip(), clause.steps)
            for clause in step.rescue
        ),
    )


def _title(step: Step) -> str:
    """What people read; empty where a nameless step is best told by what it does."""
    if step.title is not None:
        return str(step.title.source)
    words = step.id.replace("_", " ")
    return words if step.is_named or not _doing(step) else ""


def _doing(step: Step) -> str:  # noqa: PLR0911 - one line for each kind of step
    match step:
        case TaskStep():
            return step.task
        case ChildStep():
            return f"{'starts' if step.detach else 'runs'} {step.workflow}"
        case EmitStep():
            return f"emits {step.event}"
        case WaitStep():
            return f"waits for {', '.join(step.patterns)}, {_length(step.timeout)} at most"
        case SleepStep():
            until = step.until
            return f"sleeps {_length(step.duration)}" if until is None else f"until {_text(until)}"
        case ApprovalStep():
            return f"asks {', '.join(step.groups) or 'people'}, {_length(step.timeout)} at most"
        case FailStep():
            return f"fails with {step.error}"
        case _:
            return ""


def _notes(step: Step, doing: str) -> Iterator[str]:
    if doing:
        yield doing
    if step.condition is not None:
        yield f"if {step.condition.source}"
    if step.loop is not None:
        yield f"for each {_items(step.loop)}, {step.loop.max_parallel} at a time"
    if isinstance(step, ParallelStep) and step.max_parallel is not None:
        yield f"{step.max_parallel} at a time"
    if isinstance(step, GroupStep | ParallelStep | ChildStep) and step.timeout is not None:
        yield f"{_length(step.timeout)} at most"
    if isinstance(step, TaskStep | ChildStep) and step.compensate is not None:
        yield f"undone by {step.compensate.task}"


def _items(loop: Loop) -> str:
    source = loop.items.source
    if isinstance(source, list):
        return f"of {len(source)}"
    return _text(loop.items)


def _lanes(step: Step) -> Iterator[Lane]:
    match step:
        case GroupStep():
            yield _lane("", step.steps)
        case ParallelStep():
            places = {branch.step.id: at for at, branch in enumerate(step.branches)}
            for branch in step.branches:
                after = tuple(places[name] for name in branch.needs)
                yield _lane("", (branch.step,), after)
        case SwitchStep():
            for clause in step.clauses:
                condition = clause.condition
                label = "else" if condition is None else f"if {condition.source}"
                yield _lane(label, clause.steps)
        case _:
            return


def _text(template: Template) -> str:
    """As it is written, without the brackets where it is one expression."""
    text = str(template.source)
    parts = [each.expression.source for each in template.expressions()]
    return parts[0] if len(parts) == 1 and text.startswith("${{") and text.endswith("}}") else text


def _length(length: timedelta | None) -> str:
    """As in a file: ``1h30m``."""
    milliseconds = 0 if length is None else length // timedelta(milliseconds=1)
    text = ""
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, milliseconds = divmod(milliseconds, size)
        text += f"{count}{unit}" if count else ""
    return text or "0s"
