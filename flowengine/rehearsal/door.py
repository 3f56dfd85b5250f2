"""The door of a rehearsal: starts pass the gates of their workflow, wait, and take places.

The rules are those of :mod:`flowengine.engine.rules.gates` and :mod:`~flowengine.engine.rules.queue`;
here is only what the database remembers in production.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from msgspec.structs import replace

from flowengine.engine.rules import queue
from flowengine.engine.rules.admission import Candidate
from flowengine.engine.rules.gates import (
    Gate,
    Member,
    Places,
    Quiet,
    State,
    Verdict,
    Wish,
    pass_gates,
)
from flowengine.engine.rules.queue import Queued

_TICK = timedelta(microseconds=1)


@dataclass(slots=True)
class Door:
    """Who is inside, who waits, and what is remembered of keys."""

    memory: dict[UUID, State | None] = field(default_factory=dict)
    quiet: dict[UUID, Candidate] = field(default_factory=dict)
    """Starts that wait for the end of their burst, by the id of their run."""
    queued: dict[UUID, Queued] = field(default_factory=dict)
    inside: dict[UUID, UUID] = field(default_factory=dict)
    """The concurrency key of each run that holds a place."""
    """In the order in which they came in."""
    leaving: set[UUID] = field(default_factory=set)
    _count: int = 0

    def enter(self, candidate: Candidate, now: datetime, *, is_settled: bool = False) -> Verdict:
        """What becomes of a start; the caller begins the run, or does not."""
        self._count += 1
        wish = Wish(
            run=candidate.run.id,
            event=candidate.run.event.id,
            written_at=now + self._count * _TICK,
            workflow=candidate.workflow,
            keys=candidate.keys,
            burst=candidate.keys[Gate.DEBOUNCE].id if is_settled else None,
        )
        self._count_members(wish)
        verdict = pass_gates(wish, self.memory, now)
        self.memory.update(verdict.memory)
        if verdict.superseded is not None:
            self.quiet.pop(verdict.superseded.run, None)
        if verdict.replaced is not None:
            self._make_leave(verdict.replaced.run)
        if verdict.outcome == "debouncing":
            self.quiet[wish.run] = candidate
        elif verdict.outcome in {"started", "queued"}:
            self._take(wish, verdict, candidate)
        return verdict

    def settled(self, now: datetime) -> Iterator[Candidate]:
        """The starts whose burst is over."""
        for state in list(self.memory.values()):
            if isinstance(state, Quiet) and state.due_at <= now and state.run in self.quiet:
                yield self.quiet.pop(state.run)

    def turns(self, now: datetime) -> list[UUID]:
        """The queued runs that start now."""
        found = [
            each.run for each in self.queued.values() if each.key is None and each.is_ready(now)
        ]
        for key, state in list(self.memory.items()):
            if isinstance(state, Places) and state.queued:
                waiting = [each for each in self.queued.values() if each.key == key]
                mine = [each.run for each in queue.turns(state, waiting, now)]
                self.memory[key] = queue.taken(state, len(mine))
                self.inside |= dict.fromkeys(mine, key)
                found += mine
        for run in found:
            del self.queued[run]
        return found

    def expired(self, now: datetime) -> list[UUID]:
        """The queued runs that would start too late."""
        return [run for run, each in self.queued.items() if each.is_expired(now)]

    def leave(self, run: UUID) -> None:
        """The run is over, hooks and all; or it never began."""
        waiting = self.queued.pop(run, None)
        key = self.inside.pop(run, None) if waiting is None else waiting.key
        state = None if key is None else self.memory.get(key)
        if key is not None and isinstance(state, Places):
            self.memory[key] = queue.left(
                state,
                queued=waiting is not None,
                opened=waiting is None,
                leaving=run in self.leaving,
            )
        self.leaving.discard(run)

    def next_due(self, now: datetime) -> datetime | None:
        """When something here wants attention; None = time alone changes nothing."""
        times = [state.due_at for state in self.memory.values() if isinstance(state, Quiet)]
        looks = (queue.next_look(each, now) for each in self.queued.values())
        return min([*times, *(at for at in looks if at is not None)], default=None)

    def _count_members(self, wish: Wish) -> None:
        """Who could be replaced, the oldest first: as the database counts them, at this moment."""
        key = wish.keys.get(Gate.CONCURRENCY)
        state = None if key is None else self.memory.get(key.id)
        if key is not None and isinstance(state, Places):
            inside = (run for run, of in self.inside.items() if of == key.id)
            members = [
                Member(run=run, is_queued=False) for run in inside if run not in self.leaving
            ]
            members += [
                Member(run=each.run, is_queued=True)
                for each in sorted(self.queued.values(), key=lambda one: one.order)
                if each.key == key.id
            ]
            self.memory[key.id] = replace(state, members=tuple(members))

    def _take(self, wish: Wish, verdict: Verdict, candidate: Candidate) -> None:
        key = wish.keys.get(Gate.CONCURRENCY)
        if verdict.outcome == "started":
            if key is not None:
                self.inside[wish.run] = key.id
            return
        self.queued[wish.run] = Queued(
            run=wish.run,
            key=None if key is None else key.id,
            written_at=wish.written_at,
            priority=candidate.run.priority,
            slot_at=verdict.slot_at,
            expires_at=verdict.expires_at,
        )

    def _make_leave(self, run: UUID) -> None:
        """The gates have counted a queued one out already: it starts no more, and frees nothing."""
        if run in self.queued:
            self.queued[run] = dataclasses.replace(self.queued[run], key=None, is_behind=True)
        else:
            self.leaving.add(run)
