"""In which lists a run is that a hint names: asked of the database once for each run, and kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from flowengine.live.board import Board
from flowengine.live.kind import Stored
from flowengine.live.peer import Channel
from flowengine.store import listed

ASK_S = 0.1
"""Between two questions."""
KEPT_MAX = 10_000
WAITING_MAX = 1_000
"""Runs that are asked after at once; beyond, the heartbeat finds what has changed."""

Places = Sequence[tuple[str, str]]
"""The lists a run is in: the name, and what it is a list of."""


class Strangers:
    """The runs that are hinted at while lists are watched. Belongs to one event loop."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._waiting: dict[UUID, None] = {}
        self._places: dict[UUID, Places] = {}
        self._asked_at = 0.0
        self._is_stirred = False
        """Something was hinted at since the last question."""

    @property
    def due_at(self) -> float:
        """When the next question may be asked, by the loop's clock."""
        return self._asked_at + ASK_S if self._waiting or self._is_stirred else float("inf")

    def hint(self, run_id: UUID) -> None:
        """This run has changed: the lists that it is in are to be read, and what shows all runs."""
        self._is_stirred = True
        places = self._places.get(run_id)
        if places is None:
            if len(self._waiting) < WAITING_MAX:
                self._waiting[run_id] = None
            return
        self._mark(places)

    def take(self, now: float) -> list[UUID]:
        """The runs to ask after."""
        self._asked_at, self._is_stirred = now, False
        waiting, self._waiting = self._waiting, {}
        wants_lists = False
        for channel in self._board:
            if channel.kind.moves_with_any_run:
                self._board.mark(channel)
            elif not isinstance(channel.kind, Stored):
                wants_lists = True
        return list(waiting) if wants_lists else []

    @staticmethod
    def find(run_ids: Collection[UUID]) -> Mapping[UUID, Places]:
        """The lists in which each of these is, from the database."""
        return listed.lists_of(run_ids) if run_ids else {}

    def place(self, found: Mapping[UUID, Places]) -> None:
        """Keep what was found, and have those lists read."""
        self._places.update(found)
        while len(self._places) > KEPT_MAX:
            del self._places[next(iter(self._places))]
        for places in found.values():
            self._mark(places)

    def _mark(self, places: Places) -> None:
        for name, key in places:
            for channel in self._channels(name, key):
                self._board.mark(channel)

    def _channels(self, name: str, key: str) -> Collection[Channel]:
        if name != "runs:mine":
            return list(self._board.named(f"{name}:{key}"))
        mine = self._board.channel(name, key)
        return [] if mine is None else [mine]
