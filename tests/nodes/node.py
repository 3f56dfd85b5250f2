"""What the private nodes have in common: a directory, ports, a process, a life."""

from __future__ import annotations

import abc
import json
import shutil
import signal
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from tests.nodes.process import Process, end, free_port, spawn, wait_until

STATE_FILE = "node.json"


class Node(abc.ABC):
    """One private server in a directory of its own, on free loopback ports.

    Made again over the same directory it is the same node: ports, data and process are found
    there. ``start`` after ``stop`` or ``kill`` keeps them all; ``wipe`` loses the data only.
    """

    what: ClassVar[str]
    """The server's name in messages."""
    ports: ClassVar[tuple[str, ...]] = ("port",)
    """Names of the ports it needs."""
    start_limit_s: ClassVar[float] = 60.0
    stop_limit_s: ClassVar[float] = 30.0
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o755)  # a server under another user must get through
        self.directory = directory
        self.log = directory / "server.log"
        self.data = directory / "data"
        state = self._read()
        self.port_of: dict[str, int] = state.get("ports") or {
            name: free_port() for name in self.ports
        }
        self.process = Process(**state["process"]) if state.get("process") else None
        self._write()

    @property
    def port(self) -> int:
        """The port clients connect to."""
        return self.port_of["port"]

    @property
    @abc.abstractmethod
    def url(self) -> str:
        """Where clients connect, credentials included."""

    @property
    def is_running(self) -> bool:
        """Whether the server's process lives."""
        return self.process is not None and self.process.is_running

    def start(self) -> None:
        """Start it and wait until it serves; nothing happens when it runs."""
        if self.is_running:
            return
        self.prepare()
        self.process = spawn(
            self.command(),
            directory=self.directory,
            log=self.log,
            environment=self.environment(),
            user=self.user(),
        )
        self._write()
        wait_until(
            self.answers,
            what=self.what,
            limit_s=self.start_limit_s,
            process=self.process,
            log=self.log,
        )

    def stop(self) -> None:
        """Shut it down in order; data stays."""
        self._end(self.stop_signal, gently_s=self.stop_limit_s, others=())

    def kill(self) -> None:
        """End it as a power cut does; what it had synced stays."""
        others = [] if self.process is None else self.process.children()
        self._end(signal.SIGKILL, gently_s=5.0, others=others)

    def wipe(self) -> None:
        """Kill it and lose its data; the next start is a first one, on the same ports."""
        self.kill()
        shutil.rmtree(self.data, ignore_errors=True)

    def close(self) -> None:
        """End it and remove everything it had: what is thrown away need not be put in order."""
        self.kill()
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    @abc.abstractmethod
    def command(self) -> Sequence[str | Path]:
        """What runs the server in the foreground."""

    @abc.abstractmethod
    def answers(self) -> bool:
        """Whether it serves clients now."""

    def prepare(self) -> None:
        """Make what must be there before a start; called before each."""
        self.data.mkdir(exist_ok=True)

    def environment(self) -> dict[str, str]:
        """What the process is told beside our environment."""
        return {}

    def user(self) -> str | None:
        """Whom it runs as; None is the caller."""
        return None

    def _end(self, first: signal.Signals, *, gently_s: float, others: Sequence[Process]) -> None:
        if self.process is not None:
            end([self.process, *others], gently_s=gently_s, first=first)
        self.process = None
        self._write()

    def _read(self) -> dict[str, Any]:
        try:
            state = json.loads((self.directory / STATE_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return state if isinstance(state, dict) else {}

    def _write(self) -> None:
        process = self.process
        state = {
            "ports": self.port_of,
            "process": process and {"pid": process.pid, "started": process.started},
        }
        (self.directory / STATE_FILE).write_text(json.dumps(state), encoding="utf-8")


def node_directory(prefix: str) -> Path:
    """A new directory for a node.

    Not pytest's ``tmp_path``: that is closed to other users, and its paths are too long for a
    Unix socket.
    """
    return Path(tempfile.mkdtemp(prefix=f"flowengine-{prefix}-"))
