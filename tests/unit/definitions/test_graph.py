"""Where steps stand: what a worker calls for a row."""

from __future__ import annotations

import pytest

from flowengine.definitions.parse import parse

GRAPH = parse(
    "workflow: w\non: a.b\nsteps:\n  - id: charge\n    task: shop.charge\n    compensate: shop.refund\n"
    "  - task: shop.ship\n  - id: nap\n    sleep: 1h\n"
).graph


@pytest.mark.parametrize(
    ("row", "task"), [("charge", "shop.charge"), ("undo charge", "shop.refund")]
)
def test_work_of_a_row_is_its_task_or_that_of_its_undo(row: str, task: str) -> None:
    assert GRAPH.work(row).task == task


@pytest.mark.parametrize("row", ["nap", "undo ship", "nobody"])
def test_row_that_no_worker_is_called_for_has_no_work(row: str) -> None:
    with pytest.raises(KeyError, match=row.removeprefix("undo ")):
        GRAPH.work(row)
