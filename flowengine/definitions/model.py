"""Workflows as immutable values: what a YAML file means once it is parsed and checked.

A ``Workflow`` is made by :mod:`flowengine.definitions.parse` and only read afterwards. Times are
``timedelta``; text with ``${{ }}`` is a ``Template``; ``if`` is an ``Expression``
(both from :mod:`flowengine.definitions.expressions`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flowengine.definitions.expressions.tree import Expression, Template


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often, and how far apart, a step is tried. Language §2.6, §4.8."""

    attempts: int = 3
    """Tries in all, the first included; 1-100."""
    delay: timedelta = timedelta(seconds=5)
    """Before the second try; each later wait is *factor* times longer."""
    factor: float = 2.0
    max_delay: timedelta = timedelta(minutes=5)
    jitter: float = 0.5
    """The share of the wait that is random: 0 none, 1 full."""
    give_up_after: timedelta | None = None
    """Total time over all tries, from the first start; None = no such limit."""
    errors: tuple[str, ...] | None = None
    """Only these codes are tried again; None = all."""
    excluded: tuple[str, ...] = ()
    """These codes are not tried again (the key ``except``)."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStep:
    """One station of the line: a task, and how it is called."""

    id: str
    task: str
    title: Template | None = None
    condition: Expression | None = None
    """``if``; None = always."""
    arguments: Mapping[str, Template] = field(default_factory=dict)
    """``with``: inputs by name."""
    retry: RetryPolicy = RetryPolicy()
    timeout: timedelta = timedelta(minutes=10)
    """Of one try, from the worker's start."""
    station: str = "default"
    """Resolved: the step's own, else the file's default, else the task's, else ``default``."""
    transaction: bool = False
    weight: float = 1.0
    """Its share of the progress bar; > 0."""
    signature: TaskSignature | None = None
    """None = the task is not known to who bound the workflow: ``with`` alone fills it."""


Step = TaskStep
"""Every kind of step. A later kind joins this union."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTrigger:
    """What starts a run: event types, and a filter."""

    patterns: tuple[str, ...]
    """``order.paid``, ``order.*``, ``order.**``; see :mod:`flowengine.definitions.patterns`."""
    condition: Expression | None = None
    """``if`` over ``event`` and ``config``; None = every such event."""
    arguments: Mapping[str, Template] = field(default_factory=dict)
    """``with``: maps the event to ``inputs``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One value a run works with, whoever starts it."""

    name: str
    schema: Mapping[str, Any]
    """A JSON Schema (a bare type name in the file is written out)."""
    required: bool = True
    default: Any = None
    """Only read when not *required*."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Who sees the run move, live. Read access to progress only."""

    users: Template | None = None
    """A list of user keys, or a template that gives one; None = nobody but the actor rule."""
    groups: tuple[str, ...] = ()
    detail: str = "steps"
    """``steps`` or ``summary``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """A workflow of the project: one YAML file, parsed."""

    name: str
    digest: str
    """Hex SHA-256 of the canonical form (language §4.12)."""
    path: str
    """Where it was read, for people; not part of the digest."""
    triggers: tuple[EventTrigger, ...]
    steps: tuple[Step, ...]
    """The line, in order; 1-200."""
    title: Template | None = None
    description: str = ""
    labels: Mapping[str, Template] = field(default_factory=dict)
    inputs: tuple[Input, ...] = ()
    """Empty: the workflow works with ``event.data`` itself."""
    notify: Notify | None = None
    """None = the event's actor sees it; an empty Notify = nobody."""
    timeout: timedelta = timedelta(days=30)
    output: Template | None = None
    """None = the output of the last step that ran."""

    def step(self, step_id: str) -> Step:
        """The step of that id; KeyError where there is none."""
        return self.steps[self.position(step_id)]

    def position(self, step_id: str) -> int:
        """The index of that step in the line; KeyError where there is none."""
        for index, step in enumerate(self.steps):
            if step.id == step_id:
                return index
        raise KeyError(step_id)
