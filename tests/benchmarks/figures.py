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
    system: str = "flowengine"
    """Whose figure it is."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """One system beside another, measured in the same turns."""

    name: str
    value: float
    mark: Mark | None = None
    """What it is to reach; None = there is none."""


def table(figures: Sequence[Figure], ratios: Sequence[Ratio] = ()) -> str:
    """For people."""
    lines = [f"{'':<66} {'min':>10} {'median':>10} {'max':>10}"]
    lines += [
        f"{_title(f):<66} {min(f.runs):>10,.2f} {f.median:>10,.2f} {max(f.runs):>10,.2f}"
        f"  {f.unit}{_mark_in_words(f.mark, f.median)}"
        for f in figures
    ]
    lines += [
        f"{r.name:<66} {'':>10} {r.value:>10,.2f} {'':>10}  times{_mark_in_words(r.mark, r.value)}"
        for r in ratios
    ]
    return "\n".join(lines)


def write(figures: Sequence[Figure], path: Path, ratios: Sequence[Ratio] = ()) -> None:
    """For programs."""
    rows = [
        {
            "name": f.name,
            "system": f.system,
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
    written = {"figures": rows, "ratios": {each.name: each.value for each in ratios}}
    path.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")


def _title(figure: Figure) -> str:
    return figure.name if figure.system == "flowengine" else f"{figure.name}: {figure.system}"


def _mark_in_words(mark: Mark | None, measured: float) -> str:
    if mark is None:
        return ""
    return f"  mark {mark} {'reached' if mark.is_reached_by(measured) else 'missed'}"


def _mark_as_json(figure: Figure) -> dict[str, float | bool | None] | None:
    mark = figure.mark
    if mark is None:
        return None
    bound = "at_most" if mark.is_ceiling else "at_least"
    return {bound: mark.value, "is_reached": figure.is_mark_reached}
