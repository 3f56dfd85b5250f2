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

from flowengine.engine.run import Answer, Failure, Item


class _Transition(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="t"):
    """A fact about a run."""


class RunQueued(_Transition, frozen=True, tag="run.queued"):
    """Admitted; there is no place yet, or its slot is not there yet."""

    title: str = ""
    due_at: datetime | None = None
    """Its slot, or when it expires; None = it waits for a place for as long as it takes."""
    replay_of: UUID | None = None
    """The run that it is a restart of; None = it is none."""
    by: str = ""
    """Of a replay: who wanted it, and why."""
    reason: str = ""


class RunStarted(_Transition, frozen=True, tag="run.started"):
    title: str = ""
    due_at: datetime | None = None
    """When the run's own time is over."""
    replay_of: UUID | None = None
    """As of one that is queued first."""
    by: str = ""
    reason: str = ""


class RunWaiting(_Transition, frozen=True, tag="run.waiting"):
    """No step needs a worker."""


class RunContinued(_Transition, frozen=True, tag="run.continued"):
    """One that waited goes on."""


class RunHeld(_Transition, frozen=True, tag="run.held"):
    """A step has failed for good; until *due_at* a person may resume."""

    failure: Failure
    due_at: datetime


class RunHolding(_Transition, frozen=True, tag="run.holding"):
    """Somebody wants it to be held before its next step; or does not want that any more."""

    by: str = ""
    reason: str = ""
    is_off: bool = False


class RunHeldByHand(_Transition, frozen=True, tag="run.held_by_hand"):
    """It stands before its next step, as somebody wanted, until somebody lets it go on."""


class RunResumed(_Transition, frozen=True, tag="run.resumed"):
    """A held or failed run goes on."""

    by: str = ""
    reason: str = ""
    due_at: datetime | None = None
    """When the run's own time is over: later by as long as it stood still."""
    edited: tuple[str, ...] = ()
    """What was given by hand: ``with.iban``, ``output``, ``skip``."""


class RunCancelling(_Transition, frozen=True, tag="run.cancelling"):
    by: str = ""
    reason: str = ""
    outcome: str = "cancelled"
    """``cancelled``, or ``failed`` where the run's time is over."""
    failure: Failure | None = None


class RunCompensating(_Transition, frozen=True, tag="run.compensating"):
    """What had succeeded is undone."""

    outcome: str
    """``failed`` or ``cancelled``."""
    failure: Failure | None = None


class RunSucceeded(_Transition, frozen=True, tag="run.succeeded"):
    output: Any = None


class RunFailed(_Transition, frozen=True, tag="run.failed"):
    failure: Failure


class RunCancelled(_Transition, frozen=True, tag="run.cancelled"):
    by: str = ""
    reason: str = ""


class RunExpired(_Transition, frozen=True, tag="run.expired"):
    """It could not start in time."""


class HooksStarted(_Transition, frozen=True, tag="run.hooks"):
    hooks: str
    """``on_failure`` or ``finally``."""
    due_at: datetime | None = None
    """When the time of all hooks is over; None = as it was said before."""


class HooksEnded(_Transition, frozen=True, tag="run.closed"):
    """The last hook is decided, or they are ended: nothing of the run follows any more."""

    by: str = ""
    reason: str = ""


class _Begin(_Transition, frozen=True):
    """The first fact of a step, or of an item: what its row says of itself."""

    step: str
    item: Item = ""
    kind: str = "task"
    title: str = ""
    block: str | None = None


class StepReady(_Begin, frozen=True, tag="step.ready"):
    """A new piece of work: its input is evaluated and stored. Or one whose delay is over."""

    task: str = ""
    station: str = ""
    input: Any = None
    again: bool = False
    """True = it was there before (a retry): the stored input stays."""


class StepOpened(_Begin, frozen=True, tag="step.opened"):
    """A block begins: a group, a switch, a parallel block, or a whole loop."""

    total: int | None = None
    """Branches of a parallel block, items of a loop; None for the others."""
    values: tuple[Any, ...] | None = None
    """Of a loop: its items, each of which gets a pending row."""
    clause: int | None = None
    """Of a switch."""
    due_at: datetime | None = None
    """When the whole block's time is over."""


class StepWaiting(_Begin, frozen=True, tag="step.waiting"):
    """A wait, a sleep, an approval or a child begins."""

    input: Any = None
    """What it waits for: the ``match`` values, the question, the child's inputs."""
    due_at: datetime | None = None


class StepSkipped(_Begin, frozen=True, tag="step.skipped"):
    task: str = ""
    station: str = ""


class StepStarted(_Transition, frozen=True, tag="step.started"):
    step: str
    attempt: int
    worker: UUID
    item: Item = ""
    handed: bool = False
    """From hand to hand: by the worker that had what was before it, or started the run; no message."""


class StepAnswered(_Transition, frozen=True, tag="step.answered"):
    """One of several who are asked has answered."""

    step: str
    answer: Answer
    item: Item = ""


class StepSucceeded(_Begin, frozen=True, tag="step.succeeded"):
    """Done. Also of a step that was pending and is done at once (emit; ``kind`` and ``title`` are set)."""

    attempt: int = 0
    output: Any = None


class StepRetrying(_Transition, frozen=True, tag="step.retrying"):
    step: str
    attempt: int
    tries: int
    failure: Failure
    due_at: datetime
    item: Item = ""


class StepReturned(_Transition, frozen=True, tag="step.returned"):
    """A begun attempt came back without an end: ready again."""

    step: str
    attempt: int
    lost: bool = False
    """True = its worker is gone, a crash is counted. False = it was given back."""
    item: Item = ""


class StepFailing(_Transition, frozen=True, tag="step.failing"):
    """A block will fail: what is inside it is being stopped."""

    step: str
    failure: Failure
    item: Item = ""


class StepStopping(_Transition, frozen=True, tag="step.stopping"):
    """What is around it ends: it is told, and awaited."""

    step: str
    item: Item = ""


class StepInDoubt(_Transition, frozen=True, tag="step.in_doubt"):
    """An attempt ends without a success, and may have taken effect."""

    step: str
    how: str
    """``Timeout``, ``WorkerLost``, ``Cancelled`` …; ``Returned``: it surely has."""
    item: Item = ""


class StepRescuing(_Begin, frozen=True, kw_only=True, tag="step.rescuing"):
    """It has failed, and a clause that names its error begins."""

    clause: int
    failure: Failure
    attempt: int = 0
    tries: int = 0


class StepRescued(_Transition, frozen=True, tag="step.rescued"):
    step: str
    output: Any = None
    item: Item = ""


class StepFailed(_Begin, frozen=True, kw_only=True, tag="step.failed"):
    """For good. Also of a pending step whose ``if`` or input has no value."""

    attempt: int = 0
    tries: int = 0
    failure: Failure
    task: str = ""
    station: str = ""


class StepCancelled(_Transition, frozen=True, tag="step.cancelled"):
    step: str
    attempt: int = 0
    item: Item = ""


class StepReset(_Transition, frozen=True, tag="step.reset"):
    """A resume: a step that had failed or was cancelled is pending again; its attempts count on.

    A block is then *reopened*: it runs again, with what is decided inside it.
    """

    step: str
    item: Item = ""
    reopened: bool = False
    due_at: datetime | None = None
    """Of a reopened block: when its whole time is over."""
    afresh: bool = False
    """A hook, which will run once more: nothing of it stays but its attempts."""
    input: Any = None
    """Values that were given by hand, by name: they replace those of its input."""
    failure: Failure | None = None
    """Of a step whose rescue clause had begun: what it is rescued from."""


class StepUndoing(_Transition, frozen=True, tag="step.undoing"):
    step: str
    item: Item = ""


class StepUndone(_Transition, frozen=True, tag="step.undone"):
    step: str
    item: Item = ""


class StepUndoFailed(_Transition, frozen=True, tag="step.undo_failed"):
    step: str
    failure: Failure
    item: Item = ""


Transition = (
    RunQueued
    | RunStarted
    | RunWaiting
    | RunContinued
    | RunHeld
    | RunHolding
    | RunHeldByHand
    | RunResumed
    | RunCancelling
    | RunCompensating
    | RunSucceeded
    | RunFailed
    | RunCancelled
    | RunExpired
    | HooksStarted
    | HooksEnded
    | StepReady
    | StepOpened
    | StepWaiting
    | StepSkipped
    | StepStarted
    | StepAnswered
    | StepSucceeded
    | StepRetrying
    | StepReturned
    | StepFailing
    | StepStopping
    | StepInDoubt
    | StepRescuing
    | StepRescued
    | StepFailed
    | StepCancelled
    | StepReset
    | StepUndoing
    | StepUndone
    | StepUndoFailed
)

PRIVATE = ("input", "output", "values")
"""Members that stand in the rows of the step and the run, and nowhere else; None by default."""
_PRIVATE_OF_FAILURE = ("traceback", "log", "frames", "tries", "version", "details")
_PRIVATE_OF_ANSWER = ("comment", "form")


def public(transition: Transition) -> dict[str, Any]:
    """The transition as plain JSON values, as the history keeps it.

    Without input, output and items, a failure's tracebacks and details, and what people wrote: those are
    in the rows of the step and the run. Times and ids are text; members that have their default are
    left out.
    """
    value: dict[str, Any] = msgspec.to_builtins(transition)
    for name in PRIVATE:
        value.pop(name, None)
    for name, private in (("failure", _PRIVATE_OF_FAILURE), ("answer", _PRIVATE_OF_ANSWER)):
        inner = value.get(name)
        if inner is not None:
            for each in private:
                inner.pop(each, None)
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
