"""How the shop works: it takes visible time, and sometimes fails and is tried again.

What goes wrong depends on the order and on the step's idempotency key, so an order that has bad luck
has it again after a restart.
"""

from __future__ import annotations

import hashlib
import os
import time

from flowengine import Attempt

PACE = float(os.environ.get("FLOWENGINE_DEMO_PACE", "1"))
"""How long the shop's work takes: 1 = to be watched, 0 = no time at all."""


def luck_of(ctx: Attempt) -> int:
    """0-99, the same for every attempt of this step."""
    return int.from_bytes(hashlib.sha256(ctx.idempotency_key.encode()).digest()[:4], "big") % 100


def work(seconds: float, ctx: Attempt) -> None:
    """Take that long, and stop when told to."""
    for _ in range(5):
        ctx.check()
        time.sleep(seconds * PACE / 5)
