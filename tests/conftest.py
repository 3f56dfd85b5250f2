"""Fixtures for services: absent on a laptop they skip the test, in CI they fail it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn, TypeVar

import pytest

from tests.nodes.node import Node, node_directory
from tests.nodes.postgres import PostgresNode
from tests.nodes.process import NodeError
from tests.nodes.rabbitmq import RabbitMQNode
from tests.nodes.redis import RedisNode

CHOICE_FILE = Path(__file__).parent.parent / ".services.env"
"""Written by ``tests/services.py``: where the services of this machine are."""

_MARKER_OF = {
    "rabbitmq_url": "services",
    "postgres_url": "services",
    "postgres": "postgresql",
    "sqlite": "sqlite",
    "redis_url": "services",
    "rabbitmq_node": "faults",
    "postgres_node": "faults",
    "redis_node": "faults",
    "chromium": "e2e",
    "page": "e2e",
}
"""Whoever asks for one of these fixtures need not say the marker."""

AnyNode = TypeVar("AnyNode", bound=Node)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by the services it asks for, so that ``make test-fast`` can leave it out."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        for fixture in sorted(fixtures & _MARKER_OF.keys()):
            item.add_marker(_MARKER_OF[fixture])


@pytest.fixture(scope="session")
def rabbitmq_url() -> str:
    """The amqp:// URL of a virtual host that tests may fill."""
    return _service("FLOWENGINE_TEST_RABBITMQ_URL", "RabbitMQ")


@pytest.fixture(scope="session")
def redis_url() -> str:
    """The redis:// URL of a database that tests may fill."""
    return _service("FLOWENGINE_TEST_REDIS_URL", "Redis")


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """The postgresql:// URL of a database that tests may fill; its user may make others."""
    return _service("FLOWENGINE_TEST_POSTGRES_URL", "PostgreSQL")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium that tests may start."""
    return _service("FLOWENGINE_TEST_CHROMIUM", "Chromium")


@pytest.fixture
def postgres(postgres_url: str) -> str:
    """For a test that needs Django's own database to be PostgreSQL; the server's URL."""
    from django.db import connection

    if connection.vendor != "postgresql":
        pytest.skip("on SQLite here; runs when FLOWENGINE_TEST_DATABASE_URL names PostgreSQL")
    return postgres_url


@pytest.fixture
def sqlite() -> None:
    """For a test that needs Django's own database to be SQLite."""
    from django.db import connection

    if connection.vendor != "sqlite":
        pytest.skip("on PostgreSQL here; runs where Django's own database is SQLite")


@pytest.fixture(scope="module")
def rabbitmq_node() -> Iterator[RabbitMQNode]:
    """A broker of this module's own, to be killed, stopped and wiped."""
    with _private(RabbitMQNode) as node:
        yield node


@pytest.fixture(scope="module")
def postgres_node() -> Iterator[PostgresNode]:
    """A PostgreSQL of this module's own, to be killed, stopped and wiped."""
    with _private(PostgresNode) as node:
        yield node


@pytest.fixture(scope="module")
def redis_node() -> Iterator[RedisNode]:
    """A Redis of this module's own, to be killed, stopped and flushed."""
    with _private(RedisNode) as node:
        yield node


@contextmanager
def _private(kind: Callable[[Path], AnyNode]) -> Iterator[AnyNode]:
    node = kind(node_directory("test"))
    try:
        try:
            node.start()
        except NodeError as error:
            _absent(str(error))
        yield node
    finally:
        node.close()


def _service(variable: str, what: str) -> str:
    url = os.environ.get(variable) or _chosen().get(variable)
    if not url:
        _absent(f"no {what}: run `python3 -m tests.services start`, or set {variable}")
    return url


def _absent(message: str) -> NoReturn:
    if os.environ.get("CI") or os.environ.get("FLOWENGINE_TEST_REQUIRE") == "1":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def _chosen() -> dict[str, str]:
    if not CHOICE_FILE.exists():
        return {}
    lines = CHOICE_FILE.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines)
