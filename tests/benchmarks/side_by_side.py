"""All systems on the same work, in turn, again and again; what counts is the ratio within one turn."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.benchmarks.figures import Figure, percentile
from tests.benchmarks.systems import Sizes, System

OURS = "flowengine"
"""As it is: steps are handed on inside a worker."""
BROKERED = "flowengine, every step by the broker"
HOP = "pika hop"
ROWS = "PostgreSQL rows"

RATIOS = {
    "w0_vs_celery": ("W0", BROKERED, "celery"),
    "w0_vs_dramatiq": ("W0", BROKERED, "dramatiq"),
    "w0_vs_pika_hop": ("W0", BROKERED, HOP),
    "w0_hand_to_hand_vs_celery": ("W0", OURS, "celery"),
    "w0_hand_to_hand_vs_dramatiq": ("W0", OURS, "dramatiq"),
    "w1_vs_celery": ("W1", OURS, "celery"),
    "w1_vs_dramatiq": ("W1", OURS, "dramatiq"),
    "w2_vs_celery": ("W2", OURS, "celery"),
    "w2_vs_dramatiq": ("W2", OURS, "dramatiq"),
    "emit_vs_celery": ("submits", OURS, "celery"),
}
"""By name: the work, what is measured, and beside which."""

Key = tuple[str, str, str]
"""What of which system, in which unit."""


@dataclass(slots=True)
class Turns:
    """All repetitions, one value of each figure for each turn."""

    values: dict[Key, list[float]] = field(default_factory=dict)

    def add(self, what: str, system: str, unit: str, value: float) -> None:
        """One value of this turn."""
        self.values.setdefault((what, system, unit), []).append(value)

    def figures(self) -> list[Figure]:
        """By system and work, as they were measured first."""
        return [
            Figure(name=what, system=system, unit=unit, runs=tuple(runs))
            for (what, system, unit), runs in self.values.items()
        ]

    def costs(self, work: str) -> dict[str, float]:
        """Of our own system: processor seconds for a thousand steps, by who uses them; medians."""
        before = f"{work} processor of "
        return {
            what.removeprefix(before): statistics.median(runs)
            for (what, system, _unit), runs in self.values.items()
            if system == OURS and what.startswith(before)
        }

    def ratios(self) -> dict[str, float]:
        """The median of the ratios of each turn; those of which both sides were measured."""
        rates = {(what, system): runs for (what, system, _unit), runs in self.values.items()}
        found = {}
        for name, (what, ours, other) in RATIOS.items():
            above, below = rates.get((what, ours), []), rates.get((what, other), [])
            if above and below:
                pairs = zip(above, below, strict=True)
                found[name] = statistics.median(a / b for a, b in pairs)
        return found


def measure(
    systems: Sequence[System],
    limits: Mapping[str, Callable[[], float]],
    *,
    turns: int,
    sizes: Sizes,
    say: Callable[[str], None],
) -> Turns:
    """Each turn measures every limit and every system; so a slow hour slows all of them.

    Args:
        systems: who.
        limits: raw limits by name, in pieces per second; they stand beside W0.
        turns: how often.
        sizes: how much work.
        say: told what is measured now.
    """
    found = Turns()
    for turn in range(turns):
        for name, limit in limits.items():
            say(f"turn {turn + 1} of {turns}: {name}")
            found.add("W0", name, "per second", limit())
        for system in systems:
            say(f"turn {turn + 1} of {turns}: {system.name}")
            _once(system, sizes, found)
    return found


def _once(system: System, sizes: Sizes, found: Turns) -> None:
    works = {
        "W0": (system.preloaded, sizes.preloaded),
        "W1": (system.submitted, sizes.submitted),
        "W2": (system.wide, sizes.wide),
    }
    if system.name == BROKERED:  # the others are measured as people would run them
        works = {"W0": works["W0"]}
    for what, (do, runs) in works.items():
        done = do(runs)
        found.add(what, system.name, "steps/s", done.steps_per_s)
        unit = "s/1,000 steps"
        found.add(f"{what} processor", system.name, unit, sum(done.cpu_s_per_1000.values()))
        for who, cost in done.cpu_s_per_1000.items():
            found.add(f"{what} processor of {who}", system.name, unit, cost)
        if what == "W1" and done.submits_per_s is not None:
            found.add("submits", system.name, "per second", done.submits_per_s)
    if system.name != BROKERED:
        delays = system.idle(sizes.idle)
        for what, values in (("first", delays.first_step), ("last", delays.last_step)):
            for share in (0.5, 0.99):
                name = f"W3 {what} step, p{share * 100:.0f}"
                found.add(name, system.name, "ms", percentile(values, share))
