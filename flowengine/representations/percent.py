"""How much of a run is done (language §4.14). The browser counts in the same way.

A step's part is 0 to 1: 0 before it begins, 1 once it is done, skipped or rescued. Between, a task is
as far as it last said, a child as far as its own run, a loop as the mean of its items, a block as the
mean of what is inside it, by weight. What was done and is undone again stays done: undoing has a bar
of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flowengine.engine.states import RunState, StepState
from flowengine.representations.rows import Json

DONE = frozenset(
    {
        *(StepState.SUCCEEDED, StepState.RESCUED, StepState.SKIPPED),
        *(StepState.UNDOING, StepState.UNDONE, StepState.UNDO_FAILED),
    }
)
_AT_WORK = frozenset(
    {
        *(StepState.READY, StepState.RUNNING, StepState.WAITING),
        *(StepState.RETRYING, StepState.RESCUING),
    }
)


def percent(state: str, steps: Iterable[Json]) -> int:
    """How much is done: 100 only when the run has succeeded; before that at most 99."""
    if state == RunState.SUCCEEDED:
        return 100
    # The small term keeps 3 of 3 equal parts from being 99.999…, here and in the browser alike.
    return min(99, int(100 * mean(steps) + 1e-9))


def mean(steps: Iterable[Json]) -> float:
    """The mean of their parts by weight; 0 of none."""
    done = total = 0.0
    for step in steps:
        total += step["weight"]
        done += step["weight"] * part(step)
    return done / total if total > 0 else 0.0


def part(step: Json) -> float:
    """How much of one step is done, 0 to 1."""
    if step["state"] in DONE:
        return 1.0
    counts = step.get("counts")
    if counts is not None:
        return _part_of_loop(counts, step.get("items", []))
    inside = list(_inside(step))
    if inside:
        return mean(inside)
    return min(1.0, max(0.0, step["progress"] or 0.0))


def _part_of_loop(counts: Json, items: Iterable[Json]) -> float:
    """Those that are decided count whole, however they ended; of those at work what is known."""
    if not counts["total"]:
        return 0.0
    said = sum(
        min(1.0, max(0.0, item["progress"] or 0.0)) for item in items if item["state"] in _AT_WORK
    )
    return float(min(1.0, (counts["done"] + said) / counts["total"]))


def _inside(step: Json) -> Iterator[Json]:
    """The steps that its part is the mean of: while it is rescued, those of the clause."""
    is_rescuing = step["state"] == StepState.RESCUING
    for line in step.get("lines", []):
        if (line["role"] == "rescue") == is_rescuing:
            yield from line["steps"]
