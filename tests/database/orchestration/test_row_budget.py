"""What a step costs the database: rows written, statements, and what is not read again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowengine.engine.messages import Succeeded
from flowengine.orchestration.advance import Advanced, Told, Work, advance
from flowengine.orchestration.work import Begun
from flowengine.store import sql
from tests.builders.stored import TASKS, WORKER, claim, define, now, row, start, tell

pytestmark = pytest.mark.django_db

BUDGET = 4
"""Row writes of one step that goes from hand to hand: its own row twice, its run's, and one of history."""
CHAIN = """
workflow: priced
on: priced.begun
steps:
  - {id: one, task: line.nothing}
  - {id: two, task: line.nothing, with: {n: "${{ steps.one.output }}"}}
  - {id: three, task: line.nothing, with: {n: "${{ steps.one.output }}"}}
  - {id: four, task: line.nothing}
"""


def ends(begun: Sequence[Begun], *, is_seen: bool = True) -> Work:
    """The attempts have ended, and the worker goes on."""
    return Work(
        told=tuple(
            Told(
                run_id=each.run.id,
                message=Succeeded(step=each.step.id, attempt=each.step.attempt, output=[1]),
                seen=each.run if is_seen else None,
                handed=each.handed,
            )
            for each in begun
        ),
        worker=WORKER,
        tasks=TASKS,
        stations=frozenset({"default"}),
        places=len(begun),
    )


def rows_written(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> int:
    """How many rows all statements of *act* have written."""
    written = 0
    write_rows, execute = sql._write_rows, sql.execute

    def count_rows(text: str, rows: Sequence[Any], *rest: Any, **how: Any) -> int:
        nonlocal written
        written += (touched := write_rows(text, rows, *rest, **how))
        return touched

    def count(text: str, parameters: Any) -> int:
        nonlocal written
        written += (touched := execute(text, parameters))
        return touched

    with monkeypatch.context() as patched, CaptureQueriesContext(connection) as captured:
        patched.setattr(sql, "_write_rows", count_rows)
        patched.setattr(sql, "execute", count)
        patched.setattr(sql, "in_one_go", nullcontext)  # which would not count
        act()
    known = ("flowengine_run", "flowengine_step", "flowengine_history")
    for query in captured:
        text = query["sql"]
        is_write = text.lstrip().startswith(("INSERT", "UPDATE", "DELETE"))
        assert not is_write or any(f" {name} " in text for name in known), text
    return written


def begin(count: int) -> Advanced:
    """So many runs, whose first steps a worker has."""
    runs = start(define(CHAIN), count)
    advanced = Advanced()
    for run in runs:
        advanced.add(claim(run, "one"))
    return advanced


@pytest.mark.parametrize("count", [1, 50])
def test_a_step_from_hand_to_hand_writes_four_rows(
    monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    first = advance(ends(begin(count).begun), now())
    written = rows_written(monkeypatch, lambda: advance(ends(first.begun), now()))

    assert written == BUDGET * count


def test_the_number_of_statements_does_not_depend_on_the_number_of_steps() -> None:
    def statements(count: int) -> int:
        first = advance(ends(begin(count).begun), now())
        with CaptureQueriesContext(connection) as captured:
            advance(ends(first.begun), now())
        # SQLite writes one row after another; the savepoint of a test is one of its statements.
        return len({query["sql"].partition("(")[0] for query in captured})

    assert statements(1) == statements(20)


def test_a_run_that_nobody_else_has_written_is_not_read_again() -> None:
    first = advance(ends(begin(1).begun), now())

    with CaptureQueriesContext(connection) as captured:
        advance(ends(first.begun), now())

    read = [query["sql"] for query in captured if query["sql"].lstrip().startswith("SELECT")]
    assert [text.split("FROM ")[1].split()[0] for text in read] == ["flowengine_run"]
    assert "inputs" not in read[0]


def test_a_run_that_another_has_written_meanwhile_is_read_anew() -> None:
    [run] = start(define(PARALLEL))
    claim(run, "one")
    claim(run, "two")
    seen = claim(run, "three").begun
    tell(run, Succeeded(step="one", attempt=1, output=[2]))

    advance(ends(seen), now())

    tell(run, Succeeded(step="two", attempt=1, output=[3]))
    assert row(run, "after").input == {"n": [[2], [3], [1]]}


def test_what_was_seen_decides_as_what_is_read() -> None:
    seen, read = (begin(1).begun for _ in range(2))
    for _ in range(3):
        seen = advance(ends(seen), now()).begun
        read = advance(ends(read, is_seen=False), now()).begun
    assert [each.step.id for each in seen] == [each.step.id for each in read] == ["four"]
    assert _rows_of(seen[0].run.id) == _rows_of(read[0].run.id)


PARALLEL = """
workflow: aside
on: aside.begun
steps:
  - id: all
    parallel:
      one: line.nothing
      two: line.nothing
      three: line.nothing
  - id: after
    task: line.nothing
    with: {n: "${{ [steps.one.output, steps.two.output, steps.three.output] }}"}
"""


def _rows_of(run: UUID) -> list[tuple[Any, ...]]:
    found = [row(run, step) for step in ("one", "two", "three", "four")]
    return [(r.id, r.state, r.attempt, r.input, r.output, r.ended) for r in found]
