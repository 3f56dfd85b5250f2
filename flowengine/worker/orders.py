"""Orders: what the pool needs to call an attempt whose begin is committed."""

from __future__ import annotations

from msgspec.structs import replace

from flowengine.engine.event import Event
from flowengine.engine.run import Run
from flowengine.engine.states import RunState
from flowengine.orchestration.work import Begun
from flowengine.worker.attempt import Order

KEPT_ROWS, KEPT_BYTES = 64, 64 * 1024
"""Of a run with more rows in hand, or larger outputs, nothing is kept while an attempt works."""
_OPEN = frozenset({RunState.RUNNING, RunState.WAITING})


def order(begun: Begun, event: Event) -> Order:
    """What the pool needs to call a begun attempt, of a run that *event* has begun."""
    return Order(
        run_id=begun.run.id,
        keys=begun.run.keys,
        step=begun.step.id,
        item=begun.step.item,
        attempt=begun.step.attempt,
        task=begun.step.task,
        input=begun.step.input,
        timeout=begun.plan.timeout,
        transaction=begun.plan.transaction,
        workflow=begun.run.workflow,
        event=event,
        station=begun.step.station,
        handed=begun.handed,
        seen=_kept(begun.run, event),
    )


def _kept(run: Run, event: Event) -> Run | None:
    """The run, where what is known of it is small enough to be kept for as long as the attempt works.

    Not one that is final, whose hooks work: it may owe its end to others, which its row says and the
    value does not.
    """
    if run.state not in _OPEN or len(run.steps) > KEPT_ROWS or run.output_bytes > KEPT_BYTES:
        return None
    return run if run.event is event else replace(run, event=event)
