"""Sockets that are closed after the test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.db import connections

from tests.live.browser import Browser, Open, cookie_of, in_database


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
