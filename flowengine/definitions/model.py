"""Workflows as immutable values: what a YAML file means once it is parsed and checked.

A ``Workflow`` is made by :mod:`flowengine.definitions.parse` and only read afterwards. Times are
``timedelta``; text with ``${{ }}`` is a ``Template``; ``if`` and ``key`` are ``Expression``
(both from :mod:`flowengine.definitions.expressions`). The kinds of steps are in
:mod:`flowengine.definitions.steps`, where each of them stands in :mod:`flowengine.definitions.graph`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from flowengine.definitions.expressions.tree import Expression, Template
from flowengine.definitions.graph import Graph
from flowengine.definitions.steps import Input, Step


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
class ScheduleTrigger:
    """Each tick is an event ``flowengine.schedule`` for this workflow alone."""

    cron: str
    """Five fields."""
    timezone: str | None = None
    """An IANA name; None = Django's ``TIME_ZONE``."""
    missed: str = "once"
    """Ticks that nobody was there for: ``once`` together, or ``skip``."""
    arguments: Mapping[str, Template] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualTrigger:
    """People may start it; the form comes from the inputs."""

    groups: tuple[str, ...] | None = None
    """Names of Django groups; None = who has the permission ``start_workflow``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTrigger:
    """Other workflows may start it with a ``workflow`` step."""


Trigger = EventTrigger | ScheduleTrigger | ManualTrigger | CallTrigger


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Who sees the run move, live. Read access to progress only."""

    users: Template | None = None
    """A list of user keys, or a template that gives one; None = nobody but the actor rule."""
    groups: tuple[str, ...] = ()
    detail: str = "steps"
    """``steps`` or ``summary``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Idempotency:
    """A second start with the same key within the window starts nothing."""

    key: Expression
    window: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Debounce:
    """Wait until *period* has passed without another event of the key; start once, with the last."""

    period: timedelta
    key: Expression | None = None
    """None = one key for the workflow."""
    max_wait: timedelta | None = None
    """From the first event on; None = no end to the waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """At most *limit* starts *per* duration and key."""

    limit: int
    per: timedelta
    key: Expression | None = None
    excess: str = "queue"
    """``queue`` or ``drop``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Concurrency:
    """At most *limit* open runs per key; queued ones do not count as open."""

    key: Expression | None = None
    limit: int = 1
    on_conflict: str = "queue"
    """``queue``, ``skip`` (the new one) or ``replace`` (cancel the oldest)."""
    max_queued: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOn:
    """An event that cancels the run."""

    patterns: tuple[str, ...]
    match: Mapping[str, Template]
    """1-3: a path in the coming event's data -> a value of this run; compared as text."""
    condition: Expression | None = None
    """Over ``incoming`` besides what a step sees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """A workflow of the project: one YAML file, parsed."""

    name: str
    digest: str
    """Hex SHA-256 of the canonical form (language §4.12)."""
    path: str
    """Where it was read, for people; not part of the digest."""
    triggers: tuple[Trigger, ...]
    steps: tuple[Step, ...]
    """The line, in order; 1-200 steps in the whole file."""
    title: Template | None = None
    description: str = ""
    labels: Mapping[str, Template] = field(default_factory=dict)
    inputs: tuple[Input, ...] = ()
    """Empty: the workflow works with ``event.data`` itself."""
    notify: Notify | None = None
    """None = the event's actor sees it; an empty Notify = nobody."""
    idempotency: Idempotency | None = None
    """None = the event's id, which is unique anyway."""
    debounce: Debounce | None = None
    throttle: Throttle | None = None
    concurrency: Concurrency | None = None
    priority: Template | None = None
    """Gives ``low``, ``normal`` or ``high``; None = normal."""
    start_within: timedelta | None = None
    timeout: timedelta = timedelta(days=30)
    cancel_on: tuple[CancelOn, ...] = ()
    hold_on_failure: timedelta | None = None
    output: Template | None = None
    """None = the output of the last step that ran."""
    on_failure: tuple[Step, ...] = ()
    at_end: tuple[Step, ...] = ()
    """The key ``finally``."""
    graph: Graph = field(init=False, compare=False, repr=False)
    """Where each step stands."""

    def __post_init__(self) -> None:
        graph = Graph.of(self.steps, self.on_failure, self.at_end)
        object.__setattr__(self, "graph", graph)

    @property
    def is_callable(self) -> bool:
        """Other workflows may call it."""
        return any(isinstance(trigger, CallTrigger) for trigger in self.triggers)

    def step(self, step_id: str) -> Step:
        """The step of that id, wherever it stands; KeyError where there is none."""
        return self.graph.spots[step_id].step
