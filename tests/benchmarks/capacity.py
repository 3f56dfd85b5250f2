"""What a larger installation would do, from what a step was measured to cost here.

A deliberately small model: each part works a fixed time on a step, parts work side by side, and the one
that is used up first sets the pace. It knows nothing of locks, networks or disks that are full; it says
which part to add next, and no more than that (docs/explanation/scaling.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

FULL = 0.7
"""The share of a part's cores that it is planned to use: above it, waiting grows without bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """The pace of an installation."""

    steps_per_s: float
    used_up: str
    """The part that sets the pace."""
    shares: Mapping[str, float]
    """How much of its planned share each part uses at that pace, 0 to 1."""


def predict(cost_s: Mapping[str, float], cores: Mapping[str, float]) -> Prediction:
    """The pace that these cores allow.

    Args:
        cost_s: processor seconds for a thousand steps, by part; a part that costs nothing may be absent.
        cores: how many cores each of these parts has.

    Raises:
        KeyError: a part that costs something has no cores.
    """
    limits = {part: 1000 * FULL * cores[part] / cost for part, cost in cost_s.items() if cost > 0}
    used_up = min(limits, key=lambda part: limits[part])
    pace = limits[used_up]
    return Prediction(
        steps_per_s=pace,
        used_up=used_up,
        shares={part: pace / limit for part, limit in limits.items()},
    )


INSTALLATIONS: Mapping[str, Mapping[str, float]] = {
    "one small machine": {"workers": 1, "PostgreSQL": 0.7, "RabbitMQ": 0.3, "Redis": 0.1},
    "4 cores of workers, database of 4, broker of 2": {
        "workers": 4,
        "PostgreSQL": 4,
        "RabbitMQ": 2,
        "Redis": 1,
    },
    "16 cores of workers, database of 16, three brokers of 4": {
        "workers": 16,
        "PostgreSQL": 16,
        "RabbitMQ": 12,
        "Redis": 1,
    },
    "64 cores of workers, database of 64, three brokers of 8": {
        "workers": 64,
        "PostgreSQL": 64,
        "RabbitMQ": 24,
        "Redis": 2,
    },
}
"""Cores of each part, of some installations."""


def table(cost_s: Mapping[str, float]) -> str:
    """What each of the installations would do, for people."""
    lines = ["predicted from these costs, at 70 % of each part:"]
    for name, cores in INSTALLATIONS.items():
        found = predict(cost_s, cores)
        lines.append(f"  {name:<60} {found.steps_per_s:>10,.0f} steps/s, {found.used_up} first")
    return "\n".join(lines)
