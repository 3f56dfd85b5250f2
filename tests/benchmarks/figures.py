"""Figures: what was measured, over several runs."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a figure is to reach, in its unit."""

    value: float
    is_ceiling: bool
    """Less is better: *value* or less reaches it; else *value* or more."""

    def is_reached_by(self, measured: float) -> bool:
        """Whether it is; *value* itself reaches it."""
        return measured <= self.value if self.is_ceiling else measured >= self.value

    def __str__(self) -> str:
        return f"{'<=' if self.is_ceiling else '>='} {self.value:,g}"


def at_most(value: float) -> Mark:
    """A mark for what is to be small."""
    return Mark(value=value, is_ceiling=True)


def at_least(value: float) -> Mark:
    """A mark for what is to be large."""
    return Mark(value=value, is_ceiling=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One quantity, measured several times."""

    name: str
    unit: str
    runs: tuple[float, ...]
    mark: Mark | None = None
    """What its median is to reach; None = there is none."""

    @property
    def median(self) -> float:
        """The middle run."""
        return statistics.median(self.runs)

    @property
    def is_mark_reached(self) -> bool | None:
        """Whether the median reaches the mark; None where there is none."""
        return None if self.mark is None else self.mark.is_reached_by(self.median)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that *share* of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def table(figures: Sequence[Figure]) -> str:
    """For people."""
    lines = [f"{'':<46} {'min':>10} {'median':>10} {'max':>10}"]
    lines += [
        f"{f.name:<46} {min(f.runs):>10,.2f} {f.median:>10,.2f} {max(f.runs):>10,.2f}"
        f"  {f.unit}{_mark_in_words(f)}"
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
            "mark": _mark_as_json(f),
        }
        for f in figures
    ]
    path.write_text(json.dumps({"figures": rows}, indent=2) + "\n", encoding="utf-8")


def _mark_in_words(figure: Figure) -> str:
    if figure.mark is None:
        return ""
    return f"  mark {figure.mark} {'reached' if figure.is_mark_reached else 'missed'}"


def _mark_as_json(figure: Figure) -> dict[str, float | bool | None] | None:
    mark = figure.mark
    if mark is None:
        return None
    bound = "at_most" if mark.is_ceiling else "at_least"
    return {bound: mark.value, "is_reached": figure.is_mark_reached}
