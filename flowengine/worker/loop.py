"""One thread that does one thing again and again, and outlives what goes wrong with it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError, connections

from flowengine.conf import settings

logger = logging.getLogger("flowengine.worker")

AWAY_MAX_S = 1.0
"""The longest wait between two looks for a database that is away."""
ROUND_MAX_S = 15.0
"""How long a step may take; with a rest of ``POLL_S`` before it, this is the longest round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What a loop does."""

    name: str
    step: Callable[[], bool]
    """Do what there is; True where there may be more at once."""
    rest: Callable[[], None]
    """Wait until there may be something, at most ``POLL_S``."""
    wake: Callable[[], None]
    """End a rest, from any thread."""


class Loop(threading.Thread):
    """Runs a duty until it is stopped; its connection to the database is its own.

    An error ends one round, never the loop. What is no error (SystemExit and its like) does end it:
    that is seen in :attr:`is_dead`, and a loop that hangs in :attr:`goes_round`.
    """

    def __init__(
        self,
        duty: Duty,
        *,
        pulse: Callable[[], None] = lambda: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """A loop that has not started.

        Args:
            duty: what it does.
            pulse: called at the begin of each round, on its thread.
            monotonic: seconds that only grow.
        """
        super().__init__(name=f"flowengine-{duty.name}", daemon=True)
        self._duty = duty
        self._pulse = pulse
        self._monotonic = monotonic
        self._stopped = threading.Event()
        self._away = 0
        self._round_at = monotonic()

    def stop(self) -> None:
        """End after the present step; does not wait."""
        self._stopped.set()
        self._duty.wake()

    @property
    def is_dead(self) -> bool:
        """It was started, and has ended without being stopped."""
        return self.ident is not None and not self.is_alive() and not self._stopped.is_set()

    @property
    def goes_round(self) -> bool:
        """It lives, and its present round has not taken too long; or it was stopped."""
        if self._stopped.is_set():
            return True
        late_s = self._monotonic() - self._round_at
        return not self.is_dead and late_s <= settings().POLL_S + ROUND_MAX_S

    def run(self) -> None:
        """Step and rest, until stopped."""
        try:
            while not self._stopped.is_set():
                self._round_at = self._monotonic()
                self._round()
        except BaseException:  # the thread ends all the same; is_dead says it on
            logger.critical(
                "%s has ended: the process is to be replaced", self._duty.name, exc_info=True
            )
        finally:
            connections.close_all()

    def _round(self) -> None:
        try:
            self._pulse()
            busy = self._duty.step()
            self._database_there()
            if not busy and not self._stopped.is_set():
                self._duty.rest()
        except (OperationalError, InterfaceError) as error:
            self._database_away(error)
        except Exception:
            # A mistake of ours must not end the loop: the work is in the rows, the log has the
            # story, and the next look may find something else to do.
            logger.exception("%s failed", self._duty.name)
            connections.close_all()
            self._stopped.wait(AWAY_MAX_S)

    def _database_there(self) -> None:
        if self._away:
            logger.warning("%s: the database answers again", self._duty.name)
        self._away = 0

    def _database_away(self, error: Exception) -> None:
        if self._away == 0:
            logger.warning("%s: the database is away, trying again: %s", self._duty.name, error)
        self._away += 1
        connections.close_all()
        self._stopped.wait(min(AWAY_MAX_S, 0.05 * 2 ** min(self._away, 6)))
