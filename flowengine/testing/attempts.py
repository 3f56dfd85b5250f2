"""Calling begun attempts in the test's own thread and on its own connection."""

from __future__ import annotations

import dataclasses
import difflib
from asyncio import CancelledError
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from asgiref.sync import async_to_sync, iscoroutinefunction
from django.db import Error, transaction

from flowengine.conf import settings
from flowengine.errors import SoftTimeout
from flowengine.orchestration import transactional
from flowengine.orchestration.work import Begun, Progress
from flowengine.store import sql
from flowengine.tasks import registry
from flowengine.tasks.attempt import Notification, StopSign
from flowengine.tasks.registry import RegisteredTask
from flowengine.testing.clock import SetClock
from flowengine.worker.attempt import (
    End,
    Order,
    attempt_of,
    execute,
    execute_async,
    failed,
    never_in_transaction,
)
from flowengine.worker.orders import order as order_of


@dataclasses.dataclass(slots=True)
class _Call:
    """One attempt at work."""

    order: Order
    deadline: datetime
    stop_sign: StopSign = dataclasses.field(default_factory=StopSign)
    said: Progress | None = None
    notifications: tuple[Notification, ...] = ()


class Attempts:
    """Calls tasks, one after another; what a test put in a task's place is called instead."""

    def __init__(self, clock: SetClock) -> None:
        self._clock = clock
        self._fakes: dict[str, RegisteredTask] = {}
        self._call: _Call | None = None

    @property
    def is_working(self) -> bool:
        """A task is being called: the present code runs inside it."""
        return self._call is not None

    def fake(self, name: str, function: Callable[..., Any]) -> None:
        """Call *function* for the task *name*, which keeps its declared parameters."""
        self._fakes[name] = dataclasses.replace(
            _registered(name), function=function, is_async=iscoroutinefunction(function)
        )

    def look_at_clock(self) -> None:
        """The clock was moved from inside a task: its time may be over."""
        if self._call is not None and self._clock.now() >= self._call.deadline:
            self._call.stop_sign.put_up(SoftTimeout("the time of the step is over"))

    def perform(self, begun: Begun) -> tuple[transactional.Ended, Progress | None]:
        """Call the task of a begun attempt: how it ended, and what it last said of itself."""
        order = order_of(begun, begun.run.event)
        call = self._call = _Call(order, self._clock.now() + order.timeout)
        task = self._fakes.get(order.task) or _registered(order.task)
        try:
            if order.transaction:
                ended = self._in_transaction(call, task)
            else:
                with _statement_errors_contained():
                    message = self._end(call, task)
                ended = transactional.Ended(message=message, notifications=call.notifications)
        finally:
            self._call = None
        return ended, call.said

    def _in_transaction(self, call: _Call, task: RegisteredTask) -> transactional.Ended:
        order = call.order
        if task.is_async:
            return transactional.Ended(message=failed(order, never_in_transaction(task)))
        which = transactional.Performed(
            run_id=order.run_id,
            step=order.step,
            item=order.item,
            attempt=order.attempt,
            said=lambda: call.notifications,
        )
        return transactional.perform(which, partial(self._end, call, task), self._clock)

    def _end(self, call: _Call, task: RegisteredTask) -> End:
        """The message of the attempt's end. What ends a test (ctrl-c, ``pytest.fail``) is raised."""
        order = call.order
        attempt = attempt_of(
            order,
            deadline=call.deadline,
            stop_sign=call.stop_sign,
            on_progress=partial(self._said, call),
        )
        ending: list[BaseException] = []
        run = async_to_sync(execute_async) if task.is_async else execute
        # A fresh context, as in a worker's thread: what the task sets in it ends with it.
        message: End = Context().run(
            run,
            order,
            _watched(task, ending),
            attempt,
            output_max_bytes=settings().STEP_DATA_MAX_BYTES,
        )
        if ending:
            raise ending[0]
        call.notifications = attempt.notifications
        if self._clock.now() >= call.deadline + timedelta(seconds=settings().FENCE_S):
            # A worker would have given the attempt up: whatever it says now comes too late.
            return failed(order, SoftTimeout("the time of the step is over"))
        return message

    def _said(self, call: _Call, fraction: float, note: str) -> None:
        order = call.order
        call.said = Progress(
            run_id=order.run_id,
            step=order.step,
            attempt=order.attempt,
            item=order.item,
            fraction=fraction,
            note=note,
        )


def _registered(name: str) -> RegisteredTask:
    task = registry.get(name)
    if task is None:
        near = difflib.get_close_matches(name, registry.names(), n=1)
        way = f"did you mean {near[0]!r}?" if near else "is its tasks.py in an installed app?"
        raise LookupError(f"no task {name!r} is registered; {way}")
    return task


def _watched(task: RegisteredTask, ending: list[BaseException]) -> RegisteredTask:
    """The task, with a note of what is no failure of it but the end of the test."""

    @contextmanager
    def noting() -> Iterator[None]:
        try:
            yield
        except (Exception, SystemExit, CancelledError):
            raise
        except BaseException as error:
            ending.append(error)
            raise

    def call(**inputs: Any) -> Any:
        with noting():
            return task.function(**inputs)

    async def acall(**inputs: Any) -> Any:
        with noting():
            return await task.function(**inputs)

    return dataclasses.replace(task, function=acall if task.is_async else call)


@contextmanager
def _statement_errors_contained() -> Iterator[None]:
    """A refused statement of a task must not spoil the transaction of the test around it.

    In production a task has its own connection, in autocommit: what it wrote before a refused
    statement stays. Here that is lost, because PostgreSQL can only go back to a savepoint.
    """
    alias = settings().DATABASE
    connection = sql.connection()
    if not connection.in_atomic_block:
        yield
        return
    savepoint = connection.savepoint()  # what transaction's function, renamed in 6.1, calls
    assert savepoint is not None, "in an atomic block there can be one"
    yield
    try:
        if connection.needs_rollback:
            raise transaction.TransactionManagementError
        transaction.savepoint_commit(savepoint, using=alias)
    except Error:
        transaction.set_rollback(False, using=alias)
        transaction.savepoint_rollback(savepoint, using=alias)
