"""One socket as the hub sees it: who it is, what it watches, and where its frames go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from flowengine.access import user_key
from flowengine.live import grants
from flowengine.live.channel import LIVE, Subscription
from flowengine.live.grants import Grant
from flowengine.live.kind import GRANTED
from flowengine.live.outbox import Outbox
from flowengine.live.sessions import Credential

GRANTS_MAX = 400
"""Topics for which one socket may hold a grant."""


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
