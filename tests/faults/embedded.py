"""The embedded line, all in one process: ``python -m tests.faults.embedded COUNT``.

It emits until COUNT events are there, each in one transaction with a business row, and works until
every run is final, however it ended: whoever started this looks at the rows. Killed at any moment and
started again, it goes on where the database stands. An error while emitting ends it, not with 0.
"""

from __future__ import annotations

import sys
import time
import uuid


def main() -> None:
    """Emit and work."""
    import django

    django.setup()
    from flowengine.cli.embedded import Embedded
    from flowengine.worker.program import WorkerOptions

    count = int(sys.argv[1])
    worker = Embedded(WorkerOptions(concurrency=8), name="embedded line")
    try:
        _emit(count)
        while not _is_over():
            time.sleep(0.05)
    finally:
        worker.stop()


def _emit(count: int) -> None:
    from django.db import transaction

    from flowengine import emit
    from tests.project.models import Mark

    for n in range(Mark.objects.filter(step="emitted").count(), count):
        with transaction.atomic():
            Mark.objects.create(run_id=uuid.uuid4(), step="emitted", attempt=n)
            emit("line.begun", {"n": n})
        time.sleep(0.01)


def _is_over() -> bool:
    """Every event is routed, and every run is final."""
    from flowengine.engine.states import FINAL_RUN_STATES
    from flowengine.models import EventRecord, RunRecord

    return not (
        EventRecord.objects.filter(state__in=("pending", "published")).exists()
        or RunRecord.objects.exclude(state__in=FINAL_RUN_STATES).exists()
    )


if __name__ == "__main__":
    main()
