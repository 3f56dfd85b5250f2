"""RabbitMQ through pika: the suite, through a proxy that can cut it off."""

from __future__ import annotations

from collections.abc import Iterator

import pika
import pytest

from flowengine.broker.base import Capability
from flowengine.broker.connect import connect as connect_to
from tests.conformance.broker_suite import BrokerSuite
from tests.conformance.broker_under_test import Connect, Cut, Place
from tests.conformance.proxy import Proxy


class TestRabbitMQ(BrokerSuite):
    many = 20_000

    @pytest.fixture
    def proxy(self, rabbitmq_url: str) -> Iterator[Proxy]:
        with Proxy(rabbitmq_url, default_port=5672) as proxy:
            yield proxy

    @pytest.fixture
    def connect(self, proxy: Proxy) -> Connect:
        return lambda: connect_to(proxy.url)

    @pytest.fixture
    def cut(self, proxy: Proxy) -> Cut:
        return lambda _broker: proxy.cut()

    @pytest.fixture
    def place(self, rabbitmq_url: str) -> Iterator[Place]:
        place = Place.fresh()
        yield place
        with pika.BlockingConnection(pika.URLParameters(rabbitmq_url)) as connection:
            channel = connection.channel()
            for each in (place, place.neighbour()):
                channel.queue_delete(each.queue)
                channel.exchange_delete(each.exchange)

    def test_says_what_it_can_do(self, connect: Connect) -> None:
        assert connect().capabilities == set(Capability)
