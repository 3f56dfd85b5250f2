"""What a browser of bad will may do to a real server: it is refused as specified, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
import websockets
from websockets.typing import Origin

from flowengine.live.protocol import FRAME_MAX_BYTES, MESSAGES_BURST, Close
from tests.live.browser import a_user, cookie_of
from tests.live.servers import WAIT_S, Servers, frame_of, opening, resident_mb, socket_at

pytestmark = [pytest.mark.services, pytest.mark.postgresql]

FORGED = [
    *("null", "", "*", "file://", "about:blank", "data:text/html,x", "https://", "//{own}"),
    *("{own}", "http://{own}/", "http://{own}/x", "http://{own}?x", "http://{own}#x"),
    *("http://user@{own}", "http://user:secret@{own}", "http://{own}@evil.example"),
    *("ws://{own}", "ftp://{own}", "chrome-extension://{own}", "javascript://{own}", "http:{own}"),
    *("http:///{own}", "blob:http://{own}/x", "https://{own}x", "https://{host}", "http://{host}"),
    *("http://{host}:1", "http://{host}:443", "http://{host}:{port}0", "http://{host}:abc"),
    *("http://evil.example", "http://{host}.evil.example:{port}", "http://evil{host}:{port}"),
    *("http://localhost:{port}", "http://[::1]:{port}", "http://2130706433:{port}"),
    *("http://0x7f.0.0.1:{port}", "http://0.0.0.0:{port}", "http://{own}, http://evil.example"),
    *(
        "http://{own} http://evil.example",
        "http://{own}%2eevil.example",
        "http://{host}\xe9:{port}",
    ),
]
"""Origins of pages that are not the project's own; *own* is the host that is asked, port included."""
IN_NAMES = "\x00\x07\x1b\x7f\x85\u200b\u2028\u202e\ufeff\n\r\t"
"""Characters that are in no name of a topic."""
WARM_UP = 14
ROUNDS = 8
GROWTH_MAX_MB = 4.0
"""What a server may grow by in all the rounds; their frames alone are three times as much."""


async def refuses_forged_origins(port: int, cookie: str, said: set[int]) -> None:
    places = {"host": "127.0.0.1", "port": port, "own": f"127.0.0.1:{port}"}
    for origin in FORGED:
        with pytest.raises(websockets.InvalidStatus) as refused:
            await opening(port, cookie, origin=Origin(origin.format(**places)))
        assert refused.value.response.status_code in said, origin


async def refuses_what_is_no_topic(socket: Any) -> None:
    topics = [f"runs:subject:{each}{'x' * 80}" for each in IN_NAMES]
    topics += [f"run:{each}*" for each in IN_NAMES]
    await socket.send(json.dumps({"t": "subs", "m": dict.fromkeys(topics)}))
    refused = [await frame_of(socket, "err") for _ in topics]

    assert [each["c"] for each in refused] == [topic[:64] for topic in topics]
    assert {each["code"] for each in refused} == {"unknown_topic"}


async def takes_a_frame_of(socket: Any, size: int) -> None:
    text = json.dumps({"t": "ping", "x": ""})
    await socket.send(text.replace('""', '"' + "x" * (size - len(text)) + '"'))


async def ends_a_flood(port: int, cookie: str) -> None:
    async with socket_at(port, cookie) as socket:
        with pytest.raises(websockets.ConnectionClosed) as ended:
            await flood(socket)
    assert ended.value.rcvd is not None
    assert ended.value.rcvd.code == Close.TOO_MANY


async def flood(socket: Any) -> None:
    for _ in range(10 * int(MESSAGES_BURST)):
        await socket.send('{"t":"ping"}')
    await frame_of(socket, "what never comes")


async def besiege(port: int, cookie: str, forged: set[int], too_large: int) -> None:
    """One round of everything.

    Args:
        port: of the server.
        cookie: of who has an account, and a bad will.
        forged: the HTTP statuses with which the server answers to forged origins.
        too_large: the close code with which it ends what sends too large a frame.
    """
    await refuses_forged_origins(port, cookie, forged)
    async with socket_at(port, cookie) as socket:
        await refuses_what_is_no_topic(socket)
        for size in (FRAME_MAX_BYTES - 1, FRAME_MAX_BYTES) * 12:
            await takes_a_frame_of(socket, size)
            assert (await frame_of(socket, "hb"))["h"] == {}
        await takes_a_frame_of(socket, FRAME_MAX_BYTES + 1)
        async with asyncio.timeout(WAIT_S):
            await socket.wait_closed()
        assert socket.close_code == too_large
    await ends_a_flood(port, cookie)


# Daphne itself refuses an origin that it cannot read, and can send no code of the protocol itself but
# 1000: it says that it failed.
@pytest.mark.parametrize(
    ("server", "forged", "too_large"), [("uvicorn", {403}, 1009), ("daphne", {403, 400}, 1011)]
)
async def test_siege_is_refused_as_specified_and_leaves_nothing_in_memory_of_this_server(
    servers: Servers, server: str, forged: set[int], too_large: int
) -> None:
    ann, bad = await cookie_of(await a_user()), await cookie_of(await a_user("bad"))
    port, process = servers.start(server)
    assert len(set(FORGED)) >= 40

    async with socket_at(port, ann) as bystander:
        for _ in range(WARM_UP):
            await besiege(port, bad, forged, too_large)
        before = resident_mb(process)
        for _ in range(ROUNDS):
            await besiege(port, bad, forged, too_large)
            await bystander.send('{"t":"ping"}')
            assert (await frame_of(bystander, "hb"))["h"] == {}

        assert resident_mb(process) - before < GROWTH_MAX_MB
