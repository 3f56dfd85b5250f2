"""Reading why a run waits: a fixed number of statements, and only those that its state asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import msgspec

from flowengine import project
from flowengine.definitions.model import Workflow
from flowengine.definitions.step_ids import UNDO
from flowengine.definitions.steps import ChildStep, ParallelStep, Step, TaskStep
from flowengine.engine.breaker import Station
from flowengine.engine.identity import call_event_id, run_id
from flowengine.engine.rules.gates import Places
from flowengine.engine.rules.slots import Slots
from flowengine.engine.run import Counts, Failure, Item
from flowengine.engine.states import RunState, StepState
from flowengine.models import RunRecord
from flowengine.orchestration.floor.lines import lines_of
from flowengine.orchestration.why.facts import Called, Facts, Loop, Queue, Stopped, Turn
from flowengine.orchestration.why.work import BEFORE_MAX
from flowengine.representations import unturned, words
from flowengine.store import blocked, fleet, keys, places, progress, stations
from flowengine.store.blocked import Row

SHOWN_MAX = 20
"""Steps of which it is said what they wait for."""

_SLEEPS = frozenset({StepState.WAITING, StepState.RETRYING})
_decode = msgspec.json.decode
_counts = msgspec.json.Decoder(Counts).decode
_failure = msgspec.json.Decoder(Failure).decode


def look(run: RunRecord, now: datetime, may_see: Callable[[RunRecord], bool]) -> Facts | None:
    """What is known of why *run* does not go on; None where it has ended.

    At most six statements of one that has begun, three of one that has not.

    Args:
        run: its row.
        now: the database's clock.
        may_see: whether the reader may know of another run.
    """
    state = RunState(run.state)
    if state.is_final and not run.tail:
        return None
    facts = _facts(run, state, now)
    if state is RunState.QUEUED:
        return replace(facts, turn=_turn(run))
    rows = blocked.rows(run.id)
    workflow = progress.workflows([run]).get(run.digest)
    stopped = list(_stopped(run, rows, workflow))[:SHOWN_MAX]
    called = progress.runs([each.child for each in stopped if each.child is not None])
    return replace(
        facts,
        stopped=tuple(stopped),
        loops=tuple(_loops(rows, workflow)),
        working=sum(row.state == StepState.RUNNING and bool(row.task) for row in rows),
        queues=_queues(stopped, rows, now),
        called={
            each.id: Called(workflow=each.workflow, state=RunState(each.state))
            for each in called.values()
            if may_see(each)
        },
    )


def _facts(run: RunRecord, state: RunState, now: datetime) -> Facts:
    """What its row says."""
    failure = progress.failure(run)
    is_by_hand = state is RunState.HELD and failure is None
    by, reason = blocked.holder(run.id) if is_by_hand else ("", "")
    return Facts(
        run_id=run.id,
        workflow=run.workflow,
        state=state,
        since=run.held_at or run.created_at,
        due_at=run.due_at,
        failed_step="" if failure is None or failure.step is None else words(failure.step),
        code="" if failure is None else failure.code,
        is_held_by_hand=is_by_hand,
        held_by=by,
        held_why=reason,
        is_holding=run.holding,
        now=now,
    )


def _turn(run: RunRecord) -> Turn:
    found = places.of_runs([run.id])
    if not found:
        return Turn()
    queued = found[0].queued
    wanted = [key for key in (queued.key, queued.throttle) if key is not None]
    seen = keys.seen(wanted) if wanted else {}
    has = None if queued.key is None else seen.get(queued.key)
    slots = None if queued.throttle is None else seen.get(queued.throttle)
    known = has if isinstance(has, Places) else Places(limit=0)
    paced = slots if isinstance(slots, Slots) else Slots()
    ahead = (
        0
        if queued.key is None
        else blocked.before_run(run.id, queued.key, queued.written_at, limit=BEFORE_MAX)
    )
    return Turn(
        open=known.open,
        limit=known.limit,
        before=ahead,
        slot_at=queued.slot_at,
        starts=paced.limit,
        per=paced.per,
        expires_at=queued.expires_at,
    )


def _stopped(run: RunRecord, rows: Sequence[Row], workflow: Workflow | None) -> Iterator[Stopped]:
    """The rows that wait, one for each step and state; the longest first."""
    alike: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.state == StepState.READY or row.state in _SLEEPS:
            alike.setdefault((row.step, row.state), []).append(row)
    for first, *others in alike.values():
        step = _step(workflow, first.step)
        yield Stopped(
            step=first.step,
            item=first.item,
            kind=first.kind,
            state=first.state,
            title=unturned(first.title or words(first.step)),
            station=first.station,
            task=first.task,
            tries=first.tries,
            tries_max=_tries_max(step, first),
            code="" if first.failure is None else _failure(first.failure).code,
            due_at=first.due_at,
            since=first.ready_at if first.state == StepState.READY else first.started_at,
            given={} if first.input is None else _decode(first.input),
            answers=0 if first.answers is None else len(_decode(first.answers)),
            child=_child(run.id, first, step),
            others=len(others),
        )


def _step(workflow: Workflow | None, step_id: str) -> Step | None:
    """The step of that id, or the one that a row of that id undoes."""
    spot = None if workflow is None else workflow.graph.spots.get(step_id.removeprefix(UNDO))
    return None if spot is None else spot.step


def _tries_max(step: Step | None, row: Row) -> int:
    if isinstance(step, TaskStep):
        undo = step.compensate
        policy = undo.retry if undo is not None and row.step.startswith(UNDO) else step.retry
        return max(policy.attempts, row.tries)
    return max(1, row.tries)


def _child(caller: UUID, row: Row, step: Step | None) -> UUID | None:
    if not isinstance(step, ChildStep) or row.kind != "workflow":
        return None
    return run_id(call_event_id(caller, row.step, row.item, row.attempt or 1), step.workflow)


def _loops(rows: Sequence[Row], workflow: Workflow | None) -> Iterator[Loop]:
    """Those that are as much at work as they may, and have more to do."""
    for row in rows:
        step = _step(workflow, row.step)
        if row.counts is None or step is None or row.state != StepState.RUNNING:
            continue
        counts = _counts(row.counts)
        at_once = step.loop.max_parallel if step.loop is not None else None
        if at_once is None and isinstance(step, ParallelStep):
            at_once = step.max_parallel
        if at_once is not None and counts.open >= at_once and counts.begun < counts.total:
            title = unturned(row.title or words(row.step))
            yield Loop(step=row.step, title=title, counts=counts, at_once=at_once)


def _queues(
    stopped: Sequence[Stopped], rows: Sequence[Row], now: datetime
) -> dict[tuple[str, Item], Queue]:
    """How the stations stand for the rows that are ready. Four statements, where there are any."""
    wanted = {(each.step, each.item) for each in stopped if each.state == StepState.READY}
    ready = [row for row in rows if (row.step, row.item) in wanted]
    if not ready:
        return {}
    doors = stations.every()
    serving = [each for each in fleet.members(now) if each.serves(now)]
    busy = blocked.busy([each.id for each in serving])
    known = lines_of(project.catalog()).places
    ahead = blocked.before_rows(ready, known, limit=BEFORE_MAX)
    found = {}
    for row, before in zip(ready, ahead, strict=True):
        own = [each for each in serving if row.station in each.stations]
        ids = {each.id for each in own}
        found[row.step, row.item] = Queue(
            station=doors.get(row.station, Station(name=row.station)),
            workers=len(own),
            places=sum(each.concurrency for each in own),
            busy=sum(count for (worker, _name), count in busy.items() if worker in ids),
            here=sum(count for (_worker, name), count in busy.items() if name == row.station),
            before=before,
        )
    return found
