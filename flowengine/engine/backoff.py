"""When a step is tried again. Language §4.8.

After the n-th failed try the wait is ``d(n) x (1 - jitter x u)``, with ``d(n) = min(max_delay, delay x
factor^(n-1))`` and ``0 <= u < 1``. *u* is a hash of run, step, item and n: spread between runs, the same
in a test and in a replay.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import blake2b
from uuid import UUID

from flowengine.definitions.steps import RetryPolicy
from flowengine.engine.run import Item, Step


def next_try(
    policy: RetryPolicy, run_id: UUID, step: Step, retry_after_s: float | None, now: datetime
) -> datetime | None:
    """When *step*, whose running try failed at *now*, is tried again; None = no try is left.

    *retry_after_s* is the wait the task asked for, None = the policy's own.
    """
    tries = step.tries + 1
    if tries >= policy.attempts:
        return None
    if retry_after_s is None:
        delay = wait(policy, tries, spread(run_id, step.id, step.item, tries))
    else:
        delay = _asked(policy, retry_after_s)
    due_at = now + delay
    first = step.first_started_at
    if policy.give_up_after is None or first is None:
        return due_at
    return due_at if due_at <= first + policy.give_up_after else None


def wait(policy: RetryPolicy, tries: int, u: float) -> timedelta:
    """The wait after the *tries*-th failed try."""
    longest = policy.max_delay.total_seconds()
    try:
        delay_s = min(longest, policy.delay.total_seconds() * policy.factor ** (tries - 1))
    except OverflowError:
        delay_s = longest
    return timedelta(seconds=delay_s * (1 - policy.jitter * u))


def spread(run_id: UUID, step: str, item: Item, tries: int) -> float:
    """A number from 0 up to, not including, 1; the same for the same arguments, for ever."""
    name = f"{run_id}/{step}/{item}/{tries}".encode()
    digest = blake2b(name, digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2**53


def _asked(policy: RetryPolicy, seconds: float) -> timedelta:
    if not seconds > 0:  # also true of a number that is none
        return timedelta(0)
    return timedelta(seconds=min(seconds, policy.max_delay.total_seconds()))
