"""Calls that start no run: the step that called is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flowengine.engine.event import Parent
from flowengine.engine.messages import ChildEnded
from flowengine.engine.run import Failure
from flowengine.engine.states import RunState
from flowengine.orchestration.work import Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A call that started no run."""

    parent: Parent
    outcome: str
    """``bad_input``, ``duplicate``, ``dropped`` …"""
    detail: str
    """For people."""


def told(refusals: Iterable[Refusal]) -> list[Told]:
    """What the callers that wait are to be told."""
    return [
        Told(
            run_id=each.parent.run,
            message=ChildEnded(
                step=each.parent.step,
                item=each.parent.item,
                run=None,
                state=RunState.FAILED,
                failure=Failure(
                    code="NotStarted",
                    message=each.detail or f"no run was started: {each.outcome}",
                    details={"outcome": each.outcome},
                    permanent=True,
                ),
            ),
        )
        for each in refusals
        if not each.parent.detached
    ]
