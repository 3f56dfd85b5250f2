"""The pool: runs begun attempts, and watches their time.

``def`` tasks run in threads, ``async def`` tasks on one loop. The cycle drives the pool: it submits
while places are free, and calls :meth:`Pool.sweep` now and then, which is the only clock here. All
callbacks only hand over; they are called on whatever thread the end came to.

A place is free before the end is told, so that the answer to it may be the next order; an attempt
is in :meth:`Pool.running` until the end *has been* told, so that at every instant it is either there
or handed over.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from flowengine.engine.messages import Failed, GivenBack
from flowengine.engine.run import Item
from flowengine.errors import AttemptCancelled, SoftTimeout
from flowengine.store.clock import system_now
from flowengine.tasks import registry
from flowengine.tasks.attempt import Attempt, Stop, StopSign
from flowengine.tasks.registry import RegisteredTask
from flowengine.worker.attempt import (
    End,
    Finished,
    Order,
    attempt_of,
    execute,
    execute_async,
    failed,
    never_in_transaction,
)
from flowengine.worker.connections import AsyncConnections
from flowengine.worker.coroutines import Started, TaskLoop
from flowengine.worker.failure import Unfit, timed_out
from flowengine.worker.threads import TaskThreads

logger = logging.getLogger("flowengine.worker")

Key = tuple[UUID, str, Item, int]
"""Run, step, item, attempt."""
InTransaction = Callable[[Order, Callable[[], End]], Finished]
"""Runs the call, which never raises, and saves its end, in one transaction; on a ``Failed`` the
task's effects are rolled back. What it raises is how the attempt failed."""


class _Running:
    """One attempt at work."""

    __slots__ = (
        "attempt",
        "has_ended",
        "loop",
        "order",
        "soft_at",
        "started",
        "stop_sign",
        "thread",
    )

    def __init__(self, order: Order, soft_at: float) -> None:
        self.order = order
        self.soft_at = soft_at
        """Monotonic: when its time is over."""
        self.stop_sign = StopSign()
        self.attempt: Attempt
        self.has_ended = False
        """True once its end is decided: whatever comes later is ignored."""
        self.thread: threading.Thread | None = None
        self.loop: TaskLoop | None = None
        self.started: Started[End] | None = None

    @property
    def key(self) -> Key:
        return (self.order.run_id, self.order.step, self.order.item, self.order.attempt)


class Pool:
    """Runs orders; every method but :meth:`close` returns at once."""

    def __init__(
        self,
        *,
        concurrency: int,
        on_finished: Callable[[Finished], None],
        on_progress: Callable[[Order, float, str], None],
        in_transaction: InTransaction,
        on_ended: Callable[[Order, End | GivenBack, float], None] | None = None,
        fence_s: float,
        output_max_bytes: int,
        find: Callable[[str], RegisteredTask | None] = registry.get,
        now: Callable[[], datetime] = system_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """An empty pool.

        Args:
            concurrency: places; each attempt, in a thread or on the loop, takes one.
            on_finished: told of each end, exactly once; any thread.
            on_progress: told what tasks say of themselves, while they run; any thread.
            in_transaction: see :data:`InTransaction`; called in the task's thread.
            on_ended: told of each end, and how many seconds it took, for the books; any thread.
            fence_s: from the end of an attempt's time to giving it up.
            output_max_bytes: the largest output, encoded.
            find: the task of a name.
            now: the time for ``ctx.deadline``, aware, UTC: this machine's, because tasks compare it
                with that; nothing is decided by it.
            monotonic: seconds that only grow.
        """
        self.concurrency = concurrency
        self._on_finished = on_finished
        self._on_progress = on_progress
        self._in_transaction = in_transaction
        self._on_ended = on_ended
        self._now = now
        self._fence_s = fence_s
        self._output_max_bytes = output_max_bytes
        self._find = find
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._running: dict[Key, _Running] = {}
        self._busy = 0
        """Places that are taken, or promised."""
        self._promised = 0
        self._promises = True
        self._threads = TaskThreads()
        self._loop = TaskLoop()
        self.late = 0
        """Ends that came after their attempt was given up; they changed nothing."""
        self.must_recycle = False
        """True once a task was given up while it ran: its thread goes on, nobody knows at what.
        The process is to be drained and replaced."""

    @property
    def free(self) -> int:
        """How many orders may be submitted now; it only grows by itself."""
        with self._lock:
            return max(0, self.concurrency - self._busy)

    def running(self) -> tuple[Order, ...]:
        """The attempts whose end has not been told, in the order of their begin."""
        with self._lock:
            return tuple(each.order for each in self._running.values())

    def promise(self, most: int) -> int:
        """Keep places for orders that are being written; how many, at most *most*. From any thread.

        Half of the places are never promised: they are for what has waited longer.
        """
        with self._lock:
            spare = self.concurrency - self.concurrency // 2 - self._busy
            places = max(0, min(most, spare)) if self._promises else 0
            self._busy += places
            self._promised += places
            return places

    def take_back(self, places: int) -> None:
        """So many promised places are not needed. From any thread."""
        with self._lock:
            self._busy -= places
            self._promised -= places

    def promise_no_more(self) -> None:
        """What is promised stays so."""
        with self._lock:
            self._promises = False

    @property
    def is_empty(self) -> bool:
        """Nothing runs, and nothing is promised."""
        with self._lock:
            return not self._running and not self._promised

    def submit(self, order: Order, *, was_promised: bool = False) -> None:
        """Begin; its time counts from here. Whatever goes wrong is told as its end.

        From the cycle's thread; where the place *was_promised*, from any.
        """
        running = _Running(order, self._monotonic() + order.timeout.total_seconds())
        with self._lock:
            self._running[running.key] = running
            self._busy += not was_promised
            self._promised -= was_promised
        try:
            self._begin(running)
        except Exception as error:  # noqa: BLE001 - no more threads, an unknown task …
            self._end(running, Finished(order=order, message=failed(order, error)))

    def cancel(self, run_id: UUID, step: str, item: Item, attempt: int) -> bool:
        """Tell the attempt that it is not wanted any more; False = it does not run here.

        It ends at its next checkpoint, a coroutine at its next ``await``, and keeps its time limit.
        """
        with self._lock:
            running = self._running.get((run_id, step, item, attempt))
        if running is None:
            return False
        self._tell(running, AttemptCancelled("its run, or the block around its step, ends"))
        return True

    def sweep(self) -> float | None:
        """Tell attempts whose time is over, give up those that did not notice.

        Returns:
            Seconds until there is something to do again; None = nothing runs.
        """
        at = self._monotonic()
        next_at: float | None = None
        with self._lock:
            live = [each for each in self._running.values() if not each.has_ended]
        for running in live:
            fence_at = running.soft_at + self._fence_s
            if at >= fence_at:
                self._fence(running)
                continue
            if at >= running.soft_at:
                self._tell(running, SoftTimeout("the time of the step is over"))
            wanted_at = running.soft_at if at < running.soft_at else fence_at
            next_at = wanted_at if next_at is None else min(next_at, wanted_at)
        return None if next_at is None else max(0.0, next_at - at)

    def give_back(self) -> tuple[Order, ...]:
        """Give up what still runs, for others to do again; their late ends change nothing.

        The process is expected to end now: what was given up is told to stop, not stopped.
        """
        with self._lock:
            given_up = [each for each in self._running.values() if not each.has_ended]
            for running in given_up:
                running.has_ended = True
                del self._running[running.key]
            self._busy -= len(given_up)
        for running in given_up:
            self._abandon(running)
            self._tell(running, AttemptCancelled("the worker is going away"))
        return tuple(running.order for running in given_up)

    def close(self, timeout_s: float = 1.0) -> bool:
        """End the threads and the loop (blocks); False = some still work, and end with the process.

        After False, end the process by ``os._exit``: Python waits for some threads at its own end.
        """
        threads_ended = self._threads.close(timeout_s)
        return self._loop.close(timeout_s) and threads_ended

    # -- beginning ----------------------------------------------------------------------------

    def _begin(self, running: _Running) -> None:
        order = running.order
        task = self._find(order.task)
        if task is None:
            raise Unfit("UnknownTask", f"no task {order.task!r} is registered here", fe="FE115")
        if task.is_async and order.transaction:
            raise never_in_transaction(task)
        running.attempt = attempt_of(
            order,
            deadline=self._deadline(order.timeout),
            stop_sign=running.stop_sign,
            on_progress=partial(self._progress, running),
        )
        if task.is_async:
            running.loop = loop = self._loop
            running.started = loop.run(
                partial(self._work_async, running, task), partial(self._async_end, running)
            )
        else:
            self._threads.run(partial(self._work, running, task))

    def _deadline(self, timeout: timedelta) -> datetime:
        return self._now() + timeout

    def _work(self, running: _Running, task: RegisteredTask) -> Callable[[], None]:
        """The attempt in its thread; gives the report of its end."""
        order = running.order
        running.thread = threading.current_thread()
        call = partial(
            execute, order, task, running.attempt, output_max_bytes=self._output_max_bytes
        )
        if not order.transaction:
            return partial(self._end, running, _finished(running, call()))
        try:
            finished = self._in_transaction(order, call)
        except BaseException as error:  # noqa: BLE001 - a deferred constraint refuses at the commit
            finished = _finished(running, failed(order, error, running.attempt))
        return partial(self._end, running, finished)

    async def _work_async(self, running: _Running, task: RegisteredTask) -> End:
        async with AsyncConnections():
            return await execute_async(
                running.order, task, running.attempt, output_max_bytes=self._output_max_bytes
            )

    def _async_end(self, running: _Running, ended: asyncio.Task[End]) -> None:
        order = running.order
        # Cancelled before its first step, a coroutine never comes to its own except clause.
        error = asyncio.CancelledError() if ended.cancelled() else ended.exception()
        message = ended.result() if error is None else failed(order, error, running.attempt)
        self._end(running, _finished(running, message))

    # -- ending -------------------------------------------------------------------------------

    def _end(self, running: _Running, finished: Finished) -> None:
        """Tell the end, unless it has been decided; what comes too late is counted."""
        if self._decide(running):
            self._report(running, finished)
        else:
            with self._lock:
                self.late += 1

    def _fence(self, running: _Running) -> None:
        """Give up an attempt that did not notice the end of its time."""
        if not self._decide(running):
            return
        self.must_recycle = True
        self._abandon(running)
        self._tell(running, SoftTimeout("the time of the step is over"))
        order = running.order
        log = running.attempt.kept_log.text()
        failure = timed_out(order.timeout, fenced_after_s=self._fence_s, log=log)
        message = Failed(step=order.step, item=order.item, attempt=order.attempt, failure=failure)
        self._report(running, Finished(order=order, message=message))

    def _decide(self, running: _Running) -> bool:
        """Only the first end counts: True for that one; its place is free now."""
        with self._lock:
            if running.has_ended:
                return False
            running.has_ended = True
            self._busy -= 1
            return True

    def _report(self, running: _Running, finished: Finished) -> None:
        _log(finished)
        if self._on_ended is not None:
            began_at = running.soft_at - running.order.timeout.total_seconds()
            self._on_ended(running.order, finished.message, self._monotonic() - began_at)
        try:
            self._on_finished(finished)
        except Exception:
            # The attempt stays in the database as running: a rescuer finds it when we are gone.
            logger.exception("the end of an attempt could not be handed over")
        finally:
            with self._lock:
                self._running.pop(running.key, None)

    def _abandon(self, running: _Running) -> None:
        """Let nothing new depend on the thread, or the loop, that it holds."""
        if running.thread is not None:
            self._threads.abandon(running.thread)
        if running.loop is self._loop:
            # It swallowed its cancellation, or it blocks the loop for all.
            self._loop = TaskLoop()

    def _tell(self, running: _Running, stop: Stop) -> None:
        if running.stop_sign.put_up(stop) and running.loop and running.started:
            running.loop.cancel(running.started)

    def _progress(self, running: _Running, fraction: float, note: str) -> None:
        if not running.has_ended:
            self._on_progress(running.order, fraction, note)


def _finished(running: _Running, message: End) -> Finished:
    """How an attempt has ended by itself, with what it said."""
    return Finished(
        order=running.order, message=message, notifications=running.attempt.notifications
    )


def _log(finished: Finished) -> None:
    order, message = finished.order, finished.message
    if not isinstance(message, Failed):
        return
    failure = message.failure
    logger.log(
        logging.INFO if failure.code == "Cancelled" else logging.WARNING,
        "task %s failed: %s: %s\n%s",
        order.task,
        failure.code,
        failure.message,
        failure.traceback,
        extra={
            "run": str(order.run_id),
            "step": order.step,
            "item": order.item,
            "attempt": order.attempt,
            "event": str(order.event.id),
        },
    )
