"""Who comes in: the sessions of many handshakes, looked up together.

Alone, a handshake waits for nobody; in a storm those that came while the last ones were looked up share
two queries, on the one connection that the hub has.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from flowengine.live import sessions

TOGETHER_MAX = 200


class Entrance:
    """The handshakes of one event loop."""

    def __init__(self, ask: Callable[[Callable[[], Any]], Awaitable[Any]]) -> None:
        self._ask = ask
        self._waiting: dict[str, list[asyncio.Future[Any]]] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def is_busy(self) -> bool:
        """Somebody is being looked up."""
        return self._task is not None

    async def user_of(self, session_key: str) -> Any | None:
        """The user of this session, anew from the database; None = nobody, or not any more.

        Raises:
            django.db.Error: the database is away.
        """
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(session_key, []).append(answer)
        if self._task is None:
            self._task = asyncio.create_task(self._look_up())
        return await answer

    async def _look_up(self) -> None:
        while self._waiting:
            keys = list(self._waiting)[:TOGETHER_MAX]
            answers = {key: self._waiting.pop(key) for key in keys}
            found: dict[str, Any] = {}
            failed: Exception | None = None
            try:
                found = await self._ask(partial(sessions.users_of, keys))
            except Exception as error:  # noqa: BLE001 - each of those who wait is told
                failed = error
            for key, futures in answers.items():
                for future in futures:
                    if future.done():
                        continue  # It went away meanwhile.
                    if failed is None:
                        future.set_result(found.get(key))
                    else:
                        future.set_exception(failed)
        self._task = None
