"""The layer of one process, and layers that take their time when somebody leaves."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from channels.layers import channel_layers

from flowengine.live import listening
from flowengine.live.layer import (
    InProcessChannelLayer,
    layer,
)
from tests.live.browser import Open, a_user, watching


async def test_layer_of_the_process_serves_any_thread_and_loop() -> None:
    here = InProcessChannelLayer(capacity=2)
    await here.group_add("runs", "a")
    waiting = asyncio.create_task(here.receive("a"))
    await asyncio.sleep(0)

    await asyncio.to_thread(here.deliver_to_group, "runs", {"n": 1})
    first = await asyncio.wait_for(waiting, 1)
    for n in range(2, 9):
        await here.group_send("runs", {"n": n})

    assert first == {"n": 1}
    assert [await here.receive("a"), await here.receive("a")] == [{"n": 2}, {"n": 3}]


async def test_channel_that_left_its_group_gets_nothing() -> None:
    here = InProcessChannelLayer()
    await here.group_add("runs", "a")
    await here.group_discard("runs", "a")

    await here.group_send("runs", {"n": 1})

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(here.receive("a"), 0.05)


def test_layer_bound_to_one_loop_is_stood_in_for(settings: Any) -> None:
    settings.CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels.layers.InMemoryChannelLayer"},
    }

    assert isinstance(layer(), InProcessChannelLayer)


def test_receiver_whose_loop_is_gone_holds_up_nobody() -> None:
    here = InProcessChannelLayer()

    async def wait_a_moment() -> None:
        await here.group_add("runs", "a")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(here.receive("a"), 0.01)

    asyncio.run(wait_a_moment())
    here.deliver_to_group("runs", {"n": 1})


class StubbornLayer(InProcessChannelLayer):
    """A layer that swallows the first cancellation, as clients of servers do now and then."""

    swallowed = 0

    async def receive(self, channel: str) -> dict[str, Any]:
        try:
            return await super().receive(channel)
        except asyncio.CancelledError:
            self.swallowed += 1
            if self.swallowed > 1:
                raise
            return {}


async def test_the_last_socket_leaves_though_the_layer_swallows_a_cancellation(
    settings: Any, browse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "CANCEL_S", 0.01)
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "tests.live.test_layer.StubbornLayer"}}
    stubborn: Any = channel_layers["default"]
    browser, _run = await watching(browse)

    await browser.close()

    assert stubborn.swallowed == 2


class SlowToOpen(InProcessChannelLayer):
    """A layer that is still connecting when it is cancelled, and goes on as if it were not."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.is_opening = asyncio.Event()
        self.swallowed = 0

    async def new_channel(self, prefix: str = "specific.") -> str:
        self.is_opening.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.swallowed += 1
        return await super().new_channel(prefix)


async def test_the_last_socket_leaves_though_the_layer_was_just_connecting(
    settings: Any, browse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "CANCEL_S", 0.01)
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "tests.live.test_layer.SlowToOpen"}}
    slow: Any = channel_layers["default"]
    browser = await browse(await a_user())
    await slow.is_opening.wait()

    await browser.close()

    assert slow.swallowed == 1
