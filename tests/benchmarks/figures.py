"""Figures: what was measured, over several runs."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One quantity, measured several times."""

    name: str
    unit: str
    runs: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle run."""
        return statistics.median(self.runs)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that *share* of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def table(figures: Sequence[Figure]) -> str:
    """For people."""
    lines = [f"{'':<46} {'min':>10} {'median':>10} {'max':>10}"]
    lines += [
        f"{f.name:<46} {min(f.runs):>10,.2f} {f.median:>10,.2f} {max(f.runs):>10,.2f}  {f.unit}"
        for f in figures
    ]
    return "\n".join(lines)


def write(figures: Sequence[Figure], path: Path) -> None:
    """For programs."""
    rows = [
        {
            "name": f.name,
            "system": "flowengine",
            "unit": f.unit,
            "value": f.median,
            "min": min(f.runs),
            "median": f.median,
            "max": max(f.runs),
            "runs": list(f.runs),
        }
        for f in figures
    ]
    path.write_text(json.dumps({"figures": rows}, indent=2) + "\n", encoding="utf-8")
