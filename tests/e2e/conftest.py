"""A browser, and shops on the parts that this machine has."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pika
import pika.exceptions
import psycopg
import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from flowengine.broker.topology import topology
from tests.e2e.customer import Customer
from tests.e2e.operator import Operator
from tests.e2e.shop import Parts, Shop, opened

LIMIT_MS = 45_000
"""For anything awaited. A test that passes does not take it, but two cores may be busy."""
STATIONS = ("payment", "shipping")

OpenShop = Callable[..., Shop]
Enter = Callable[..., Customer]


@pytest.fixture(scope="package")
def chrome(chromium: str) -> Iterator[Browser]:
    """One browser for all; it ends with this package, for its event loop would be in others' way."""
    expect.set_options(timeout=LIMIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
        )
        yield browser
        browser.close()


@pytest.fixture
def enter(chrome: Browser) -> Iterator[Enter]:
    """``enter(shop)`` opens its page in a browser of its own."""
    customers = []

    def enter_as(shop: Shop, *, url: str = "", cookie: str = "", **options: Any) -> Customer:
        context = chrome.new_context(locale="en-GB", **options)
        context.set_default_timeout(LIMIT_MS)
        customers.append(Customer(context, shop, url=url))
        if cookie:
            context.add_cookies(
                [{"name": "flowengine_demo_session", "value": cookie, "url": shop.url}]
            )
        return customers[-1].enter()

    yield enter_as

    for customer in customers:
        customer.context.close()
    assert [problem for customer in customers for problem in customer.problems] == []


ON_REAL_PARTS = pytest.mark.services
"""What ``real_parts`` asks for is only seen when it is asked for."""


@pytest.fixture
def operator(chrome: Browser, shop: Shop) -> Iterator[Operator]:
    """An operator of the module's ``shop``."""
    operator = Operator(chrome, shop)
    yield operator
    operator.close()


@pytest.fixture(params=["embedded", pytest.param("real", marks=ON_REAL_PARTS)])
def open_shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenShop]:
    """``open_shop(pace=1)``: a shop with no orders yet. The test runs on both lines."""
    parts: Parts = request.getfixturevalue(f"{request.param}_parts")
    yield from opening(tmp_path, parts)


@pytest.fixture
def open_embedded(embedded_parts: Parts, tmp_path: Path) -> Iterator[OpenShop]:
    """The same on SQLite and the broker within the process only."""
    yield from opening(tmp_path, embedded_parts)


@pytest.fixture(scope="module")
def open_for_all(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenShop]:
    """The same for all tests of a file, each of which looks at what it has ordered itself."""
    yield from opening(copied(seeded, tmp_path_factory.mktemp("shop")), Parts())


@pytest.fixture
def embedded_parts(seeded: Path, tmp_path: Path) -> Parts:
    """One process and a file."""
    copied(seeded, tmp_path)
    return Parts()


@pytest.fixture
def real_parts(rabbitmq_url: str, redis_url: str, seeded_postgres: str) -> Iterator[Parts]:
    """RabbitMQ, Redis, and a database of the test's own."""
    with _database(seeded_postgres) as url:
        _purge(rabbitmq_url)
        yield Parts(broker=rabbitmq_url, database=url, redis=redis_url)


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """An empty database for a file's own shop, where Django's own is PostgreSQL; else none: SQLite."""
    url = os.environ.get("FLOWENGINE_TEST_DATABASE_URL", "")
    if not url:
        yield ""
        return
    with _database(f"{url.rpartition('/')[0]}/template1") as made:
        yield made


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a shop that was opened once and closed as people close it; to be copied."""
    directory = tmp_path_factory.mktemp("seeded")
    _open_once(directory, Parts())
    return directory


@pytest.fixture(scope="session")
def seeded_postgres(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same as the URL of a database on the tests' server."""
    with _database(f"{postgres_url.rpartition('/')[0]}/template1") as url:
        _open_once(tmp_path_factory.mktemp("seeded"), Parts(database=url))
        yield url


def opening(directory: Path, parts: Parts) -> Iterator[OpenShop]:
    """Shops in that folder, one after the other; the last one is killed after the test."""
    with ExitStack() as shops:

        def open_at(*, pace: float) -> Shop:
            return shops.enter_context(opened(directory, parts, pace=pace))

        yield open_at


def copied(seeded: Path, directory: Path) -> Path:
    """That folder, with what a shop left in the seeded one."""
    return shutil.copytree(seeded, directory, dirs_exist_ok=True)


def _open_once(directory: Path, parts: Parts) -> None:
    shop = Shop(directory, parts)
    shop.start()
    shop.stop()
    assert "Closed." in shop.story()
    for log in directory.glob("*.log"):
        log.unlink()


@contextmanager
def _database(template: str) -> Iterator[str]:
    """A copy of the database of that URL, beside it, until the end; its URL."""
    server, _, name_of_template = template.rpartition("/")
    name = f"shop_{uuid.uuid4().hex[:12]}"
    _execute(server, f"CREATE DATABASE {name} TEMPLATE {name_of_template}")
    yield f"{server}/{name}"
    _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def _purge(rabbitmq_url: str) -> None:
    """Empty the queues: what an earlier test left there speaks of rows that are not here."""
    with pika.BlockingConnection(pika.URLParameters(rabbitmq_url)) as connection:
        for queue in topology(STATIONS).queues:
            channel = connection.channel()
            try:
                channel.queue_purge(queue.name)
                channel.close()
            except pika.exceptions.ChannelClosedByBroker:
                continue  # There is no such queue yet.


def _execute(server: str, statement: str) -> None:
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(statement)
