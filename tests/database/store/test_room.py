"""Where PostgreSQL writes rows that change."""

from __future__ import annotations

from uuid import UUID

import pytest

from flowengine.engine.messages import Began
from flowengine.orchestration.advance import Told, Work, advance
from flowengine.store import sql
from tests.builders.stored import WORKER, define, now, start

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("postgres")]

LINE = """
workflow: line
on: line.begun
steps:
  - {id: one, task: line.nothing}
"""
RUNS = 200


def pages() -> dict[UUID, str]:
    """On which page of the table each run stands."""
    found = "SELECT id, split_part(ctid::text, ',', 1) FROM flowengine_run"
    return dict(sql.query(found, {}))


def test_runs_of_a_batch_are_written_again_where_they_were() -> None:
    ids = start(define(LINE), RUNS)
    before = pages()
    assert len(set(before.values())) > 1

    began = Began(step="one", attempt=1, worker=WORKER)
    advance(Work(told=tuple(Told(run_id=run, message=began) for run in ids)), now())

    after = pages()
    stayed = sum(after[run] == before[run] for run in ids)
    assert stayed > RUNS / 2
