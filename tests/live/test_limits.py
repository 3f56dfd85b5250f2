"""What one socket, one user and one process may take, and that floods and slow readers harm nobody else."""

from __future__ import annotations

import asyncio
import gc
import json
import resource
from pathlib import Path
from typing import Any

import pytest

from flowengine.live import consumer, handshakes, hub
from flowengine.live.entrance import Entrance
from flowengine.live.handshakes import Rate
from flowengine.live.hints import announce
from flowengine.live.outbox import Frame, Lagging
from flowengine.live.peer import member
from flowengine.live.protocol import FRAME_MAX_BYTES, Close
from flowengine.live.sessions import Credential
from tests.live.browser import (
    ALL_STEPS,
    Browser,
    Open,
    a_line,
    a_user,
    cookie_of,
    state_told,
    until,
    worked,
)

FLOOD = 4_000
GROWTH_MAX_MB = 8.0
"""What a process may grow by while it is flooded; a frame kept for each would take far more."""


def resident_mb() -> float:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


@pytest.mark.parametrize(("limit", "refused"), [(1, Close.TOO_MANY), (2, None), (3, None)])
async def test_process_takes_so_many_sockets_and_no_more(
    browse: Open, monkeypatch: pytest.MonkeyPatch, limit: int, refused: Close | None
) -> None:
    monkeypatch.setattr(hub, "PEERS_MAX", limit)
    await browse(await a_user("ann"))

    second = Browser(await cookie_of(await a_user("bob")))
    code = await second.open()
    await second.close()

    assert code == refused


@pytest.mark.parametrize(("number", "refused"), [(19, None), (20, None), (21, Close.TOO_MANY)])
async def test_user_has_twenty_sockets(browse: Open, number: int, refused: Close | None) -> None:
    user = await a_user()
    here = hub.hub()
    first = await browse(user)
    others = [member(user, Credential(str(user.pk), None)) for _ in range(number - 2)]
    assert all(here.admit(each) for each in others)

    last = Browser(await cookie_of(user))
    code = await last.open()
    await last.close()
    for each in others:
        await here.leave(each)

    assert code == refused
    assert first.hello


async def test_handshakes_come_no_faster_than_the_process_takes_them(
    browse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handshakes, "HANDSHAKES", Rate(0.001, 1))
    cookie = await cookie_of(await a_user())
    first, second = Browser(cookie), Browser(cookie)

    codes = [await first.open(), await second.open()]
    await first.close()
    await second.close()

    assert codes == [None, Close.TOO_MANY]


async def test_handshake_that_is_not_answered_in_time_is_ended(
    browse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "HANDSHAKE_S", 0.01)
    monkeypatch.setattr(Entrance, "user_of", lambda _entrance, _key: asyncio.Event().wait())
    late = Browser(await cookie_of(await a_user()))

    assert await late.open() == Close.TOO_MANY
    await late.close()


@pytest.mark.parametrize(
    "frame",
    [
        {"t": "ping"},
        {"t": "sub", "c": "run:*"},
        {"t": "sub", "c": "runs:subject:\x00\x1b[2J"},
        {"t": "subs", "m": {"run:x": None}, "g": ["forged"] * 100},
        {"t": "unsubs", "m": ["run:x"] * 1000},
        {"t": "publish"},
    ],
    ids=["pings", "unknown topics", "control characters", "forged grants", "unsubs", "no frames"],
)
async def test_flood_of_frames_leaves_nothing_behind(
    browse: Open, monkeypatch: pytest.MonkeyPatch, frame: dict[str, Any]
) -> None:
    monkeypatch.setattr(Rate, "allows", lambda _rate, _now: True)
    browser = await browse(await a_user())
    text = json.dumps(frame)

    async def flood(number: int) -> None:
        for n in range(number):
            await browser.send_text(text)
            if n % 500 == 499:
                await browser.ping()

    await flood(1_000)
    before = resident_mb()
    await flood(FLOOD)

    assert resident_mb() - before < GROWTH_MAX_MB
    assert (await browser.ping())["h"] == {}


async def test_topics_that_come_and_go_leave_nothing_behind(
    browse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Rate, "allows", lambda _rate, _now: True)
    user = await a_user()
    browser = await browse(user)

    for n in range(50):
        names = [f"run:01930000-0000-5000-8000-{n:04}{k:08}" for k in range(20)]
        await browser.send(t="subs", m=dict.fromkeys([*names, "runs:mine", f"runs:subject:{n}"]))
        await browser.send(t="unsubs", m=[*names, "runs:mine", f"runs:subject:{n}"])
    await browser.ping()
    board = hub.hub()._board

    assert list(board) == []
    assert (board.dirty, board.views, board.shards()) == ({}, 0, frozenset())
    assert hub.hub()._peers


@pytest.mark.parametrize("size", [FRAME_MAX_BYTES - 1, FRAME_MAX_BYTES, FRAME_MAX_BYTES + 1])
async def test_frame_of_64_kib_is_the_largest(browse: Open, size: int) -> None:
    browser = await browse(await a_user())
    text = json.dumps({"t": "ping", "x": ""})

    await browser.send_text(text.replace('""', '"' + "x" * (size - len(text)) + '"'))

    if size <= FRAME_MAX_BYTES:
        assert (await browser.frame())["t"] == "hb"
    else:
        assert await browser.closed() == Close.TOO_LARGE


async def test_slow_reader_slows_nobody_and_is_shown_the_end(browse: Open) -> None:
    user = await a_user()
    run = await a_line(user)
    quick = await browse(user)
    here = hub.hub()
    slow = member(user, Credential(str(user.pk), None))
    here.admit(slow)
    slow.outbox._frames_max = 2
    here.subscribe(slow, f"run:{run}", None)
    await quick.watch(run)

    for step in ALL_STEPS:
        announce(await worked(run, step))
        await quick.ping()
    told = set(slow.outbox._lagging)
    frames: list[dict[str, Any]] = []

    async def read() -> None:
        while not frames or state_told_or_shown(frames[-1]) != "succeeded":
            item = await slow.outbox.take()
            match item:
                case Lagging(topics=topics):
                    here.resync(slow, topics)
                case Frame(text=text):
                    frames.append(json.loads(text))

    await asyncio.wait_for(read(), 5)
    await here.leave(slow)

    assert told == {f"run:{run}"}
    assert frames[-1]["t"] == "snap"
    await until(lambda: slow not in here._peers)


def state_told_or_shown(frame: dict[str, Any]) -> str:
    return str(frame["s"]["state"]) if frame["t"] == "snap" else state_told({"d": [], **frame})
