"""Sockets, the topics they watch, and how one finds the other: the hub's values.

A :class:`Peer` is one socket: who it is, what it watches, and where its frames go. A :class:`Channel` is
one topic of this process: who watches it, and where it stands. A :class:`Subscription` is one of both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from flowengine.access import user_key
from flowengine.live import grants
from flowengine.live.grants import Grant
from flowengine.live.kind import GRANTED, Kind, Question, Stored
from flowengine.live.outbox import Outbox
from flowengine.live.protocol import encode_value
from flowengine.live.sessions import Credential
from flowengine.store.heads import Head
from flowengine.store.progress import Position

PENDING = "pending"
LIVE = "live"
GRANTS_MAX = 400
"""Topics for which one socket may hold a grant."""


@dataclass(slots=True, eq=False)
class Subscription:
    """One topic that one socket watches."""

    channel: Channel
    key: str
    """As whom it asks: the key of its user, or that of who has a grant."""
    position: Position | None
    """What the browser has; None = nothing that counts: it gets the whole view."""
    told: str = ""
    """What it was told last: nothing yet, that it is pending, or that it is live."""


@dataclass(slots=True, eq=False)
class Channel:
    """One topic, for all who are told the same of it."""

    topic: str
    kind: Kind
    about: Any
    owner: str
    """The key of the only user who is told this; empty = all are told the same."""
    epoch: str
    """For views: in which the hub counts."""
    watchers: dict[Peer, Subscription] = field(default_factory=dict)
    known: Position | None = None
    """Where it stood when it was last read."""
    mark: Head | None = None
    """The head in the database, when it was last looked at."""
    stands: Position | None = None
    """What *mark* says, for a kind with stored numbers."""
    paid_until: float = 0.0
    """Until when its reads are paid for, one interval each, by the loop's clock."""
    kept: Any = None
    """What its kind wants to have at the next read."""
    unknown_text: str = ""
    """As a heartbeat says that it is pending."""
    head_text: str = ""
    """As a heartbeat says its head: made once, for all its watchers."""
    head_key: tuple[str, str] = ("", "")
    """Under which its head is found."""
    _said: Position | None = None

    def __post_init__(self) -> None:
        self.head_key = self.kind.key(self.owner, self.about)
        self.unknown_text = self.head_text = f"{encode_value(self.topic)}:null"

    def question(self) -> Question:
        """What its watchers need to know."""
        subscriptions = self.watchers.values()
        return Question(
            topic=self.topic,
            about=self.about,
            users={each.key: peer.user for peer, each in self.watchers.items()},
            positions=frozenset(each.position for each in subscriptions),
            kept=self.kept,
            epoch=self.epoch,
        )

    def is_behind(self, head: Head | None) -> bool:
        """*head*, as the database has it, says that there is something to tell.

        Of views it is to be said once that was told: :meth:`see`.
        """
        if self._is_said(head):
            return False
        if not isinstance(self.kind, Stored):
            return self.known is None or head != self.mark
        if head is None:
            self.stands = self.kind.nowhere
            return self.stands is not None and self.known != self.stands
        if self.mark is None or head != self.mark:
            self.stands = self.kind.stands(head)
        return self.stands is None or self.stands != self.known

    def see(self, head: Head | None) -> None:
        """The database has *head*: this is what the next heartbeat says."""
        if self._is_said(head):
            return
        self.mark = head
        said = self.stands if isinstance(self.kind, Stored) else self.known
        if said != self._said:
            self._said = said
            self.head_text = f"{encode_value(self.topic)}:{encode_value(said)}"

    def _is_said(self, head: Head | None) -> bool:
        """All is as it was at the last heartbeat: what nearly always is, of nearly all channels."""
        return (
            head is not None
            and head == self.mark
            and self.known is not None
            and self._said == self.known
        )


@dataclass(slots=True, eq=False)
class Peer:
    """A socket that was let in."""

    user: Any
    """As last read from the database; None = nobody is logged in, and all it may see is by grants."""
    credential: Credential | None
    counted_as: str
    """Of whom there may not be too many at once: a user, or a page with its grant."""
    outbox: Outbox = field(default_factory=Outbox)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    """By topic."""
    granted: dict[str, Grant] = field(default_factory=dict)
    """By topic, the grants that it has shown."""

    @property
    def key(self) -> str | None:
        """The user's key; None = nobody is logged in."""
        return None if self.user is None else user_key(self.user)

    def show(self, tokens: Iterable[str]) -> None:
        """Take what holds of these grants; what does not is as if it had not been shown."""
        for token in tokens:
            grant = grants.read(token, self.key)
            if grant is None or len(self.granted) > GRANTS_MAX:
                continue
            self.granted.update(dict.fromkeys(grant.topics, grant))

    def asks_as(self, topic: str, *, takes_grants: bool) -> str | None:
        """Under which key it watches *topic*: a grant's, or the user's own; None = it may not ask."""
        if takes_grants and topic in self.granted:
            return GRANTED
        return self.key

    def heads(self) -> str:
        """The heads of what it may see, as the members of a JSON object; null for the rest."""
        return ",".join(
            each.channel.head_text if each.told == LIVE else each.channel.unknown_text
            for each in self.subscriptions.values()
        )


def member(user: Any, credential: Credential) -> Peer:
    """A socket of who is logged in."""
    return Peer(user, credential, f"user {user_key(user)}")


def guest(tokens: Iterable[str]) -> Peer | None:
    """A socket of who is not, by the grants of a page; None where none of them holds."""
    shown = list(tokens)
    peer = Peer(None, None, f"grant {shown[0][-43:]}" if shown else "")
    peer.show(shown)
    return peer if peer.granted else None
