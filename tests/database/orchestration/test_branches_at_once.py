"""Several workers end branches of the same runs at the same moment: nobody waits for ever."""

from __future__ import annotations

import threading
from uuid import UUID, uuid4

import pytest
from django.db import connection

from flowengine.engine.messages import Succeeded
from flowengine.models import RunRecord, StepRecord
from flowengine.orchestration.advance import Told, Wanted, Work
from flowengine.orchestration.save import save
from tests.builders.stored import TASKS, define, now, start

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

RUNS, BRANCHES, WORKERS = 12, 8, 3
WIDE = (
    "workflow: wide\non: wide.begun\nsteps:\n  - id: all\n    parallel:\n"
    + "".join(
        f"      b{n}: {{steps: [{{id: s{n}, task: line.nothing}}]}}\n" for n in range(BRANCHES)
    )
    + "  - {id: joined, task: line.nothing}\n"
)


class _Worker(threading.Thread):
    """Goes on with the runs from hand to hand, in an order of its own, until all of them are done."""

    def __init__(self, runs: list[UUID]) -> None:
        super().__init__()
        self.error: Exception | None = None
        self._runs = runs
        self._id = uuid4()
        self._told: list[Told] = []

    def run(self) -> None:
        try:
            while RunRecord.objects.exclude(state="succeeded").exists():
                self._turn()
        except Exception as error:  # noqa: BLE001 - told by the test's own thread
            self.error = error
        finally:
            connection.close()

    def _turn(self) -> None:
        ready = StepRecord.objects.filter(state="ready", run_id__in=self._runs).order_by("?")[:5]
        work = Work(
            told=self._told,
            wanted=[Wanted(run_id=row.run_id, step=row.step) for row in ready],
            worker=self._id,
            tasks=TASKS,
            stations=frozenset({"default"}),
            places=6,
        )
        advanced = save(work, now())
        self._told = advanced.later_told + [
            Told(
                run_id=each.run.id,
                message=Succeeded(step=each.step.id, attempt=each.step.attempt, output=None),
                seen=each.run,
                handed=each.handed,
            )
            for each in advanced.begun
        ]


def test_workers_on_branches_of_the_same_runs_neither_deadlock_nor_lose_an_end() -> None:
    runs = start(define(WIDE), RUNS)
    workers = [_Worker(runs) for _ in range(WORKERS)]

    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)

    assert [worker.error for worker in workers] == [None] * WORKERS
    assert not any(worker.is_alive() for worker in workers)
    ended = StepRecord.objects.filter(state="succeeded", kind="task")
    assert ended.count() == RUNS * (BRANCHES + 1)
    assert set(ended.values_list("attempt", flat=True)) == {1}
