"""What the socket does while something else is away: the channel layer, the database, the reader."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any
from uuid import UUID, uuid4

import pytest
from channels.layers import BaseChannelLayer, channel_layers
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from flowengine.live import hints, hub, listening
from flowengine.live.hints import announce
from flowengine.live.kind import Question
from flowengine.live.layer import (
    EVERYWHERE,
    InProcessChannelLayer,
    group_of,
    in_process,
    layer,
    shard_of,
)
from flowengine.live.one_run import OneRun
from flowengine.live.protocol import Close
from flowengine.store import heads
from tests.builders.line import begin
from tests.live.browser import (
    ALL_STEPS,
    Open,
    a_line,
    a_user,
    begun,
    state_told,
    until,
    watching,
    worked,
)

HANGS_S = 60.0


class DeafLayer(BaseChannelLayer):
    """A layer whose server is away."""

    def __init__(self) -> None:
        super().__init__()
        self.sends = 0

    async def new_channel(self, prefix: str = "specific") -> str:
        return f"{prefix}!deaf"

    async def group_add(self, group: str, channel: str) -> None:
        raise ConnectionRefusedError

    async def group_discard(self, group: str, channel: str) -> None:
        raise ConnectionRefusedError

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        self.sends += 1
        await asyncio.sleep(HANGS_S)


@pytest.fixture
def deaf_layer(settings: Any) -> Any:
    """The configured layer is away."""
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "tests.live.test_faults.DeafLayer"}}
    made: Any = channel_layers["default"]
    yield made
    hints.stop()


async def test_without_the_layer_a_page_follows_by_heartbeat(
    browse: Open, deaf_layer: DeafLayer, settings: Any
) -> None:
    settings.FLOWENGINE = {"HEARTBEAT_S": 0.2}
    browser, run = await watching(browse)

    announce(await worked(run, *ALL_STEPS))

    assert await browser.until_run("succeeded")


def test_layer_that_hangs_does_not_hold_up_who_announces(deaf_layer: DeafLayer) -> None:
    started = time.monotonic()

    for n in range(1000):
        announce([(UUID(int=n), 1)])

    assert time.monotonic() - started < HANGS_S / 10, "nobody waited for a single message"


def test_layer_that_fails_again_and_again_is_left_alone(
    deaf_layer: DeafLayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hints, "SEND_TIMEOUT_S", 0.01)
    sender = hints.Sender()

    deadline = time.monotonic() + 5
    while sender._resting_until == 0.0 and time.monotonic() < deadline:
        sender.put([("heads", str(uuid4()), 1)])
    failed = deaf_layer.sends
    for _ in range(50):
        sender.put([("heads", str(uuid4()), 1)])
    sender.stop()

    assert failed >= hints.FAILURES_MAX
    assert deaf_layer.sends <= failed + 1


async def test_changes_of_many_runs_are_one_message_and_reach_who_watches_one_of_them(
    browse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    deliver = InProcessChannelLayer.deliver_to_group

    def counted(self: InProcessChannelLayer, group: str, message: dict[str, Any]) -> None:
        told.append(group)
        deliver(self, group, message)

    browser, run = await watching(browse)
    await until(lambda: group_of(EVERYWHERE) in in_process()._groups)
    monkeypatch.setattr(InProcessChannelLayer, "deliver_to_group", counted)
    heads = await begun(run, "one")

    announce([*((UUID(int=n), 1) for n in range(50)), *heads])

    assert told == [group_of(EVERYWHERE)]
    assert (await browser.frame())["t"] == "pub"


async def test_changes_of_few_runs_are_told_only_to_who_watches_their_like(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []
    monkeypatch.setattr(
        InProcessChannelLayer, "deliver_to_group", lambda _self, group, _message: told.append(group)
    )
    runs = [UUID(int=n) for n in range(hints.MESSAGES_MAX)]

    announce([(run, 1) for run in runs])

    assert set(told) == {group_of(shard_of(str(run))) for run in runs}


async def test_layer_that_comes_back_is_heard_again(
    browse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "RETRY_S", 0.01)
    answers: list[BaseChannelLayer] = [DeafLayer(), DeafLayer(), layer()]
    monkeypatch.setattr(listening, "layer", lambda: answers.pop(0))
    browser, run = await watching(browse)
    await until(lambda: not answers and group_of(shard_of(str(run))) in in_process()._groups)

    announce(await begun(run, "one"))

    assert (await browser.frame())["t"] == "pub"


async def test_membership_that_was_forgotten_is_renewed(
    browse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "REJOIN_S", 0.05)
    browser, run = await watching(browse)
    await layer().flush()
    await until(lambda: group_of(shard_of(str(run))) in in_process()._groups)

    announce(await begun(run, "one"))

    assert (await browser.frame())["t"] == "pub"


async def test_database_that_is_away_gives_heartbeats_that_confirm_nothing(
    browse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "DATABASE_REST_S", 0.05)
    browser, run = await watching(browse)
    read, answers = heads.read, OneRun.answers

    def away(*_arguments: Any) -> Any:
        raise DatabaseError("server closed the connection unexpectedly")

    monkeypatch.setattr(heads, "read", away)
    monkeypatch.setattr(OneRun, "answers", away)
    announce(await worked(run, *ALL_STEPS))
    blind = await browser.ping()
    monkeypatch.setattr(heads, "read", read)
    monkeypatch.setattr(OneRun, "answers", answers)

    assert blind["h"] is None
    assert state_told(await browser.frame()) == "succeeded"


async def test_mistake_in_the_hub_ends_the_sockets_and_the_next_are_served(
    browse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "DATABASE_REST_S", 0.01)
    browser, run = await watching(browse)
    answers = OneRun.answers
    monkeypatch.setattr(OneRun, "answers", lambda _kind, _questions: 1 / 0)

    announce(await begun(run, "one"))
    code = await browser.closed()
    monkeypatch.setattr(OneRun, "answers", answers)
    again = await browse(await a_user("bob"))

    assert code == 1011
    assert (await again.ping())["h"] == {}


async def test_reader_that_fell_behind_is_given_the_whole_view(
    browse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await a_user()
    run = await a_line(user)
    browser = await browse(user)
    [peer] = hub.hub()._peers
    monkeypatch.setattr(peer.outbox, "_frames_max", 0)
    await browser.watch(run)
    await until(lambda: peer.subscriptions and peer.subscriptions[f"run:{run}"].told == "live")
    monkeypatch.setattr(peer.outbox, "_frames_max", 256)

    assert (await browser.frame())["t"] == "snap"


async def test_hint_from_a_worker_thread_waits_for_no_heartbeat(
    browse: Open, settings: Any
) -> None:
    settings.FLOWENGINE = {"HEARTBEAT_S": 3600.0}
    browser, run = await watching(browse)
    heads = await begun(run, "one")

    thread = threading.Thread(target=announce, args=(heads,))
    thread.start()
    thread.join()

    assert (await browser.frame())["t"] == "pub"


async def test_nothing_is_asked_while_nothing_is_watched(
    browse: Open, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FLOWENGINE = {"HEARTBEAT_S": 0.05}
    asked: list[Any] = []
    monkeypatch.setattr(heads, "read", lambda *parts: asked.append(parts))
    browser = await browse(await a_user())

    for _ in range(3):
        assert (await browser.frame())["h"] == {}

    assert asked == []


async def test_last_socket_that_goes_stops_the_hub(browse: Open) -> None:
    browser = await browse(await a_user())
    here = hub.hub()
    assert here._tasks

    await browser.close()

    assert (here._tasks, here._thread, here._peers) == ([], None, set())


@pytest.mark.parametrize("resume", [True, False], ids=["resuming", "joining"])
@pytest.mark.django_db
def test_number_of_queries_does_not_depend_on_the_number_of_runs(*, resume: bool) -> None:
    def count(number: int) -> int:
        runs = begin("line", number)
        stand = heads.read([heads.runs(runs, [])])
        at = {run: heads.position_of_run(stand["run", str(run)]) for run in runs}
        questions = [
            Question(
                topic=f"run:{run}",
                about=run,
                users={"1": Boss()},
                positions=frozenset({(at[run][0], 1) if resume else None}),  # type: ignore[index]
            )
            for run in runs
        ]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answers = OneRun().answers(questions)
        assert all(answer.snapshot or answer.changes for answer in answers)
        return len(queries)

    count(1)  # the definition is read once
    assert count(1) == count(60)


@pytest.mark.django_db
def test_heads_of_everything_watched_are_one_query() -> None:
    runs = begin("line", 60)

    with CaptureQueriesContext(connection) as queries:
        found = heads.read([heads.runs(runs, [uuid4() for _ in range(60)])])

    assert (len(queries), set(found)) == (1, {("run", str(run)) for run in runs})


class Boss:
    """A user who may see everything."""

    pk = 1
    is_authenticated = True
    is_active = True

    def has_perm(self, _permission: str) -> bool:
        return True


async def test_socket_of_a_server_that_stops_is_told_to_come_back(browse: Open) -> None:
    browser = await browse(await a_user())

    hub.hub().close_all(Close.RESTART)

    assert await browser.closed() == 1012
