"""A private PostgreSQL cluster, with fsync on, as in production."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from tests.nodes.node import Node
from tests.nodes.process import NodeError

USER = PASSWORD = DATABASE = "flowengine"
SYSTEM_USER = "postgres"
"""Whom the server runs as when the caller is root: it refuses to run as root."""


class PostgresNode(Node):
    """One cluster with one superuser and one database, both called flowengine."""

    what: ClassVar[str] = "PostgreSQL"
    # "Fast" shutdown: clients are cut off, data is written. The default would wait for them.
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT

    @property
    def url(self) -> str:
        """The database flowengine."""
        return f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{DATABASE}"

    def command(self) -> Sequence[str | Path]:
        """All settings on the command line: no file to go stale."""
        settings = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "200",
            "fsync": "on",
        }
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [programs() / "postgres", "-D", self.data, *flags]

    def prepare(self) -> None:
        """Make the cluster at the first start."""
        if (self.data / "PG_VERSION").exists():
            return
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir()
        password_file = self.directory / "password"
        password_file.write_text(PASSWORD, encoding="ascii")
        user = self.user()
        if user is not None:
            for path in (self.data, password_file):
                shutil.chown(path, user, user)
        initdb: list[str | Path] = [
            *(programs() / "initdb", "-D", self.data, "-U", USER, "--pwfile", password_file),
            *("-A", "scram-sha-256", "-E", "UTF8", "--locale", "C.UTF-8"),
        ]
        made = subprocess.run(
            initdb,
            cwd=self.directory,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if made.returncode:
            raise NodeError(f"initdb failed in {self.data}:\n{made.stdout}{made.stderr}")

    def answers(self) -> bool:
        """Accepts connections; the database is made at the first one."""
        ready: list[str | Path] = [
            programs() / "pg_isready",
            "-q",
            "-h",
            "127.0.0.1",
            "-p",
            str(self.port),
        ]
        if subprocess.run(ready, timeout=10, check=False).returncode:
            return False
        made = self._psql("SELECT 1 FROM pg_database WHERE datname = 'flowengine'")
        if made.returncode == 0 and not made.stdout.strip():
            made = self._psql(f"CREATE DATABASE {DATABASE}")
        return made.returncode == 0

    def user(self) -> str | None:
        """``postgres`` for root, else the caller."""
        return SYSTEM_USER if os.geteuid() == 0 else None

    def _psql(self, sql: str) -> subprocess.CompletedProcess[str]:
        command: list[str | Path] = [
            *(programs() / "psql", "-h", "127.0.0.1", "-p", str(self.port)),
            *("-U", USER, "-d", "postgres", "-XAtc", sql),
        ]
        return subprocess.run(
            command,
            env={**os.environ, "PGPASSWORD": PASSWORD, "PGCONNECT_TIMEOUT": "5"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )


def programs() -> Path:
    """The folder of PostgreSQL's programs, the newest version installed.

    Raises:
        NodeError: the server is not installed.
    """
    debian = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    found = sorted(debian, key=lambda path: float(path.parts[-3]), reverse=True)
    if found:
        return found[0].parent
    if on_path := shutil.which("postgres"):
        return Path(on_path).resolve().parent
    raise NodeError("PostgreSQL's server is not installed: apt-get install postgresql")


def start_postgres(directory: Path) -> PostgresNode:
    """A running node in *directory*."""
    node = PostgresNode(directory)
    node.start()
    return node
