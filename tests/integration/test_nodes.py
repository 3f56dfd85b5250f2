"""The private nodes do what the fault tests take for granted."""

from __future__ import annotations

import psycopg
from pika import BlockingConnection, URLParameters

from tests.nodes.postgres import PostgresNode
from tests.nodes.rabbitmq import RabbitMQNode
from tests.nodes.redis import RedisNode


def test_killed_postgres_keeps_what_was_committed_and_wiped_loses_it(
    postgres_node: PostgresNode,
) -> None:
    with psycopg.connect(postgres_node.url) as connection:
        connection.execute("CREATE TABLE kept (id int)")

    postgres_node.kill()
    postgres_node.start()
    assert _tables(postgres_node) == ["kept"]

    postgres_node.wipe()
    postgres_node.start()
    assert _tables(postgres_node) == []


def test_killed_rabbitmq_keeps_durable_queues_and_wiped_loses_them(
    rabbitmq_node: RabbitMQNode,
) -> None:
    with BlockingConnection(URLParameters(rabbitmq_node.url)) as connection:
        queue = {"x-queue-type": "quorum"}
        connection.channel().queue_declare("kept", durable=True, arguments=queue)

    rabbitmq_node.kill()
    rabbitmq_node.start()
    assert _has_queue(rabbitmq_node, "kept")

    rabbitmq_node.wipe()
    rabbitmq_node.start()
    assert not _has_queue(rabbitmq_node, "kept")


def test_node_made_again_over_its_directory_is_the_same_node(redis_node: RedisNode) -> None:
    again = RedisNode(redis_node.directory)

    assert again.url == redis_node.url
    assert again.process == redis_node.process
    assert again.answers()


def _tables(node: PostgresNode) -> list[str]:
    with psycopg.connect(node.url) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return [name for (name,) in rows]


def _has_queue(node: RabbitMQNode, name: str) -> bool:
    from pika.exceptions import ChannelClosedByBroker

    with BlockingConnection(URLParameters(node.url)) as connection:
        try:
            connection.channel().queue_declare(name, passive=True)
        except ChannelClosedByBroker:
            return False
        return True
