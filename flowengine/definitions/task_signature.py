"""What a workflow has to know of a task. By itself: a web process that only emits loads no more of the language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSignature:
    """What a task takes, as the process that synchronised the definition saw it."""

    required: tuple[str, ...] = ()
    """Parameters without a default, in order, without ``ctx``."""
    optional: tuple[str, ...] = ()
    """Parameters with a default: filled by ``with`` only."""
    extra: bool = False
    """It has ``**kwargs``: ``with`` may name anything."""
    returns: tuple[str, ...] | None = None
    """The names of the mapping it returns, where declared; None = not known."""
    station: str | None = None
    """The station its author chose; None = none."""
    synchronous: bool = True
    """A plain ``def``: only these may run in a transaction."""
