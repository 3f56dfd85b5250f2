"""What is not done yet, as the committed tables and the processes show it, and when it is due."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from flowengine.engine.rules.gates import Gate
from flowengine.engine.states import StepState
from flowengine.store.events import EventState
from tests.simulation.process import Process
from tests.simulation.scheduler import EPOCH
from tests.simulation.stores import Tables

_HELD = frozenset({StepState.READY, StepState.RUNNING})


def next_due(tables: Tables) -> float:
    """When the next row is due that somebody will look at; infinite = none is."""
    times = [
        *(row.due_at for row in tables["event"].rows.values()),
        *(row.due_at for row in tables["run"].rows.values()),
        *(row.step.due_at for row in tables["step"].rows.values()),
        *(row.due_at for row in tables["wait"].rows.values()),
        *(row.due_at for row in tables["key"].rows.values() if row.gate is Gate.DEBOUNCE),
        *(row.due_at for row in tables["schedule"].rows.values() if row.ticked_at is None),
    ]
    return min(((at - EPOCH).total_seconds() for at in times if at is not None), default=math.inf)


def leases_run_out(tables: Tables, processes: Iterable[Process]) -> bool:
    """Somebody is dead and still counts as alive, or something of theirs still names them.

    The second without the first: a process stood still, its lease was ended by another, it took work
    and died before its heartbeat took the lease again.
    """
    alive = {process.worker for process in processes}
    counts = {row.id for row in tables["worker"].rows.values() if row.state != "ended"}
    named = {
        row.step.worker
        for row in tables["step"].rows.values()
        if row.step.worker is not None and row.step.state in _HELD
    }
    return not counts | named <= alive


def is_adrift(tables: Tables, processes: Iterable[Process]) -> bool:
    """A row says that a process works on it, which does not: the process's next looks find it."""
    at_work = {
        process.worker: {(o.run_id, o.step, o.item) for o in process.pool.running()}
        for process in processes
    }
    return any(
        row.step.worker in at_work
        and row.step.state is StepState.RUNNING
        and (row.run, *row.step.place) not in at_work[row.step.worker]
        for row in tables["step"].rows.values()
    )


def unrest(tables: Tables, processes: Sequence[Process]) -> list[object]:
    """What is not done yet."""
    return [
        *(
            row
            for row in tables["event"].rows.values()
            if row.state not in {EventState.ROUTED, EventState.DEAD}
        ),
        *(
            run
            for run in tables["run"].rows.values()
            if not run.state.is_final or run.tail or run.due_at is not None
        ),
        *(row for row in tables["key"].rows.values() if row.gate is Gate.DEBOUNCE),
        *(row for row in tables["schedule"].rows.values() if row.ticked_at is None),
        *(thread for process in processes for thread in process.pool.threads()),
    ]
