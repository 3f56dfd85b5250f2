"""Whether a broker is open, and the waits between attempts to reach it."""

from __future__ import annotations

import random
import threading

DELAY_MIN_S = 0.1
DELAY_MAX_S = 5.0


class Status:
    """Written by the adapter's thread, read and waited for by any."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._is_open = False
        self._trouble = "not started"

    @property
    def is_open(self) -> bool:
        return self._is_open

    @property
    def trouble(self) -> str:
        return self._trouble

    def opened(self, trouble: str = "") -> None:
        """It is open now; *trouble* names a part of it that is not."""
        with self._condition:
            self._is_open = True
            self._trouble = trouble
            self._condition.notify_all()

    def closed(self, trouble: str) -> None:
        """It is not open, because of *trouble*."""
        with self._condition:
            self._is_open = False
            self._trouble = trouble

    def wait_open(self, timeout_s: float) -> bool:
        """Wait until it is open; False when the time ran out first."""
        with self._condition:
            return self._condition.wait_for(lambda: self._is_open, timeout_s)


class Delays:
    """The waits between attempts to connect: full jitter under a doubling ceiling.

    Full jitter, so that a thousand clients of one restarted broker do not come back together.
    """

    def __init__(self) -> None:
        self._ceiling_s = DELAY_MIN_S

    def next_s(self) -> float:
        """Seconds to wait before the next attempt, 0.1 to 5."""
        self._ceiling_s = min(DELAY_MAX_S, self._ceiling_s * 2)
        return random.uniform(DELAY_MIN_S, self._ceiling_s)  # noqa: S311 - jitter, no secret

    def reset(self) -> None:
        """A connection held: begin again with short waits."""
        self._ceiling_s = DELAY_MIN_S


def described(problem: BaseException) -> str:
    """The problem in one line, also where its text is empty."""
    text = " ".join(str(problem).split())
    return f"{type(problem).__name__}: {text}" if text else type(problem).__name__
