"""Keys of steps -> the values of :mod:`flowengine.definitions.steps`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flowengine.definitions.expressions.tree import Expression, Path, Template
from flowengine.definitions.keys import steps as keys
from flowengine.definitions.keys.parts import Inputs, RetryKeys, UndoKeys
from flowengine.definitions.keys.workflow import DefaultsKeys
from flowengine.definitions.references import References
from flowengine.definitions.steps import (
    UNDO_RETRY,
    ApprovalStep,
    Branch,
    ChildStep,
    Clause,
    EmitStep,
    FailStep,
    GroupStep,
    Input,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What steps are made from besides their keys."""

    found: References
    ids: Mapping[Path, str]
    defaults: DefaultsKeys

    def template(self, *path: str | int) -> Template | None:
        """The value key at that path; None where the file has none."""
        return self.found.templates.get(path)

    def owed(self, *path: str | int) -> Template:
        """The value key at that path, which must be there."""
        return self.found.templates[path]

    def condition(self, *path: str | int) -> Expression | None:
        """The expression key at that path."""
        return self.found.conditions.get(path)

    def templates(self, path: Path, names: Iterable[str]) -> dict[str, Template]:
        """The value keys right below that path."""
        return {name: self.found.templates[*path, name] for name in names}


def steps_of(line: Sequence[keys.StepKeys], path: Path, sources: Sources) -> tuple[Step, ...]:
    """The steps of a line whose list is at *path*."""
    return tuple(step_of(each, (*path, index), sources) for index, each in enumerate(line))


def step_of(given: keys.StepKeys, path: Path, sources: Sources) -> Step:
    """The step at *path*."""
    return _MAKE[type(given)](given, path, sources)


def inputs_of(given: Inputs) -> tuple[Input, ...]:
    """The inputs of a workflow, or the fields of a form."""
    return tuple(
        Input(
            name=name,
            schema=schema,
            required="default" not in schema,
            default=schema.get("default"),
        )
        for name, schema in given.items()
    )


def _common(given: keys.StepKeys, path: Path, sources: Sources) -> dict[str, Any]:
    """What every kind of step has."""
    clauses: list[keys.RescueKeys] = getattr(given, "rescue", [])
    return {
        "id": sources.ids[path],
        "title": sources.template(*path, "title"),
        "condition": sources.condition(*path, "if"),
        "weight": given.weight,
        "loop": _loop(given, path, sources),
        "rescue": tuple(
            Rescue(
                errors=None if clause.errors is None else tuple(clause.errors),
                steps=steps_of(clause.steps, (*path, "rescue", index, "steps"), sources),
            )
            for index, clause in enumerate(clauses)
        ),
    }


def _loop(given: keys.StepKeys, path: Path, sources: Sources) -> Loop | None:
    if not isinstance(given, keys.LoopedKeys) or given.for_each is None:
        return None
    most, is_percent = given.max_failures
    return Loop(
        items=sources.owed(*path, "for_each"),
        name=given.item,
        max_parallel=given.max_parallel,
        max_failures=most,
        is_percent=is_percent,
    )


def _task(given: keys.TaskKeys, path: Path, sources: Sources) -> TaskStep:
    defaults = sources.defaults
    return TaskStep(
        **_common(given, path, sources),
        task=given.task,
        arguments=sources.templates((*path, "with"), given.arguments),
        retry=_retry(RetryPolicy(), defaults.retry, given.retry),
        timeout=defaults.timeout if given.timeout is None else given.timeout,
        station=given.station or defaults.station,
        transaction=given.transaction,
        compensate=_undo(given.compensate, (*path, "compensate"), sources),
    )


def _undo(given: UndoKeys | None, path: Path, sources: Sources) -> Undo | None:
    if given is None:
        return None
    defaults = sources.defaults
    return Undo(
        task=given.task,
        arguments=sources.templates((*path, "with"), given.arguments),
        retry=_retry(UNDO_RETRY, given.retry),
        timeout=defaults.timeout if given.timeout is None else given.timeout,
        station=given.station or defaults.station,
        on_unknown=given.on_unknown,
    )


def _retry(start: RetryPolicy, *layers: RetryKeys | None) -> RetryPolicy:
    """Each layer's own keys over those of the layers before it, over *start*."""
    merged: dict[str, Any] = {}
    for layer in layers:
        if layer is not None:
            merged |= {name: getattr(layer, name) for name in layer.model_fields_set}
    for name in ("errors", "excluded"):
        if name in merged:
            merged[name] = tuple(merged[name])
    return dataclasses.replace(start, **merged)


def _child(given: keys.ChildKeys, path: Path, sources: Sources) -> ChildStep:
    return ChildStep(
        **_common(given, path, sources),
        workflow=given.workflow,
        arguments=sources.templates((*path, "with"), given.arguments),
        detach=given.detach,
        timeout=given.timeout,
        compensate=_undo(given.compensate, (*path, "compensate"), sources),
    )


def _emit(given: keys.EmitKeys, path: Path, sources: Sources) -> EmitStep:
    return EmitStep(
        **_common(given, path, sources),
        event=given.emit,
        arguments=sources.templates((*path, "with"), given.arguments),
        subject=sources.template(*path, "subject"),
    )


def _wait(given: keys.WaitKeys, path: Path, sources: Sources) -> WaitStep:
    return WaitStep(
        **_common(given, path, sources),
        patterns=tuple(dict.fromkeys(given.wait_for.event)),
        match=sources.templates((*path, "wait_for", "match"), given.wait_for.match),
        accept=sources.condition(*path, "wait_for", "if"),
        timeout=given.timeout,
    )


def _sleep(given: keys.SleepKeys, path: Path, sources: Sources) -> SleepStep:
    return SleepStep(
        **_common(given, path, sources),
        duration=given.sleep if isinstance(given.sleep, timedelta) else None,
        until=sources.template(*path, "sleep", "until"),
    )


def _approval(given: keys.ApprovalStepKeys, path: Path, sources: Sources) -> ApprovalStep:
    asked = given.approval
    return ApprovalStep(
        **_common(given, path, sources),
        ask=sources.owed(*path, "approval", "ask"),
        users=sources.template(*path, "approval", "users"),
        groups=tuple(asked.groups),
        quorum=asked.quorum,
        form=inputs_of(asked.form),
        allow_requester=asked.allow_requester,
        timeout=given.timeout,
    )


def _parallel(given: keys.ParallelKeys, path: Path, sources: Sources) -> ParallelStep:
    return ParallelStep(
        **_common(given, path, sources),
        branches=tuple(
            Branch(
                step=step_of(branch, (*path, "parallel", name), sources),
                needs=tuple(dict.fromkeys(branch.needs)),
            )
            for name, branch in given.parallel.items()
        ),
        fail_fast=given.fail_fast,
        max_parallel=given.max_parallel,
        timeout=given.timeout,
    )


def _switch(given: keys.SwitchKeys, path: Path, sources: Sources) -> SwitchStep:
    return SwitchStep(
        **_common(given, path, sources),
        clauses=tuple(
            Clause(
                condition=sources.condition(*path, "switch", index, "if"),
                steps=steps_of(clause.steps, (*path, "switch", index, "steps"), sources),
            )
            for index, clause in enumerate(given.switch)
        ),
    )


def _group(given: keys.GroupKeys, path: Path, sources: Sources) -> GroupStep:
    return GroupStep(
        **_common(given, path, sources),
        steps=steps_of(given.steps, (*path, "steps"), sources),
        timeout=given.timeout,
    )


def _fail(given: keys.FailStepKeys, path: Path, sources: Sources) -> FailStep:
    return FailStep(
        **_common(given, path, sources),
        error=given.fail.error,
        message=sources.owed(*path, "fail", "message"),
    )


_MAKE: dict[type[Any], Callable[[Any, Path, Sources], Step]] = {
    keys.TaskKeys: _task,
    keys.ChildKeys: _child,
    keys.EmitKeys: _emit,
    keys.WaitKeys: _wait,
    keys.SleepKeys: _sleep,
    keys.ApprovalStepKeys: _approval,
    keys.ParallelKeys: _parallel,
    keys.SwitchKeys: _switch,
    keys.GroupKeys: _group,
    keys.FailStepKeys: _fail,
}
