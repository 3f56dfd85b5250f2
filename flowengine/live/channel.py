"""One watched topic of this process: who watches it, where it stands, and how they are told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flowengine.live.kind import Kind, Question
from flowengine.live.protocol import encode_value
from flowengine.store.heads import Head
from flowengine.store.progress import Position

if TYPE_CHECKING:
    from flowengine.live.peer import Peer

PENDING = "pending"
LIVE = "live"


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
    _said: Position | None = None

    def __post_init__(self) -> None:
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
        if not self.kind.has_numbers:
            return self.known is None or head != self.mark
        if head is None:
            self.stands = self.kind.nowhere
            return self.stands is not None and self.known != self.stands
        if self.mark is None or head != self.mark:
            self.stands = self.kind.stands(head)
        return self.stands is None or self.stands != self.known

    def see(self, head: Head | None) -> None:
        """The database has *head*: this is what the next heartbeat says."""
        self.mark = head
        said = self.stands if self.kind.has_numbers else self.known
        if said != self._said:
            self._said = said
            self.head_text = f"{encode_value(self.topic)}:{encode_value(said)}"
