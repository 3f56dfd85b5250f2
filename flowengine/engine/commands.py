"""What the shell must do next: the other half of a decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import msgspec

from flowengine.engine.event import Event
from flowengine.engine.run import Failure, Item, Run
from flowengine.engine.transitions import Transition


class Dispatch(msgspec.Struct, frozen=True, kw_only=True):
    """Tell the step's station that there is work."""

    step: str
    station: str
    attempt: int
    """The attempt that the row has now; a worker that takes it makes it one more."""
    item: Item = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bury:
    """Keep what died: one dead letter, in the same transaction as the failure."""

    kind: str
    """``failed run`` …, language §4.11."""
    failure: Failure
    step: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Emit:
    """Write this event in the same transaction: an ``emit`` step's, or the call of a child.

    Its id is derived from run, step and item; one that is there already is left as it is. A call has a
    ``target`` and a ``parent``, and the type ``flowengine.call``.
    """

    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """A step, or an entry of ``cancel_on``, waits for an event from now on, and since the run began."""

    patterns: tuple[str, ...]
    match: Mapping[str, str]
    """A path in the coming event's data -> the value, as text (:func:`flowengine.engine.rules.waits.as_text`)."""
    step: str = ""
    item: Item = ""
    cancel_on: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlisten:
    """It waits no longer; with an empty *step* nothing of the run does."""

    step: str = ""
    item: Item = ""
    is_over: bool = False
    """Of a run: whatever anybody does, it does not go on. What its waits have got is not asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelChild:
    """The run that a step waits for is not wanted any more. Its id is derived from the call's event."""

    event_id: UUID
    workflow: str
    reason: str


Command = Dispatch | Bury | Emit | Listen | Unlisten | CancelChild


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from one message."""

    run: Run
    """The run after the transitions."""
    transitions: tuple[Transition, ...] = ()
    """Numbered ``run.seq - len + 1 … run.seq`` of the run after."""
    commands: tuple[Command, ...] = ()
    stale: bool = False
    """The message spoke of what is past: nothing changed."""
