"""All systems on the same work, in turn, again and again; what counts is the ratio within one turn."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.benchmarks.figures import Figure, percentile
from tests.benchmarks.systems import Done, Raw, Sizes, System

OURS = "flowengine"
"""As it is: steps are handed on inside a worker."""
BROKERED = "flowengine, every step by the broker"
HOP = "pika hop"
ROWS = "PostgreSQL rows"
PREFORK = "celery, prefork"
"""Measured to show that threads are no weaker; the ratios are beside threads."""
EVERY_WORK = ("W0", "W1", "W2", "W3", "many")
WORKS = {BROKERED: ("W0", "W3"), PREFORK: ("W0", "W1")}
"""Of whom only some of the work is measured."""
SUBMITS, SUBMITS_MANY = "submits", "submits, many at a time"

RATIOS = {
    "w0_vs_celery": (("W0", BROKERED), ("W0", "celery")),
    "w0_vs_dramatiq": (("W0", BROKERED), ("W0", "dramatiq")),
    "w0_vs_pika_hop": (("W0", BROKERED), ("W0", HOP)),
    "w0_hand_to_hand_vs_celery": (("W0", OURS), ("W0", "celery")),
    "w0_hand_to_hand_vs_dramatiq": (("W0", OURS), ("W0", "dramatiq")),
    "w1_vs_celery": (("W1", OURS), ("W1", "celery")),
    "w1_vs_dramatiq": (("W1", OURS), ("W1", "dramatiq")),
    "w2_vs_celery": (("W2", OURS), ("W2", "celery")),
    "w2_vs_dramatiq": (("W2", OURS), ("W2", "dramatiq")),
    "emit_vs_celery": ((SUBMITS, OURS), (SUBMITS, "celery")),
    "emit_many_vs_celery": ((SUBMITS_MANY, OURS), (SUBMITS, "celery")),
}
"""By name: what of which system, over what of which other."""

Key = tuple[str, str, str]
"""What of which system, in which unit."""


@dataclass(slots=True)
class Turns:
    """All repetitions, one value of each figure for each turn."""

    values: dict[Key, list[float]] = field(default_factory=dict)

    def add(self, what: str, system: str, unit: str, value: float) -> None:
        """One value of this turn."""
        self.values.setdefault((what, system, unit), []).append(value)

    def runs(self, what: str, system: str) -> list[float]:
        """The values of one figure, one for each turn; empty = it was not measured."""
        return next((v for key, v in self.values.items() if key[:2] == (what, system)), [])

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
        found = {}
        for name, (above, below) in RATIOS.items():
            ours, other = self.runs(*above), self.runs(*below)
            if ours and other:
                found[name] = statistics.median(a / b for a, b in zip(ours, other, strict=True))
        return found


def measure(
    systems: Sequence[System],
    limits: Mapping[str, Callable[[], Raw]],
    *,
    turns: int,
    sizes: Sizes,
    say: Callable[[str], None],
) -> Turns:
    """Each turn measures every limit and every system; so a slow hour slows all of them.

    Args:
        systems: who.
        limits: raw limits by name; they stand beside W0.
        turns: how often.
        sizes: how much work.
        say: told what is measured now.
    """
    found = Turns()
    for turn in range(turns):
        for name, limit in limits.items():
            say(f"turn {turn + 1} of {turns}: {name}")
            raw = limit()
            found.add("W0", name, "per second", raw.per_s)
            _add_costs(found, "W0", name, raw.cpu_s_per_1000, unit="s/1,000")
        for system in systems:
            say(f"turn {turn + 1} of {turns}: {system.name}")
            _once(system, sizes, found)
    return found


def _once(system: System, sizes: Sizes, found: Turns) -> None:
    wanted = WORKS.get(system.name, EVERY_WORK)
    works = {
        "W0": (system.preloaded, sizes.preloaded),
        "W1": (system.submitted, sizes.submitted),
        "W2": (system.wide, sizes.wide),
    }
    for what, (do, runs) in works.items():
        if what in wanted:
            _add(found, what, system.name, do(runs))
    if "many" in wanted and (per_s := system.many(sizes.many)) is not None:
        found.add(SUBMITS_MANY, system.name, "per second", per_s)
    if "W3" in wanted:
        delays = system.idle(sizes.idle)
        for what, values in (("first", delays.first_step), ("last", delays.last_step)):
            for share in (0.5, 0.99):
                name = f"W3 {what} step, p{share * 100:.0f}"
                found.add(name, system.name, "ms", percentile(values, share))


def _add(found: Turns, what: str, system: str, done: Done) -> None:
    found.add(what, system, "steps/s", done.steps_per_s)
    _add_costs(found, what, system, done.cpu_s_per_1000, unit="s/1,000 steps")
    if done.rows_of_step is not None:
        found.add(f"{what} rows written", system, "rows/step", done.rows_of_step)
    if what == "W1" and done.submits_per_s is not None:
        found.add(SUBMITS, system, "per second", done.submits_per_s)


def _add_costs(
    found: Turns, what: str, system: str, costs: Mapping[str, float], *, unit: str
) -> None:
    if costs:
        found.add(f"{what} processor", system, unit, sum(costs.values()))
    for who, cost in costs.items():
        found.add(f"{what} processor of {who}", system, unit, cost)
