"""What breaks on the way: the network, the server, Redis. The page says so, and is right afterwards."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.conformance.proxy import Proxy
from tests.e2e.conftest import Enter, OpenShop, opening
from tests.e2e.customer import Line
from tests.e2e.shop import STEPS, Parts
from tests.nodes.redis import RedisNode

DONE = "SELECT count(*) FROM flowengine_run WHERE state = 'succeeded'"
SILENCE_S = 12.5
"""After so long without a frame a page takes its socket for dead."""
NOT_LIVE = re.compile(r"^Reconnecting, as of \d\d:\d\d:\d\d$")


def assert_says_it_is_not_live(line: Line) -> None:
    line.until_link("stale")
    expect(line.link).to_have_text(NOT_LIVE)


def test_page_without_network_says_since_when_and_agrees_when_it_is_back(
    open_shop: OpenShop, enter: Enter
) -> None:
    shop = open_shop(pace=2)
    customer = enter(shop)
    line = customer.order()
    line.until_link("live")
    line.until_seen("charge", "running")

    customer.context.set_offline(offline=True)
    began = time.monotonic()
    assert_says_it_is_not_live(line)
    assert time.monotonic() - began < SILENCE_S, "the browser said so; it need not be guessed"
    told = line.link.text_content()
    was = customer.shown()
    shop.until(
        lambda: shop.number(DONE) == 1 and time.monotonic() - began > 10,
        what="the order is done, and the network has been gone for ten seconds",
    )
    assert customer.shown() == was
    expect(line.link).to_have_text(str(told))

    customer.context.set_offline(offline=False)
    line.until_done()
    line.until_link("live")
    customer.assert_agrees()


def test_network_that_falls_silent_without_a_word_is_found_out(
    open_embedded: OpenShop, enter: Enter
) -> None:
    shop = open_embedded(pace=2)
    with Proxy(shop.url, default_port=80) as network:
        customer = enter(shop, url=network.url)
        line = customer.order()
        line.until_link("live")
        line.until_seen("charge", "running")

        network.freeze()
        assert_says_it_is_not_live(line)
        line.until_step("charge", "running")
        shop.until(lambda: shop.number(DONE) == 1, what="the order is done")

        network.thaw()
        line.until_done()
        line.until_link("live")
        customer.assert_agrees()


def test_server_that_is_killed_and_started_goes_on_and_so_does_the_page(
    open_shop: OpenShop, enter: Enter
) -> None:
    shop = open_shop(pace=1)
    customer = enter(shop)
    customer.page.evaluate("window.isTheSamePage = true")
    line = customer.order()
    line.until_link("live")
    line.until_seen("pack", "running")

    shop.kill()
    assert_says_it_is_not_live(line)
    line.until_step("pack", "running")
    shop.start()

    line.until_done()
    line.until_link("live")
    assert customer.page.evaluate("window.isTheSamePage") is True
    assert "failed" not in {state for step in STEPS for state in line.seen()[step]}
    customer.assert_agrees()
    customer.order().until_done()


@pytest.fixture
def open_on_redis(real_parts: Parts, redis_node: RedisNode, tmp_path: Path) -> Iterator[OpenShop]:
    """A shop on real parts whose Redis may be broken."""
    redis_node.start()
    yield from opening(tmp_path, replace(real_parts, redis=redis_node.url))


def test_page_follows_while_redis_is_flushed_and_gone_and_back(
    open_on_redis: OpenShop, redis_node: RedisNode, enter: Enter
) -> None:
    shop = open_on_redis(pace=0.5)
    customer = enter(shop)
    flushed = customer.order()
    flushed.until_link("live")
    flushed.until_seen("charge", "running")

    redis_node.flush()
    flushed.until_done()

    redis_node.kill()
    without = customer.order()
    without.until_link("live")
    without.until_done()

    redis_node.start()
    customer.order().until_done()
    assert "stale" not in without.seen()["link"]
    customer.assert_agrees()
