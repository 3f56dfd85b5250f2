"""One attempt, from its order to its end: fill, call, normalise.

Tasks are foreign code. Whatever one does (raises what ends threads, returns what no JSON holds,
recurses without end), its attempt ends as one message for the engine; nothing leaves this file as
an exception.
"""

from __future__ import annotations

import inspect
from asyncio import CancelledError
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from flowengine.engine.event import Event
from flowengine.engine.identity import undone_key
from flowengine.engine.messages import Failed, GivenBack, Succeeded
from flowengine.engine.run import Item, Run
from flowengine.tasks.attempt import Attempt, Notification, StopSign, enter
from flowengine.tasks.registry import RegisteredTask
from flowengine.worker import output
from flowengine.worker.failure import Unfit, failure_of
from flowengine.worker.logs import listen

End = Succeeded | Failed
"""How an attempt ends."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What the pool is to do: one begun attempt."""

    run_id: UUID
    keys: UUID | None = None
    """What the run's idempotency keys are made of; None = of its id."""
    step: str
    item: Item = ""
    attempt: int
    """Its number, the fence."""
    task: str
    """The name of the task."""
    input: Any
    """Parameter -> plain JSON; None = no input."""
    timeout: timedelta
    """Of this one try, from now."""
    transaction: bool = False
    """Run it, and save its end, in one transaction."""
    workflow: str
    event: Event
    station: str
    handed: int = 0
    """How often in a row its place was handed on to get here."""
    seen: Run | None = None
    """Its run as it was when it began; None = that was not kept."""


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """An order whose attempt has ended."""

    order: Order
    message: End | GivenBack
    """Given back only by a transaction whose end could not be found out."""
    notifications: tuple[Notification, ...] = ()
    """What the task has said to who watches."""
    committed: bool = False
    """True = nothing is left to decide: it was applied in the task's own transaction."""


def attempt_of(
    order: Order,
    *,
    deadline: datetime,
    stop_sign: StopSign,
    on_progress: Callable[[float, str], None],
) -> Attempt:
    """What the task of that order is given."""
    return Attempt(
        run_id=order.run_id,
        keys=order.keys,
        step=order.step,
        item=order.item,
        attempt=order.attempt,
        workflow=order.workflow,
        event=order.event,
        deadline=deadline,
        undoes=undone_key(order.keys or order.run_id, order.step, order.item),
        stop_sign=stop_sign,
        on_progress=on_progress,
    )


def never_in_transaction(task: RegisteredTask) -> Unfit:
    """Why a task that is an ``async def`` is not called where its step wants a transaction."""
    return Unfit(
        "NotInTransaction",
        f"task {task.name!r} cannot run in a transaction: it is an async def",
        fe="FE126",
    )


def execute(order: Order, task: RegisteredTask, attempt: Attempt, *, output_max_bytes: int) -> End:
    """Run a ``def`` task in this thread and context to its end.

    Catches everything, ``SystemExit`` and its like too. The caller owns the context.
    """
    listen()
    try:
        enter(attempt)
        value = task.function(**arguments(order, task, attempt))
        return _succeeded(order, value, output_max_bytes)
    except BaseException as error:  # noqa: BLE001 - foreign code, see above
        return failed(order, error, attempt)


async def execute_async(
    order: Order, task: RegisteredTask, attempt: Attempt, *, output_max_bytes: int
) -> End:
    """The same for an ``async def`` task, on the running loop."""
    listen()
    try:
        enter(attempt)
        value = await task.function(**arguments(order, task, attempt))
        return _succeeded(order, value, output_max_bytes)
    except BaseException as error:  # noqa: BLE001 - foreign code, see above
        return failed(order, error, attempt)


def arguments(order: Order, task: RegisteredTask, attempt: Attempt) -> dict[str, Any]:
    """What the function is called with.

    Raises:
        Unfit: ``InvalidInput``; the code of the task has changed since the step became ready.
    """
    given = {} if order.input is None else order.input
    if not isinstance(given, Mapping):
        raise Unfit("InvalidInput", f"the input of {task.name} is no mapping", fe="FE112")
    _check_names(given, task)
    result = {name: _converted(name, value, task) for name, value in given.items()}
    if task.context is not None:
        result[task.context] = attempt
    return result


def failed(order: Order, error: BaseException, attempt: Attempt | None = None) -> Failed:
    """The message of an attempt that ended in *error*, with what it has logged.

    A coroutine that was cancelled because its stop sign is up ended for the sign's reason.
    """
    if isinstance(error, CancelledError) and attempt is not None and attempt.stop is not None:
        error = attempt.stop
    failure = failure_of(error, timeout=order.timeout)
    if attempt is not None:
        failure = replace(failure, log=attempt.kept_log.text())
    return Failed(step=order.step, item=order.item, attempt=order.attempt, failure=failure)


def _check_names(given: Mapping[str, Any], task: RegisteredTask) -> None:
    signature = task.signature
    missing = [name for name in signature.required if name not in given]
    if missing:
        raise Unfit(
            "InvalidInput", f"{task.name} needs {missing[0]!r}, which nothing gave it", fe="FE127"
        )
    unknown = given.keys() - {*signature.required, *signature.optional}
    if task.context in unknown:
        raise Unfit("InvalidInput", f"{task.context!r} is not given by a step", fe="FE110")
    if unknown and not signature.extra:
        raise Unfit("InvalidInput", f"{task.name} does not take {min(unknown)!r}", fe="FE110")


def _converted(name: str, value: Any, task: RegisteredTask) -> Any:
    if name not in task.conversions:
        return value
    try:
        return msgspec.convert(value, task.conversions[name], strict=False)
    except msgspec.ValidationError as error:
        raise Unfit("InvalidInput", f"{task.name}, {name!r}: {error}", fe="FE112") from None


def _succeeded(order: Order, value: Any, output_max_bytes: int) -> Succeeded:
    try:
        plain = output.plain(value, size_max_bytes=output_max_bytes)
    except output.NotJson as error:
        _close(value)
        raise Unfit(
            "InvalidOutput",
            f"{order.task} returned what is not JSON at {error.path}: {error.problem}",
            fe="FE422",
        ) from None
    except output.TooLarge as error:
        least = "" if error.is_exact else "more than "
        raise Unfit(
            "PayloadTooLarge",
            f"the output of {order.step!r} is {least}{error.size_bytes / 1024:.0f} KiB; the limit "
            f"is {output_max_bytes / 1024:.0f} KiB: store it and return a reference",
            fe="FE423",
        ) from None
    return Succeeded(step=order.step, item=order.item, attempt=order.attempt, output=plain)


def _close(value: Any) -> None:
    """End a coroutine that a plain ``def`` returned, which would complain when it is forgotten."""
    if inspect.iscoroutine(value) or inspect.isgenerator(value):
        value.close()
