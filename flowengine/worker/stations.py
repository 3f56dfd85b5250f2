"""The stations of a worker: pool, inbox and cycle tied together, and how they end."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from uuid import UUID

from flowengine.broker.base import Broker
from flowengine.broker.topology import station_queue
from flowengine.conf import settings
from flowengine.orchestration.claim import Room
from flowengine.orchestration.faults import Fault, no_fault
from flowengine.orchestration.transactional import Performed, perform
from flowengine.orchestration.work import Begun
from flowengine.store.clock import Clock
from flowengine.tasks import registry
from flowengine.tasks.attempt import Notification, current
from flowengine.worker.attempt import End, Finished, Order
from flowengine.worker.cycle import Cycle
from flowengine.worker.inbox import Inbox
from flowengine.worker.loop import Duty
from flowengine.worker.meter import Meter
from flowengine.worker.orders import order
from flowengine.worker.pool import Pool


class Stations:
    """Takes work from these stations until it is drained."""

    def __init__(
        self,
        *,
        worker: UUID,
        names: Sequence[str],
        concurrency: int,
        broker: Broker,
        clock: Clock,
        meter: Meter | None = None,
        fault: Fault = no_fault,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.names = tuple(names)
        self._worker = worker
        self._tasks = frozenset(registry.names())
        self._broker = broker
        self._clock = clock
        self._inbox = Inbox()
        self._monotonic = monotonic
        self._watched_at = float("-inf")
        self.pool = Pool(
            concurrency=concurrency,
            on_finished=self._inbox.finish,
            on_progress=self._inbox.speak,
            on_ended=(meter or Meter()).ended,
            in_transaction=self._in_transaction,
            fence_s=settings().FENCE_S,
            output_max_bytes=settings().STEP_DATA_MAX_BYTES,
        )
        self.cycle = Cycle(
            worker=worker,
            stations=self.names,
            tasks=self._tasks,
            broker=broker,
            pool=self.pool,
            clock=clock,
            inbox=self._inbox,
            fault=fault,
            monotonic=monotonic,
        )
        self._is_draining = False
        self._is_to_rest = False
        self._gives_back = False
        self._is_empty = False

    def consume(self) -> None:
        """Let the broker bring hints."""
        for name in self.names:
            self._broker.consume(
                station_queue(name), prefetch=2 * self.pool.concurrency, sink=self._inbox.deliver
            )

    def duty(self) -> Duty:
        """What the cycle's loop does."""
        return Duty(name="cycle", step=self._step, rest=self._rest, wake=self._inbox.wake)

    def lend(self, most: int) -> Room:
        """Promise a router places for first steps that it begins, at most *most*. From any thread."""
        return Room(
            worker=self._worker,
            stations=self.cycle.open,
            tasks=self._tasks,
            places=0 if self._is_to_rest else self.pool.promise(most),
        )

    def call(self, room: Room, begun: Sequence[Begun]) -> None:
        """Call what a router has begun in *room*, which is over with that. From any thread."""
        for each in begun:
            self.pool.submit(order(each, each.run.event), was_promised=True)
        self.pool.take_back(room.places - len(begun))

    def rest(self, is_to: bool) -> None:  # noqa: FBT001 - what people want, or do not
        """Take nothing for now, or take work again; what runs goes on. From any thread."""
        self._is_to_rest = is_to
        self._inbox.wake()

    def drain(self) -> None:
        """Take no more; what runs may finish. From any thread."""
        self.pool.promise_no_more()
        for name in self.names:
            self._broker.cancel(station_queue(name))
        self._is_draining = True
        self._inbox.wake()

    def give_back(self) -> None:
        """Hand back what still runs, for others to do again. From any thread."""
        self._gives_back = True
        self._inbox.wake()

    @property
    def is_empty(self) -> bool:
        """Drained: nothing runs, and all that ended is saved."""
        return self._is_empty

    def _step(self) -> bool:
        if self._is_draining:
            self.cycle.drain()
        elif self.cycle.is_resting != self._is_to_rest:
            self._rest_or_go_on()
        at = self._monotonic()
        if at - self._watched_at >= settings().POLL_S:
            self._watched_at = at
            self.cycle.watch()
        if self._gives_back:
            self._gives_back = False
            self.cycle.give_back()
        busy = self.cycle.run_once()
        self._is_empty = self.cycle.is_draining and self.pool.is_empty and self.cycle.is_idle
        return busy

    def _rest_or_go_on(self) -> None:
        """As people want: hints go to others meanwhile, those that are here as well."""
        self.cycle.is_resting = self._is_to_rest
        if not self.cycle.is_resting:
            self.consume()
            return
        for name in self.names:
            self._broker.cancel(station_queue(name))

    def _rest(self) -> None:
        self._inbox.wait(self.cycle.pause_s())

    def _in_transaction(self, order: Order, call: Callable[[], End]) -> Finished:
        """Run a ``transaction: true`` task; called in its thread."""
        which = Performed(
            run_id=order.run_id,
            step=order.step,
            item=order.item,
            attempt=order.attempt,
            said=_said_here,
        )
        ended = perform(which, call, self._clock)
        if ended.committed is not None:
            self._inbox.commit(ended.committed)
        saved = ended.committed is not None or ended.fenced
        return Finished(
            order=order,
            message=ended.message,
            notifications=ended.notifications,
            committed=saved,
        )


def _said_here() -> tuple[Notification, ...]:
    """What the task that has just run in this context has said to who watches."""
    attempt = current()
    return () if attempt is None else attempt.notifications
