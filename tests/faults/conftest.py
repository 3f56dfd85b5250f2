"""A line of its own for each fault test, on parts the test may break."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.faults.line import Line
from tests.nodes.postgres import PostgresNode
from tests.nodes.rabbitmq import RabbitMQNode


@pytest.fixture(scope="module")
def template(
    postgres_node: PostgresNode,
    rabbitmq_node: RabbitMQNode,
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    """The name of a database with tables and definitions, to be copied."""
    name = "line_template"
    with psycopg.connect(postgres_node.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    Line(
        database_url=_sibling(postgres_node, name),
        broker_url=rabbitmq_node.url,
        directory=tmp_path_factory.mktemp("template"),
    ).prepare()
    return name


@pytest.fixture
def line(
    postgres_node: PostgresNode, rabbitmq_node: RabbitMQNode, template: str, tmp_path: Path
) -> Iterator[Line]:
    """A fresh database on the module's PostgreSQL, and the module's RabbitMQ as the last test left it.

    What an earlier test left in its queues names rows that are not there: it must not disturb.
    """
    postgres_node.start()
    rabbitmq_node.start()
    name = f"line_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_node.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    line = Line(
        database_url=_sibling(postgres_node, name),
        broker_url=rabbitmq_node.url,
        directory=tmp_path,
    )
    yield line
    line.close()


def _sibling(node: PostgresNode, name: str) -> str:
    return f"{node.url.rsplit('/', 1)[0]}/{name}"
