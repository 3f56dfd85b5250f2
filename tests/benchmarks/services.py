"""The services that this machine has, and lines on them: each on a database of its own."""

from __future__ import annotations

import fcntl
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.faults.line import ROOT, Line

SERVICES = ROOT / ".services.env"


@contextmanager
def alone() -> Iterator[None]:
    """No other bench meanwhile: two at once would take each other's messages, and each other's time."""
    with SERVICES.open() as services:
        fcntl.flock(services, fcntl.LOCK_EX)
        yield


def urls() -> dict[str, str]:
    """Where they are, by the names of the environment."""
    rows = SERVICES.read_text(encoding="utf-8").splitlines()
    return dict(row.split("=", 1) for row in rows if "=" in row)


@contextmanager
def fresh_database() -> Iterator[str]:
    """The URL of a fresh database, which is gone afterwards."""
    server = urls()["FLOWENGINE_TEST_POSTGRES_URL"]
    name = f"bench_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    try:
        yield server.rsplit("/", 1)[0] + f"/{name}"
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def fresh_line() -> Iterator[Line]:
    """A line on a fresh database."""
    there = urls()
    with fresh_database() as database_url, tempfile.TemporaryDirectory() as directory:
        line = Line(
            database_url=database_url,
            broker_url=there["FLOWENGINE_TEST_RABBITMQ_URL"],
            redis_url=there["FLOWENGINE_TEST_REDIS_URL"],
            directory=Path(directory),
        )
        line.environment["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.settings"
        try:
            line.prepare()
            yield line
        finally:
            line.close()
