"""What is watched in this process, and what of it is to be read: the hub's books, without its hands.

Belongs to one event loop, asks nobody, waits for nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from secrets import token_hex

from flowengine.live import topics
from flowengine.live.kind import Answer, Question, Stored
from flowengine.live.layer import SHARDS, shard_of
from flowengine.live.peer import LIVE, PENDING, Channel, Peer, Subscription
from flowengine.live.protocol import SUBSCRIPTIONS_MAX, Close, encode, refusal
from flowengine.representations import pending
from flowengine.store.progress import Position

READS_AT_ONCE = 3
"""Reads that a topic may have without waiting, after it was quiet for as many intervals."""
FOR_WHO_CAME = 0.0
"""Due before all else, and at no cost to the topic: news must not wait because many came to watch."""


class Board:
    """The channels of one hub."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._channels: dict[str, dict[str, Channel]] = {}
        """By topic, and by owner."""
        self.dirty: dict[Channel, float] = {}
        """When each channel that is to be read may be, by the loop's clock."""
        self.views = 0
        """How many channels are views, which a hint does not name."""
        self._hinted: Counter[int] = Counter()
        """How many of the others each shard has."""

    def __iter__(self) -> Iterator[Channel]:
        """All channels."""
        for by_owner in self._channels.values():
            yield from by_owner.values()

    def channel(self, topic: str, owner: str = "") -> Channel | None:
        """The channel of that topic and owner, if it is watched."""
        return self._channels.get(topic, {}).get(owner)

    def named(self, topic: str) -> Iterable[Channel]:
        """The channels of that topic, of all owners."""
        return self._channels.get(topic, {}).values()

    def shards(self) -> frozenset[int]:
        """The shards of the hints that are wanted; for a view, that may be any run's."""
        if self.views:
            return frozenset(range(SHARDS))
        return frozenset(shard for shard, number in self._hinted.items() if number)

    def catch_up(self, shards: frozenset[int]) -> None:
        """Have read what is hinted at in these shards, which were not heard until now."""
        for channel in self:
            hinted = channel.kind.hinted(channel.owner, channel.about)
            is_heard = hinted is None or shard_of(hinted) in shards
            if is_heard and channel.known is not None:
                self.mark(channel)

    def subscribe(self, peer: Peer, topic: str, position: Position | None) -> str | None:
        """Tell *peer* of this topic from *position* on; else the code with which it is refused."""
        found = topics.parse(topic)
        if found is None:
            return "unknown_topic"
        kind, about = found
        key = peer.asks_as(topic, takes_grants=kind.takes_grants)
        if key is None:
            return "forbidden"
        if topic not in peer.subscriptions and len(peer.subscriptions) >= SUBSCRIPTIONS_MAX:
            return "too_many"
        owner = key if kind.is_personal else ""
        channel = self.channel(topic, owner)
        if topic in peer.subscriptions and peer.subscriptions[topic].channel is not channel:
            self.unsubscribe(peer, topic)
        if channel is None:
            channel = self._open(Channel(topic, kind, about, owner, token_hex(4)))
        subscription = Subscription(channel, key, position)
        peer.subscriptions[topic] = channel.watchers[peer] = subscription
        self.mark(channel, at=FOR_WHO_CAME)
        return None

    def unsubscribe(self, peer: Peer, topic: str) -> None:
        """Tell *peer* nothing more of this topic."""
        subscription = peer.subscriptions.pop(topic, None)
        if subscription is None:
            return
        peer.outbox.forget(topic)
        channel = subscription.channel
        del channel.watchers[peer]
        if channel.watchers:
            return
        self._close(channel)

    def resync(self, peer: Peer, names: Iterable[str]) -> None:
        """Give *peer* the whole view of these topics: frames of theirs were dropped."""
        for topic in names:
            subscription = peer.subscriptions.get(topic)
            if subscription is not None:
                subscription.position = None
                self.mark(subscription.channel)

    def hint(self, channel: Channel | None, head: int) -> None:
        """What is watched there may stand at *head* now. May be late, doubled or missing."""
        if channel is not None and (channel.known is None or head > channel.known[1]):
            self.mark(channel)

    def mark(self, channel: Channel, at: float | None = None) -> None:
        """Have a channel read: at once, or when it has not been read too often of late."""
        if at is None:
            at = channel.paid_until - (READS_AT_ONCE - 1) * channel.kind.interval_s
        self.dirty[channel] = min(at, self.dirty.get(channel, at))
        self._wake()

    def tell(
        self,
        channel: Channel,
        question: Question,
        answer: Answer,
        read_at: float,
        *,
        is_for_news: bool = True,
    ) -> None:
        """Tell the watchers of *channel* what was read for them.

        Args:
            channel: which was read.
            question: what was asked for its watchers.
            answer: what was found.
            read_at: when, by the loop's clock.
            is_for_news: False = only because somebody came to watch.
        """
        if not channel.watchers:
            return
        if answer.position is not None:
            # One that was not there yet costs nothing: its first news goes out at once.
            if is_for_news or answer.position != channel.known:
                _pay(channel, read_at)
            channel.known, channel.kept = answer.position, answer.kept
        for peer, subscription in list(channel.watchers.items()):
            if subscription.key not in question.users:
                continue  # It came while the database was asked; the channel is dirty again for it.
            if subscription.key not in answer.allowed:
                self._deny(peer, subscription)
            elif answer.ended:
                self.unsubscribe(peer, channel.topic)
                peer.outbox.put(answer.ended)
            elif answer.position is not None:
                self._show(peer, subscription, answer)

    def review(self, channel: Channel, question: Question, allowed: frozenset[str] | None) -> None:
        """Who watches *channel* has been asked after again."""
        if allowed is None:
            if not isinstance(channel.kind, Stored):
                self.mark(channel, at=FOR_WHO_CAME)
            return
        for peer, subscription in list(channel.watchers.items()):
            if subscription.key not in question.users:
                continue  # It came while the database was asked.
            if subscription.key not in allowed:
                self._deny(peer, subscription)
            elif subscription.told != LIVE:
                self.mark(channel, at=FOR_WHO_CAME)

    def forbid(self, peer: Peer, topic: str) -> None:
        """*peer* may not watch this any longer: it is said, and nothing of it follows."""
        self.unsubscribe(peer, topic)
        if peer.subscriptions:
            peer.outbox.put(encode(refusal(topic, "forbidden")))
        else:
            peer.outbox.close(Close.FORBIDDEN)

    def _open(self, channel: Channel) -> Channel:
        self._channels.setdefault(channel.topic, {})[channel.owner] = channel
        self._count(channel, 1)
        return channel

    def _close(self, channel: Channel) -> None:
        self.dirty.pop(channel, None)
        by_owner = self._channels[channel.topic]
        del by_owner[channel.owner]
        if not by_owner:
            del self._channels[channel.topic]
        self._count(channel, -1)

    def _count(self, channel: Channel, number: int) -> None:
        hinted = channel.kind.hinted(channel.owner, channel.about)
        if hinted is None:
            self.views += number
        else:
            self._hinted[shard_of(hinted)] += number

    def _deny(self, peer: Peer, subscription: Subscription) -> None:
        """There is nothing for this user: the same answer whether or not there is anything."""
        topic = subscription.channel.topic
        if subscription.told == LIVE or not subscription.channel.kind.is_secret:
            self.forbid(peer, topic)
        elif not subscription.told:
            subscription.told = PENDING
            peer.outbox.put(encode(pending(topic)), topic)

    def _show(self, peer: Peer, subscription: Subscription, answer: Answer) -> None:
        frame = answer.snapshot
        if subscription.position in answer.changes:
            if subscription.told == LIVE and not answer.is_news[subscription.position]:
                return
            frame = answer.changes[subscription.position]
        if not frame:
            # It subscribed, or lost frames, while the database was being asked.
            self.mark(subscription.channel, at=FOR_WHO_CAME)
            return
        subscription.told = LIVE
        subscription.position = answer.position
        peer.outbox.put(frame, subscription.channel.topic)


def _pay(channel: Channel, read_at: float) -> None:
    """Count one read; however many there were, the next one waits for one interval at most."""
    interval_s = channel.kind.interval_s
    longest = read_at + (READS_AT_ONCE - 1) * interval_s
    channel.paid_until = min(max(channel.paid_until, read_at), longest) + interval_s
