"""Calls of tasks that are under way, in the time of the rehearsal."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from flowengine.engine.messages import Failed, Succeeded
from flowengine.engine.run import Failure, Place
from flowengine.rehearsal.acts import Played, Work


@dataclass(order=True, slots=True)
class Call:
    """One call: when it ends, and how."""

    ends_at: datetime
    count: int
    run: UUID = field(compare=False)
    place: Place = field(compare=False)
    attempt: int = field(compare=False)
    played: Played = field(compare=False)

    def message(self) -> Succeeded | Failed:
        """How it ended, as its run is told."""
        step, item = self.place
        if self.played.failure is not None:
            failure = self.played.failure
            return Failed(step=step, item=item, attempt=self.attempt, failure=failure)
        output = self.played.output
        return Succeeded(step=step, item=item, attempt=self.attempt, output=output)


@dataclass(slots=True)
class Calls:
    """All of them, the one that ends first in front."""

    heap: list[Call] = field(default_factory=list)
    _count: int = 0

    def begin(self, work: Work, played: Played) -> None:
        """The task was called; what takes longer than it may ends when its time is over."""
        timeout = work.step.timeout
        if played.takes > timeout:
            message = f"its time of {timeout.total_seconds():g} s was over"
            played = Played(failure=Failure(code="Timeout", message=message), takes=timeout)
        self._count += 1
        call = Call(
            ends_at=work.now + played.takes,
            count=self._count,
            run=work.run.id,
            place=work.row.place,
            attempt=work.row.attempt,
            played=played,
        )
        heapq.heappush(self.heap, call)

    def ended(self, now: datetime) -> Call | None:
        """The next one that is over; None = none is."""
        if self.heap and self.heap[0].ends_at <= now:
            return heapq.heappop(self.heap)
        return None

    def interrupt(self, run: UUID, place: Place, now: datetime) -> None:
        """A call is told to end, and does at once."""
        for call in self.heap:
            if (call.run, call.place) == (run, place):
                failure = Failure(code="Cancelled", message="it was told to end")
                call.ends_at, call.played = now, Played(failure=failure)
        heapq.heapify(self.heap)
