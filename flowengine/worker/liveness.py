"""How a worker process shows its supervisor that its loop goes round: one byte per round.

The pipe tells the other side as well: when the supervisor is gone, nobody would replace or stop the
worker any more, so it should drain and end.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from uuid import UUID

WORKER_ID = "FLOWENGINE_WORKER_ID"
"""The environment variable with the id that the supervisor chose for this process."""
LIVENESS_FD = "FLOWENGINE_LIVENESS_FD"
"""The environment variable with the number of the pipe's writing end."""


class Liveness:
    """The worker's end of the pipe."""

    def __init__(self, worker_id: UUID, descriptor: int) -> None:
        self.worker_id = worker_id
        """What the worker is to register as: the supervisor ends this lease when it dies."""
        self.is_orphaned = False
        """True once the supervisor is gone."""
        self._descriptor = descriptor
        os.set_inheritable(descriptor, False)
        os.set_blocking(descriptor, False)

    def beat(self) -> None:
        """The loop has gone round; returns at once."""
        try:
            os.write(self._descriptor, b".")
        except BlockingIOError:
            pass  # so much has been said that the supervisor has not read it all
        except BrokenPipeError:
            self.is_orphaned = True


def from_environment(environment: MutableMapping[str, str]) -> Liveness | None:
    """The pipe of the supervisor that started this process; None without one.

    The variables are taken out: a program that a task starts is no child of that supervisor.
    """
    descriptor = environment.pop(LIVENESS_FD, None)
    worker_id = environment.pop(WORKER_ID, None)
    if descriptor is None or worker_id is None:
        return None
    return Liveness(UUID(worker_id), int(descriptor))
