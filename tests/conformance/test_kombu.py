"""The kombu bridge on Redis: the suite, through a proxy that can cut it off."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from flowengine.broker.base import Capability
from flowengine.broker.connect import connect as connect_to
from tests.conformance.broker_suite import BrokerSuite
from tests.conformance.broker_under_test import Connect, Cut, Place
from tests.conformance.proxy import Proxy


class TestKombuOnRedis(BrokerSuite):
    many = 1000

    @pytest.fixture
    def proxy(self, redis_url: str) -> Iterator[Proxy]:
        with Proxy(redis_url, default_port=6379) as proxy:
            yield proxy

    @pytest.fixture
    def connect(self, proxy: Proxy) -> Connect:
        return lambda: connect_to(proxy.url)

    @pytest.fixture
    def cut(self, proxy: Proxy) -> Cut:
        return lambda _broker: proxy.cut()

    @pytest.fixture
    def place(self, redis_url: str) -> Iterator[Place]:
        place = Place.fresh()
        yield place
        with redis.Redis.from_url(redis_url) as client:
            for key in client.scan_iter(f"*{place.name}*"):
                client.delete(key)

    def test_says_what_it_can_do(self, connect: Connect) -> None:
        assert connect().capabilities == {
            Capability.CONFIRMS,
            Capability.MANDATORY,
            Capability.DEAD_LETTERS,
            Capability.CROSS_PROCESS,
        }
