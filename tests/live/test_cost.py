"""What being watched costs: reads, questions to the database, and the garbage collector."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator

from flowengine.live import hub
from flowengine.live.application import YOUNG_MAX, application
from flowengine.live.hints import announce
from flowengine.live.kind import Answer, Question
from flowengine.live.one_run import OneRun
from flowengine.live.outbox import Outbox
from flowengine.store import heads
from tests.live.browser import Open, a_line, a_user, begun, worked


@pytest.fixture
def collector() -> Iterator[None]:
    """The garbage collector is as before afterwards."""
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


async def test_many_who_watch_one_run_are_told_by_one_read(
    browse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await a_user()
    run = await a_line(user)
    browsers = [await browse(user) for _ in range(5)]
    for browser in browsers:
        await browser.watch(run)
        await browser.frame()
    read: list[int] = []
    answers = OneRun.answers

    def noted(kind: OneRun, questions: Sequence[Question]) -> list[Answer]:
        read.append(len(questions))
        return answers(kind, questions)

    monkeypatch.setattr(OneRun, "answers", noted)

    announce(await begun(run, "one"))
    told = [await browser.frame_of("pub") for browser in browsers]

    assert told == [told[0]] * 5
    assert read == [1]


async def test_all_heads_of_a_heartbeat_are_one_question(
    browse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "BEAT_PAGE", 1)
    asked: list[int] = []
    read = heads.read

    def noted(parts: Sequence[heads.Part]) -> heads.Heads:
        asked.append(len(parts))
        return read(parts)

    user = await a_user()
    browsers = [await browse(user) for _ in range(3)]
    for browser in browsers:
        names = [f"run:{await a_line(user)}", "runs:mine", "inbox"]
        await browser.send(t="subs", m=dict.fromkeys(names))
        for _ in names:
            await browser.frame_of("snap")
    here = hub.hub()
    await here._stop()  # its hands: here they are those of the test

    monkeypatch.setattr(heads, "read", noted)
    await here._beat(here._peers)
    beats = [await browser.frame_of("hb") for browser in browsers]

    assert asked == [3]
    assert [len(beat["h"]) for beat in beats] == [3, 3, 3]


async def test_change_during_a_long_heartbeat_does_not_wait_for_its_end(
    browse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "BEAT_PAGE", 1)
    user = await a_user()
    run = await a_line(user)
    browsers = [await browse(user) for _ in range(4)]
    for browser in browsers:
        await browser.watch(run)
        await browser.frame()
    await worked(run, "one")
    here = hub.hub()
    await here._stop()  # its hands: here they are those of the test
    channel = here._board.channel(f"run:{run}")
    assert channel is not None
    told: list[str] = []
    put, beat = Outbox.put, Outbox.put_heartbeat

    def put_too(box: Outbox, text: str, topic: str | None = None) -> None:
        told.append("change")
        put(box, text, topic)

    def beat_too(box: Outbox, text: str) -> None:
        if not told:
            here._board.mark(channel, at=0.0)
        told.append("heartbeat")
        beat(box, text)

    monkeypatch.setattr(Outbox, "put", put_too)
    monkeypatch.setattr(Outbox, "put_heartbeat", beat_too)
    monkeypatch.setattr(hub.Hub, "_look_at_heads", _seen_before)
    await here._beat(here._peers)

    assert told[0] == "heartbeat"
    assert told[-1] == "heartbeat"
    assert told.count("change") == 4


async def _seen_before(_here: hub.Hub, _channels: object) -> None:
    """The heads were read before that change."""


async def test_who_comes_while_permissions_are_looked_at_is_judged_by_an_answer_of_their_own(
    browse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, boss = await a_user("ann"), await a_user("boss", is_superuser=True)
    run = await a_line(ann)
    first, late = await browse(ann), await browse(boss)
    await first.watch(run)
    await first.frame()
    is_asked, may_answer = threading.Event(), threading.Event()
    allowed = OneRun.allowed

    def slowly(kind: OneRun, questions: Sequence[Question]) -> Any:
        found = allowed(kind, questions)
        is_asked.set()
        assert may_answer.wait(5)
        return found

    monkeypatch.setattr(OneRun, "allowed", slowly)
    renewing = asyncio.create_task(hub.hub()._renew())
    await asyncio.to_thread(is_asked.wait, 5)
    await late.watch(run)
    may_answer.set()
    await renewing

    assert (await late.frame())["t"] == "snap"


async def test_what_a_server_has_loaded_is_no_business_of_the_garbage_collector(
    collector: None,
) -> None:
    communicator: Any = ApplicationCommunicator  # asgiref annotates none of it
    gc.unfreeze()
    gc.set_threshold(700, 10, 10)

    server = communicator(application(_nothing), {"type": "lifespan"})
    await server.send_input({"type": "lifespan.startup"})
    started = await server.receive_output()
    frozen, thresholds = gc.get_freeze_count(), gc.get_threshold()
    await server.send_input({"type": "lifespan.shutdown"})
    await server.receive_output()

    assert started["type"] == "lifespan.startup.complete"
    assert frozen > 10_000
    assert thresholds == (YOUNG_MAX, 10, 10)


@pytest.mark.parametrize("own", [(0, 10, 10), (50_000, 20, 20)])
async def test_thresholds_that_the_project_has_chosen_stay(
    collector: None, own: tuple[int, int, int]
) -> None:
    communicator: Any = ApplicationCommunicator
    gc.set_threshold(*own)

    server = communicator(application(_nothing), {"type": "lifespan"})
    await server.send_input({"type": "lifespan.startup"})
    await server.receive_output()
    thresholds = gc.get_threshold()
    await server.send_input({"type": "lifespan.shutdown"})
    await server.receive_output()

    assert thresholds == own


async def _nothing(_scope: Any, _receive: Any, _send: Any) -> None:
    """The project."""
