"""A kind of topics: what its names look like, where it stands, and what its watchers are told.

Adding a kind is one class and one line in :mod:`~flowengine.live.topics`. The hub knows nothing else of
what is watched. All that asks the database takes many at once, in a number of statements that does not
depend on how many.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flowengine.store.heads import Head, Part
from flowengine.store.progress import Position

GRANTED = ""
"""Stands in place of a user's key for who watches by a grant: for them the page has answered whether
they may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the watchers of one topic need to know."""

    topic: str
    about: Any
    """What its kind has made of the topic's name."""
    users: Mapping[str, Any]
    """Who asks, by user key; under ``GRANTED`` nobody."""
    positions: frozenset[Position | None]
    """Where they stand; None = they need the whole view."""
    kept: Any = None
    """What the last answer has left for the next one."""
    epoch: str = ""
    """For views without stored numbers: the epoch to count in; empty = there is nothing to go on from."""


@dataclass(slots=True, kw_only=True)
class Answer:
    """What they are told; without *position* and *ended*, there is nothing yet."""

    allowed: frozenset[str] = frozenset()
    """The keys of the users who may see it."""
    position: Position | None = None
    changes: dict[Position, str] = field(default_factory=dict)
    """The frame for who stands there."""
    is_news: dict[Position, bool] = field(default_factory=dict)
    """Whether that frame says anything but «nothing came»."""
    snapshot: str = ""
    """The frame for all others; empty where nobody needs it."""
    ended: str = ""
    """The frame that ends the topic: there will never be anything."""
    kept: Any = None


class Kind(ABC):
    """One kind of topics. Of a view the hub counts, and a head only says whether anything has changed."""

    is_personal = False
    """Each user is told something else under the same name."""
    takes_grants = True
    """False = only for who is logged in, with their own rights."""
    is_secret = True
    """Who may not see it is told what is told of nothing; False = that it is forbidden."""
    moves_with_any_run = False
    """It is to be read when any run has changed."""
    interval_s = 0.1
    """One that moves without rest is read for its watchers this often."""
    page_max = 200
    """How many are read at once."""
    review_max = 500
    """How many are reviewed at once."""

    @abstractmethod
    def about(self, topic: str) -> Any | None:
        """What the name *topic* is about, hashable; None = it is none of this kind."""

    @abstractmethod
    def part(self, watched: Sequence[tuple[str, Any, bool]]) -> Part:
        """What reads the heads of *watched*: owner, what it is about, whether its head was ever known."""

    @abstractmethod
    def key(self, owner: str, about: Any) -> tuple[str, str]:
        """Under which kind and key the head of one of them is found."""

    def hinted(self, _owner: str, _about: Any) -> str | None:
        """What hints say of it, as text; None = they do not name it: it is a view."""
        return None

    @abstractmethod
    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        """The answer to each question."""

    @abstractmethod
    def allowed(self, questions: Sequence[Question]) -> list[frozenset[str] | None]:
        """Who of those who ask may see it, and nothing else; None = there is nothing to see yet, or, of
        a view, what is shown has to be read anew.
        """


class Stored(Kind):
    """A kind with stored numbers: the heads in the database are the positions of the watchers."""

    nowhere: Position | None = None
    """Where one stands that has no head; None = nothing is known of it."""

    @abstractmethod
    def stands(self, head: Head) -> Position | None:
        """The position that *head* says; None = it has ended."""
