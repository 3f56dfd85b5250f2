"""One run on its way through a batch, and how a batch's runs are read.

The rows that the messages speak of are read first. Where a rule needs others it says so
(:class:`flowengine.engine.rows.RowsMissing`), and nothing of that message has happened yet: it is put
aside, the others are decided, and then all that is missing is read, for all runs together, with one
query for each kind of question. Messages of one run may be decided in any order, so this goes on in
rounds. A rule that goes from one row to the next is read ahead of, each time further: the number of
rounds grows with the logarithm of how far it goes, and the time with how far it goes.

A run that cannot be read, or whose message cannot be decided, stands apart: it must not keep the
others of its batch from going on. What is due of it is put off, so that it does not fill the page at
the next look; its rows stay for a version that can read them.
"""

from __future__ import annotations

import dataclasses
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from msgspec.structs import replace

from flowengine.conf import settings
from flowengine.definitions.model import Workflow
from flowengine.engine.commands import Command
from flowengine.engine.decide import decide
from flowengine.engine.messages import Arrived, Message
from flowengine.engine.rows import (
    Known,
    Newest,
    Question,
    Rows,
    RowsMissing,
    answered_by,
    index_of,
    inner,
    outer,
)
from flowengine.engine.run import Place, Run, Step
from flowengine.engine.transitions import Transition
from flowengine.errors import DefinitionError
from flowengine.orchestration import foresight
from flowengine.orchestration.commit import Change
from flowengine.orchestration.limits import limits
from flowengine.store import definitions, due_steps, questions, runs, waits

logger = logging.getLogger("flowengine.orchestration")

PUT_OFF = timedelta(minutes=1)
GROWTH = 4
"""Where more is asked for of the same, so many times as much is read as before."""
AHEAD_MAX = 1024
"""Rows read ahead at once."""


@dataclass(slots=True)
class Trace:
    """One run, and what has happened to it in this batch."""

    workflow: Workflow
    run: Run
    stored: dict[Place, Step] = field(default_factory=dict)
    """Its rows as they were read."""
    transitions: list[Transition] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    arrived: list[Arrived] = field(default_factory=list)
    """Events that its waits have taken."""
    stale: int = 0
    has_progressed: bool = False
    error: Exception | None = None
    """Why nothing of this run can be saved; None = it can."""

    @property
    def is_changed(self) -> bool:
        """There is something to save."""
        return self.error is None and bool(self.transitions or self.has_progressed)

    def tell(self, message: Message, now: datetime) -> bool:
        """Decide *message*; False where it was stale, or the run is beyond deciding.

        Raises:
            RowsMissing: rows must be read first; nothing has happened.
        """
        if self.error is not None:
            return False
        try:
            decision = decide(
                self.workflow, self.run, message, now, config=settings().CONFIG, limits=limits()
            )
        except RowsMissing as missing:
            foresight.note(self.run.digest, message, missing.question)
            raise
        except Exception as error:  # noqa: BLE001 - a mistake of ours over one run's content
            self.error = error
            return False
        if decision.stale:
            self.stale += 1
            return False
        self.run = decision.run
        self.transitions += decision.transitions
        self.commands += decision.commands
        if isinstance(message, Arrived):
            self.arrived.append(message)
        return True

    def knows(self, question: Question) -> bool:
        """Whether it has been answered."""
        known = self.run.known or Known()
        if isinstance(question, Rows):
            return question.places <= known.places
        return question in known.answered

    def learn(self, asked: Collection[Question], rows: Mapping[Place, Step]) -> None:
        """These are the rows that answer these questions, as they are stored."""
        for place, step in rows.items():
            self.stored.setdefault(place, step)
        known = self.run.known or Known()
        places = {place for each in asked if isinstance(each, Rows) for place in each.places}
        others: set[Question] = set()
        for each in asked:
            if isinstance(each, Newest):
                others |= set(answered_by(each, rows.values()))
            elif not isinstance(each, Rows):
                others.add(each)
        # What has changed in this batch is newer than what is stored.
        self.run = replace(
            self.run,
            steps={**rows, **self.run.steps},
            known=Known(known.places | places, known.answered.union(others)),
        )

    def change(self) -> Change:
        """What is to be written."""
        head = self.run.seq
        # Progress raises the head past the numbers of this change's transitions: their history row
        # keeps them, and heads may skip numbers.
        after = replace(self.run, seq=head + 1) if self.has_progressed else self.run
        return Change(
            after=after,
            workflow=self.workflow,
            stored=self.stored,
            head=head,
            transitions=tuple(self.transitions),
            commands=tuple(self.commands),
            arrived=tuple(self.arrived),
            progressed=self.has_progressed,
        )


@dataclass(frozen=True, slots=True)
class Read:
    """The runs of a batch, as this transaction holds them."""

    traces: dict[UUID, Trace]
    unreadable: dict[UUID, Exception]
    """Runs that are held, but cannot be made values of."""
    elsewhere: set[UUID]
    """Runs that another transaction holds."""

    @property
    def broken(self) -> dict[UUID, Exception]:
        """Runs that were read, and of which something could not be decided."""
        return {run: t.error for run, t in self.traces.items() if t.error is not None}


Act = tuple[UUID, Callable[[], object]]
"""Something to be done with one run; where it raises ``RowsMissing``, it has done nothing."""


def read(
    ids: Collection[UUID],
    asked: Mapping[UUID, Sequence[Question]],
    *,
    wait: bool,
    messages: Mapping[UUID, Sequence[Message]] | None = None,
) -> Read:
    """Lock these runs, and read what is certain to be *asked* of them, and likely by *messages*."""
    locked = runs.lock(ids, wait=wait)
    unreadable = dict(locked.unreadable)
    workflows = _workflows(locked.readable, unreadable)
    traces = {
        run.id: Trace(workflows[run.digest], replace(run, known=Known()))
        for run in locked.readable.values()
        if run.id not in unreadable
    }
    first = {run: list(each) for run, each in asked.items() if run in traces}
    for run, told in (messages or {}).items():
        if run in traces:
            likely = foresight.foreseen(traces[run].run.digest, told)
            first.setdefault(run, []).append(Rows(likely))
    _answer(traces, first, unreadable)
    for run in unreadable:
        traces.pop(run, None)
    others = set(ids) - traces.keys() - unreadable.keys()
    elsewhere = runs.existing(sorted(others)) if others and not wait else set()
    return Read(traces, unreadable, elsewhere)


def settle(batch: Read, acts: Iterable[Act]) -> None:
    """Do all *acts*, in rounds; between two, what was missing is read."""
    waiting = list(acts)
    times: defaultdict[UUID, Counter[str]] = defaultdict(Counter)
    while waiting:
        missing: defaultdict[UUID, set[Question]] = defaultdict(set)
        again: list[Act] = []
        for run_id, act in waiting:
            try:
                act()
            except RowsMissing as error:
                if batch.traces[run_id].knows(error.question):
                    batch.traces[run_id].error = error  # a rule that asks for ever
                    continue
                missing[run_id].add(error.question)
                again.append((run_id, act))
        if again:
            ahead = Counter(run_id for run_id, _act in again)
            asked = {
                run: [_with_more(question, ahead[run], times[run]) for question in each]
                for run, each in missing.items()
            }
            broken: dict[UUID, Exception] = {}
            _answer(batch.traces, asked, broken)
            for run_id, error_of_run in broken.items():
                batch.traces[run_id].error = error_of_run
        waiting = again


def put_off(broken: Mapping[UUID, Exception], now: datetime) -> None:
    """Say what is wrong with these runs, which are held, and look at them again later."""
    if not broken:
        return
    for run_id, error in broken.items():
        logger.error("a run cannot be advanced", exc_info=error, extra={"run": str(run_id)})
    until = now + PUT_OFF
    due_steps.postpone(sorted(broken), now, until)
    runs.postpone(sorted(broken), now, until)
    waits.postpone(sorted(broken), now, until)


def _answer(
    traces: Mapping[UUID, Trace],
    asked: Mapping[UUID, Collection[Question]],
    unreadable: dict[UUID, Exception],
) -> None:
    found = questions.read(asked, unreadable)
    for run_id, each in asked.items():
        traces[run_id].learn(each, found.get(run_id, {}))


def _with_more(question: Question, count: int, times: Counter[str]) -> Question:
    """The same, and what a rule that asks for it may ask for next.

    *count* messages may each want the next item of a loop. A rule that asks again, *times* so far in
    this batch for that step, goes from one to the next: it is given more and more at once, so that the
    rounds grow with the logarithm of what one decision goes through.
    """
    if isinstance(question, Newest):
        times[""] += 1
        return dataclasses.replace(question, count=min(GROWTH ** (times[""] - 1), AHEAD_MAX))
    if not isinstance(question, Rows):
        return question
    last: dict[Place, int] = {}
    for step, item in question.places:
        if item:
            loop = (step, outer(item))
            last[loop] = max(last.get(loop, 0), index_of(item))
    most = max(AHEAD_MAX // len(last), 1) if last else 0
    more = {
        (step, inner(path, index + n))
        for (step, path), index in last.items()
        for n in range(1, min(count * GROWTH ** times[step], most))
    }
    times.update({step for step, _path in last})
    return Rows(question.places | more)


def _workflows(found: Mapping[UUID, Run], unreadable: dict[UUID, Exception]) -> dict[str, Workflow]:
    """By digest; the runs of a definition that cannot be read here join *unreadable*."""
    digests = {run.digest for run in found.values()}
    try:
        loaded = definitions.load(digests)
    except DefinitionError:
        loaded = {}
        for digest in digests:
            try:
                loaded |= definitions.load({digest})
            except DefinitionError as error:
                same = [run.id for run in found.values() if run.digest == digest]
                unreadable.update(dict.fromkeys(same, error))
    for run in found.values():
        if run.digest not in loaded and run.id not in unreadable:
            unreadable[run.id] = LookupError(f"no definition {run.digest}")
    return loaded
