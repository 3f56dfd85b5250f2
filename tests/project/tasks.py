"""Tasks that leave a mark each time they run, so that tests can count what really happened."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from flowengine import Attempt, Permanent, RetryAfter, task
from tests.project.models import Mark


class Flaky(Exception):
    """Goes away when tried again."""


@task(name="line.nothing")
def nothing() -> None:
    """No work at all."""


@task(name="line.work")
def work(ctx: Attempt, seconds: float = 0.0) -> dict[str, Any]:
    """Leave a mark, then take that long."""
    Mark.objects.create(run_id=ctx.run_id, step=ctx.step, attempt=ctx.attempt)
    if seconds:
        time.sleep(seconds)
    return {"worked": ctx.step}


@task(name="line.work_async")
async def work_async(ctx: Attempt, seconds: float = 0.0) -> dict[str, Any]:
    """The same on the loop, without a mark."""
    await asyncio.sleep(seconds)
    return {"worked": ctx.step}


@task(name="line.count")
def count(ctx: Attempt) -> dict[str, Any]:
    """Leave a mark; meant for ``transaction: true``."""
    Mark.objects.create(run_id=ctx.run_id, step=ctx.step, attempt=ctx.attempt)
    return {"counted": True}


@task(name="line.flaky")
def flaky(ctx: Attempt, failures: int = 1) -> dict[str, Any]:
    """Fails that many times before it succeeds."""
    Mark.objects.create(run_id=ctx.run_id, step=ctx.step, attempt=ctx.attempt)
    if Mark.objects.filter(run_id=ctx.run_id, step=ctx.step).count() <= failures:
        raise Flaky("not yet")
    return {"tries": failures + 1}


@task(name="line.broken")
def broken() -> None:
    """Fails, and trying again cannot help."""
    raise Permanent("broken for good")


@task(name="line.later")
def later(ctx: Attempt) -> None:
    """Asks to be tried again once, after two seconds."""
    if ctx.attempt == 1:
        raise RetryAfter(2)


@task(name="line.patient")
def patient(ctx: Attempt) -> None:
    """Runs until it is told to stop."""
    for _ in range(10_000):
        ctx.check()
        time.sleep(0.01)


@task(name="line.told")
def told(order_id: int, note: str = "") -> dict[str, Any]:
    """Returns what it was given."""
    return {"order_id": order_id, "note": note}


@task(name="line.any")
def anything(**given: Any) -> Any:
    """Returns what ``with`` gave it as ``value``."""
    return given.get("value")


@task(name="line.keyed")
def keyed(ctx: Attempt) -> dict[str, Any]:
    """Returns what its context says of it; of an undo, leaves the key of what it undoes."""
    if ctx.undoes is not None:
        Mark.objects.create(run_id=ctx.run_id, step=ctx.undoes, attempt=ctx.attempt)
    return {"key": ctx.idempotency_key, "item": ctx.item}


class GatewayDown(Exception):
    """Whoever takes the money does not answer."""


@task(name="till.check")
def check(vat_id: str) -> dict[str, Any]:
    """Refuses what no till can print."""
    if not vat_id.startswith("DE"):
        raise Permanent(f"'{vat_id}' is no VAT id")
    return {"vat_id": vat_id}


@task(name="till.pay")
def pay(ctx: Attempt, order: int) -> dict[str, Any]:
    """Takes the money of an order once, while the gateway is up; meant for ``transaction: true``."""
    if Mark.objects.filter(step="gateway down").exists():
        raise GatewayDown(f"no answer for order {order} in 2 s")
    Mark.objects.create(run_id=ctx.run_id, step="paid", attempt=order)
    return {"paid": order}
