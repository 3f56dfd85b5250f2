"""Playing a task for real in a rehearsal: its own function, called in this thread."""

from __future__ import annotations

from contextvars import Context
from datetime import timedelta
from time import monotonic

from asgiref.sync import async_to_sync

from flowengine.conf import settings
from flowengine.engine.identity import undone_key
from flowengine.engine.messages import Failed
from flowengine.engine.run import Failure
from flowengine.rehearsal.acts import Played, Work
from flowengine.tasks import registry
from flowengine.tasks.attempt import Attempt
from flowengine.worker.attempt import Order, execute, execute_async


def play_for_real(work: Work) -> Played:
    """Call the task; it takes in the rehearsal as long as it does.

    What it writes to databases and says to services is real, and is in no transaction of ours.
    """
    row, step = work.row, work.step
    task = registry.get(step.task)
    if task is None:
        message = f"no task '{step.task}' is registered"
        return Played(failure=Failure(code="InvalidInput", message=message, permanent=True))
    order = Order(
        run_id=work.run.id,
        step=row.id,
        item=row.item,
        attempt=row.attempt,
        task=step.task,
        input=row.input,
        timeout=step.timeout,
        workflow=work.workflow.name,
        event=work.event,
        station=step.station,
    )
    attempt = Attempt(
        run_id=work.run.id,
        keys=work.run.keys,
        step=row.id,
        item=row.item,
        attempt=row.attempt,
        workflow=work.workflow.name,
        event=work.event,
        deadline=work.now + step.timeout,
        undoes=undone_key(work.run.keys_of, row.id, row.item),
    )
    call = async_to_sync(execute_async) if task.is_async else execute
    begun = monotonic()
    limit = settings().STEP_DATA_MAX_BYTES
    end = Context().run(call, order, task, attempt, output_max_bytes=limit)
    takes = timedelta(seconds=monotonic() - begun)
    if isinstance(end, Failed):
        return Played(failure=end.failure, takes=takes)
    return Played(output=end.output, takes=takes)
