"""The systems that are measured side by side, and the work they all do.

W0: chains of five steps that do nothing, all submitted before the workers start. W1: the same, submitted
one at a time while workers run. W2: ten parallel steps and what joins them, submitted likewise. W3: an
idle system, one chain each 20 ms. Each step is recorded; nothing is believed before all of it is counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

CHAIN_STEPS = 5
WIDE_STEPS = 11
"""Ten, and the one that joins them."""

CLIENT = "client"
"""Of a raw limit: who uses processor time beside the services."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much work: in runs."""

    preloaded: int = 2_000
    submitted: int = 2_000
    many: int = 4_000
    wide: int = 500
    idle: int = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One piece of work of one system."""

    steps_per_s: float
    cpu_s_per_1000: Mapping[str, float]
    """Processor seconds for a thousand steps, of its workers and of each service."""
    submits_per_s: float | None = None
    """By one submitter, while workers are busy; None = all was submitted before."""
    rows_of_step: float | None = None
    """Rows written to a database for one step, with its share of all else; None = not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """What a part did by itself."""

    per_s: float
    cpu_s_per_1000: Mapping[str, float]
    """Processor seconds for a thousand of them, by who used them: ``client``, and each service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """Milliseconds from the begin of each submission, on an idle system."""

    first_step: list[float] = field(default_factory=list)
    last_step: list[float] = field(default_factory=list)


class System(Protocol):
    """One of them. Each call is a repetition of its own, on clean queues and stores."""

    name: str

    def preloaded(self, runs: int) -> Done:
        """W0."""

    def submitted(self, runs: int) -> Done:
        """W1."""

    def wide(self, runs: int) -> Done:
        """W2."""

    def many(self, runs: int) -> float | None:
        """Submissions a second, many at a time, while workers are busy; None = it knows no such call."""

    def idle(self, runs: int) -> Delays:
        """W3."""
