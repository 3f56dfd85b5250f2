"""One socket as the hub sees it: who it is, what it watches, and where its frames go."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flowengine.access import user_key
from flowengine.live.outbox import Outbox
from flowengine.live.sessions import Credential
from flowengine.representations import topic
from flowengine.store.progress import Position

PENDING = "pending"
LIVE = "live"


@dataclass(slots=True, eq=False)
class Subscription:
    """One run that one socket watches."""

    run_id: UUID
    position: Position | None
    """What the browser has; None = nothing that counts: it gets the whole view."""
    told: str = ""
    """What it was told last: nothing yet, that it is pending, or that it is live."""


@dataclass(slots=True, eq=False)
class Peer:
    """A socket that was let in."""

    user: Any
    """As last read from the database."""
    credential: Credential
    outbox: Outbox = field(default_factory=Outbox)
    subscriptions: dict[UUID, Subscription] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The user's key."""
        return user_key(self.user)

    def heads(self, known: dict[UUID, Position | None]) -> dict[str, Position | None]:
        """The heads of what it may see; null for the rest, whatever is known of it."""
        return {
            topic(run_id): known.get(run_id) if subscription.told == LIVE else None
            for run_id, subscription in self.subscriptions.items()
        }
