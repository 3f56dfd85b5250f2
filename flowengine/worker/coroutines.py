"""The event loop for ``async def`` tasks, on a thread of its own."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import Any, Generic, TypeVar

logger = logging.getLogger("flowengine.worker")
Result = TypeVar("Result")


class Started(Generic[Result]):
    """A coroutine handed to the loop."""

    task: asyncio.Task[Result]
    """Set, and only used, on the loop's thread."""


class TaskLoop:
    """One loop on one daemon thread, started with the first coroutine.

    A coroutine that calls ``sys.exit`` in a task of its own ends ``run_forever``; the loop is then
    run again, because the others on it have done nothing wrong.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop
        self._thread: threading.Thread | None = None
        self._is_closing = False
        self._lock = threading.Lock()

    def run(
        self,
        coroutine: Callable[[], Coroutine[Any, Any, Result]],
        on_end: Callable[[asyncio.Task[Result]], None],
    ) -> Started[Result]:
        """Run the coroutine in a fresh context; *on_end* is called on the loop, exactly once."""
        with self._lock:
            if self._thread is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=self._serve, name="flowengine-task-loop", daemon=True
                )
                self._thread.start()
        started: Started[Result] = Started()

        def start() -> None:
            started.task = self._loop.create_task(coroutine(), context=Context())
            started.task.add_done_callback(on_end)

        self._loop.call_soon_threadsafe(start)
        return started

    def cancel(self, started: Started[Any]) -> None:
        """Cancel it, as soon as the loop gets to it; its start comes first."""

        def cancel() -> None:
            started.task.cancel()

        self._loop.call_soon_threadsafe(cancel)

    def close(self, timeout_s: float) -> bool:
        """Cancel what runs and end the loop; False = it has not come to an end in time."""
        if self._thread is None:
            return True
        if not self._is_closing:
            self._is_closing = True
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _serve(self) -> None:
        while not self._is_closing:
            try:
                self._loop.run_forever()
            except BaseException:  # SystemExit of a coroutine, see above
                logger.warning("a coroutine tried to end the loop; it goes on", exc_info=True)
        self._end()

    def _end(self) -> None:
        rest = asyncio.all_tasks(self._loop)
        for task in rest:
            task.cancel()
        try:
            if rest:
                self._loop.run_until_complete(asyncio.gather(*rest, return_exceptions=True))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        except BaseException:  # the same
            logger.warning("a coroutine broke the end of the loop", exc_info=True)
        finally:
            self._loop.close()
