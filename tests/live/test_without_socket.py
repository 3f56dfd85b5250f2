"""The protocol over HTTP: polling and the stream, with the positions of the socket."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from asgiref.testing import ApplicationCommunicator
from django.test import Client
from django.utils.crypto import get_random_string

from flowengine.live import endpoints, grants, hub
from flowengine.live.handshakes import Rate
from flowengine.live.hints import announce
from flowengine.models import RunRecord
from tests.asgi import application
from tests.live.browser import (
    ALL_STEPS,
    Open,
    a_line,
    a_user,
    cookie_of,
    in_database,
    state_told,
    steps_told,
    worked,
)

ORIGIN = "http://testserver"
POLL = "/flow/live/"
STREAM = "/flow/live/events"


def ask(
    topics: dict[str, Any],
    *tokens: str,
    user: Any = None,
    origin: str | None = ORIGIN,
    path: str = POLL,
) -> Any:
    """The response to one question."""
    client = Client(enforce_csrf_checks=True)
    if user is not None:
        client.force_login(user)
    headers = {} if origin is None else {"origin": origin, "host": "testserver"}
    body = json.dumps({"m": topics, "g": tokens})
    return client.post(path, body, content_type="application/json", headers=headers)


async def frames(topics: dict[str, Any], *tokens: str, user: Any = None) -> list[dict[str, Any]]:
    response = await in_database(ask, topics, *tokens, user=user)
    assert response.status_code == 200, response.content
    found: list[dict[str, Any]] = response.json()["frames"]
    return found


def position(frame: dict[str, Any]) -> dict[str, Any]:
    return {"e": frame["e"], "o": frame["o"]}


async def test_poll_answers_with_the_frames_of_the_socket(browse: Open) -> None:
    user = await a_user()
    run = await a_line(user)
    browser = await browse(user)
    await browser.watch(run)
    by_socket = await browser.frame()

    by_poll, beat = await frames({f"run:{run}": None}, user=user)

    assert by_poll == by_socket
    assert beat["h"] == {f"run:{run}": [by_socket["e"], by_socket["o"]]}


async def test_poll_from_a_position_of_the_socket_tells_what_came_since(browse: Open) -> None:
    user = await a_user()
    run = await a_line(user)
    browser = await browse(user)
    await browser.watch(run)
    at = position(await browser.frame())
    await worked(run, "one")

    news, beat = await frames({f"run:{run}": at}, user=user)
    [later] = await frames({f"run:{run}": position(news)}, user=user)
    await browser.watch(run, position(news))
    on_socket = await browser.frame_of("pub")

    assert (news["t"], news["f"], steps_told(news)["one"]) == ("pub", at["o"] + 1, "succeeded")
    assert (later["t"], later["h"]) == ("hb", beat["h"])
    assert on_socket["o"] == news["o"]


async def test_list_is_polled_whole_and_then_only_when_it_has_changed(browse: Open) -> None:
    user = await a_user()
    run = await a_line(user)

    snap, _ = await frames({"runs:mine": None}, user=user)
    [nothing] = await frames({"runs:mine": position(snap)}, user=user)
    await worked(run, "one")
    changed, _ = await frames({"runs:mine": position(snap)}, user=user)

    assert (snap["t"], nothing["t"], changed["t"]) == ("snap", "hb", "snap")
    assert changed["s"]["runs"][0]["percent"] == 20


async def test_poll_says_of_foreign_runs_what_it_says_of_missing_ones(browse: Open) -> None:
    run, missing = await a_line(await a_user("ann")), uuid4()
    eve = await a_user("eve")

    told = await frames({f"run:{run}": None, f"run:{missing}": None, "run:x": None}, user=eve)

    kinds = {frame.get("c"): frame["t"] for frame in told[:-1]}
    assert kinds == {f"run:{run}": "pending", f"run:{missing}": "pending", "run:x": "err"}
    assert told[-1]["h"] == {f"run:{run}": None, f"run:{missing}": None}


async def test_poll_by_a_grant_needs_no_login(browse: Open) -> None:
    run = await a_line(await a_user("ann"))
    other = await a_line(await a_user("bob"))

    told = await frames({f"run:{run}": None, f"run:{other}": None}, grants.mint([f"run:{run}"]))

    assert {frame.get("c"): frame["t"] for frame in told[:-1]} == {
        f"run:{run}": "snap",
        f"run:{other}": "err",
    }


async def test_number_of_queries_of_a_poll_is_bounded(
    browse: Open, django_assert_max_num_queries: Any
) -> None:
    user = await a_user()
    runs = [await a_line(user) for _ in range(8)]

    def count() -> None:
        with django_assert_max_num_queries(25):
            ask({f"run:{run}": None for run in runs} | {"runs:mine": None}, user=user)

    await in_database(count)


@pytest.mark.parametrize("path", [POLL, STREAM])
@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "https://testserver:8443"])
async def test_page_of_another_origin_is_not_answered(
    browse: Open, path: str, origin: str | None
) -> None:
    user = await a_user()

    response = await in_database(ask, {}, user=user, origin=origin, path=path)

    assert response.status_code == 403


@pytest.mark.parametrize("path", [POLL, STREAM])
async def test_what_is_not_logged_in_too_large_or_no_question_is_refused(
    browse: Open, path: str
) -> None:
    user = await a_user()
    client = Client()
    headers = {"origin": ORIGIN, "host": "testserver"}

    def statuses() -> list[int]:
        large = json.dumps({"m": {}, "g": [get_random_string(65 * 1024)]})
        bodies = ['{"m": []}', "x", "", large]
        client.force_login(user)
        sent = [
            client.post(path, b, content_type="application/json", headers=headers) for b in bodies
        ]
        return [each.status_code for each in sent]

    assert await in_database(statuses) == [400, 400, 400, 413]
    anonymous = await in_database(ask, {"run:x": None}, "forged", path=path)
    if path == POLL:
        assert anonymous.status_code == 401
        assert anonymous.json() == {"frames": [{"t": "err", "c": None, "code": "signed_out"}]}


async def test_who_asks_too_often_is_told_when_to_come_back(
    browse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoints, "HANDSHAKES", Rate(0.001, 1))
    user = await a_user()

    first = await in_database(ask, {}, user=user)
    second = await in_database(ask, {}, user=user)

    assert (first.status_code, second.status_code) == (200, 429)
    assert second["Retry-After"] == "5"


async def test_stream_needs_a_server_that_can_hold_it(browse: Open) -> None:
    response = await in_database(ask, {}, user=await a_user(), path=STREAM)

    assert response.status_code == 501


class Stream:
    """A stream that a browser has opened."""

    def __init__(self, cookie: str, topics: dict[str, Any], *tokens: str) -> None:
        headers = [
            (b"host", b"localhost:8000"),
            (b"origin", b"http://localhost:8000"),
            (b"content-type", b"application/json"),
            (b"cookie", cookie.encode()),
        ]
        scope = {
            "type": "http",
            "method": "POST",
            "path": STREAM,
            "query_string": b"",
            "headers": headers,
        }
        communicator: Any = ApplicationCommunicator  # asgiref annotates none of it
        self.socket = communicator(application, scope)
        self.body = json.dumps({"m": topics, "g": tokens}).encode()
        self.kind = b""

    async def open(self) -> int:
        """The status of the response."""
        await self.socket.send_input({"type": "http.request", "body": self.body})
        start = await self.socket.receive_output(timeout=5)
        self.kind = dict(start["headers"])[b"Content-Type"]
        status: int = start["status"]
        return status

    async def frame(self) -> dict[str, Any]:
        """The next frame."""
        message = await self.socket.receive_output(timeout=5)
        text = message["body"].decode()
        assert text.startswith("data: ")
        assert text.endswith("\n\n")
        found: dict[str, Any] = json.loads(text.removeprefix("data: "))
        return found

    async def close(self) -> None:
        """The browser goes away."""
        await self.socket.send_input({"type": "http.disconnect"})
        await self.socket.wait(timeout=5)


async def a_stream(user: Any, run: UUID, at: dict[str, Any] | None = None) -> Stream:
    stream = Stream(await cookie_of(user), {f"run:{run}": at})
    assert await stream.open() == 200
    return stream


async def test_stream_tells_what_the_socket_would_tell(browse: Open) -> None:
    user = await a_user()
    run = await a_line(user)
    stream = await a_stream(user, run)

    first = [await stream.frame(), await stream.frame()]
    announce(await worked(run, *ALL_STEPS))
    told = await stream.frame()
    while state_told(told) != "succeeded":
        told = await stream.frame()
    await stream.close()

    assert stream.kind == b"text/event-stream"
    assert [frame["t"] for frame in first] == ["hello", "snap"]
    assert hub.hub()._peers == set()


async def test_stream_goes_on_where_the_socket_was(browse: Open) -> None:
    user = await a_user()
    run = await a_line(user)
    browser = await browse(user)
    await browser.watch(run)
    at = position(await browser.frame())
    await worked(run, "one")

    stream = await a_stream(user, run, at)
    await stream.frame()
    told = await stream.frame()
    await stream.close()

    assert (told["t"], told["f"]) == ("pub", at["o"] + 1)


async def test_stream_of_who_may_see_it_no_longer_ends_with_the_code(
    browse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "RENEW_S", 0.1)
    user = await a_user()
    run = await a_line(user)
    stream = await a_stream(user, run)
    await stream.frame()
    assert (await stream.frame())["t"] == "snap"

    await in_database(RunRecord.objects.filter(pk=run).update, watchers="[]")
    last = await stream.frame()
    await asyncio.wait_for(stream.socket.future, 5)

    assert last == {"t": "close", "code": 4403, "reason": ""}


async def test_streams_count_as_sockets_of_their_user(
    browse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "PEERS_PER_USER_MAX", 1)
    user = await a_user()
    run = await a_line(user)
    browser = await browse(user)

    stream = await a_stream(user, run)
    last = await stream.frame()
    await asyncio.wait_for(stream.socket.future, 5)

    assert (last["t"], last["code"]) == ("close", 4429)
    assert browser.hello
