"""What a workflow is written with: each construct alone, and in what it stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flowengine.definitions.graph import Role, Spot
from flowengine.definitions.model import Workflow
from flowengine.definitions.steps import ChildStep, GroupStep, ParallelStep, TaskStep, kind_of


def constructs(workflow: Workflow) -> set[str]:
    """``emit``, ``needs``, ``rescue: task``, ``for_each in switch``, ``task in finally`` …"""
    seen = set(_of_the_file(workflow))
    for spot in workflow.graph.spots.values():
        own = set(_of_step(spot))
        around = set(_around(workflow, spot))
        seen.update(own, (f"{each} in {outer}" for each in own for outer in around))
        if "for_each" in own and {"parallel", "switch"} <= around:
            seen.add("for_each in parallel in switch")
    return seen


def _of_the_file(workflow: Workflow) -> Iterator[str]:
    keys = ("on_failure", "cancel_on", "hold_on_failure", "start_within", "output")
    yield from (key for key in keys if getattr(workflow, key))
    if workflow.at_end:
        yield "finally"


def _of_step(spot: Spot) -> Iterator[str]:
    """The kind of the step, and the keys it is written with."""
    step = spot.step
    yield kind_of(step)
    if step.loop is not None:
        yield from ("for_each", f"for_each: {kind_of(step)}")
        yield from ["max_failures"] * bool(step.loop.max_failures)
    if step.rescue:
        yield from ("rescue", f"rescue: {'for_each' if step.loop else kind_of(step)}")
    given: dict[str, Any] = {"if": step.condition, "title": step.title}
    if isinstance(step, ChildStep | GroupStep | ParallelStep):
        given["timeout"] = step.timeout
    if isinstance(step, TaskStep | ChildStep) and step.compensate is not None:
        given |= {"compensate": True, "on_unknown": step.compensate.on_unknown}
    if isinstance(step, TaskStep):
        given["give_up_after"] = step.retry.give_up_after
    if isinstance(step, ChildStep):
        given["detach"] = step.detach
    if isinstance(step, ParallelStep):
        given |= {"needs": any(branch.needs for branch in step.branches)}
        given |= {"fail_fast: false": not step.fail_fast, "max_parallel": step.max_parallel}
    yield from (key for key, value in given.items() if value)


def _around(workflow: Workflow, spot: Spot) -> Iterator[str]:
    """What the step stands in, at whatever depth."""
    line = spot.line
    while line.owner is not None:
        owner = workflow.graph.spots[line.owner]
        if line.role is Role.RESCUE:
            yield "rescue"
        else:
            yield kind_of(owner.step)
            yield from ["for_each"] * (owner.step.loop is not None)
        line = owner.line
    yield line.role.value
