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
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from flowengine.conf import settings
from flowengine.definitions.model import Workflow
from flowengine.engine import places
from flowengine.engine.commands import Command
from flowengine.engine.decide import decide
from flowengine.engine.draft import Limits
from flowengine.engine.messages import Arrived, Message
from flowengine.engine.rows import (
    Every,
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
from flowengine.orchestration.notify import Said
from flowengine.store import definitions, due_steps, questions, runs, waits

logger = logging.getLogger("flowengine.orchestration")

PUT_OFF = timedelta(minutes=1)
GROWTH = 4
"""Where more is asked for of the same, so many times as much is read as before."""
AHEAD_MAX = 1024
"""Rows read ahead at once."""
SMALL_TRANSITIONS, SMALL_BYTES = 32, 16 * 1024
"""A run up to there, with outputs up to there, is read whole: one query, and no more rounds."""


class Trace(msgspec.Struct):
    """One run, and what has happened to it in this batch."""

    workflow: Workflow
    run: Run
    config: Mapping[str, Any]
    limits: Limits
    stored: dict[Place, Step] = {}
    """Its rows as they were read."""
    transitions: list[Transition] = []
    commands: list[Command] = []
    arrived: list[Arrived] = []
    """Events that its waits have taken."""
    said: list[Said] = []
    """What tasks have said to who watches."""
    stale: int = 0
    has_progressed: bool = False
    error: Exception | None = None
    """Why nothing of this run can be saved; None = it can."""

    @property
    def is_changed(self) -> bool:
        """There is something to save."""
        return self.error is None and bool(self.transitions or self.has_progressed)

    def tell(self, message: Message, now: datetime, said: Sequence[Said] = ()) -> bool:
        """Decide *message*; False where it was stale, or the run is beyond deciding.

        What was *said* counts with it.

        Raises:
            RowsMissing: rows must be read first; nothing has happened.
        """
        if self.error is not None:
            return False
        try:
            decision = decide(
                self.workflow, self.run, message, now, config=self.config, limits=self.limits
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
        self.said += said
        if isinstance(message, Arrived):
            self.arrived.append(message)
        return True

    def knows(self, question: Question) -> bool:
        """Whether it has been answered."""
        known = self.run.known or Known()
        if isinstance(question, Rows):
            return question.places <= known.places
        return question in known.answered

    def unanswered(self, question: Question) -> Question | None:
        """What of it is still to be read; None = nothing."""
        known = self.run.known
        if known is None:
            return None
        if not isinstance(question, Rows):
            return None if question in known.answered else question
        places = [p for p in question.places if p not in self.run.steps and not known.knows(p)]
        return Rows(frozenset(places)) if places else None

    def learn(self, asked: Collection[Question], rows: Mapping[Place, Step]) -> None:
        """These are the rows that answer these questions, as they are stored."""
        for place, step in rows.items():
            self.stored.setdefault(place, step)
        if any(isinstance(each, Every) for each in asked):
            self.run = replace(self.run, steps={**rows, **self.run.steps}, known=None)
            return
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
            said=tuple(self.said),
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
    seen: Mapping[UUID, Run] | None = None,
) -> Read:
    """Lock these runs, and read what is certain to be *asked* of them, and what *messages* will need.

    Of runs that were *seen* as they still are, nothing is read again.
    """
    batch = Read({}, {}, set())
    read_more(batch, ids, asked, wait=wait, messages=messages, seen=seen)
    return batch


def read_more(
    batch: Read,
    ids: Collection[UUID],
    asked: Mapping[UUID, Sequence[Question]],
    *,
    wait: bool = False,
    messages: Mapping[UUID, Sequence[Message]] | None = None,
    seen: Mapping[UUID, Run] | None = None,
) -> None:
    """Take these runs, too, into the batch, as :func:`read` does; some of them may be in it."""
    traces, unreadable = batch.traces, batch.unreadable
    new = set(ids)
    if traces or unreadable or batch.elsewhere:
        new -= traces.keys() | unreadable.keys() | batch.elsewhere
        seen = {run_id: seen[run_id] for run_id in new if run_id in seen} if seen else None
    same = {} if wait or not seen else _unchanged(seen)
    locked = runs.lock(new - same.keys() if len(same) < len(new) else (), wait=wait)
    unreadable.update(locked.unreadable)
    workflows = _workflows({**locked.readable, **same}, unreadable)
    config, most = settings().CONFIG, limits()
    for run in locked.readable.values():
        if run.id not in unreadable:
            own = replace(run, known=Known())
            traces[run.id] = Trace(workflows[run.digest], own, config, most)
    for run_id, run in same.items():
        if not unreadable or run_id not in unreadable:
            traces[run_id] = Trace(workflows[run.digest], run, config, most, dict(run.steps))
    _answer(traces, _first(traces, asked, messages or {}), unreadable)
    for run_id in unreadable:
        traces.pop(run_id, None)
    if wait or len(new) == len(locked.readable) + len(same):
        return
    others = new - traces.keys() - unreadable.keys()
    if others:
        batch.elsewhere.update(runs.existing(sorted(others)))


def _unchanged(seen: Mapping[UUID, Run]) -> dict[UUID, Run]:
    """Those of these runs that nobody else holds, or has written since they were seen."""
    heads = runs.heads(seen.keys())
    return {
        run_id: run for run_id, run in seen.items() if heads.get(run_id) == (run.seq, run.due_at)
    }


def _first(
    traces: Mapping[UUID, Trace],
    asked: Mapping[UUID, Sequence[Question]],
    messages: Mapping[UUID, Sequence[Message]],
) -> dict[UUID, list[Question]]:
    """What is to be read of these runs before anything is decided."""
    first: dict[UUID, list[Question]] = {}
    for run_id, trace in traces.items():
        if trace.run.known is None or not (run_id in asked or run_id in messages):
            continue
        if not trace.stored and _is_small(trace):
            first[run_id] = [Every()]
            continue
        questions = [*asked.get(run_id, ()), *foresight.certain(messages.get(run_id, ()))]
        if run_id in messages:
            questions.append(Rows(foresight.foreseen(trace.run.digest, messages[run_id])))
        if trace.stored:
            questions = list(filter(None, map(trace.unanswered, questions)))
        if questions:
            first[run_id] = questions
    return first


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


def _is_small(trace: Trace) -> bool:
    """Few rows, and little in them.

    No more rows than transitions: but for the items of loops, each row has one that begins it.
    """
    run = trace.run
    if run.seq > SMALL_TRANSITIONS or run.output_bytes > SMALL_BYTES:
        return False
    return not places.has_loops(trace.workflow.graph)


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
