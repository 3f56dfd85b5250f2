"""Children that nobody waits for any more: their callers were cancelled, or ran out of time.

The row of the calling step, which is decided or being rescued, keeps ``due_at`` until its child has been
told; whoever dies in between leaves a row that is due. The call may still be on its way: then it is taken
back, and there is never a run. If it waits for the end of a burst, it is declined then (``bursts``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flowengine.engine.identity import call_event_id
from flowengine.engine.messages import Cancel
from flowengine.engine.run import Step
from flowengine.orchestration.commit import Committed
from flowengine.orchestration.save import save
from flowengine.orchestration.trace import PUT_OFF
from flowengine.orchestration.work import Told, Work
from flowengine.store import due_steps, events, runs, sql, steps
from flowengine.store.due_steps import RowKey

PAGE = 200


def cancel(rows: Sequence[RowKey], now: datetime) -> Committed:
    """Cancel the children of these decided steps, as far as it has not been done.

    Raises:
        django.db.OperationalError, django.db.InterfaceError: the database is away.
    """
    done = Committed()
    for start in range(0, len(rows), PAGE):
        done.add(_cancel(rows[start : start + PAGE], now))
    return done


def _cancel(rows: Sequence[RowKey], now: datetime) -> Committed:
    calls = {call_event_id(*row, step.attempt): row for row, step in _owing(rows).items()}
    # The calls first: who starts a run for one of them just now is waited for, and its run is found.
    events.withdraw(list(calls), now)
    children = {run: calls[event] for run, event in runs.caused_by(list(calls)).items()}
    told = tuple(Told(run_id=child, message=_cancellation(row)) for child, row in children.items())
    done = Committed()
    unheard: set[RowKey] = set()
    if told:
        advanced = save(Work(told=told), now, wait=True)
        done.add(advanced.committed)
        unheard = {children[each.run_id] for each in advanced.refused}
    with sql.writing():
        held = runs.hold({row[0] for row in calls.values()})
        still = _owing([row for row in calls.values() if row[0] in held])
        due_steps.settle([row for row in still if row not in unheard], None)
        due_steps.settle([row for row in still if row in unheard], now + PUT_OFF)
    return done


def _owing(rows: Sequence[RowKey]) -> dict[RowKey, Step]:
    """Those of these steps that do not wait any more, and whose child has not been told."""
    loaded = steps.load((run, (step, item)) for run, step, item in rows)
    return {
        (run, step.id, step.item): step
        for run, by_place in loaded.items()
        for step in by_place.values()
        if due_steps.owes(step)
    }


def _cancellation(row: RowKey) -> Cancel:
    run, step, _item = row
    return Cancel(reason=f"step {step} of run {run} does not wait for it any longer")
