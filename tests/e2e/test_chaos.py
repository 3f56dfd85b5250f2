"""Cycles of what may go wrong between a browser and the server; after each the page is right.

Ten cycles, or as many as ``FLOWENGINE_TEST_CYCLES`` says; ``make soak`` plays two hundred.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.conformance.proxy import Proxy
from tests.e2e.conftest import Enter, OpenShop, opening
from tests.e2e.customer import Customer
from tests.e2e.shop import Parts, Shop
from tests.nodes.redis import RedisNode

CYCLES = int(os.environ.get("FLOWENGINE_TEST_CYCLES", "10"))
CYCLES_OF_ONE_PAGE = 20
"""Then another customer comes: a page shows so many orders only."""
FINAL = ("succeeded", "failed", "cancelled")
STATES = """
([runs, final]) => runs.every(([run, state]) => {
  const line = document.querySelector(`flow-progress[run-id="${run}"]`);
  return line?.dataset.state === state && line.dataset.link === "live";
})
"""
"""Each of these runs is shown in its state, and called live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a fault may break."""

    shop: Shop
    redis: RedisNode
    network: Proxy
    customer: Customer


def go_offline(scene: Scene, seconds: float) -> None:
    scene.customer.context.set_offline(offline=True)
    wait(scene, seconds)
    scene.customer.context.set_offline(offline=False)


def freeze(scene: Scene, seconds: float) -> None:
    scene.network.freeze()
    wait(scene, seconds)
    scene.network.thaw()


def cut(scene: Scene, seconds: float) -> None:
    scene.network.cut()
    wait(scene, seconds)
    scene.network.cut()


def tear(scene: Scene, seconds: float) -> None:
    scene.network.tear()
    wait(scene, seconds)


def kill_the_server(scene: Scene, seconds: float) -> None:
    scene.shop.kill()
    wait(scene, seconds / 2)
    scene.shop.start()


def flush_redis(scene: Scene, seconds: float) -> None:
    scene.redis.flush()
    wait(scene, seconds)
    scene.redis.flush()


FAULTS: tuple[Callable[[Scene, float], None], ...] = (
    go_offline,
    freeze,
    cut,
    tear,
    kill_the_server,
    flush_redis,
)


def wait(scene: Scene, seconds: float) -> None:
    """That long, while the browser goes on."""
    scene.customer.page.wait_for_timeout(1000 * seconds)


@pytest.fixture
def open_on_redis(real_parts: Parts, redis_node: RedisNode, tmp_path: Path) -> Iterator[OpenShop]:
    """A shop on real parts whose Redis may be flushed."""
    redis_node.start()
    yield from opening(tmp_path, replace(real_parts, redis=redis_node.url))


@pytest.mark.timeout(120 + 60 * CYCLES)
def test_page_is_right_after_each_cycle_of_faults(
    open_on_redis: OpenShop, redis_node: RedisNode, enter: Enter
) -> None:
    chance = random.Random(7)
    shop = open_on_redis(pace=0.3)
    healed = []
    with Proxy(shop.url, default_port=80) as network:
        scene: Scene | None = None
        for cycle in range(CYCLES):
            if scene is None or cycle % CYCLES_OF_ONE_PAGE == 0:
                customer = enter(shop, url=network.url)
                scene = Scene(shop=shop, redis=redis_node, network=network, customer=customer)
            scene.customer.order()
            fault = FAULTS[cycle % len(FAULTS)]
            fault(scene, chance.uniform(0.2, 3.0))

            ended = time.monotonic()
            shop.until(lambda: all_are_final(shop), what=f"all is done after {fault.__name__}")
            until_shown(scene.customer, shop)
            healed.append((round(time.monotonic() - ended, 1), fault.__name__))
            assert_agrees(scene.customer, shop)
    print(f"{CYCLES} cycles; longest until right: {sorted(healed)[-5:]}")  # noqa: T201 - a figure


def all_are_final(shop: Shop) -> bool:
    return all(state in FINAL for state, _steps in shop.states().values())


def until_shown(customer: Customer, shop: Shop) -> None:
    """Wait until each line of the page has the state that its run has in the database."""
    states = shop.states()
    runs = [(line.run, states[line.run][0]) for line in customer.lines()]
    customer.page.wait_for_function(STATES, arg=[runs, FINAL])


def assert_agrees(customer: Customer, shop: Shop) -> None:
    """All that the page shows is as the database has it."""
    shown = customer.shown()
    states = shop.states()
    assert shown == {run: states[run] for run in shown}
    assert shown
