"""The live socket behind real servers, several of them, and one that is killed under all its sockets."""

from __future__ import annotations

import asyncio
import json
import random
import signal
from typing import Any
from uuid import UUID

import pytest
import websockets
from websockets.typing import Origin, Subprotocol

from flowengine.live import grants
from flowengine.live.hints import announce
from flowengine.live.protocol import SUBPROTOCOL
from tests.live.browser import ALL_STEPS, a_line, a_user, cookie_of, in_database, worked
from tests.live.servers import WAIT_S, Servers, frame_of, opening, socket_at
from tests.nodes.process import free_port

pytestmark = [pytest.mark.services, pytest.mark.postgresql]

STORM = 200


async def watch(socket: Any, run: UUID, position: dict[str, Any] | None = None) -> dict[str, Any]:
    await socket.send(json.dumps({"t": "sub", "c": f"run:{run}", "p": position}))
    return await frame_of(socket, "snap", "pub", "pending")


async def told_at(socket: Any, *, percent: int) -> dict[str, Any]:
    """The frame that tells that the run is so far.

    A server that only now hears hints may have told before that the step was begun.
    """
    while True:
        frame = await frame_of(socket, "pub")
        if frame["d"][-1].get("percent") == percent:
            return frame


@pytest.mark.parametrize("server", ["uvicorn", "daphne"])
async def test_page_follows_a_run_behind_this_server(
    servers: Servers, redis_layer: None, server: str
) -> None:
    user = await a_user()
    run = await a_line(user)
    port, _ = servers.start(server)

    async with socket_at(port, await cookie_of(user)) as socket:
        first = await watch(socket, run)
        announce(await worked(run, *ALL_STEPS))
        last = await frame_of(socket, "pub")
        while last["d"][-1]["state"] != "succeeded":
            last = await frame_of(socket, "pub")

    assert first["t"] == "snap"
    assert last["d"][-1]["percent"] == 100


@pytest.mark.parametrize("server", ["uvicorn", "daphne"])
async def test_who_may_not_enter_is_sent_away_before_a_frame_by_this_server(
    servers: Servers, server: str
) -> None:
    user = await a_user()
    cookie = await cookie_of(user)
    token = await in_database(grants.mint, ["run:x"])
    port, _ = servers.start(server)
    async with socket_at(port, cookie) as socket:
        assert (await frame_of(socket, "hello"))["v"] == 1

    refusals: list[tuple[str, dict[str, Any]]] = [
        ("", {}),
        ("sessionid=made-up", {}),
        (cookie, {"origin": Origin("http://evil.example")}),
        (cookie, {"origin": None}),
        ("", {"subprotocols": [Subprotocol(SUBPROTOCOL), Subprotocol("forged")]}),
    ]
    for own, options in refusals:
        with pytest.raises(websockets.InvalidStatus) as refused:
            await opening(port, own, **options)
        assert refused.value.response.status_code == 403
    offered = [Subprotocol(SUBPROTOCOL), Subprotocol(token)]
    async with socket_at(port, subprotocols=offered) as socket:
        assert socket.subprotocol == SUBPROTOCOL


async def test_two_web_processes_tell_the_same_and_one_goes_on_where_the_other_was_killed(
    servers: Servers, redis_layer: None
) -> None:
    user = await a_user()
    cookie, run = await cookie_of(user), await a_line(user)
    (port, process), (other_port, _) = servers.start(), servers.start()

    async with socket_at(port, cookie) as first, socket_at(other_port, cookie) as second:
        assert await watch(first, run) == await watch(second, run)
        announce(await worked(run, "one"))
        told, also = await told_at(first, percent=20), await told_at(second, percent=20)
        process.signal(signal.SIGKILL)
    await worked(run, "two")
    async with socket_at(other_port, cookie) as third:
        came = await watch(third, run, {"e": told["e"], "o": told["o"]})

    assert (told["o"], told["d"][-1]) == (also["o"], also["d"][-1])
    assert (came["t"], came["f"], came["d"][-1]["percent"]) == ("pub", told["o"] + 1, 40)


async def test_without_redis_a_page_is_told_by_the_heartbeat(servers: Servers) -> None:
    user = await a_user()
    cookie, run = await cookie_of(user), await a_line(user)
    port, _ = servers.start(FLOWENGINE_TEST_REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")

    async with socket_at(port, cookie) as socket:
        await watch(socket, run)
        await worked(run, "one")
        await socket.send('{"t":"ping"}')
        told, beat = await frame_of(socket, "pub"), await frame_of(socket, "hb")

    assert told["d"][-1]["percent"] == 20
    assert beat["h"] == {f"run:{run}": [told["e"], told["o"]]}


async def test_all_of_a_storm_come_back_after_a_kill_and_see_the_end(servers: Servers) -> None:
    boss = [await a_user(f"boss{n}", is_superuser=True) for n in range(STORM // 20)]
    cookies = [await cookie_of(user) for user in boss] * 20
    runs = [await a_line() for _ in range(10)]
    port, process = servers.start()
    async with socket_at(port, cookies[0]):
        pass
    ends: list[str] = []
    watching = asyncio.Semaphore(0)

    async def live(number: int) -> None:
        run, position, tries, state = runs[number % len(runs)], None, 0, ""
        while state != "succeeded":
            try:
                async with opening(port, cookies[number], open_timeout=WAIT_S) as socket:
                    frame = await watch(socket, run, position)
                    watching.release()
                    while True:
                        tries, position = 0, {"e": frame["e"], "o": frame["o"]}
                        state = frame["s"]["state"] if frame["t"] == "snap" else state
                        state = frame["d"][-1]["state"] if frame.get("d") else state
                        if state == "succeeded":
                            break
                        frame = await frame_of(socket, "snap", "pub")
            except (OSError, TimeoutError, EOFError, websockets.WebSocketException):
                tries = min(tries + 1, 4)
                await asyncio.sleep(random.uniform(0, 0.5 * 2**tries))
        ends.append(state)

    crowd = [asyncio.create_task(live(number)) for number in range(STORM)]
    async with asyncio.timeout(4 * WAIT_S):
        for _ in crowd:
            await watching.acquire()
        process.signal(signal.SIGKILL)
        for run in runs:
            await worked(run, *ALL_STEPS)
        servers.start(port=port)
        await asyncio.gather(*crowd)

    assert ends == ["succeeded"] * STORM
