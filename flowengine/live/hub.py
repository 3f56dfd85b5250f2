"""The hub: what changes, told once to all the sockets of this process that watch it.

Hints only mark a run dirty. One loop reads all dirty runs at once, encodes a frame once for all who
stand at the same number, and puts it into their outboxes; a run that was quiet is read at once, one
that moves without rest ten times a second.
Every heartbeat, one query reads the heads of everything that is watched: what a lost hint has left
behind is found there and sent before the heartbeat that names the head. While nobody watches, nothing
runs and nothing is asked.

All of it belongs to one event loop; the database is asked in one thread of its own.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

from django.db import Error as DatabaseFailed
from django.db import close_old_connections, connections

from flowengine.conf import settings
from flowengine.live import reading, sessions
from flowengine.live.listening import listen
from flowengine.live.peer import LIVE, PENDING, Peer, Subscription
from flowengine.live.protocol import SUBSCRIPTIONS_MAX, Close, encode, heartbeat, refusal
from flowengine.live.reading import Answer, Question
from flowengine.representations import pending, topic
from flowengine.store import progress
from flowengine.store.progress import Position

logger = logging.getLogger("flowengine.live")

READ_INTERVAL_S = 0.1
"""A run that moves without rest is read for its watchers this often."""
READS_AT_ONCE = 3
"""Reads that a run may have without waiting, after it was quiet for as many intervals."""
PAGE_MAX = 200
"""Runs read at once."""
RENEW_S = 10.0
"""How often sessions and permissions are looked at again."""
DATABASE_REST_S = 1.0
"""After the database failed."""
PEERS_MAX = 10_000
PEERS_PER_USER_MAX = 20

Result = TypeVar("Result")


class Hub:
    """The watched runs of one event loop."""

    def __init__(self) -> None:
        self._peers: set[Peer] = set()
        self._by_user: Counter[str] = Counter()
        self._watchers: dict[UUID, dict[Peer, Subscription]] = {}
        self._known: dict[UUID, Position] = {}
        """Where each watched run stood when it was last read."""
        self._dirty: dict[UUID, float] = {}
        """When each dirty run may be read, by the loop's clock."""
        self._paid_until: dict[UUID, float] = {}
        """Until when the reads of each run are paid for, one interval each, by the loop's clock."""
        self._sessions: sessions.Sessions = {}
        self._pinging: set[Peer] = set()
        self._arrived = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._thread: ThreadPoolExecutor | None = None

    def admit(self, peer: Peer) -> bool:
        """Let a socket in; False where this process, or its user, has too many."""
        if len(self._peers) >= PEERS_MAX or self._by_user[peer.key] >= PEERS_PER_USER_MAX:
            return False
        self._peers.add(peer)
        self._by_user[peer.key] += 1
        if not self._tasks:
            self._start()
        return True

    async def leave(self, peer: Peer) -> None:
        """Forget a socket; with the last one everything stops."""
        if peer not in self._peers:
            return
        for run_id in list(peer.subscriptions):
            self.unsubscribe(peer, run_id)
        self._peers.discard(peer)
        self._pinging.discard(peer)
        self._by_user[peer.key] -= 1
        if not self._by_user[peer.key]:
            del self._by_user[peer.key]
        if not self._peers:
            await self._stop()

    def subscribe(self, peer: Peer, run_id: UUID, position: Position | None) -> bool:
        """Tell *peer* of this run from *position* on; False where it watches too many."""
        subscriptions = peer.subscriptions
        if run_id not in subscriptions and len(subscriptions) >= SUBSCRIPTIONS_MAX:
            return False
        subscription = Subscription(run_id, position)
        subscriptions[run_id] = subscription
        self._watchers.setdefault(run_id, {})[peer] = subscription
        self._mark(run_id, at=0.0)
        return True

    def unsubscribe(self, peer: Peer, run_id: UUID) -> None:
        """Tell *peer* nothing more of this run."""
        if peer.subscriptions.pop(run_id, None) is None:
            return
        peer.outbox.forget(run_id)
        watchers = self._watchers[run_id]
        del watchers[peer]
        if not watchers:
            del self._watchers[run_id]
            for kept in (self._known, self._dirty, self._paid_until):
                kept.pop(run_id, None)

    def resync(self, peer: Peer, run_ids: Iterable[UUID]) -> None:
        """Give *peer* the whole view of these runs: frames of theirs were dropped."""
        for run_id in run_ids:
            if run_id in peer.subscriptions:
                peer.subscriptions[run_id].position = None
                self._mark(run_id)

    def ping(self, peer: Peer) -> None:
        """Answer *peer* with a heartbeat, from the database, now."""
        self._pinging.add(peer)
        self._arrived.set()

    def hint(self, run_id: UUID, head: int) -> None:
        """The run may stand at *head* now. May be late, doubled or missing."""
        if run_id in self._watchers:
            known = self._known.get(run_id)
            if known is None or head > known[1]:
                self._mark(run_id)

    def close_all(self, code: Close, reason: str = "") -> None:
        """End every socket."""
        for peer in self._peers:
            peer.outbox.close(code, reason)

    def _mark(self, run_id: UUID, at: float | None = None) -> None:
        """Have a run read: at once, or when it has not been read too often of late."""
        if at is None:
            at = self._paid_until.get(run_id, 0.0) - (READS_AT_ONCE - 1) * READ_INTERVAL_S
        self._dirty[run_id] = min(at, self._dirty.get(run_id, at))
        self._arrived.set()

    def _start(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="flowengine-live")
        self._tasks = [asyncio.create_task(self._run()), asyncio.create_task(listen(self.hint))]

    async def _stop(self) -> None:
        tasks, self._tasks = self._tasks, []
        thread, self._thread = self._thread, None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if thread is not None:
            await asyncio.get_running_loop().run_in_executor(thread, connections.close_all)
            thread.shutdown(wait=False)

    async def _run(self) -> None:
        while True:
            try:
                await self._serve()
            except Exception:
                # A mistake of ours must not leave sockets that look alive: they are to come back.
                logger.exception("the live hub failed; its sockets are closed")
                self._dirty.clear()
                self.close_all(Close.BROKEN)
                await asyncio.sleep(DATABASE_REST_S)

    async def _serve(self) -> None:
        clock = asyncio.get_running_loop().time
        beat_at = clock() + settings().HEARTBEAT_S
        renew_at = clock() + RENEW_S
        while True:
            next_at = min(beat_at, renew_at, *self._dirty.values())
            if not self._pinging and next_at > clock():
                await self._sleep(next_at)
            now = clock()
            try:
                if now >= renew_at:
                    renew_at = now + RENEW_S
                    await self._renew()
                if now >= beat_at:
                    beat_at = now + settings().HEARTBEAT_S
                    await self._beat(set(self._peers))
                elif self._pinging:
                    await self._beat(set(self._pinging))
                await self._refresh([run_id for run_id, at in self._dirty.items() if at <= now])
            except DatabaseFailed as error:
                logger.warning("live updates wait for the database", extra={"error": repr(error)})
                for run_id in self._dirty:
                    self._dirty[run_id] = clock() + DATABASE_REST_S

    async def _sleep(self, until: float) -> None:
        self._arrived.clear()
        try:
            async with asyncio.timeout_at(until):
                await self._arrived.wait()
        except TimeoutError:
            return

    async def _beat(self, peers: Collection[Peer]) -> None:
        """Heartbeats for *peers*, after what their runs' heads say is missing."""
        self._pinging -= set(peers)
        ids = {run_id for peer in peers for run_id in peer.subscriptions}
        heads: dict[UUID, Position | None] | None = {}
        try:
            if ids:
                heads = await self._ask(partial(progress.heads, ids, ids - self._known.keys()))
                await self._refresh(self._behind(ids, heads))
        except DatabaseFailed as error:
            logger.warning("heads could not be read", extra={"error": repr(error)})
            heads = None
        ts = int(time.time() * 1000)
        for peer in peers:
            shown = None if heads is None else peer.heads(heads)
            peer.outbox.put_heartbeat(encode(heartbeat(ts, shown)))

    def _behind(self, ids: set[UUID], heads: dict[UUID, Position | None]) -> list[UUID]:
        """Those of *ids* whose watchers have not been told what *heads* says."""
        return [
            run_id
            for run_id in ids & self._watchers.keys()
            if run_id in heads
            and (heads[run_id] is None or heads[run_id] != self._known.get(run_id))
        ]

    async def _refresh(self, run_ids: Collection[UUID]) -> None:
        """Read these runs and tell their watchers."""
        ids = [run_id for run_id in run_ids if run_id in self._watchers]
        for start in range(0, len(ids), PAGE_MAX):
            page = ids[start : start + PAGE_MAX]
            questions = [self._question(run_id) for run_id in page]
            for run_id in page:
                self._dirty.pop(run_id, None)
            try:
                answers = await self._ask(partial(reading.answers, questions))
            except DatabaseFailed:
                for run_id in page:
                    self._mark(run_id)
                raise
            read_at = asyncio.get_running_loop().time()
            for question in questions:
                answer = answers[question.run_id]
                if answer.position is not None:
                    # One that was not there yet costs nothing: its first news goes out at once.
                    paid = self._paid_until.get(question.run_id, 0.0)
                    self._paid_until[question.run_id] = max(paid, read_at) + READ_INTERVAL_S
                self._tell(question, answer)

    def _question(self, run_id: UUID) -> Question:
        watchers = self._watchers[run_id]
        return Question(
            run_id=run_id,
            users={peer.key: peer.user for peer in watchers},
            positions=frozenset(subscription.position for subscription in watchers.values()),
        )

    def _tell(self, question: Question, answer: Answer) -> None:
        run_id = question.run_id
        if run_id not in self._watchers:
            self._paid_until.pop(run_id, None)
            return
        if answer.position is not None:
            self._known[run_id] = answer.position
        for peer, subscription in list(self._watchers[run_id].items()):
            if peer.key not in question.users:
                continue  # It came while the database was asked; the run is dirty again for it.
            if peer.key not in answer.allowed:
                self._deny(peer, subscription)
            elif answer.ended:
                self.unsubscribe(peer, run_id)
                peer.outbox.put(answer.ended)
            elif answer.position is not None:
                self._show(peer, subscription, answer)

    def _deny(self, peer: Peer, subscription: Subscription) -> None:
        """There is nothing for this user: the same answer whether or not there is a run."""
        run_id = subscription.run_id
        if subscription.told == LIVE:
            # Seen before and taken away: it is said, and nothing of the run follows.
            self.unsubscribe(peer, run_id)
            if peer.subscriptions:
                peer.outbox.put(encode(refusal(topic(run_id), "forbidden")))
            else:
                peer.outbox.close(Close.FORBIDDEN)
        elif not subscription.told:
            subscription.told = PENDING
            peer.outbox.put(encode(pending(run_id)), run_id)

    def _show(self, peer: Peer, subscription: Subscription, answer: Answer) -> None:
        frame = answer.snapshot
        if subscription.position in answer.changes:
            if subscription.told == LIVE and not answer.is_news[subscription.position]:
                return
            frame = answer.changes[subscription.position]
        if not frame:
            # It subscribed, or lost frames, while the database was being asked.
            self._mark(subscription.run_id, at=0.0)
            return
        subscription.told = LIVE
        subscription.position = answer.position
        peer.outbox.put(frame, subscription.run_id)

    async def _renew(self) -> None:
        """Look again at who the sockets' users are, and at what they may see."""
        peers = list(self._peers)
        credentials = [peer.credential for peer in peers]
        users = await self._ask(partial(sessions.renew, credentials, self._sessions))
        for peer, user in zip(peers, users, strict=True):
            if user is None:
                peer.outbox.close(Close.SIGNED_OUT)
            else:
                peer.user = user
        questions = [self._question(run_id) for run_id in self._watchers]
        for start in range(0, len(questions), PAGE_MAX):
            page = questions[start : start + PAGE_MAX]
            allowed = await self._ask(partial(reading.allowed, page))
            for run_id, keys in allowed.items():
                self._review(run_id, keys)

    def _review(self, run_id: UUID, allowed: frozenset[str]) -> None:
        for peer, subscription in list(self._watchers.get(run_id, {}).items()):
            if peer.key not in allowed:
                self._deny(peer, subscription)
            elif subscription.told != LIVE:
                self._mark(run_id, at=0.0)

    async def _ask(self, question: Callable[[], Result]) -> Result:
        """The answer to a question that takes the database, from the hub's thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, _with_connection, question)


def _with_connection(question: Callable[[], Result]) -> Result:
    close_old_connections()
    try:
        return question()
    finally:
        close_old_connections()


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]
