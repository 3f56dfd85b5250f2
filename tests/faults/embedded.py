"""The embedded line, all in one process: ``python -m tests.faults.embedded COUNT``.

It emits until COUNT events are there, each in one transaction with a business row, and works until
every run is final. Killed at any moment and started again, it goes on where the database stands.
"""

from __future__ import annotations

import sys
import threading
import time
import uuid


def main() -> None:
    """Emit and work."""
    import django

    django.setup()
    from flowengine.cli.embedded import Embedded
    from flowengine.models import RunRecord
    from flowengine.worker.program import WorkerOptions

    count = int(sys.argv[1])
    worker = Embedded(WorkerOptions(concurrency=8), name="embedded line")
    emitting = threading.Thread(target=_emit, args=(count,))
    emitting.start()
    emitting.join()
    while RunRecord.objects.filter(state="succeeded").count() < count:
        time.sleep(0.05)
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


if __name__ == "__main__":
    main()
