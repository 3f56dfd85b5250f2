"""Sockets that are closed after the test, and web processes that are ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from channels.layers import channel_layers
from django.db import connection, connections

from flowengine.live import hints
from tests.live.browser import Browser, Open, cookie_of, in_database
from tests.live.servers import PREFIX, Servers


@pytest.fixture
async def browse(transactional_db: None) -> AsyncIterator[Open]:
    """Opens sockets, and closes them after the test."""
    opened: list[Browser] = []

    async def open_as(user: Any = None, *, cookie: str = "") -> Browser:
        browser = Browser(cookie or (await cookie_of(user) if user else ""))
        assert await browser.open() is None
        opened.append(browser)
        return browser

    yield open_as

    for browser in opened:
        await browser.close()
    await in_database(connections.close_all)


@pytest.fixture
def servers(
    transactional_db: None, postgres: str, redis_url: str, tmp_path: Path
) -> Iterator[Servers]:
    """Starts web processes, and ends them after the test."""
    url = f"{postgres.rsplit('/', 1)[0]}/{connection.settings_dict['NAME']}"
    servers = Servers(tmp_path, redis_url, url)
    yield servers
    servers.close()


@pytest.fixture
async def redis_layer(settings: Any, redis_url: str) -> AsyncIterator[None]:
    """This process announces through the Redis of the servers."""
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [redis_url], "prefix": PREFIX},
        }
    }
    made: Any = channel_layers["default"]
    yield
    await asyncio.to_thread(hints.stop)
    await made.flush()
