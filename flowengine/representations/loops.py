"""A loop as it is shown: counts, and some of its items. Ten thousand items are never told one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flowengine.engine.rows import index_of, outer
from flowengine.engine.run import Counts, Item, Place
from flowengine.engine.states import ACTIVE_STEP_STATES, StepState
from flowengine.representations.rows import Json, StepRow
from flowengine.representations.words import instant, unturned

ITEMS_MAX = 20
"""Items of one loop that are shown one by one: those at work, then those that have failed."""

Inside = Callable[[Item], tuple[float | None, str, str | None]]
"""How far an item is (None = it has not said), what it says of itself, and which run it has started."""

_SLEEPS = frozenset({StepState.RETRYING, StepState.WAITING})


def counts_view(counts: Counts) -> Json:
    """How many items there are, and how they stand."""
    return {
        "total": counts.total,
        "begun": counts.begun,
        "done": counts.done,
        "failed": counts.failed,
    }


def items_view(loop: str, place: Item, rows: Mapping[Place, StepRow], inside: Inside) -> list[Json]:
    """The items of the loop at *place* that are shown, in order of their numbers.

    An item that is shown stays shown until it is decided: the first of those at work come first.
    """
    items = [
        row for (step, item), row in rows.items() if step == loop and item and outer(item) == place
    ]
    items.sort(key=lambda row: index_of(row.item))
    working = [row for row in items if row.state in ACTIVE_STEP_STATES][:ITEMS_MAX]
    failed = [row for row in items if row.state == StepState.FAILED][: ITEMS_MAX - len(working)]
    shown = sorted([*working, *failed], key=lambda row: index_of(row.item))
    return [_item_view(row, rows[loop, place], inside) for row in shown]


def _item_view(row: StepRow, loop: StepRow, inside: Inside) -> Json:
    progress, note, child = inside(row.item)
    return {
        "index": index_of(row.item),
        # A title that says nothing of the item is that of the loop.
        "title": "" if row.title == loop.title else unturned(row.title),
        "state": row.state,
        "progress": progress,
        "note": unturned(note),
        "tries": row.tries,
        "due_at": instant(row.due_at) if row.state in _SLEEPS else None,
        "child": child,
    }
