"""A private RabbitMQ broker, with its own Erlang port mapper.

It needs no management plugin and no rights: node name, ports, cookie, data and logs are its own,
so it neither meets nor disturbs a broker of the system.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from tests.nodes.node import Node
from tests.nodes.process import NodeError, Process, end, find, spawn, wait_until

USER = PASSWORD = VHOST = "flowengine"
_DEBIAN_PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""Behind the wrapper on PATH, which insists on the system's user and directories."""


class RabbitMQNode(Node):
    """One broker with one user and one virtual host, both called flowengine."""

    what: ClassVar[str] = "RabbitMQ"
    ports: ClassVar[tuple[str, ...]] = ("port", "distribution", "mapper")
    start_limit_s: ClassVar[float] = 120.0

    @property
    def url(self) -> str:
        """The virtual host flowengine."""
        return f"amqp://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{VHOST}"

    def stop(self) -> None:
        """Shut broker and port mapper down; data stays."""
        super().stop()
        mapper = self._mapper()
        if mapper is not None:
            end([mapper], gently_s=5.0, first=signal.SIGTERM)

    def prepare(self) -> None:
        """Write the settings and start the port mapper."""
        super().prepare()
        lines = [
            f"listeners.tcp.1 = 127.0.0.1:{self.port}",
            f"default_vhost = {VHOST}",
            f"default_user = {USER}",
            f"default_pass = {PASSWORD}",
            "loopback_users.flowengine = true",
            # Half a gigabyte of write-ahead log per throw-away broker would be too much.
            "raft.wal_max_size_bytes = 67108864",
            "log.file = false",
            "log.console = true",
            "log.console.level = warning",
        ]
        (self.directory / "rabbitmq.conf").write_text("\n".join(lines) + "\n", encoding="ascii")
        (self.directory / "enabled_plugins").write_text("[].\n", encoding="ascii")
        self._start_mapper()

    def command(self) -> Sequence[str | Path]:
        """The broker in the foreground."""
        return [program()]

    def environment(self) -> dict[str, str]:
        """Everything that tells this broker from another."""
        here = str(self.directory)
        return {
            "HOME": here,  # where the cookie is
            "RABBITMQ_NODENAME": "flowengine@localhost",
            "RABBITMQ_USE_LONGNAME": "false",
            "RABBITMQ_DIST_PORT": str(self.port_of["distribution"]),
            "RABBITMQ_CONFIG_FILE": f"{here}/rabbitmq.conf",
            "RABBITMQ_ADVANCED_CONFIG_FILE": f"{here}/none.config",
            "RABBITMQ_CONF_ENV_FILE": f"{here}/none-env.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{here}/enabled_plugins",
            "RABBITMQ_MNESIA_BASE": str(self.data),
            "RABBITMQ_LOG_BASE": here,
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_PID_FILE": f"{here}/rabbitmq.pid",
            "RABBITMQ_PLUGINS_EXPAND_DIR": f"{here}/plugins",
            "RABBITMQ_GENERATED_CONFIG_DIR": f"{here}/config",
            # The start script then becomes the broker instead of its parent: one process to signal.
            "RUNNING_UNDER_SYSTEMD": "true",
            # An idle Erlang scheduler spins for a while; on few cores that slows all others.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none +sbwtdcpu none +sbwtdio none",
            **self._mapper_environment(),
        }

    def answers(self) -> bool:
        """Says Connection.Start to a client."""
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), timeout=2.0) as connection,
        ):
            connection.sendall(b"AMQP\x00\x00\x09\x01")
            # A method frame on channel 0; class 10 (connection), method 10 (start).
            frame = connection.recv(11)
            return frame[:3] == b"\x01\x00\x00" and frame[7:11] == b"\x00\x0a\x00\x0a"
        return False

    def _start_mapper(self) -> None:
        if self._mapper() is not None:
            return
        log = self.directory / "epmd.log"
        mapper = spawn(
            [_mapper_program()],
            directory=self.directory,
            log=log,
            environment=self._mapper_environment(),
        )
        (self.directory / "epmd.pid").write_text(f"{mapper.pid} {mapper.started}", encoding="ascii")
        wait_until(self._mapper_answers, what="epmd", limit_s=10.0, process=mapper, log=log)

    def _mapper_environment(self) -> dict[str, str]:
        return {
            "ERL_EPMD_PORT": str(self.port_of["mapper"]),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }

    def _mapper_answers(self) -> bool:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port_of["mapper"]), timeout=2.0).close()
            return True
        return False

    def _mapper(self) -> Process | None:
        try:
            pid, started = (self.directory / "epmd.pid").read_text(encoding="ascii").split()
        except (OSError, ValueError):
            return None
        mapper = find(int(pid))
        return mapper if mapper is not None and mapper.started == started else None


def program() -> Path:
    """Where the broker's start script is.

    Raises:
        NodeError: RabbitMQ is not installed.
    """
    if _DEBIAN_PROGRAM.exists():
        return _DEBIAN_PROGRAM
    if found := shutil.which("rabbitmq-server"):
        return Path(found)
    raise NodeError("RabbitMQ is not installed: apt-get install rabbitmq-server")


def start_rabbitmq(directory: Path) -> RabbitMQNode:
    """A running node in *directory*."""
    node = RabbitMQNode(directory)
    node.start()
    return node


def _mapper_program() -> Path:
    if found := shutil.which("epmd"):
        return Path(found)
    bundled = sorted(Path("/usr/lib/erlang").glob("erts-*/bin/epmd"))
    if not bundled:
        raise NodeError(
            "epmd is missing although RabbitMQ is there: reinstall Erlang (erlang-base)"
        )
    return bundled[-1]
