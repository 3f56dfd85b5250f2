"""Which ready steps begin in a batch: those that a worker wants, and those it goes on with itself.

*Hand to hand*: what became ready by an attempt's end, and is served by the worker that had the attempt,
begins in the transaction of that end, in a place that it has free; no message is sent. Whoever waits for
a place is not starved by that. While steps wait, a place is handed on at most ``HANDED_MAX`` times in a
row, an end hands on its own place and no other, and a step of a higher priority, or an overdue one, goes
first. What is not handed on is told to its station, like any other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from itertools import islice
from uuid import UUID

import msgspec

from flowengine.conf import settings
from flowengine.engine import rows
from flowengine.engine.commands import Dispatch
from flowengine.engine.messages import Began, Failed, Succeeded
from flowengine.engine.rows import Question, Rows
from flowengine.engine.run import Place, Step
from flowengine.engine.states import StepState
from flowengine.orchestration.trace import Act, Read, Trace, read_more, settle
from flowengine.orchestration.work import Advanced, Begun, Wanted, Work
from flowengine.store import stations

HANDED_MAX = 8
"""How often in a row a place is handed on while others wait for one."""


_ENDS = (Succeeded, Failed)
"""Messages after which a worker may go on by itself."""


def may_hand_on(station: str) -> bool:
    """Whether a worker may go on with work of that station without a message.

    The one place where it is asked. Whatever else keeps a station's work back belongs here.
    """
    own = settings().STATIONS.get(station)
    return own is None or own.HAND_TO_HAND


class _Next(msgspec.Struct, frozen=True):
    """A step that became ready in this batch."""

    trace: Trace
    dispatch: Dispatch
    handed: int
    """How often in a row its place is handed on, with this time."""
    is_in_place: bool
    """The attempt that ended has left it a place."""

    @property
    def place(self) -> Place:
        return (self.dispatch.step, self.dispatch.item)


class Beginning:
    """The begins of one batch whose ends have been decided."""

    def __init__(self, work: Work, batch: Read, result: Advanced, now: datetime) -> None:
        self._work = work
        self._batch = batch
        self._result = result
        self._now = now
        self._left = len(work.wanted) if work.places is None else work.places
        self._room: dict[str, int] = {}
        """How many more may begin at each station that has a cap."""

    def begin(self) -> None:
        """Hand on what may go first, then begin what is wanted, then hand on what there is room for."""
        first, rest = self._next()
        self._hand_on(first)
        room = self._left
        self._claim(self._work.wanted[:room])
        self._result.later_wanted += self._work.wanted[room:]
        self._hand_on(rest)

    def _next(self) -> tuple[list[_Next], list[_Next]]:
        """What may be handed on: before others that wait, and after them."""
        if not self._work.stations or self._work.places is None:
            return [], []
        handed: defaultdict[UUID, list[int]] = defaultdict(list)
        for told in self._work.told:
            if isinstance(told.message, _ENDS):
                handed[told.run_id].append(told.handed)
        found = [
            each
            for run_id, times in handed.items()
            if (trace := self._batch.traces.get(run_id)) is not None and trace.error is None
            for each in self._of(trace, max(times) + 1, len(times))
        ]
        found.sort(key=lambda each: -each.trace.run.priority)
        most = max((wanted.priority for wanted in self._work.wanted), default=None)
        if most is None:
            return found, []
        first: list[_Next] = []
        rest: list[_Next] = []
        for each in found:
            is_in_turn = each.is_in_place and each.handed <= HANDED_MAX
            goes_first = is_in_turn and each.trace.run.priority >= most
            (first if goes_first else rest).append(each)
        return first, rest

    def _of(self, trace: Trace, handed: int, ends: int) -> Iterable[_Next]:
        told = [each for each in trace.commands if isinstance(each, Dispatch)]
        for number, dispatch in enumerate(told):
            if dispatch.station in self._work.stations and may_hand_on(dispatch.station):
                yield _Next(trace, dispatch, handed, number < ends)

    def _hand_on(self, following: Iterable[_Next]) -> None:
        first = islice(following, max(0, self._left))
        settle(self._batch, [(each.trace.run.id, partial(self._go_on, each)) for each in first])

    def _go_on(self, each: _Next) -> None:
        step = rows.row(each.trace.run, each.place)
        if step is None or step.task not in self._work.tasks:
            return
        if self._began(each.trace, step, handed=each.handed):
            each.trace.commands.remove(each.dispatch)

    def _claim(self, wanted: Iterable[Wanted]) -> None:
        """Begin these, as far as their runs are free."""
        asked: defaultdict[UUID, set[Place]] = defaultdict(set)
        for each in wanted:
            asked[each.run_id].add(each.place)
        if not asked:
            return
        questions: dict[UUID, list[Question]] = {
            run_id: [Rows(frozenset(places))] for run_id, places in asked.items()
        }
        read_more(self._batch, questions.keys(), questions)
        self._count(asked)
        acts: list[Act] = []
        for each in wanted:
            trace = self._batch.traces.get(each.run_id)
            if trace is not None:
                acts.append((each.run_id, partial(self._take, trace, each)))
            elif each.run_id in self._batch.elsewhere:
                self._result.later_wanted.append(each)
            elif each.run_id not in self._batch.unreadable:
                self._result.stale += 1
        settle(self._batch, acts)

    def _count(self, asked: Mapping[UUID, Iterable[Place]]) -> None:
        """Read what may still begin at the capped stations of what is *asked* for.

        What this batch has ended there is stored as running until it is written.
        """
        traces = self._batch.traces
        at = {
            trace.run.steps[place].station
            for run_id, places in asked.items()
            if (trace := traces.get(run_id)) is not None
            for place in places
            if place in trace.run.steps
        }
        names = at & self._work.capped
        if not names:
            return
        self._room = stations.room(names)
        for trace in traces.values():
            for place, before in trace.stored.items():
                is_running = before.state is StepState.RUNNING and before.station in self._room
                has_ended = is_running and trace.error is None
                if has_ended and trace.run.steps[place].state is not StepState.RUNNING:
                    self._room[before.station] += 1

    def _take(self, trace: Trace, wanted: Wanted) -> None:
        """Begin a ready step for the worker, if it is still ready and its task is known here."""
        if trace.error is not None:
            return
        step = rows.row(trace.run, wanted.place)
        if step is None or step.state is not StepState.READY:
            self._result.stale += 1
        elif step.task not in self._work.tasks or self._is_shut_out(step, wanted):
            self._result.unknown.append(wanted)
        else:
            self._began(trace, step)

    def _is_shut_out(self, step: Step, wanted: Wanted) -> bool:
        is_closed = step.station in self._work.closed and not wanted.is_tried
        return is_closed or self._room.get(step.station, 1) <= 0

    def _began(self, trace: Trace, step: Step, *, handed: int = 0) -> bool:
        assert self._work.worker is not None, "who wants steps says who it is"
        began = Began(
            step=step.id,
            item=step.item,
            attempt=step.attempt + 1,
            worker=self._work.worker,
            handed=handed > 0,
        )
        if not trace.tell(began, self._now):
            return False
        self._left -= 1
        if step.station in self._room:
            self._room[step.station] -= 1
        self._result.begun.append(
            Begun(
                run=trace.run,
                workflow=trace.workflow,
                plan=trace.workflow.graph.work(step.id),
                step=trace.run.steps[step.place],
                handed=handed,
            )
        )
        return True
