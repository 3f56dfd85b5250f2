"""The ten kinds of steps as immutable values, and what modifies them. Language §2.5, §2.6."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flowengine.definitions.expressions.tree import Expression, Template
from flowengine.definitions.task_signature import TaskSignature


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One value a run works with, whoever starts it; or one field of an approval's form."""

    name: str
    schema: Mapping[str, Any]
    """A JSON Schema (a bare type name in the file is written out)."""
    required: bool = True
    default: Any = None
    """Only read when not *required*."""


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


UNDO_RETRY = RetryPolicy(attempts=10, delay=timedelta(seconds=10), max_delay=timedelta(minutes=10))
"""What a ``compensate`` task starts from. Language §4.10."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """``for_each``: the step runs once per item."""

    items: Template
    """A list, or one ``${{ }}`` that gives one."""
    name: str = "item"
    max_parallel: int = 10
    max_failures: int = 0
    """Items that may fail; with *is_percent* a share of all, rounded down."""
    is_percent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescue:
    """What to do instead where a step has failed."""

    errors: tuple[str, ...] | None
    """Codes, or names of base classes; None = every error."""
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """``compensate``: the task that undoes a step."""

    task: str
    arguments: Mapping[str, Template] = field(default_factory=dict)
    retry: RetryPolicy = UNDO_RETRY
    timeout: timedelta = timedelta(minutes=10)
    station: str = "default"
    on_unknown: bool = False
    """Also where the step failed and nobody knows if it took effect."""
    transaction: bool = field(default=False, init=False)
    signature: TaskSignature | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """What every kind of step has."""

    id: str
    """Its name; ``wait 2`` (with a space) where it has none and cannot be referred to."""
    title: Template | None = None
    condition: Expression | None = None
    """``if``; None = always."""
    weight: float = 1.0
    """Its share of the progress bar; > 0."""
    loop: Loop | None = None
    """``for_each``, on task, workflow, emit and group."""
    rescue: tuple[Rescue, ...] = ()
    """Of the whole step: with ``for_each``, of the loop."""

    @property
    def is_named(self) -> bool:
        """Whether ``steps.<id>`` may speak of it."""
        return " " not in self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStep(_Step):
    """A Python task, called at its station."""

    task: str
    arguments: Mapping[str, Template] = field(default_factory=dict)
    """``with``: inputs by name."""
    retry: RetryPolicy = RetryPolicy()
    timeout: timedelta = timedelta(minutes=10)
    """Of one try, from the worker's start."""
    station: str = "default"
    """Resolved: the step's own, else the file's default, else the task's, else ``default``."""
    transaction: bool = False
    compensate: Undo | None = None
    signature: TaskSignature | None = None
    """None = the task is not known to who bound the workflow: ``with`` alone fills it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildStep(_Step):
    """Another workflow, started with ``with`` as its inputs."""

    workflow: str
    arguments: Mapping[str, Template] = field(default_factory=dict)
    detach: bool = False
    """Go on without waiting for its end."""
    timeout: timedelta | None = None
    compensate: Undo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmitStep(_Step):
    """Publish an event."""

    event: str
    arguments: Mapping[str, Template]
    """Its data."""
    subject: Template | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitStep(_Step):
    """Wait for an event whose data has the values of *match*."""

    patterns: tuple[str, ...]
    match: Mapping[str, Template]
    """1-3: a path in the coming event's data -> a value of this run; compared as text."""
    accept: Expression | None = None
    """The ``if`` inside ``wait_for``, over ``incoming`` besides."""
    timeout: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class SleepStep(_Step):
    """Wait for time to pass, without a worker. Exactly one of the two is set."""

    duration: timedelta | None = None
    until: Template | None = None
    """Gives a timestamp."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalStep(_Step):
    """Ask people."""

    ask: Template
    users: Template | None = None
    """A list of user keys, or one ``${{ }}`` that gives one."""
    groups: tuple[str, ...] = ()
    quorum: int = 1
    form: tuple[Input, ...] = ()
    allow_requester: bool = False
    """Whether the event's actor may answer."""
    timeout: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One branch of a ``parallel`` block; its key is the id of *step*. A line is a group."""

    step: Step
    needs: tuple[str, ...] = ()
    """Keys of siblings that must be done first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParallelStep(_Step):
    """All branches at once, but for what they need of one another."""

    branches: tuple[Branch, ...]
    fail_fast: bool = True
    max_parallel: int | None = None
    """None = all."""
    timeout: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One way that a ``switch`` may go."""

    condition: Expression | None
    """None = takes everything; only the last."""
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchStep(_Step):
    """The first clause that is true."""

    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupStep(_Step):
    """Several steps as one."""

    steps: tuple[Step, ...]
    timeout: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailStep(_Step):
    """Fail with this code."""

    error: str
    message: Template


Step = (
    TaskStep
    | ChildStep
    | EmitStep
    | WaitStep
    | SleepStep
    | ApprovalStep
    | ParallelStep
    | SwitchStep
    | GroupStep
    | FailStep
)
"""Every kind of step."""

KINDS: dict[type[Any], str] = {
    TaskStep: "task",
    ChildStep: "workflow",
    EmitStep: "emit",
    WaitStep: "wait_for",
    SleepStep: "sleep",
    ApprovalStep: "approval",
    ParallelStep: "parallel",
    SwitchStep: "switch",
    GroupStep: "steps",
    FailStep: "fail",
}
"""The key that each kind is written with."""


def kind_of(step: Step) -> str:
    """The key it is written with."""
    return KINDS[type(step)]
