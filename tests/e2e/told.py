"""The server's end of a page's socket, which tells the page what it is given to tell: the page is real."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, WebSocketRoute

_HEARTBEAT_MS = 600_000
"""So rarely that no page waits for one."""


class Told:
    """Topics with the states they begin with, and what is published in them."""

    def __init__(self, state_of: Callable[[str], dict[str, Any] | None], *, epoch: str) -> None:
        """*state_of*: of a topic, by its name; None = nobody may see it."""
        self._state_of = state_of
        self._epoch = epoch
        self._offset = 1
        self._socket: WebSocketRoute | None = None

    def listen(self, page: Page) -> None:
        """Be the other end of the sockets that the page opens from now on."""
        page.route_web_socket("**/flow/ws/", self._open)

    def publish(self, topic: str, changes: list[dict[str, Any]]) -> None:
        """One frame with these changes."""
        first, self._offset = self._offset + 1, self._offset + 1
        self._say({"t": "pub", "c": topic, "f": first, "d": changes, **self._at})

    @property
    def _at(self) -> dict[str, Any]:
        return {"e": self._epoch, "o": self._offset}

    def _open(self, socket: WebSocketRoute) -> None:
        self._socket = socket
        socket.on_message(self._heard)
        self._say({"t": "hello", "v": 1, "hb": _HEARTBEAT_MS})

    def _heard(self, message: str | bytes) -> None:
        frame = json.loads(message)
        for name in frame["m"] if frame["t"] == "subs" else ():
            state = self._state_of(name)
            if state is None:
                self._say({"t": "err", "c": name, "code": "forbidden"})
            else:
                self._say({"t": "snap", "c": name, "s": state, **self._at})

    def _say(self, frame: dict[str, Any]) -> None:
        assert self._socket is not None, "the page is live"
        self._socket.send(json.dumps(frame))
