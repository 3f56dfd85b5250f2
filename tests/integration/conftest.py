"""A worker, and a stranger on its broker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

pytest.register_assert_rewrite("tests.conformance.witness", "tests.integration.strangers")

from tests.integration.strangers import TRUSTED, Stranger, Worker  # noqa: E402
from tests.nodes.rabbitmq import RabbitMQNode  # noqa: E402


@pytest.fixture
def stranger(rabbitmq_node: RabbitMQNode) -> Iterator[Stranger]:
    """Somebody else on the broker."""
    stranger = Stranger(rabbitmq_node.url)
    yield stranger
    stranger.close()


@pytest.fixture
def worker(transactional_db: None, settings: Any, rabbitmq_node: RabbitMQNode) -> Iterator[Worker]:
    """A worker at work, on a broker that no other worker uses: another would take its messages."""
    settings.FLOWENGINE = {"TRUSTED_SOURCES": [TRUSTED]}
    worker = Worker(rabbitmq_node.url)
    yield worker
    worker.end()
