"""Hints through a real Redis, and what happens to them when it forgets everything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from channels.layers import channel_layers

from flowengine.live import hints, listening
from flowengine.live.hints import announce
from tests.live.browser import (
    ALL_STEPS,
    Browser,
    Open,
    begun,
    steps_told,
    watching,
    worked,
)

pytestmark = pytest.mark.services


class Joins:
    """The groups that this process's channel joins: a test awaits them, and holds them back."""

    def __init__(self, join: Callable[[str, str], Awaitable[None]]) -> None:
        self._join = join
        self._turn = asyncio.Lock()
        self._done = asyncio.Semaphore(0)

    async def __call__(self, group: str, channel: str) -> None:
        """Join, when it may."""
        async with self._turn:
            await self._join(group, channel)
            self._done.release()

    async def wait_for(self, count: int) -> None:
        """That many more have been joined; a run is told of in two: its shard's, and everywhere's."""
        for _ in range(count):
            await self._done.acquire()

    async def hold(self) -> None:
        """From now on none is joined; counting begins anew."""
        await self._turn.acquire()
        self._done = asyncio.Semaphore(0)

    def go_on(self) -> None:
        """They may be joined again."""
        self._turn.release()


@pytest.fixture(params=["core.RedisChannelLayer", "pubsub.RedisPubSubChannelLayer"])
async def redis_layer(
    request: pytest.FixtureRequest, settings: Any, redis_url: str
) -> AsyncIterator[Any]:
    """The configured layer, in a corner of Redis of its own."""
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": f"channels_redis.{request.param}",
            "CONFIG": {"hosts": [redis_url], "prefix": "flowengine-test-live"},
        }
    }
    made: Any = channel_layers["default"]
    yield made
    await asyncio.to_thread(hints.stop)
    await made.flush()
    if request.param.startswith("core"):
        await made.close_pools()


@pytest.fixture
def joins(redis_layer: Any, monkeypatch: pytest.MonkeyPatch) -> Joins:
    """What this process's channel joins."""
    joins = Joins(redis_layer.group_add)
    monkeypatch.setattr(redis_layer, "group_add", joins)
    return joins


async def hearing(browse: Open, joins: Joins) -> tuple[Browser, UUID]:
    """A browser that has the view of a run, of which this process now hears through the layer.

    Hints that came before it heard have been made up for: what it tells from here on was hinted at,
    or asked for.
    """
    browser, run = await watching(browse)
    await joins.wait_for(2)
    for _ in range(2):  # the first may be answered before what was due beside it is read
        await browser.ping()
    return browser, run


async def test_hint_of_another_process_arrives_before_the_heartbeat(
    joins: Joins, browse: Open
) -> None:
    browser, run = await hearing(browse, joins)

    announce(await begun(run, "one"))
    frame = await browser.frame(timeout_s=10)

    assert (frame["t"], steps_told(frame)) == ("pub", {"one": "running"})


async def test_redis_that_forgets_everything_costs_immediacy_only(
    redis_layer: Any, joins: Joins, browse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "REJOIN_S", 0.2)
    browser, run = await hearing(browse, joins)
    await joins.hold()
    await redis_layer.flush()
    await worked(run, "one")
    await browser.send(t="ping")
    by_heartbeat = await browser.frame()
    joins.go_on()
    await joins.wait_for(2)
    announce(await worked(run, *ALL_STEPS[1:]))

    assert steps_told(by_heartbeat) == {"one": "succeeded", "two": "ready"}
    assert await browser.until_run("succeeded")


async def test_membership_is_renewed_without_a_moment_of_deafness(
    joins: Joins, browse: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(listening, "REJOIN_S", 0.02)
    browser, run = await hearing(browse, joins)
    await joins.wait_for(5)

    announce(await begun(run, "one"))
    frame = await browser.frame(timeout_s=10)

    assert steps_told(frame) == {"one": "running"}
    assert caplog.messages == []
