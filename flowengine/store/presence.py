"""Which worker processes of this machine live: a locked file per worker, beside the database's.

On SQLite a lease cannot follow time: while one task holds the database's only write lock, no lease is
renewed, and its own process would be the first to find it lost. The kernel drops a file lock with the
process that holds it, however it ends, and is not confused by process ids that are used again.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from pathlib import Path
from uuid import UUID

from flowengine.store import sql


class Presence:
    """Held by a worker while it lives."""

    def __init__(self, worker_id: UUID) -> None:
        self._path = _path(worker_id)
        self._descriptor: int | None = None

    def hold(self) -> None:
        """Show that the worker lives; until :meth:`let_go`, or the end of the process."""
        if self._descriptor is None:
            # Not inherited by children: one that outlives us must not speak for us.
            self._descriptor = os.open(self._path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def let_go(self) -> None:
        """The worker has ended; may be called twice."""
        if self._descriptor is not None:
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None


def is_present(worker_id: UUID) -> bool:
    """True while a process of this machine holds that worker's presence."""
    path = _path(worker_id)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        # A process that was killed left its file behind. It may belong to another user.
        with contextlib.suppress(PermissionError):
            path.unlink(missing_ok=True)
        return False
    finally:
        os.close(descriptor)


def _path(worker_id: UUID) -> Path:
    """Where all processes that share the database look, whatever their folder for short-lived files."""
    database = str(sql.connection().settings_dict["NAME"])
    if sql.is_postgresql() or database.startswith((":memory:", "file:")):
        return Path(tempfile.gettempdir()) / f"flowengine-worker-{worker_id}"
    return Path(f"{database}-worker-{worker_id}")
