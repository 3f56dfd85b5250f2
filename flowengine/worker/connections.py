"""Database connections of task threads: Django closes them per request, here there is none."""

from __future__ import annotations

import logging
from concurrent.futures import Executor

from asgiref.sync import SyncToAsync, ThreadSensitiveContext
from django.db import close_old_connections, connections

logger = logging.getLogger("flowengine.worker")


def release() -> bool:
    """Give back what this thread's connections need not hold; False = the thread must not go on.

    Connections older than ``CONN_MAX_AGE`` or broken are closed, pooled ones returned. A task that
    left a transaction open has left locks too: only closing the connection lets them go.
    """
    try:
        close_old_connections()
    except Exception:
        # Whatever a driver raises while it hangs up: its connection is not used again.
        logger.warning("a connection could not be closed", exc_info=True)
        return False
    return not any(each.in_atomic_block for each in connections.all(initialized_only=True))


def close() -> None:
    """Close this thread's connections, at its end."""
    try:
        connections.close_all()
    except Exception:
        logger.warning("a connection could not be closed", exc_info=True)


class AsyncConnections:
    """One thread per coroutine for its ORM calls, made when the first one comes.

    Django's ORM in coroutines works in a thread. With one thread for all of them a slow query stops
    every task of the loop; with one of its own, its connection also has a clear end.
    """

    def __init__(self) -> None:
        self._context = ThreadSensitiveContext()

    async def __aenter__(self) -> None:
        await self._context.__aenter__()  # type: ignore[no-untyped-call] # asgiref's own

    async def __aexit__(self, *exc: object) -> None:
        # The context would wait for its thread, and with it the whole loop for a slow query.
        executor: Executor | None = SyncToAsync.context_to_thread_executor.pop(self._context, None)
        if executor is not None:
            executor.submit(close)
            executor.shutdown(wait=False)
        await self._context.__aexit__(None, None, None)  # type: ignore[no-untyped-call] # the same
