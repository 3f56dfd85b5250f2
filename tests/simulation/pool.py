"""User code, as a worker's pool sees it: it returns, raises, hangs, or takes the process with it.

The pool has the doors of :class:`flowengine.worker.pool.Pool`; its attempts are threads of the
scheduler. What became of every attempt is kept in a book, against which the runs are held at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol
from uuid import UUID

from flowengine.engine.messages import Failed, Succeeded
from flowengine.engine.run import Failure
from flowengine.worker.attempt import End, Finished, Order
from tests.simulation.generator import CODES
from tests.simulation.scheduler import Scheduler, Thread
from tests.simulation.stores import Effect

Key = tuple[UUID, str, str, int]


@dataclass(slots=True)
class Temper:
    """How user code behaves in one schedule."""

    random: Random
    fails: float = 0.0
    hangs: float = 0.0
    dies: float = 0.0
    slow_s: float = 0.0
    """It takes up to so many seconds."""
    poison: str | None = None
    """The step whose code always takes its process with it."""
    is_mild: bool = False
    """True in the time of healing: it comes to an end, though not always a good one."""

    def __post_init__(self) -> None:
        self.fails = self.random.choice([0.0, 0.1, 0.1, 0.4])
        self.hangs = self.random.choice([0.0, 0.0, 0.05, 0.2])
        self.dies = self.random.choice([0.0, 0.0, 0.01, 0.1])
        self.slow_s = self.random.choice([0.0, 0.5, 8.0, 20.0])
        self.poison = self.random.choice([None, None, None, None, "s1", "s2"])

    def end(self, order: Order) -> End | None:
        """How this attempt ends; None = it hangs."""
        if self.random.random() < self.fails:
            failure = Failure(
                code=self.random.choice(CODES), message="no", permanent=self.random.random() < 0.1
            )
            return Failed(step=order.step, item=order.item, attempt=order.attempt, failure=failure)
        if not self.is_mild and self.random.random() < self.hangs:
            return None
        output = self.random.choice([None, {"a": 1}, *[{"a": order.attempt}] * 3])
        return Succeeded(step=order.step, item=order.item, attempt=order.attempt, output=output)

    def is_deadly(self, order: Order) -> bool:
        """The attempt takes its process with it."""
        if order.step == self.poison:
            return True
        return not self.is_mild and self.random.random() < self.dies

    def pause_s(self) -> float:
        """How long it takes."""
        return self.random.random() * self.slow_s


@dataclass(slots=True)
class Book:
    """What user code did, in all processes."""

    called: list[Key] = field(default_factory=list)
    """Attempts whose function was called."""
    returned: dict[Key, Any] = field(default_factory=dict)
    """What it returned, by attempt."""


@dataclass(slots=True, eq=False)
class _Running:
    order: Order
    soft_at: float
    thread: Thread | None = None
    has_ended: bool = False
    is_cancelled: bool = False


class Mortal(Protocol):
    """What may die."""

    def die(self) -> None:
        """End here, whatever it was in the midst of."""
        ...


class SimulatedPool:
    """Runs orders in threads of the scheduler."""

    def __init__(
        self,
        *,
        concurrency: int,
        on_finished: Callable[[Finished], None],
        in_transaction: Callable[[Order, Callable[[], End]], Finished],
        fence_s: float,
        scheduler: Scheduler,
        temper: Temper,
        book: Book,
        owner: Mortal,
        count: Callable[[Effect], None],
        **_rest: Any,
    ) -> None:
        """An empty pool.

        Args:
            concurrency: places.
            on_finished: told of each end.
            in_transaction: runs a call, and saves its end, in one transaction.
            fence_s: from the end of an attempt's time to giving it up.
            scheduler: gives the attempts their turns.
            temper: how user code behaves.
            book: what user code did.
            owner: the process that this pool is in.
            count: an effect in the database, in the open transaction.
        """
        self.concurrency = concurrency
        self.must_recycle = False
        self.late = 0
        self._on_finished = on_finished
        self._in_transaction = in_transaction
        self._fence_s = fence_s
        self._scheduler = scheduler
        self._temper = temper
        self._book = book
        self._owner = owner
        self._count = count
        self._running: dict[Key, _Running] = {}
        self._promised = 0
        self._promises = True

    @property
    def free(self) -> int:
        """Free places."""
        return max(0, self.concurrency - len(self._running) - self._promised)

    @property
    def is_empty(self) -> bool:
        """Nothing runs, and nothing is promised."""
        return not self._running and not self._promised

    def promise(self, most: int) -> int:
        """Keep places for what is being begun."""
        spare = self.concurrency - self.concurrency // 2 - len(self._running) - self._promised
        places = max(0, min(most, spare)) if self._promises else 0
        self._promised += places
        return places

    def take_back(self, places: int) -> None:
        """So many are not needed."""
        self._promised -= places

    def promise_no_more(self) -> None:
        """What is promised stays so."""
        self._promises = False

    def running(self) -> tuple[Order, ...]:
        """What is at work."""
        return tuple(each.order for each in self._running.values())

    def threads(self) -> list[Thread]:
        """Those of the attempts at work."""
        return [each.thread for each in self._running.values() if each.thread is not None]

    def submit(self, order: Order, *, was_promised: bool = False) -> None:
        """Call user code; its first turn comes when the scheduler says so."""
        self._promised -= was_promised
        at = self._scheduler.clock.seconds
        running = _Running(order, at + order.timeout.total_seconds())
        self._running[_key(order)] = running
        running.thread = self._scheduler.start(
            f"attempt {order.step}.{order.item}",
            lambda: self._work(running),
            owner=self._owner,
        )
        running.thread.wakes_at = at + self._temper.pause_s()

    def cancel(self, run_id: UUID, step: str, attempt: int, item: str = "") -> bool:
        """Its code meets this at its next checkpoint."""
        running = self._running.get((run_id, step, item, attempt))
        if running is None:
            return False
        running.is_cancelled = True
        if running.thread is not None:
            running.thread.wake()
        return True

    def sweep(self) -> float | None:
        """Give up what is out of time."""
        at = self._scheduler.clock.seconds
        for running in list(self._running.values()):
            if at >= running.soft_at + self._fence_s:
                self._end(running, _failed(running.order, "Timeout"))
        return None

    def give_back(self) -> tuple[Order, ...]:
        """Give up what runs; its late end changes nothing."""
        given = [each for each in self._running.values() if not each.has_ended]
        for running in given:
            running.has_ended = True
        self._running.clear()
        return tuple(each.order for each in given)

    def close(self, timeout_s: float = 1.0) -> bool:
        """Nothing is left of it."""
        return True

    def _work(self, running: _Running) -> float | None:
        """One turn of user code."""
        order = running.order
        if running.has_ended:
            return None
        if running.is_cancelled:
            self._end(running, _failed(order, "Cancelled"))
            return None
        self._book.called.append(_key(order))
        if self._temper.is_deadly(order):
            self._owner.die()
        if order.transaction:
            finished = self._in_transaction(order, lambda: self._in_database(running))
            self._end(running, finished.message, committed=finished.committed)
            return None
        ended = self._temper.end(order)
        if ended is None:
            return self._hang(running)
        self._note(order, ended)
        self._scheduler.pass_point("attempt.called")
        self._end(running, ended)
        return None

    def _hang(self, running: _Running) -> float:
        """Until it is given up: ``sweep`` says the rest."""
        return max(0.0, running.soft_at + self._fence_s - self._scheduler.clock.seconds) + 0.1

    def _in_database(self, running: _Running) -> End:
        order = running.order
        ended = self._temper.end(order)
        if ended is None:  # it comes too late, and does not know it
            more_s = self._temper.random.choice([0.0, 5.0, 40.0])
            self._scheduler.sleep(self._hang(running) + more_s)
            late = {"late": order.attempt}
            ended = Succeeded(step=order.step, item=order.item, attempt=order.attempt, output=late)
        self._note(order, ended)
        self._count((order.run_id, order.step, order.item))
        return ended

    def _note(self, order: Order, ended: End | None) -> None:
        if isinstance(ended, Succeeded):
            self._book.returned[_key(order)] = ended.output

    def _end(self, running: _Running, message: Any, *, committed: bool = False) -> None:
        if running.has_ended:
            self.late += 1
            return
        running.has_ended = True
        del self._running[_key(running.order)]
        self._on_finished(Finished(order=running.order, message=message, committed=committed))


def _key(order: Order) -> Key:
    return (order.run_id, order.step, order.item, order.attempt)


def _failed(order: Order, code: str) -> Failed:
    failure = Failure(code=code, message="it was not done", permanent=code == "Cancelled")
    return Failed(step=order.step, item=order.item, attempt=order.attempt, failure=failure)
