"""The handshake: who is let in, and who is sent away before a frame is exchanged."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from flowengine.live import board, consumer, hub, outbox
from flowengine.live.protocol import MESSAGES_BURST, Close
from tests.live.browser import Browser, Open, a_user, cookie_of, in_database


async def test_anonymous_is_refused_before_accept(transactional_db: None) -> None:
    browser = Browser()

    assert await browser.open() == Close.SIGNED_OUT

    await browser.close()


async def test_made_up_session_is_anonymous(transactional_db: None) -> None:
    browser = Browser("sessionid=abcdefghijklmnopqrstuvwxyz012345")

    assert await browser.open() == Close.SIGNED_OUT

    await browser.close()


@pytest.mark.parametrize(
    "origin", [None, b"null", b"http://evil.example", b"http://localhost:8001"]
)
async def test_page_of_another_origin_is_refused_with_the_best_of_cookies(
    transactional_db: None, origin: bytes | None
) -> None:
    browser = Browser(await cookie_of(await a_user()), origin=origin)

    assert await browser.open() == Close.FORBIDDEN

    await browser.close()


async def test_path_that_is_no_socket_is_not_found(transactional_db: None) -> None:
    browser = Browser(await cookie_of(await a_user()), path="/flow/ws/other/")

    assert await browser.open() == 4404

    await browser.close()


async def test_user_with_too_many_sockets_is_asked_to_come_back(
    browse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "PEERS_PER_USER_MAX", 2)
    cookie = await cookie_of(await a_user())
    first = await browse(cookie=cookie)
    await browse(cookie=cookie)

    third = Browser(cookie)
    refused = await third.open()
    await third.close()
    await first.close()
    await browse(cookie=cookie)

    assert refused == Close.TOO_MANY


async def test_user_who_logs_out_is_cut_off(browse: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "RENEW_S", 0.1)
    cookie = await cookie_of(await a_user())
    browser = await browse(cookie=cookie)

    await in_database(_forget_session, cookie)

    assert await browser.closed() == Close.SIGNED_OUT


@pytest.mark.parametrize("change", ["password", "inactive", "deleted"])
async def test_user_who_is_no_longer_who_they_were_is_cut_off(
    browse: Open, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    monkeypatch.setattr(hub, "RENEW_S", 0.1)
    user = await a_user()
    browser = await browse(user)

    await in_database(_change, user, change)

    assert await browser.closed() == Close.SIGNED_OUT


async def test_user_who_stays_is_not_cut_off(browse: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "RENEW_S", 0.05)
    browser = await browse(await a_user())

    assert await browser.is_silent(0.3)
    assert (await browser.ping())["t"] == "hb"


@pytest.mark.parametrize(
    ("text", "code"),
    [("{", Close.UNREADABLE), ("x" * 70_000, Close.TOO_LARGE)],
    ids=["no JSON", "too large"],
)
async def test_who_does_not_speak_the_protocol_is_cut_off(
    browse: Open, text: str, code: Close
) -> None:
    browser = await browse(await a_user())

    await browser.send_text(text)

    assert await browser.closed() == code


async def test_bytes_are_no_frame(browse: Open) -> None:
    browser = await browse(await a_user())

    await browser.socket.send_input({"type": "websocket.receive", "bytes": b"\x00"})

    assert await browser.closed() == Close.UNREADABLE


async def test_frame_that_is_not_understood_is_answered_and_the_socket_stays(
    browse: Open,
) -> None:
    browser = await browse(await a_user())

    await browser.send(t="publish", c="run:x")
    await browser.send(t="sub", c="run:*")

    assert await browser.frame() == {"t": "err", "c": None, "code": "bad_frame"}
    assert await browser.frame() == {"t": "err", "c": "run:*", "code": "unknown_topic"}


async def test_flood_of_messages_ends_the_socket_and_no_other(browse: Open) -> None:
    user = await a_user()
    flooding, quiet = await browse(user), await browse(user)

    for _ in range(int(MESSAGES_BURST) + 20):
        await flooding.send(t="ping")

    assert await flooding.closed() == Close.TOO_MANY
    assert (await quiet.ping())["t"] == "hb"


async def test_page_with_many_runs_asks_for_them_in_one_message(browse: Open) -> None:
    browser = await browse(await a_user())
    topics = [f"run:01930000-0000-5000-8000-{n:012d}" for n in range(200)]

    await browser.send(t="subs", m=dict.fromkeys(topics))
    answers = [await browser.frame() for _ in topics]
    await browser.send(t="unsubs", m=topics[1:])

    assert {frame["t"] for frame in answers} == {"pending"}
    assert (await browser.ping())["h"] == {topics[0]: None}


async def test_topics_beyond_the_limit_are_refused(
    browse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "SUBSCRIPTIONS_MAX", 1)
    browser = await browse(await a_user())

    await browser.send(t="sub", c="run:01930000-0000-5000-8000-000000000001")
    await browser.send(t="sub", c="run:01930000-0000-5000-8000-000000000002")

    frames = [await browser.frame(), await browser.frame()]
    assert {frame["t"]: frame.get("code") for frame in frames} == {
        "err": "too_many",
        "pending": None,
    }


async def test_more_topics_than_one_may_watch_are_refused_one_by_one_and_the_socket_stays(
    browse: Open,
) -> None:
    browser = await browse(await a_user())
    topics = [f"run:01930000-0000-5000-8000-{n:012}" for n in range(1_000)]

    await browser.send(t="subs", m=dict.fromkeys(topics))
    frames = [await browser.frame() for _ in topics]

    assert Counter(frame["t"] for frame in frames) == {"pending": 200, "err": 800}
    assert len((await browser.ping())["h"]) == 200


async def test_reader_that_stands_still_is_cut_off(
    browse: Open, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setattr(outbox, "WRITE_S", 0.05)
    settings.FLOWENGINE = {"HEARTBEAT_S": 0.05}
    sent: list[dict[str, Any]] = []
    arrived = asyncio.Event()

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        if message["type"] == "websocket.send":
            await asyncio.sleep(60)
        if message["type"] == "websocket.close":
            arrived.set()

    async def receive() -> dict[str, Any]:
        if not sent:
            return {"type": "websocket.connect"}
        await arrived.wait()
        return {"type": "websocket.disconnect", "code": 1006}

    await consumer.socket({"type": "websocket", "user": await a_user()}, receive, send)

    assert sent[-1] == {"type": "websocket.close", "code": Close.SLOW, "reason": ""}


def _forget_session(cookie: str) -> None:
    from django.contrib.sessions.models import Session

    Session.objects.filter(pk=cookie.partition("=")[2]).delete()


def _change(user: Any, change: str) -> None:
    if change == "deleted":
        user.delete()
    elif change == "inactive":
        user.is_active = False
        user.save()
    else:
        user.set_password("another")
        user.save()
