"""How often one user may ask for what costs more than a look: a bucket for each, in each process.

It keeps one page that went mad, or one person, from taking the whole server; it is no quota.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

from flowengine.web.api.problems import Refusal

USERS_MAX = 1_000
"""Users that are remembered; then all begin anew."""


class Pace:
    """So many at once, and so many a second from then on."""

    def __init__(
        self, *, burst: int, per_s: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst = burst
        self._per_s = per_s
        self._monotonic = monotonic
        self._left: dict[str, tuple[float, float]] = {}
        """By user: what was left, and when that was so."""
        self._lock = Lock()

    def take(self, user: str) -> None:
        """One more.

        Raises:
            Refusal: 429, FE807: it is one too many.
        """
        with self._lock:
            left, now = self._now(user)
            if left < 1:
                raise Refusal(429, "FE807", "That was asked too often; wait a little.")
            self._keep(user, left - 1, now)

    def charge(self, user: str, count: int) -> None:
        """What he has just asked for has cost as much as so many more."""
        with self._lock:
            left, now = self._now(user)
            self._keep(user, left - count, now)

    def _now(self, user: str) -> tuple[float, float]:
        """What is left, below nothing where it was charged, and the present."""
        now = self._monotonic()
        left, at = self._left.get(user, (float(self._burst), now))
        return min(self._burst, left + (now - at) * self._per_s), now

    def _keep(self, user: str, left: float, now: float) -> None:
        if len(self._left) >= USERS_MAX and user not in self._left:
            self._left.clear()
        self._left[user] = (left, now)
