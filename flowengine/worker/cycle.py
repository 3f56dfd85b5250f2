"""The worker's cycle: take what arrived and what ended, one transaction, then act on it.

It runs on one plain thread that owns the process's work connection to the database. The broker's
thread and the pool's threads only put things into the inbox and wake it. There is no timer in it:
a batch is what came while the last one was being committed, so a lone item is never held back and
a crowd shares the cost of the commit (architecture §2.5).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from flowengine.broker.base import Broker, Delivery, Outcome, Verdict
from flowengine.broker.envelope import Envelope, parse_hint
from flowengine.conf import settings
from flowengine.engine.messages import GivenBack
from flowengine.engine.states import StepState
from flowengine.errors import MessageUnreadable
from flowengine.orchestration.advance import Advanced, Begun, Progress, Reserved, Told, Wanted, Work
from flowengine.orchestration.announce import announce
from flowengine.orchestration.bury import bury_unreadable
from flowengine.orchestration.commit import Committed
from flowengine.orchestration.rescue import release
from flowengine.store import runs, steps
from flowengine.store.clock import Clock
from flowengine.worker.attempt import Order
from flowengine.worker.batch import save
from flowengine.worker.faults import Fault, no_fault
from flowengine.worker.inbox import Inbox
from flowengine.worker.pool import Pool

logger = logging.getLogger("flowengine.worker")

Key = tuple[UUID, str, int]
"""Run, step, item."""
PROGRESS_EVERY_S = 0.1
LOCKED_S = 0.02
"""Between two tries for runs that another transaction holds."""
LONG_OVERDUE = timedelta(minutes=1)


class Cycle:
    """The stations of one worker process."""

    def __init__(
        self,
        *,
        worker: UUID,
        stations: Sequence[str],
        tasks: frozenset[str],
        broker: Broker,
        pool: Pool,
        clock: Clock,
        inbox: Inbox,
        fault: Fault = no_fault,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._worker = worker
        self._stations = tuple(stations)
        self._tasks = tasks
        self._broker = broker
        self._pool = pool
        self._clock = clock
        self._inbox = inbox
        self._fault = fault
        self._monotonic = monotonic
        self._told: list[Told] = []
        self._progress: dict[Key, Progress] = {}
        self._spoke_at: dict[Key, float] = {}
        self._wanted: dict[Key, Delivery | None] = {}
        self._backlog: dict[Key, Delivery] = {}
        self._reserved: dict[Key, Reserved] = {}
        self._looked_at = float("-inf")
        self._is_draining = False
        self._is_in_doubt = False
        self.stale = 0
        """Messages and hints of what was past, since the start."""
        self._consumed_at: datetime | None = None

    def run_once(self) -> bool:
        """One cycle. True where another may find work at once.

        Raises:
            django.db.Error: the database is away. Nothing is forgotten: the next cycle tries again.
        """
        self._take()  # first: an end that waits in the inbox is known
        self._settle_doubt()
        self._look_for_overdue()
        work = self._work()
        if not (work.told or work.wanted or work.progress):
            return False
        self._fault("cycle.before_commit")
        self._is_in_doubt = True
        advanced = save(work, self._clock)
        self._fault("cycle.committed")
        self._act(work, advanced)
        self._is_in_doubt = False
        self._consumed_at = self._clock.now()
        return bool(advanced.committed.heads) and self._has_more()

    def consumed_at(self) -> datetime | None:
        """When this worker last took or ended work; None = not yet. From any thread."""
        return self._consumed_at

    # -- taking -------------------------------------------------------------------------------

    def _take(self) -> None:
        """Empty the inbox into what this cycle knows."""
        taken = self._inbox.take()
        for finished in taken.finished:
            self._spoke_at.pop(
                (finished.order.run_id, finished.order.step, finished.order.item), None
            )
            if not finished.committed:
                told = Told(run_id=finished.order.run_id, message=finished.message)
                self._told.append(told)
        for committed in taken.committed:
            self._announce(committed)
        if taken.unpublished:
            self._fall_back_to_rows(taken.unpublished)
        surplus: list[Delivery] = []
        for delivery in taken.deliveries:
            try:
                hint = parse_hint(delivery.body)
            except MessageUnreadable as error:
                bury_unreadable([(delivery, error)], self._clock.now())
                surplus.append(delivery)
                continue
            key = (hint.run_id, hint.step, hint.item)
            if key in self._backlog or key in self._wanted or key in self._reserved:
                surplus.append(delivery)
            else:
                self._backlog[key] = delivery
        if surplus:
            self._broker.settle(surplus, Verdict.ACK)
        if self._is_draining:
            kept = [*self._backlog.values(), *(d for d in self._wanted.values() if d is not None)]
            self._broker.settle(kept, Verdict.REQUEUE)
            self._backlog.clear()
            self._wanted.clear()
        self._progress.update(taken.progress)

    def _fall_back_to_rows(self, envelopes: Sequence[Envelope]) -> None:
        """Hints that did not get through: their rows are due now, for whoever looks."""
        hints = [parse_hint(envelope.body) for envelope in envelopes]
        steps.make_due([(h.run_id, h.step, h.item, h.attempt) for h in hints], self._clock.now())
        self._looked_at = float("-inf")

    def _room(self) -> int:
        """How many more steps may be held: free places plus the same again."""
        taken = self._pool.concurrency - self._pool.free
        return 2 * self._pool.concurrency - taken - len(self._reserved) - len(self._wanted)

    def _look_for_overdue(self) -> None:
        """Claim rows directly where the queue gives nothing, at most once per ``POLL_S``.

        While the queue never empties, rows that are long overdue still get a tenth of the places.
        """
        room = self._room()
        at = self._monotonic()
        if self._is_draining or room <= 0 or at - self._looked_at < settings().POLL_S:
            return
        now = self._clock.now()
        if self._backlog:
            now, room = now - LONG_OVERDUE, max(1, room // 10)
        found = steps.overdue(self._stations, sorted(self._tasks), now, limit=room)
        self._looked_at = float("-inf") if len(found) == room else at
        for run_id, step, item, _attempt in found:
            if (run_id, step, item) not in self._reserved:
                self._wanted.setdefault((run_id, step, item), None)

    def _work(self) -> Work:
        """The batch of this cycle: ends first, then begins of what is held, then new claims."""
        if self._is_draining:
            return Work(told=tuple(self._told), progress=self._said(), worker=self._worker)
        for key in list(self._backlog)[: max(self._room(), 0)]:
            self._wanted[key] = self._backlog.pop(key)
        places = self._pool.free
        begin = list(self._reserved.values())[:places]
        return Work(
            told=tuple(self._told),
            wanted=(
                *(Wanted(run_id=r.run_id, step=r.step, item=r.item) for r in begin),
                *(Wanted(run_id=run, step=step, item=item) for run, step, item in self._wanted),
            ),
            progress=self._said(),
            worker=self._worker,
            tasks=self._tasks,
            places=places,
        )

    def _said(self) -> tuple[Progress, ...]:
        """Progress to write now: of each attempt at most ten times a second."""
        at = self._monotonic()
        ready = [
            key
            for key in self._progress
            if at - self._spoke_at.get(key, float("-inf")) >= PROGRESS_EVERY_S
        ]
        self._spoke_at.update(dict.fromkeys(ready, at))
        return tuple(self._progress.pop(key) for key in ready)

    @property
    def is_idle(self) -> bool:
        """Nothing that ended is still to be saved, and nothing is held."""
        return not (self._told or self._reserved or self._inbox.holds_ends)

    def pause_s(self) -> float:
        """How long nothing is to be done, if nothing comes."""
        if self._told or self._wanted:
            return LOCKED_S
        return PROGRESS_EVERY_S if self._progress else settings().POLL_S

    def _has_more(self) -> bool:
        return bool(
            self._told
            or self._wanted
            or (self._backlog and self._room() > 0)
            or (self._reserved and self._pool.free and not self._is_draining)
        )

    # -- acting -------------------------------------------------------------------------------

    def _act(self, work: Work, advanced: Advanced) -> None:
        """What the commit allows: call, acknowledge, publish, tell."""
        self._told = list(advanced.later_told)
        later = {(w.run_id, w.step, w.item) for w in advanced.later_wanted}
        done = [d for key, d in self._wanted.items() if d is not None and key not in later]
        self._wanted = {key: d for key, d in self._wanted.items() if key in later}
        for wanted in work.wanted:
            self._reserved.pop((wanted.run_id, wanted.step, wanted.item), None)
        for wanted in advanced.later_wanted:
            self._wanted.setdefault((wanted.run_id, wanted.step, wanted.item), None)
        for held in advanced.reserved:
            self._reserved[(held.run_id, held.step, held.item)] = held
        for begun in advanced.begun:
            self._pool.submit(order(begun))
        self._fault("cycle.before_ack")
        if done:
            self._broker.settle(done, Verdict.ACK)
        self._announce(advanced.committed)
        self.stale += advanced.stale

    def _announce(self, committed: Committed) -> None:
        announce(committed, self._broker, self._published)
        self._fault("cycle.announced")

    def _published(self, envelope: Envelope, outcome: Outcome) -> None:
        if outcome is not Outcome.CONFIRMED:
            self._inbox.unpublished(envelope)

    # -- rare ---------------------------------------------------------------------------------

    def _settle_doubt(self) -> None:
        """After a commit whose answer was lost, find out by reading what this worker holds.

        What it holds in the database but not in memory was begun by a commit it never heard of:
        it goes back at once, without a crash or a try (invariant I18).
        """
        if not self._is_in_doubt:
            return
        running = {(o.run_id, o.step, o.attempt) for o in self._pool.running()}
        reported = {
            (t.run_id, getattr(t.message, "step", ""), getattr(t.message, "attempt", 0))
            for t in self._told
        }
        held = steps.held([self._worker], limit=10_000)
        self._told += [
            Told(run_id=run, message=GivenBack(step=step, attempt=attempt))
            for run, step, attempt, state, _worker in held
            if state == StepState.RUNNING and (run, step, attempt) not in running | reported
        ]
        known = {(r.run_id, r.step) for r in self._reserved.values()}
        release(
            [
                (run, step, worker)
                for run, step, _attempt, state, worker in held
                if state == StepState.READY and (run, step) not in known
            ],
            self._clock.now(),
        )
        self._is_in_doubt = False

    def watch(self) -> None:
        """Tell attempts whose run is being cancelled; fence those whose time is long over."""
        self._pool.sweep()
        running = self._pool.running()
        if not running:
            return
        for run_id in runs.cancelling([o.run_id for o in running]):
            for held in running:
                if held.run_id == run_id:
                    self._pool.cancel(held.run_id, held.step, held.attempt)

    def drain(self) -> None:
        """Claim nothing more; what is only reserved goes back. May be called again."""
        self._is_draining = True
        self._reserved.clear()
        held = steps.held([self._worker], limit=10_000)
        release([(r[0], r[1], r[4]) for r in held if r[3] == StepState.READY], self._clock.now())

    def give_back(self) -> None:
        """Hand back what still runs: neither a try nor a crash is used."""
        self._told += [
            Told(run_id=o.run_id, message=GivenBack(step=o.step, attempt=o.attempt))
            for o in self._pool.give_back()
        ]


def order(begun: Begun) -> Order:
    """What the pool needs to call a begun attempt."""
    return Order(
        run_id=begun.run.id,
        step=begun.step.id,
        item=begun.step.item,
        attempt=begun.step.attempt,
        task=begun.step.task,
        input=begun.step.input,
        timeout=begun.plan.timeout,
        transaction=begun.plan.transaction,
        workflow=begun.run.workflow,
        event=begun.run.event,
        station=begun.step.station,
    )
