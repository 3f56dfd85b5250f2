"""Fixtures for services: absent on a laptop they skip the test, in CI they fail it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import NoReturn, TypeVar

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker

import flowengine
from tests import left_behind
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

FIRST_KEY = 70_000_000
"""Of rows with numbers for keys, users and groups above all."""

AnyNode = TypeVar("AnyNode", bound=Node)

# How long an example takes says how busy the machine is: nothing about what is under test.
hypothesis_settings.register_profile(
    "no clock", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("no clock")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by the services it asks for, so that ``make test-fast`` can leave it out."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        for fixture in sorted(fixtures & _MARKER_OF.keys()):
            item.add_marker(_MARKER_OF[fixture])


@pytest.fixture(scope="session", autouse=True)
def _whole_package() -> None:
    """No module is imported while a test has replaced what it imports: it would keep that for ever.

    The demo is left out: a project, which declares its tasks when it is imported.
    """
    package = Path(flowengine.__file__).parent
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        if parts[1] != "demo" and path.name != "__main__.py":
            import_module(".".join(parts).removesuffix(".__init__"))


@pytest.fixture(scope="module", autouse=True)
def _nothing_is_left_behind() -> Iterator[None]:
    """A file's tests undo what they do to their process: others come after, in no promised order."""
    before = left_behind.state()
    yield
    assert left_behind.changed(before) == {}, "left behind by this file: then, and now"


@pytest.fixture(scope="session", autouse=True)
def _emptied_quickly() -> Iterator[None]:
    """What a test has committed is deleted after it; to truncate every table takes longer than a test."""
    from django.test import TransactionTestCase

    from tests import emptying

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", emptying.after_each)
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Keys begin where no test writes one by hand: it would meet a row's own, in some order of files."""
    from django.apps import apps
    from django.db import connection
    from django.db.models import AutoField

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            key = model._meta.pk
            if not isinstance(key, AutoField):
                continue
            table = model._meta.db_table
            if connection.vendor == "sqlite":
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
                cursor.execute("INSERT INTO sqlite_sequence VALUES (%s, %s)", [table, FIRST_KEY])
            else:
                serial = [table, key.column, FIRST_KEY]
                cursor.execute("SELECT setval(pg_get_serial_sequence(%s, %s), %s)", serial)


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
