"""What the shell must do next: the other half of a decision."""

from __future__ import annotations

from dataclasses import dataclass

from flowengine.engine.run import Failure, Run
from flowengine.engine.transitions import Transition


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """Tell the step's station that there is work."""

    step: str
    station: str
    attempt: int
    """The attempt that the row has now; a worker that takes it makes it one more."""
    item: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bury:
    """Keep what died: one dead letter, in the same transaction as the failure."""

    kind: str
    """``failed run`` …, language §4.11."""
    failure: Failure
    step: str | None = None


Command = Dispatch | Bury


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What follows from one message."""

    run: Run
    """The run after the transitions."""
    transitions: tuple[Transition, ...] = ()
    """Numbered ``run.seq - len + 1 … run.seq`` of the run after."""
    commands: tuple[Command, ...] = ()
    stale: bool = False
    """The message spoke of what is past: nothing changed."""
