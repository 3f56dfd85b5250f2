"""Hints through a real Redis, and what happens to them when it forgets everything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
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
    a_line,
    a_user,
    begun,
    steps_told,
    worked,
)

pytestmark = pytest.mark.services


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


async def watching(browse: Open) -> tuple[Browser, UUID]:
    user = await a_user()
    run = await a_line(user)
    browser = await browse(user)
    await browser.watch(run)
    assert (await browser.frame())["t"] == "snap"
    return browser, run


async def test_hint_of_another_process_arrives_before_the_heartbeat(
    redis_layer: Any, browse: Open
) -> None:
    browser, run = await watching(browse)

    announce(await begun(run, "one"))
    frame = await browser.frame(timeout_s=10)

    assert (frame["t"], steps_told(frame)) == ("pub", {"one": "running"})


async def test_redis_that_forgets_everything_costs_immediacy_only(
    redis_layer: Any, browse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "REJOIN_S", 0.2)
    browser, run = await watching(browse)
    await redis_layer.flush()
    joined, join = asyncio.Event(), redis_layer.group_add

    async def joins_again(group: str, channel: str) -> None:
        await join(group, channel)
        joined.set()

    monkeypatch.setattr(redis_layer, "group_add", joins_again)
    await worked(run, "one")
    await browser.send(t="ping")
    by_heartbeat = await browser.frame()
    await joined.wait()
    announce(await worked(run, *ALL_STEPS[1:]))

    assert steps_told(by_heartbeat) == {"one": "succeeded", "two": "ready"}
    assert await browser.until_run("succeeded")


async def test_membership_is_renewed_without_a_moment_of_deafness(
    redis_layer: Any,
    browse: Open,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(listening, "REJOIN_S", 0.02)
    joins = asyncio.Semaphore(0)
    join = redis_layer.group_add

    async def counts(group: str, channel: str) -> None:
        await join(group, channel)
        joins.release()

    monkeypatch.setattr(redis_layer, "group_add", counts)
    browser, run = await watching(browse)
    for _ in range(5):
        await joins.acquire()

    announce(await begun(run, "one"))
    frame = await browser.frame(timeout_s=10)

    assert steps_told(frame) == {"one": "running"}
    assert caplog.messages == []
