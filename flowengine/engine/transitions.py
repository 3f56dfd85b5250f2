"""What did happen to a run: facts, numbered 1, 2, 3 … per run.

The same values are the audit trail, the feed a browser resumes from, and the recording a test decides
again. Inputs and outputs travel in them while a decision is committed, but are stored in the step's
row only: :func:`public` gives what the history and the browser see.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from flowengine.engine.run import Failure


class _Transition(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="t"):
    """A fact about a run."""


class RunStarted(_Transition, frozen=True, tag="run.started"):
    title: str = ""
    due_at: datetime | None = None
    """When the run's own time is over."""


class RunWaiting(_Transition, frozen=True, tag="run.waiting"):
    """No step needs a worker until *due_at*."""

    due_at: datetime


class RunContinued(_Transition, frozen=True, tag="run.continued"):
    """One that waited goes on."""


class RunCancelling(_Transition, frozen=True, tag="run.cancelling"):
    by: str = ""
    reason: str = ""
    outcome: str = "cancelled"
    """``cancelled``, or ``failed`` where the run's time is over."""
    failure: Failure | None = None


class RunSucceeded(_Transition, frozen=True, tag="run.succeeded"):
    output: Any = None


class RunFailed(_Transition, frozen=True, tag="run.failed"):
    failure: Failure


class RunCancelled(_Transition, frozen=True, tag="run.cancelled"):
    by: str = ""
    reason: str = ""


class StepReady(_Transition, frozen=True, tag="step.ready"):
    """A new step: its input is evaluated and stored. Or one whose delay is over (*input* unset)."""

    step: str
    item: int = 0
    task: str = ""
    station: str = ""
    input: Any = None
    again: bool = False
    """True = it was there before (a retry): the stored input stays."""


class StepStarted(_Transition, frozen=True, tag="step.started"):
    step: str
    attempt: int
    worker: UUID
    item: int = 0


class StepSucceeded(_Transition, frozen=True, tag="step.succeeded"):
    step: str
    attempt: int
    output: Any = None
    item: int = 0


class StepRetrying(_Transition, frozen=True, tag="step.retrying"):
    step: str
    attempt: int
    tries: int
    failure: Failure
    due_at: datetime
    item: int = 0


class StepReturned(_Transition, frozen=True, tag="step.returned"):
    """A begun attempt came back without an end: ready again."""

    step: str
    attempt: int
    lost: bool = False
    """True = its worker is gone, a crash is counted. False = it was given back."""
    item: int = 0


class StepSkipped(_Transition, frozen=True, tag="step.skipped"):
    step: str
    item: int = 0
    task: str = ""
    station: str = ""


class StepFailed(_Transition, frozen=True, tag="step.failed"):
    step: str
    attempt: int
    tries: int
    failure: Failure
    item: int = 0
    task: str = ""
    station: str = ""


class StepCancelled(_Transition, frozen=True, tag="step.cancelled"):
    step: str
    attempt: int = 0
    item: int = 0


Transition = (
    RunStarted
    | RunWaiting
    | RunContinued
    | RunCancelling
    | RunSucceeded
    | RunFailed
    | RunCancelled
    | StepReady
    | StepStarted
    | StepSucceeded
    | StepRetrying
    | StepReturned
    | StepSkipped
    | StepFailed
    | StepCancelled
)

_PRIVATE = ("input", "output")
_PRIVATE_OF_FAILURE = ("traceback", "details")


def public(transition: Transition) -> dict[str, Any]:
    """The transition as plain JSON values, as the history keeps it.

    Without input, output, and a failure's traceback and details: those are in the rows of the step and
    the run. Times and ids are text; members that have their default are left out.
    """
    value: dict[str, Any] = msgspec.to_builtins(transition)
    for name in _PRIVATE:
        value.pop(name, None)
    failure = value.get("failure")
    if failure is not None:
        for name in _PRIVATE_OF_FAILURE:
            failure.pop(name, None)
    return value


def from_public(value: Any) -> Transition:
    """The transition that :func:`public` wrote; what it left out has its default.

    Raises:
        msgspec.ValidationError: it is no transition of this version.
    """
    transition: Transition = msgspec.convert(value, Transition)
    return transition


def from_history(body: bytes) -> tuple[Transition, ...]:
    """The transitions of one row of the history, in order.

    Raises:
        msgspec.DecodeError: these bytes are no history of this version.
    """
    return _history.decode(body)


_history = msgspec.json.Decoder(tuple[Transition, ...])
