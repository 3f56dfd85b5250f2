"""One worker process as its supervisor sees it: a program, a pipe it beats on, an end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from uuid import UUID

from flowengine.worker.liveness import LIVENESS_FD, WORKER_ID


class Child:
    """A running worker process; holds the process and the reading end of its pipe."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], worker_id: UUID, at: float
    ) -> None:
        """Start *command* at the monotonic instant *at*.

        It is a new program, not a fork: connections, threads and locks of the supervisor are not
        its own. Its process group is its own as well, so that Ctrl-C reaches it through the
        supervisor, once.

        Raises:
            OSError: it could not be started.
        """
        self.worker_id = worker_id
        self.started_at = at
        self.seen_at = at
        """When it last beat; at first, its start."""
        self.has_beaten = False
        self.was_killed = False
        """True once the supervisor has ended it by force."""
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        self.pipe = reading
        """The reading end; closed by :meth:`close`."""
        try:
            self._process: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603 - the command of whoever starts us
                list(command),
                env={**environment, WORKER_ID: str(worker_id), LIVENESS_FD: str(writing)},
                pass_fds=(writing,),
                stdin=subprocess.DEVNULL,
                process_group=0,
            )
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def hear(self, at: float) -> bool:
        """Read what it has beaten; False = the pipe is closed, it is ending or has ended."""
        try:
            beats = os.read(self.pipe, 65_536)
        except BlockingIOError:
            return True
        if beats:
            self.seen_at = at
            self.has_beaten = True
        return bool(beats)

    def exit_code(self) -> int | None:
        """None while it runs; negative = the signal that ended it."""
        return self._process.poll()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal; nothing when it has ended."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    def kill(self) -> None:
        """End it now, whatever it does, with the programs that its tasks have started."""
        self.was_killed = True
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Let go of the pipe, after its end."""
        os.close(self.pipe)
