from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NoReturn
from uuid import UUID

import msgspec
import pytest

from flowengine.engine.messages import Failed, Succeeded
from flowengine.errors import AttemptCancelled, Permanent, RetryAfter, SoftTimeout
from flowengine.tasks import Attempt, current
from flowengine.tasks.attempt import StopSign
from flowengine.worker.attempt import End, Order, execute, execute_async
from tests.builders.events import NOON
from tests.unit.worker.orders import a_task, an_order, failure

LIMIT = 256 * 1024


def run(function: Callable[..., Any], given: Any = None, **fields: Any) -> End:
    order = an_order(given, **fields)
    return Context().run(
        execute, order, a_task(function), attempt_of(order), output_max_bytes=LIMIT
    )


async def run_async(function: Callable[..., Any], sign: StopSign | None = None) -> End:
    order = an_order()
    attempt = attempt_of(order, sign)
    return await execute_async(order, a_task(function), attempt, output_max_bytes=LIMIT)


def attempt_of(order: Order, sign: StopSign | None = None) -> Attempt:
    return Attempt(
        run_id=order.run_id,
        step=order.step,
        attempt=order.attempt,
        event=order.event,
        deadline=NOON,
        stop_sign=sign,
    )


def test_task_is_called_by_name_and_its_result_is_the_output() -> None:
    def charge(order_id: int, amount: str, note: str = "none") -> dict[str, Any]:
        return {"charged": [order_id, amount, note]}

    message = run(charge, {"order_id": 42, "amount": "12.30"})

    assert message == Succeeded(step="charge", attempt=1, output={"charged": [42, "12.30", "none"]})


def test_task_without_parameters_takes_an_empty_input() -> None:
    assert run(lambda_of("done")) == Succeeded(step="charge", attempt=1, output="done")


def test_task_receives_its_attempt_and_finds_it_below() -> None:
    def charge(ctx: Attempt) -> list[Any]:
        return [ctx.step, current() is ctx]

    message = run(charge)

    assert message == Succeeded(step="charge", attempt=1, output=["charge", True])


async def test_coroutine_is_awaited_and_finds_its_attempt() -> None:
    async def charge(ctx: Attempt) -> bool:
        await asyncio.sleep(0)
        return current() is ctx

    assert await run_async(charge) == Succeeded(step="charge", attempt=1, output=True)


def test_annotated_values_are_converted_and_others_stay_json() -> None:
    seen: list[Any] = []

    def charge(at: datetime, day: date, price: Decimal | None, key: UUID, untyped: Any) -> None:
        seen.extend([at, day, price, key, untyped])

    run(
        charge,
        {
            "at": "2026-03-02T12:00:00Z",
            "day": "2026-03-02",
            "price": 12,
            "key": str(UUID(int=1)),
            "untyped": "2026-03-02",
        },
    )

    assert seen == [NOON, NOON.date(), Decimal(12), UUID(int=1), "2026-03-02"]


@pytest.mark.parametrize(
    ("given", "problem", "fe"),
    [
        ({"order_id": 1}, "needs 'at', which nothing gave it", "FE127"),
        ({"order_id": 1, "at": "2026-03-02", "no": 1}, "does not take 'no'", "FE110"),
        ({"order_id": 1, "at": "2026-03-02", "ctx": 1}, "'ctx' is not given by a step", "FE110"),
        ({"order_id": 1, "at": "noon"}, "shop.charge, 'at': Invalid RFC3339", "FE112"),
        ([1], "the input of shop.charge is no mapping", "FE112"),
    ],
)
def test_input_that_does_not_fit_the_function_fails_without_calling_it(
    given: Any, problem: str, fe: str
) -> None:
    def charge(order_id: int, at: date, ctx: Attempt) -> NoReturn:
        raise AssertionError("it was called")

    failed = failure(run(charge, given))

    assert failed.code == "InvalidInput"
    assert problem in failed.message
    assert failed.fe == fe
    assert failed.permanent


def test_collector_takes_what_no_parameter_names() -> None:
    def charge(order_id: int, **kwargs: Any) -> dict[str, Any]:
        return kwargs

    assert run(charge, {"order_id": 1, "more": 2}) == Succeeded(
        step="charge", attempt=1, output={"more": 2}
    )


def test_exception_is_kept_with_its_bases_and_the_tasks_own_traceback() -> None:
    class CardDeclined(ValueError):
        pass

    def charge() -> NoReturn:
        raise CardDeclined("no funds")

    failed = failure(run(charge))

    assert failed.code == "CardDeclined"
    assert failed.message == "no funds"
    assert failed.bases == ("ValueError", "Exception", "BaseException")
    assert failed.fe == "FE421"
    assert not failed.permanent
    assert 'raise CardDeclined("no funds")' in failed.traceback
    assert "worker/attempt.py" not in failed.traceback


def test_permanent_failure_says_so_and_keeps_its_details() -> None:
    class NoSuchOrder(Permanent):
        pass

    def charge() -> NoReturn:
        raise NoSuchOrder("order 42", details={"order": 42, "price": Decimal("1.5")})

    failed = failure(run(charge))

    assert failed.code == "NoSuchOrder"
    assert "Permanent" in failed.bases
    assert failed.permanent
    assert failed.details == {"order": 42, "price": "1.5"}


def test_details_that_are_no_json_are_left_out() -> None:
    def charge() -> NoReturn:
        raise Permanent("no", details=object())

    assert failure(run(charge)).details is None


@pytest.mark.parametrize(
    ("asked", "kept"),
    [(30, 30.0), (-5, 0.0), (float("nan"), None), (float("inf"), 366 * 86400.0)],
)
def test_wanted_delay_is_kept_as_a_number_that_time_can_be_added_to(
    asked: float, kept: float | None
) -> None:
    def charge() -> NoReturn:
        raise RetryAfter(asked)

    assert failure(run(charge)).retry_after_s == kept


def test_time_over_at_a_checkpoint_is_a_timeout() -> None:
    def charge() -> NoReturn:
        raise SoftTimeout("over")

    failed = failure(run(charge, timeout=timedelta(seconds=90)))

    assert failed.code == "Timeout"
    assert failed.message == "its time of 90 s was over"


def test_cancel_at_a_checkpoint_is_cancelled() -> None:
    def charge() -> NoReturn:
        raise AttemptCancelled("the run was cancelled")

    assert failure(run(charge)).code == "Cancelled"


async def test_cancelled_coroutine_ended_for_the_reason_of_its_stop_sign() -> None:
    async def charge() -> NoReturn:
        raise asyncio.CancelledError

    over, cancelled = StopSign(), StopSign()
    over.put_up(SoftTimeout("over"))
    cancelled.put_up(AttemptCancelled("cancelled"))

    assert failure(await run_async(charge, over)).code == "Timeout"
    assert failure(await run_async(charge, cancelled)).code == "Cancelled"
    assert failure(await run_async(charge)).code == "CancelledError"


def test_coroutine_that_a_plain_task_returns_is_refused_and_ended() -> None:
    async def forgotten() -> None: ...

    def charge() -> Any:
        return forgotten()

    failed = failure(run(charge))
    gc.collect()  # a coroutine that nobody ended would warn here

    assert failed.code == "InvalidOutput"
    assert failed.fe == "FE422"
    assert "nobody awaited" in failed.message


def test_output_above_the_limit_is_refused_with_both_sizes() -> None:
    failed = failure(run(lambda_of("x" * (300 * 1024))))

    assert failed.code == "PayloadTooLarge"
    assert failed.fe == "FE423"
    assert failed.permanent
    assert "the output of 'charge' is more than 300 KiB; the limit is 256 KiB" in failed.message


class TextRaises(Exception):
    def __str__(self) -> str:
        raise SystemExit(3)


class CauseRaises(Exception):
    @property
    def __cause__(self) -> Any:
        raise KeyError("never")

    @__cause__.setter
    def __cause__(self, value: Any) -> None: ...


@dataclass
class FieldRaises:
    bad: int = 0

    def __getattribute__(self, name: str) -> Any:
        if name == "bad":
            raise KeyError("field")
        return object.__getattribute__(self, name)


def recursion() -> Any:
    return recursion()


def circular() -> Any:
    value: list[Any] = []
    value.append(value)
    return value


def raising(error: BaseException) -> Callable[[], Any]:
    def task() -> NoReturn:
        raise error

    return task


def lambda_of(value: Any) -> Callable[[], Any]:
    def task() -> Any:
        return value

    return task


NASTY: dict[str, tuple[Callable[[], Any], str]] = {
    "system exit": (lambda: sys.exit(1), "SystemExit"),
    "keyboard interrupt": (raising(KeyboardInterrupt()), "KeyboardInterrupt"),
    "generator exit": (raising(GeneratorExit()), "GeneratorExit"),
    "base exception": (raising(BaseException("bare")), "BaseException"),
    "stop iteration": (raising(StopIteration(1)), "StopIteration"),
    "cancelled error": (raising(asyncio.CancelledError()), "CancelledError"),
    "memory error": (raising(MemoryError()), "MemoryError"),
    "group": (raising(ExceptionGroup("many", [ValueError(1)])), "ExceptionGroup"),
    "endless recursion": (recursion, "RecursionError"),
    "text that raises": (raising(TextRaises()), "TextRaises"),
    "cause that raises": (raising(CauseRaises()), "CauseRaises"),
    "huge message": (raising(ValueError("x" * 10_000_000)), "ValueError"),
    "surrogate message": (raising(ValueError("\ud800\x00")), "ValueError"),
    "field that raises": (lambda_of(FieldRaises()), "KeyError"),
    "nan": (lambda_of({"a": float("nan")}), "InvalidOutput"),
    "circular": (circular, "InvalidOutput"),
    "generator": (lambda: (n for n in range(3)), "InvalidOutput"),
    "lambda": (lambda_of(lambda: 1), "InvalidOutput"),
    "set": (lambda_of({1}), "InvalidOutput"),
    "bytes": (lambda_of(b"x"), "InvalidOutput"),
    "integer key": (lambda_of({1: 1}), "InvalidOutput"),
    "huge integer": (lambda_of(10**5000), "InvalidOutput"),
    "surrogate": (lambda_of("\ud800"), "InvalidOutput"),
    "nul": (lambda_of("a\x00b"), "InvalidOutput"),
    "100 MB": (lambda: "x" * 100_000_000, "PayloadTooLarge"),
    "assertion": (raising(AssertionError()), "AssertionError"),
    "exit of the interpreter's kind": (raising(SystemExit("text")), "SystemExit"),
}


@pytest.mark.parametrize("name", NASTY)
def test_nasty_task_ends_as_one_storable_failure(name: str) -> None:
    function, code = NASTY[name]

    failed = failure(run(function))

    assert failed.code == code
    assert len(failed.message) <= 2_100
    assert len(failed.traceback) <= 17_000
    assert "\x00" not in failed.message + failed.traceback
    msgspec.json.encode(failed)


@pytest.mark.parametrize("name", NASTY)
async def test_nasty_coroutine_ends_as_one_storable_failure(name: str) -> None:
    function, code = NASTY[name]

    async def charge() -> Any:
        await asyncio.sleep(0)
        return function()

    failed = failure(await run_async(charge))

    # Python itself turns a StopIteration inside a coroutine into a RuntimeError.
    assert failed.code == ("RuntimeError" if name == "stop iteration" else code)


def test_exception_that_ends_threads_is_explained() -> None:
    failed = failure(run(raising(SystemExit(1))))

    assert failed.message == "the task raised SystemExit(1), which ends threads, not attempts"


def test_message_of_an_attempt_names_its_number() -> None:
    assert run(raising(ValueError()), attempt=7) == Failed(
        step="charge", attempt=7, failure=failure(run(raising(ValueError())))
    )
