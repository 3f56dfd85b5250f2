"""The times of one run, read for its picture: of a short history from that, of a long one from the rows."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import msgspec

from flowengine.engine.run import Counts, Item
from flowengine.engine.states import FINAL_RUN_STATES
from flowengine.models import RunRecord, StepRecord
from flowengine.representations.timeline import BARS_MAX, Bar, Segment, Timeline, of_facts, of_row
from flowengine.store import inspect

FACTS_MAX = 3_000
"""Transitions that are read: of a run with more, its rows say what they remember."""

_counts = msgspec.json.Decoder(Counts).decode


def of_run(run: RunRecord) -> tuple[Timeline, bool]:
    """The bars of *run*, and whether nothing is left out of them; one statement."""
    if run.seq <= FACTS_MAX:
        return of_facts(inspect.facts(run.id, 0, FACTS_MAX)), True
    rows = inspect.times(run.id, BARS_MAX)
    return Timeline(run=_of_run(run), bars={bar.step: bar for bar in _bars(rows)}), False


def of_items(
    run_id: UUID, step: str, within: Item, after: int | None, limit: int
) -> list[tuple[int, Bar]]:
    """The bars of some items of a loop, each with its number, in their order; one statement.

    Args:
        run_id: the run.
        step: the loop.
        within: in which item of the loops around it.
        after: the number before the first; None = from the beginning.
        limit: at most so many.
    """
    first = 0 if after is None else after + 1
    prefix = f"{within}." if within else ""
    numbers = {f"{prefix}{number}": number for number in range(first, first + limit)}
    rows = inspect.times_of_items(run_id, step, list(numbers))
    return [(numbers[bar.item], bar) for bar in _bars(rows)]


def _bars(rows: Iterable[StepRecord]) -> Iterable[Bar]:
    for row in rows:
        bar = of_row(row, inspect.failure(row.failure))
        if row.counts is not None and row.kind == "for_each":
            bar.total = _counts(bytes(row.counts)).total
        yield bar


def _of_run(run: RunRecord) -> Bar:
    """What its own row remembers."""
    bar = Bar(step="")
    is_over = run.state in FINAL_RUN_STATES
    begun = run.started_at or (run.finished_at if is_over else None)
    bar.segments.append(Segment(kind="queued", begin=run.created_at, end=begun))
    if run.started_at is not None:
        end = run.held_at or (run.finished_at if is_over else None)
        bar.segments.append(Segment(kind="running", begin=run.started_at, end=end))
    if run.held_at is not None:
        bar.segments.append(Segment(kind="held", begin=run.held_at))
    return bar
