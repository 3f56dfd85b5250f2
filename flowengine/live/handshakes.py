"""How fast this process takes new sockets: a storm of them must not starve those that are open.

Who is refused comes back after a delay that its client chooses at random, so a storm spreads by itself.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from threading import Lock
from typing import Any

from flowengine.live.protocol import Close

Application = Callable[[Any, Any, Any], Awaitable[None]]

HANDSHAKES_PER_S = 1_000.0
HANDSHAKES_BURST = 2_000.0
"""About as fast as one process can answer at all: who is sent away costs nearly as much as who is let in,
and comes again, so a much lower rate would spend on refusals what it saves."""


class Rate:
    """A bucket that fills again with time. Any thread."""

    def __init__(self, per_s: float, burst: float) -> None:
        self._per_s = per_s
        self._burst = burst
        self._left = burst
        self._at: float | None = None
        self._lock = Lock()

    def allows(self, now: float) -> bool:
        """One more may pass now, by a clock of seconds."""
        with self._lock:
            if self._at is not None:
                gained = (now - self._at) * self._per_s
                self._left = min(self._burst, self._left + gained)
            self._at = now
            if self._left < 1:
                return False
            self._left -= 1
            return True


HANDSHAKES = Rate(HANDSHAKES_PER_S, HANDSHAKES_BURST)
"""The one of this process."""


def limited(inner: Application) -> Application:
    """The ASGI application *inner*, reached no faster than that."""

    async def checked(scope: Any, receive: Any, send: Any) -> None:
        if HANDSHAKES.allows(time.monotonic()):
            await inner(scope, receive, send)
            return
        await receive()
        await send({"type": "websocket.close", "code": int(Close.TOO_MANY)})

    return checked
