"""The hub: what changes, told once to all the sockets of this process that watch it.

Hints only mark a topic dirty. One loop reads all dirty topics at once, encodes a frame once for all who
stand at the same number, and puts it into their outboxes; a topic that was quiet is read at once, one
that moves without rest ten times a second, a list four times.
Every heartbeat, one query reads the heads of everything that is watched: what a lost hint has left
behind is found there and sent before the heartbeat that names the head. While nobody watches, nothing
runs and nothing is asked.

All of it belongs to one event loop; the database is asked in one thread of its own.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from random import uniform
from typing import Any, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

from django.db import Error as DatabaseFailed
from django.db import connections

from flowengine.conf import settings
from flowengine.live import grants, sessions
from flowengine.live.board import FOR_WHO_CAME, Board
from flowengine.live.entrance import Entrance
from flowengine.live.kind import Kind
from flowengine.live.listening import listen
from flowengine.live.peer import Channel, Peer
from flowengine.live.protocol import Close, encode, granted, heartbeat_text
from flowengine.live.strangers import Strangers
from flowengine.store import heads
from flowengine.store.progress import Position

logger = logging.getLogger("flowengine.live")

RENEW_S = 8.0
"""How often sessions and permissions are looked at again: what was taken away is gone within ten seconds."""
DATABASE_REST_S = 1.0
"""After the database failed."""
PEERS_MAX = 10_000
PEERS_PER_USER_MAX = 20
BEAT_PAGE = 100
"""Heartbeats that are written at once, before changes are looked at again."""
COME_BACK_S = 0.002
"""For each socket that a stopping server ends: over so long their return is spread."""

Result = TypeVar("Result")


class Hub:
    """The watched topics of one event loop."""

    def __init__(self) -> None:
        self.shards_changed = asyncio.Event()
        self._arrived = asyncio.Event()
        self._peers: set[Peer] = set()
        self._counted: Counter[str] = Counter()
        self._board = Board(self._arrived.set)
        self._strangers = Strangers(self._board)
        self._seen = sessions.Seen()
        self._pinging: dict[Peer, float] = {}
        """Who asked for a heartbeat, and when it did so first, by the clock of ``ts``, in seconds."""
        self._tasks: list[asyncio.Task[None]] = []
        self._entrance = Entrance(self._ask)
        self._thread: ThreadPoolExecutor | None = None

    async def who(self, session_key: str) -> Any | None:
        """The user of a session of Django; None = nobody, or not any more.

        Raises:
            django.db.Error: the database is away.
        """
        user = await self._entrance.user_of(session_key)
        self._rest()
        return user

    def admit(self, peer: Peer) -> bool:
        """Let a socket in; False where this process, or its user, has too many."""
        is_full = len(self._peers) >= PEERS_MAX
        if is_full or self._counted[peer.counted_as] >= PEERS_PER_USER_MAX:
            return False
        self._peers.add(peer)
        self._counted[peer.counted_as] += 1
        if not self._tasks:
            self._start()
        return True

    async def leave(self, peer: Peer) -> None:
        """Forget a socket; with the last one everything stops."""
        if peer not in self._peers:
            return
        for topic in list(peer.subscriptions):
            self.unsubscribe(peer, topic)
        self._peers.discard(peer)
        self._pinging.pop(peer, None)
        self._counted[peer.counted_as] -= 1
        if not self._counted[peer.counted_as]:
            del self._counted[peer.counted_as]
        if not self._peers:
            await self._stop()
            self._rest()

    def subscribe(self, peer: Peer, topic: str, position: Position | None) -> str | None:
        """Tell *peer* of this topic from *position* on; else the code with which it is refused."""
        refused = self._board.subscribe(peer, topic, position)
        self.shards_changed.set()
        return refused

    def unsubscribe(self, peer: Peer, topic: str) -> None:
        """Tell *peer* nothing more of this topic."""
        self._board.unsubscribe(peer, topic)

    def resync(self, peer: Peer, topics: Iterable[str]) -> None:
        """Give *peer* the whole view of these topics: frames of theirs were dropped."""
        self._board.resync(peer, topics)

    def ping(self, peer: Peer) -> None:
        """Answer *peer* with a heartbeat, from the database, now."""
        self._pinging.setdefault(peer, time.time())
        self._arrived.set()

    def shards(self) -> frozenset[int]:
        """The shards of the hints that are wanted."""
        return self._board.shards()

    def joined(self, shards: frozenset[int]) -> None:
        """From now on these are heard: what was hinted at before is read."""
        self._board.catch_up(shards)

    def hint(self, run_id: UUID, head: int) -> None:
        """The run may stand at *head* now. May be late, doubled or missing."""
        self._board.hint(self._board.channel(f"run:{run_id}"), head)
        if self._board.views:
            self._strangers.hint(run_id)
            self._arrived.set()

    def hint_inbox(self, user: str, number: int) -> None:
        """The inbox of this user may stand at *number* now."""
        self._board.hint(self._board.channel("inbox", user), number)

    def hint_view(self, topic: str) -> None:
        """What that topic shows may have moved."""
        for channel in self._board.named(topic):
            self._board.mark(channel)

    def close_all(self, code: Close) -> None:
        """End every socket, with times to come back that are spread."""
        longest_ms = 1000 * max(1.0, COME_BACK_S * len(self._peers))
        for peer in self._peers:
            peer.outbox.close(code, str(int(uniform(0, longest_ms))))  # noqa: S311 - no secret

    def _start(self) -> None:
        self._tasks = [asyncio.create_task(self._run()), asyncio.create_task(listen(self))]

    async def _stop(self) -> None:
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _rest(self) -> None:
        """Let the thread and its connection go, when nobody is here and nobody comes."""
        if self._thread is None or self._peers or self._tasks or self._entrance.is_busy:
            return
        thread, self._thread = self._thread, None
        thread.submit(connections.close_all)
        thread.shutdown(wait=False)

    async def _run(self) -> None:
        while True:
            try:
                await self._serve()
            except Exception:
                # A mistake of ours must not leave sockets that look alive: they are to come back.
                logger.exception("the live hub failed; its sockets are closed")
                self._board.dirty.clear()
                self.close_all(Close.BROKEN)
                await asyncio.sleep(DATABASE_REST_S)

    async def _serve(self) -> None:
        clock = asyncio.get_running_loop().time
        dirty = self._board.dirty
        beat_at = clock() + settings().HEARTBEAT_S
        renew_at = clock() + RENEW_S
        while True:
            next_at = min(beat_at, renew_at, self._strangers.due_at, *dirty.values())
            if not self._pinging and next_at > clock():
                await self._sleep(next_at)
            now = clock()
            try:
                if now >= renew_at:
                    renew_at = now + RENEW_S
                    await self._renew()
                if now >= beat_at:
                    beat_at = now + settings().HEARTBEAT_S
                    self._cut_off_the_stuck(now)
                    await self._beat(self._peers)
                elif self._pinging:
                    await self._beat(self._pinging)
                if now >= self._strangers.due_at:
                    await self._ask_after_strangers(now)
                await self._refresh_due()
            except DatabaseFailed as error:
                logger.warning("live updates wait for the database", extra={"error": repr(error)})
                for channel in dirty:
                    dirty[channel] = clock() + DATABASE_REST_S

    async def _sleep(self, until: float) -> None:
        self._arrived.clear()
        try:
            async with asyncio.timeout_at(until):
                await self._arrived.wait()
        except TimeoutError:
            return

    def _cut_off_the_stuck(self, now: float) -> None:
        """End the sockets that read nothing: one look at all of them, in place of a timer for each."""
        for peer in list(self._peers):
            if peer.outbox.is_stuck(now):
                peer.outbox.cut(Close.SLOW)

    async def _beat(self, asking: Collection[Peer]) -> None:
        """Heartbeats for these, after what the heads of their topics say is missing."""
        peers = list(asking)
        asked_at = {peer: self._pinging.pop(peer) for peer in peers if peer in self._pinging}
        is_known = True
        try:
            await self._look_at_heads({s.channel for p in peers for s in p.subscriptions.values()})
        except DatabaseFailed as error:
            logger.warning("heads could not be read", extra={"error": repr(error)})
            is_known = False
        now = time.time()
        ts = int(now * 1000)
        for number, peer in enumerate(peers):
            since = asked_at.get(peer)
            held_ms = None if since is None else max(0, int((now - since) * 1000))
            heads = peer.heads() if is_known else None
            peer.outbox.put_heartbeat(heartbeat_text(ts, heads, held_ms))
            if number % BEAT_PAGE == BEAT_PAGE - 1:
                await asyncio.sleep(0)
                await self._refresh_due()

    async def _look_at_heads(self, channels: Collection[Channel]) -> None:
        """Ask where these stand, in one query, and read those that stand elsewhere than was told."""
        if not channels:
            return
        by_kind = _by_kind(channels)
        parts = [
            kind.part([(each.owner, each.about, each.known is not None) for each in group])
            for kind, group in by_kind.items()
        ]
        found = await self._ask(partial(heads.read, parts))
        stand = {each: found.get(each.head_key) for each in channels}
        await self._refresh([each for each, head in stand.items() if each.is_behind(head)])
        for channel, head in stand.items():
            channel.see(head)

    async def _refresh_due(self) -> None:
        """Read what is dirty and may be read by now: changes do not wait for what is long."""
        now = asyncio.get_running_loop().time()
        await self._refresh([channel for channel, at in self._board.dirty.items() if at <= now])

    async def _refresh(self, channels: Iterable[Channel]) -> None:
        """Read these channels and tell their watchers."""
        dirty = self._board.dirty
        for kind, group in _by_kind(channels).items():
            for start in range(0, len(group), kind.page_max):
                page = [each for each in group[start : start + kind.page_max] if each.watchers]
                due = [dirty.pop(channel, None) for channel in page]
                questions = [channel.question() for channel in page]
                try:
                    answers = await self._ask(partial(kind.answers, questions))
                except DatabaseFailed:
                    for channel in page:
                        self._board.mark(channel)
                    raise
                read_at = asyncio.get_running_loop().time()
                for channel, question, answer, at in zip(
                    page, questions, answers, due, strict=True
                ):
                    is_for_news = at != FOR_WHO_CAME
                    self._board.tell(channel, question, answer, read_at, is_for_news=is_for_news)

    async def _ask_after_strangers(self, now: float) -> None:
        """Find out in which lists the runs are that were hinted at."""
        names = self._strangers.take(now)
        self._strangers.place(await self._ask(partial(self._strangers.find, names)))

    async def _renew(self) -> None:
        """Look again at who the sockets' users are, and at what they may see."""
        members = {peer: peer.credential for peer in self._peers if peer.credential is not None}
        users = await self._ask(partial(sessions.renew, list(members.values()), self._seen))
        for peer, user in zip(members, users, strict=True):
            if user is None:
                peer.outbox.close(Close.SIGNED_OUT)
            else:
                peer.user = user
        await self._refresh_due()
        for kind, group in _by_kind(self._board).items():
            for start in range(0, len(group), kind.review_max):
                page = [each for each in group[start : start + kind.review_max] if each.watchers]
                questions = [channel.question() for channel in page]
                allowed = await self._ask(partial(kind.allowed, questions))
                for channel, question, keys in zip(page, questions, allowed, strict=True):
                    self._board.review(channel, question, keys)
                await self._refresh_due()
        for peer in list(self._peers):
            self._renew_grants(peer)

    def _renew_grants(self, peer: Peer) -> None:
        for topic, grant in list(peer.granted.items()):
            if not grants.is_due(grant):
                continue
            newer = grants.renewed(grant, topic) if topic in peer.subscriptions else None
            if newer is not None:
                peer.granted[topic], token = newer
                peer.outbox.put(encode(granted(topic, token)))
            elif grants.is_over(grant):
                del peer.granted[topic]
                if topic in peer.subscriptions:
                    self._board.forbid(peer, topic)

    async def _ask(self, question: Callable[[], Result]) -> Result:
        """The answer to a question that takes the database, from the hub's thread."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="flowengine-live")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, _with_connection, question)


def _by_kind(channels: Iterable[Channel]) -> dict[Kind, list[Channel]]:
    found: defaultdict[Kind, list[Channel]] = defaultdict(list)
    for channel in channels:
        found[channel.kind].append(channel)
    return found


def _with_connection(question: Callable[[], Result]) -> Result:
    _tidy()
    try:
        return question()
    finally:
        _tidy()


def _tidy() -> None:
    """Let broken connections go; a sound one is kept, whatever its age: the thread has no other use."""
    for connection in connections.all(initialized_only=True):
        connection.close_at = None
        connection.close_if_unusable_or_obsolete()


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]
