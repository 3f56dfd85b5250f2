"""A private Redis (or Valkey)."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from tests.nodes.node import Node
from tests.nodes.process import NodeError

PROGRAMS = ("redis-server", "valkey-server")


class RedisNode(Node):
    """Redis without persistence: flowengine keeps nothing in it."""

    what: ClassVar[str] = "Redis"

    @property
    def url(self) -> str:
        """Database 0 of this server."""
        return f"redis://127.0.0.1:{self.port}/0"

    def flush(self) -> None:
        """Empty it, as FLUSHALL does."""
        if b"+OK" not in _say(self.port, b"FLUSHALL\r\n"):
            raise NodeError(f"Redis on port {self.port} does not flush; see {self.log}")

    def command(self) -> Sequence[str | Path]:
        """All settings on the command line: no file to go stale."""
        settings = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "dir": str(self.data),
            "save": "",
            "appendonly": "no",
            "daemonize": "no",
        }
        flags = [part for name, value in settings.items() for part in (f"--{name}", value)]
        return [program(), *flags]

    def answers(self) -> bool:
        """PING."""
        return b"+PONG" in _say(self.port, b"PING\r\n")


def program() -> Path:
    """Where the server's program is.

    Raises:
        NodeError: it is not installed.
    """
    for name in PROGRAMS:
        if found := shutil.which(name):
            return Path(found)
    raise NodeError("redis-server is not installed: apt-get install redis-server")


def start_redis(directory: Path) -> RedisNode:
    """A running node in *directory*."""
    node = RedisNode(directory)
    node.start()
    return node


def _say(port: int, words: bytes) -> bytes:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2.0) as connection:
            connection.sendall(words)
            return connection.recv(100)
    except OSError:
        return b""
