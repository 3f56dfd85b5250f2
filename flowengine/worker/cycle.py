"""The worker's cycle: take what arrived and what ended, one transaction, then act on it.

It runs on one plain thread that owns the process's work connection to the database. The broker's
thread and the pool's threads only put things into the inbox and wake it. There is no timer in it:
a batch is what came while the last one was being committed, so a lone item is never held back and
a crowd shares the cost of the commit (architecture §2.5).

What it holds in memory is never the only copy: a hint's row becomes overdue, an end that is not saved
is given back by :meth:`Cycle.audit` or, when the process dies, by its lease.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID
from weakref import WeakValueDictionary

from flowengine.broker.base import Broker, Delivery, Outcome, Verdict
from flowengine.broker.envelope import Envelope, parse_hint
from flowengine.conf import settings
from flowengine.engine.event import Event
from flowengine.engine.messages import Failed, GivenBack, Succeeded
from flowengine.errors import MessageUnreadable
from flowengine.orchestration.bury import bury_unreadable
from flowengine.orchestration.commit import Committed
from flowengine.orchestration.dispatch import priority_of
from flowengine.orchestration.faults import Fault, no_fault
from flowengine.orchestration.follow import see_through
from flowengine.orchestration.notify import said_by
from flowengine.orchestration.save import save
from flowengine.orchestration.work import (
    OVERDUE,
    Advanced,
    Progress,
    Told,
    Wanted,
    Work,
)
from flowengine.store import due_steps
from flowengine.store.clock import Clock
from flowengine.store.due_steps import AttemptKey, RowKey
from flowengine.worker.doors import Doors
from flowengine.worker.inbox import Inbox
from flowengine.worker.orders import order
from flowengine.worker.pool import Pool

PROGRESS_EVERY_S = 0.1
LOCKED_S = 0.02
"""Between two tries for runs that another transaction holds."""
HINT_KEPT_S = 5.0
"""A hint that finds no free place for so long is let go: its row becomes overdue by itself."""
REFUSED_S = 60.0
"""Between two tries to save what was refused."""
LONG_OVERDUE = timedelta(minutes=1)
HELD_MAX = 10_000


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A hint that waits for a free place."""

    delivery: Delivery
    since: float


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
        self._doors = Doors(stations, worker=worker, tasks=tasks, clock=clock, monotonic=monotonic)
        self._tasks = tasks
        self._broker = broker
        self._pool = pool
        self._clock = clock
        self._inbox = inbox
        self._fault = fault
        self._monotonic = monotonic
        self._told: list[Told] = []
        self._progress: dict[RowKey, Progress] = {}
        self._spoke_at: dict[UUID, float] = {}
        """When progress of each run was last written."""
        self._backlog: dict[RowKey, _Waiting] = {}
        self._overdue: dict[RowKey, None] = {}
        self._tried: dict[RowKey, None] = {}
        """What may begin at a closed station."""
        self._to_announce: list[Committed] = []
        self._unpublished: list[Envelope] = []
        self._unreadable: list[tuple[Delivery, MessageUnreadable]] = []
        self._refused: list[tuple[float, Told]] = []
        self._suspects: set[AttemptKey] = set()
        self._looked_at = float("-inf")
        self._events: WeakValueDictionary[tuple[UUID, int], Event] = WeakValueDictionary()
        """What caused the runs of the attempts at work, by id and number of the replay."""
        self.is_draining = False
        self.is_resting = False
        """Nothing is begun for now."""
        self.stale = 0
        """Messages and hints of what was past, since the start."""
        self._consumed_at: datetime | None = None

    def run_once(self) -> bool:
        """One cycle. True where another may find work at once.

        Raises:
            django.db.Error: the database is away. Nothing is forgotten: the next cycle tries again.
        """
        self._take()
        self._settle()
        self._tried.update(dict.fromkeys(self._doors.refill(self._room())))
        self._look_for_overdue()
        work, hints = self._work()
        if not (work.told or work.wanted or work.progress):
            return False
        self._fault("cycle.before_commit")
        advanced = save(work, self._clock.now())
        self._fault("cycle.committed")
        self._act(advanced, hints)
        self._consumed_at = self._clock.now()
        return bool(advanced.committed.heads) and self._has_more()

    @property
    def open(self) -> frozenset[str]:
        """The stations that it serves and that give out work. From any thread."""
        return self._doors.open

    def consumed_at(self) -> datetime | None:
        """When this worker last took or ended work; None = not yet. From any thread."""
        return self._consumed_at

    @property
    def is_idle(self) -> bool:
        """Nothing that ended is still to be saved."""
        return not (self._told or self._to_announce or self._inbox.holds_ends)

    def pause_s(self) -> float:
        """How long nothing is to be done, if nothing comes."""
        if self._told or self._has_wanted():
            return LOCKED_S
        return PROGRESS_EVERY_S if self._progress else settings().POLL_S

    # -- taking -------------------------------------------------------------------------------

    def _take(self) -> None:
        """Empty the inbox into what this cycle knows. Nothing here can fail."""
        at = self._monotonic()
        taken = self._inbox.take()
        self._progress.update(taken.progress)
        for finished in taken.finished:
            order = finished.order
            # Also of what is saved already: it counts, and may have been a probe.
            message = self._doors.ended(order, finished.message)
            if not finished.committed:
                said = said_by(order.step, order.item, finished.notifications)
                self._told.append(
                    Told(
                        run_id=order.run_id,
                        message=message,
                        said=said,
                        seen=order.seen,
                        handed=order.handed,
                    )
                )
        self._to_announce += taken.committed
        self._unpublished += taken.unpublished
        repeated: list[Delivery] = []
        for delivery in taken.deliveries:
            try:
                hint = parse_hint(delivery.body)
            except MessageUnreadable as error:
                self._unreadable.append((delivery, error))
                continue
            key = (hint.run_id, hint.step, hint.item)
            if key in self._backlog:
                repeated.append(delivery)
            else:
                self._backlog[key] = _Waiting(delivery, at)
        self._settle_with(Verdict.ACK, repeated)
        self._let_go(at)

    def _let_go(self, at: float) -> None:
        """Hints that cannot be used soon: back to the queue when draining, else to their rows."""
        if self.is_draining or self.is_resting:
            self._settle_with(Verdict.REQUEUE, [w.delivery for w in self._backlog.values()])
            self._backlog.clear()
            return
        old = [key for key, waiting in self._backlog.items() if at - waiting.since > HINT_KEPT_S]
        self._settle_with(Verdict.ACK, [self._backlog.pop(key).delivery for key in old])

    def _settle_with(self, verdict: Verdict, deliveries: Sequence[Delivery]) -> None:
        """Nothing for nothing: the broker's thread would be woken, and take its turn before a task's."""
        if deliveries:
            self._broker.settle(deliveries, verdict)

    def _settle(self) -> None:
        """What is owed from before: each is dropped only once it is done."""
        while self._to_announce:
            self._see_through(self._to_announce.pop(0))
        if self._unpublished:
            hints = [parse_hint(envelope.body) for envelope in self._unpublished]
            places = [(h.run_id, h.step, h.item, h.attempt) for h in hints]
            due_steps.make_due(places, self._clock.now())
            self._unpublished.clear()
            self._looked_at = float("-inf")
        if self._unreadable:
            bury_unreadable(self._unreadable, self._clock.now())
            self._broker.settle([delivery for delivery, _ in self._unreadable], Verdict.ACK)
            self._unreadable.clear()

    def _room(self) -> int:
        """How many more steps may begin: a claim is a begin, so none without a free place."""
        return 0 if self.is_draining or self.is_resting else self._pool.free

    def _look_for_overdue(self) -> None:
        """Find rows directly where the queue gives too little, at most once per ``POLL_S``.

        While the queue never empties, rows that are long overdue still get a tenth of the places.
        """
        room = self._room()
        at = self._monotonic()
        if room <= 0 or at - self._looked_at < settings().POLL_S:
            return
        now = self._clock.now()
        if len(self._backlog) >= room:
            now, room = now - LONG_OVERDUE, max(1, room // 10)
        stations = sorted(self._doors.open)
        found = due_steps.overdue(stations, sorted(self._tasks), now, limit=room)
        self._looked_at = float("-inf") if len(found) == room else at
        self._overdue = {(run, step, item): None for run, step, item, _attempt in found}

    def _work(self) -> tuple[Work, list[Delivery]]:
        """The batch of this cycle, and the deliveries whose steps are in it."""
        room = self._room()
        tried = dict.fromkeys(islice(self._tried, room))
        self._tried = {}
        overdue = dict.fromkeys(islice((k for k in self._overdue if k not in tried), room))
        free = (key for key in self._backlog if key not in overdue and key not in tried)
        hinted = list(islice(free, max(0, room - len(tried) - len(overdue))))
        known = (*tried, *overdue, *hinted)
        hints = [self._backlog[key].delivery for key in known if key in self._backlog]
        work = Work(
            told=tuple(self._told),
            wanted=(
                *(_wanted(key, OVERDUE, is_tried=True) for key in tried),
                *(_wanted(key, OVERDUE) for key in overdue),
                *(_wanted(key, priority_of(self._backlog[key].delivery)) for key in hinted),
            ),
            progress=self._said(),
            worker=self._worker,
            tasks=self._tasks,
            stations=self._doors.open,
            closed=self._doors.closed,
            capped=self._doors.capped,
            places=room,
        )
        return work, hints

    def _said(self) -> tuple[Progress, ...]:
        """Progress to write now: of each run at most ten times a second, of all its attempts at once."""
        at = self._monotonic()
        ready = [
            key
            for key in self._progress
            if at - self._spoke_at.get(key[0], float("-inf")) >= PROGRESS_EVERY_S
        ]
        self._spoke_at.update({run_id: at for run_id, _step, _item in ready})
        return tuple(self._progress.pop(key) for key in ready)

    def _has_more(self) -> bool:
        return bool(self._told or self._has_wanted())

    def _has_wanted(self) -> bool:
        return bool((self._backlog or self._overdue) and self._room() > 0)

    # -- acting -------------------------------------------------------------------------------

    def _act(self, advanced: Advanced, hints: Sequence[Delivery]) -> None:
        """What the commit allows: call, acknowledge, publish, tell."""
        at = self._monotonic()
        self._told = list(advanced.later_told)
        self._refused += [(at + REFUSED_S, told) for told in advanced.refused]
        for begun in advanced.begun:
            self._pool.submit(order(begun, self._shared(begun.run.event)))
        self._fault("cycle.before_ack")
        later = {(w.run_id, w.step, w.item) for w in advanced.later_wanted}
        self._overdue = {key: None for key in self._overdue if key in later}
        taken = {id(delivery) for delivery in hints}
        done = [
            key
            for key, waiting in self._backlog.items()
            if id(waiting.delivery) in taken and key not in later
        ]
        self._settle_with(Verdict.ACK, [self._backlog.pop(key).delivery for key in done])
        self.stale += advanced.stale
        self._see_through(advanced.committed)

    def _shared(self, event: Event) -> Event:
        """The same event as the attempts at work already hold, if any does.

        Each cycle reads it anew: the attempts of a long loop would keep a copy of its list each.
        """
        return self._events.setdefault((event.id, event.replay), event)

    def _see_through(self, committed: Committed) -> None:
        """Announce what was committed, and do what it leaves to do; last, because it may fail."""
        see_through(committed, self._broker, self._clock.now(), self._published)
        self._fault("cycle.announced")

    def _published(self, envelope: Envelope, outcome: Outcome) -> None:
        if outcome is not Outcome.CONFIRMED:
            self._inbox.unpublished(envelope)

    # -- now and then -------------------------------------------------------------------------

    def watch(self) -> None:
        """Once per ``POLL_S``: what is not wanted any more, time that is over, and the books."""
        self._pool.sweep()
        self._retry_refused()
        self._tried = dict.fromkeys(self._doors.look(self._room()))
        self.audit()
        running = self._pool.running()
        runs = {each.run_id for each in running}
        self._spoke_at = {run: at for run, at in self._spoke_at.items() if run in runs}
        if not running:
            return
        stopping = due_steps.stopping(self._worker, runs)
        for each in running:
            if (each.run_id, each.step, each.item) in stopping:
                self._pool.cancel(each.run_id, each.step, each.item, each.attempt)

    def audit(self) -> None:
        """Give back what the database says this worker runs, and nobody here knows of.

        A commit whose answer was lost may land at any later time, so no single look settles it
        (invariant I18). What is unknown at two looks in a row was begun unheard: it goes back,
        without a try or a crash. The rows are read first: what ends in between is known or saved.
        """
        held = set(due_steps.held([self._worker], limit=HELD_MAX))
        unknown = held - self._known() if held else set()
        for run_id, step, item, attempt in unknown & self._suspects:
            back = GivenBack(step=step, item=item, attempt=attempt)
            self._told.append(Told(run_id=run_id, message=back))
        self._suspects = unknown - self._suspects

    def _known(self) -> set[AttemptKey]:
        """The attempts that run here, or whose end is waiting to be saved."""
        # The pool hands an end over before it forgets the attempt, so it is asked first.
        known = {(o.run_id, o.step, o.item, o.attempt) for o in self._pool.running()}
        self._take()
        for told in (*self._told, *(each for _at, each in self._refused)):
            message = told.message
            if isinstance(message, Succeeded | Failed | GivenBack):
                known.add((told.run_id, message.step, message.item, message.attempt))
        return known

    def _retry_refused(self) -> None:
        at = self._monotonic()
        self._told += [told for due, told in self._refused if due <= at]
        self._refused = [(due, told) for due, told in self._refused if due > at]

    def drain(self) -> None:
        """Begin nothing more."""
        self.is_draining = True

    def give_back(self) -> None:
        """Hand back what still runs: neither a try nor a crash is used."""
        self._told += [
            Told(run_id=o.run_id, message=GivenBack(step=o.step, item=o.item, attempt=o.attempt))
            for o in self._pool.give_back()
        ]


def _wanted(key: RowKey, priority: int, *, is_tried: bool = False) -> Wanted:
    run_id, step, item = key
    return Wanted(run_id=run_id, step=step, item=item, priority=priority, is_tried=is_tried)
