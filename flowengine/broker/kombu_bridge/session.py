"""A thread that owns one kombu connection and gets a new one for ever."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from kombu.connection import Connection
from kombu.transport import virtual

from flowengine.broker.kombu_bridge.declare import correct_topics
from flowengine.broker.status import Delays, described

logger = logging.getLogger("flowengine.broker")

CONNECT_TIMEOUT_S = 5.0
Connect = Callable[[], Connection]
"""Makes a connection that is not open yet."""


class Session:
    """Runs *serve* with an open channel's connection, again and again until told to stop."""

    def __init__(
        self,
        name: str,
        connect: Connect,
        serve: Callable[[Connection, Any], None],
        on_lost: Callable[[str], None],
    ) -> None:
        self._connect = connect
        self._serve = serve
        self._on_lost = on_lost
        self._stopping = threading.Event()
        self._delays = Delays()
        self._trouble = ""
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; *serve* must notice ``is_stopping``."""
        self._stopping.set()

    def join(self, timeout_s: float) -> None:
        """Wait for the thread's end; nothing where it never started."""
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self.is_stopping:
            try:
                self._once()
            except Exception as problem:  # noqa: BLE001 - each transport raises what it likes
                self._lost(described(problem))
            self._stopping.wait(self._delays.next_s())
        self._on_lost("closed")

    def _once(self) -> None:
        with self._connect() as connection:
            connection.connect()
            channel = connection.channel()
            if isinstance(channel, virtual.Channel):
                correct_topics(channel)
            self._delays.reset()
            self._trouble = ""
            self._serve(connection, channel)

    def _lost(self, trouble: str) -> None:
        # What is new only: an outage of a day is not a line every five seconds.
        if not self.is_stopping and trouble != self._trouble:
            logger.warning("connection to the broker lost: %s", trouble)
        self._trouble = trouble
        self._on_lost(trouble)
