"""One thread that does one thing again and again, and outlives what goes wrong with it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError, connections

logger = logging.getLogger("flowengine.worker")

AWAY_MAX_S = 1.0
"""The longest wait between two looks for a database that is away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What a loop does."""

    name: str
    step: Callable[[], bool]
    """Do what there is; True where there may be more at once."""
    rest: Callable[[], None]
    """Wait until there may be something."""
    wake: Callable[[], None]
    """End a rest, from any thread."""


class Loop(threading.Thread):
    """Runs a duty until it is stopped; its connection to the database is its own."""

    def __init__(self, duty: Duty, *, pulse: Callable[[], None] = lambda: None) -> None:
        super().__init__(name=f"flowengine-{duty.name}", daemon=True)
        self._duty = duty
        self._pulse = pulse
        self._stopped = threading.Event()
        self._away = 0

    def stop(self) -> None:
        """End after the present step; does not wait."""
        self._stopped.set()
        self._duty.wake()

    def run(self) -> None:
        """Step and rest, until stopped."""
        try:
            while not self._stopped.is_set():
                self._pulse()
                if not self._step() and not self._stopped.is_set():
                    self._duty.rest()
        finally:
            connections.close_all()

    def _step(self) -> bool:
        try:
            busy = self._duty.step()
        except (OperationalError, InterfaceError) as error:
            self._database_away(error)
            return True
        except Exception:
            # A mistake of ours must not end the loop: the work is in the rows, the log has the
            # story, and the next look may find something else to do.
            logger.exception("%s failed", self._duty.name)
            connections.close_all()
            self._stopped.wait(AWAY_MAX_S)
            return True
        if self._away:
            logger.warning("%s: the database answers again", self._duty.name)
        self._away = 0
        return busy

    def _database_away(self, error: Exception) -> None:
        if self._away == 0:
            logger.warning("%s: the database is away, trying again: %s", self._duty.name, error)
        self._away += 1
        connections.close_all()
        self._stopped.wait(min(AWAY_MAX_S, 0.05 * 2 ** min(self._away, 6)))
