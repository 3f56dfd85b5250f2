"""Steps of every kind, as if parsed and bound. A name is short for ``step(name)``.

All take, besides what is theirs, ``if_``, ``title``, ``rescue`` (of :func:`rescue`), and what the model
has, ``*_s`` for a duration in seconds. ``each`` and ``as_`` make a loop of a step::

    step("post", each="${{ event.data.hooks }}", as_="hook", max_parallel=2, max_failures="50%")
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flowengine.definitions.expressions.parse import parse_expression, parse_template
from flowengine.definitions.steps import (
    UNDO_RETRY,
    ApprovalStep,
    Branch,
    ChildStep,
    Clause,
    EmitStep,
    FailStep,
    GroupStep,
    Loop,
    ParallelStep,
    Rescue,
    RetryPolicy,
    SleepStep,
    Step,
    SwitchStep,
    TaskStep,
    Undo,
    WaitStep,
)
from flowengine.definitions.task_signature import TaskSignature

Given = Step | str


def a_signature(*required: str, **fields: Any) -> TaskSignature:
    """What a task takes."""
    return TaskSignature(required=required, **fields)


def retry(**fields: Any) -> RetryPolicy:
    """A retry policy; ``*_s`` gives a duration in seconds."""
    return RetryPolicy(**durations(fields))


def step(
    name: str,
    *,
    with_: Mapping[str, Any] | None = None,
    takes: tuple[str, ...] | None = (),
    returns: tuple[str, ...] | None = None,
    **fields: Any,
) -> TaskStep:
    """A step that calls the task ``shop.<name>``.

    *takes* are the required parameters; None = its task is not known.
    """
    signature = None if takes is None else TaskSignature(required=takes, returns=returns)
    values = {"task": f"shop.{name}", "signature": signature, **_modifiers(fields)}
    return TaskStep(id=name, arguments=_templates(with_), **values)


def undo(
    task: str,
    *,
    with_: Mapping[str, Any] | None = None,
    takes: tuple[str, ...] | None = (),
    **fields: Any,
) -> Undo:
    """``compensate``: the task ``shop.<task>``."""
    values: dict[str, Any] = {
        "task": f"shop.{task}",
        "arguments": _templates(with_),
        "retry": UNDO_RETRY,
        "signature": None if takes is None else TaskSignature(required=takes),
    }
    return Undo(**{**values, **durations(fields)})


def child(name: str, *, with_: Mapping[str, Any] | None = None, **fields: Any) -> ChildStep:
    """A step that calls the workflow ``<name>``."""
    values = {"workflow": name, **_modifiers(fields)}
    return ChildStep(id=name.replace("-", "_"), arguments=_templates(with_), **values)


def emit(
    event: str, *, with_: Mapping[str, Any] | None = None, id_: str = "emit 1", **fields: Any
) -> EmitStep:
    """A step that publishes an event."""
    if "subject" in fields:
        fields["subject"] = parse_template(fields["subject"])
    return EmitStep(id=id_, event=event, arguments=_templates(with_), **_modifiers(fields))


def wait(
    name: str,
    *events: str,
    match: Mapping[str, Any],
    accept: str | None = None,
    timeout_s: float = 3600,
    **fields: Any,
) -> WaitStep:
    """A step that waits for one of *events*; *accept* is the ``if`` inside ``wait_for``."""
    return WaitStep(
        id=name,
        patterns=events,
        match=_templates(match),
        accept=None if accept is None else parse_expression(accept),
        timeout=timedelta(seconds=timeout_s),
        **_modifiers(fields),
    )


def sleep(
    name: str = "sleep 1", *, until: str | None = None, seconds: float = 0, **fields: Any
) -> SleepStep:
    """A step that sleeps for some seconds, or until a time."""
    return SleepStep(
        id=name,
        duration=timedelta(seconds=seconds) if until is None else None,
        until=None if until is None else parse_template(until),
        **_modifiers(fields),
    )


def approval(
    name: str,
    ask: str = "May it be?",
    *,
    users: Any = None,
    groups: tuple[str, ...] = ("managers",),
    timeout_s: float = 3600,
    **fields: Any,
) -> ApprovalStep:
    """A step that asks people."""
    return ApprovalStep(
        id=name,
        ask=parse_template(ask),
        users=None if users is None else parse_template(users),
        groups=groups,
        timeout=timedelta(seconds=timeout_s),
        **_modifiers(fields),
    )


def parallel(
    name: str,
    *branches: Given,
    needs: Mapping[str, tuple[str, ...]] | None = None,
    **fields: Any,
) -> ParallelStep:
    """Branches side by side; *needs* by the name of the branch that has them."""
    wanted = needs or {}
    made = (Branch(step=each, needs=wanted.get(each.id, ())) for each in steps_of(branches))
    return ParallelStep(id=name, branches=tuple(made), **_modifiers(fields))


def group(name: str, *steps: Given, **fields: Any) -> GroupStep:
    """Several steps as one."""
    return GroupStep(id=name, steps=steps_of(steps), **_modifiers(fields))


def switch(name: str, *clauses: Clause, **fields: Any) -> SwitchStep:
    """The first of :func:`when` and :func:`otherwise` that holds."""
    return SwitchStep(id=name, clauses=clauses, **_modifiers(fields))


def when(condition: str, *steps: Given) -> Clause:
    """A clause of a switch."""
    return Clause(condition=parse_expression(condition), steps=steps_of(steps))


def otherwise(*steps: Given) -> Clause:
    """The clause that takes everything."""
    return Clause(condition=None, steps=steps_of(steps))


def fail(error: str, message: str = "no", *, name: str = "fail 1", **fields: Any) -> FailStep:
    """A step that fails."""
    return FailStep(id=name, error=error, message=parse_template(message), **_modifiers(fields))


def rescue(*steps: Given, errors: tuple[str, ...] | None = None) -> Rescue:
    """A rescue clause; without *errors* it takes every one."""
    return Rescue(errors=errors, steps=steps_of(steps))


def steps_of(steps: Sequence[Given]) -> tuple[Step, ...]:
    """The steps, written out."""
    return tuple(step(each) if isinstance(each, str) else each for each in steps)


def durations(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields, with ``timeout_s=5`` as ``timeout=timedelta(seconds=5)``."""
    return {
        key.removesuffix("_s"): timedelta(seconds=value)
        if key.endswith("_s") and value is not None
        else value
        for key, value in fields.items()
    }


_OF_LOOPS = ("each", "as_", "max_failures")


def _modifiers(fields: dict[str, Any]) -> dict[str, Any]:
    made = {key: value for key, value in fields.items() if key not in (*_OF_LOOPS, "if_")}
    if fields.get("if_") is not None:
        made["condition"] = parse_expression(fields["if_"])
    if fields.get("title") is not None:
        made["title"] = parse_template(fields["title"])
    if isinstance(made.get("rescue"), Rescue):
        made["rescue"] = (made["rescue"],)
    if "each" in fields:
        made["loop"] = _loop(fields, made.pop("max_parallel", 10))
    return durations(made)


def _loop(fields: Mapping[str, Any], max_parallel: int) -> Loop:
    failures = fields.get("max_failures", 0)
    return Loop(
        items=parse_template(fields["each"]),
        name=fields.get("as_", "item"),
        max_parallel=max_parallel,
        max_failures=int(str(failures).removesuffix("%")),
        is_percent=str(failures).endswith("%"),
    )


def _templates(given: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: parse_template(value) for key, value in (given or {}).items()}
