"""One run on its way through a batch, and how a batch's runs are read.

A run that cannot be read, or whose message cannot be decided, stands apart: it must not keep the
others of its batch from going on. What is due of it is put off, so that it does not fill the page at
the next look; its rows stay for a version that can read them.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from msgspec.structs import replace

from flowengine.conf import settings
from flowengine.definitions.model import Workflow
from flowengine.engine.commands import Command
from flowengine.engine.decide import decide
from flowengine.engine.messages import Cancel, Due, Message, Succeeded
from flowengine.engine.run import Run
from flowengine.engine.scope import needed_after
from flowengine.engine.transitions import Transition
from flowengine.errors import DefinitionError
from flowengine.orchestration.commit import Change
from flowengine.orchestration.limits import limits
from flowengine.orchestration.work import Work
from flowengine.store import definitions, runs, steps

logger = logging.getLogger("flowengine.orchestration")

PUT_OFF = timedelta(minutes=1)


@dataclass(slots=True)
class Trace:
    """One run, and what has happened to it in this batch."""

    workflow: Workflow
    run: Run
    transitions: list[Transition] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    stale: int = 0
    has_progressed: bool = False
    error: Exception | None = None
    """Why nothing of this run can be saved; None = it can."""

    @property
    def is_changed(self) -> bool:
        """There is something to save."""
        return self.error is None and bool(self.transitions or self.has_progressed)

    def tell(self, message: Message, now: datetime) -> bool:
        """Decide *message*; False where it was stale, or the run is beyond deciding."""
        if self.error is not None:
            return False
        try:
            decision = decide(
                self.workflow, self.run, message, now, config=settings().CONFIG, limits=limits()
            )
        except Exception as error:  # noqa: BLE001 - a mistake of ours over one run's content
            self.error = error
            return False
        if decision.stale:
            self.stale += 1
            return False
        self.run = decision.run
        self.transitions += decision.transitions
        self.commands += decision.commands
        return True

    def change(self) -> Change:
        """What is to be written."""
        head = self.run.seq
        # Progress raises the head past the numbers of this change's transitions: their history row
        # keeps them, and heads may skip numbers.
        after = replace(self.run, seq=head + 1) if self.has_progressed else self.run
        return Change(
            after=after,
            head=head,
            transitions=tuple(self.transitions),
            commands=tuple(self.commands),
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


def read(work: Work, *, wait: bool) -> Read:
    """Lock the runs of *work*; read the steps it speaks of, and those they need."""
    ids = {told.run_id for told in work.told}
    ids |= {wanted.run_id for wanted in work.wanted}
    ids |= {said.run_id for said in work.progress}
    locked = runs.lock(ids, wait=wait)
    unreadable = dict(locked.unreadable)
    workflows = _workflows(locked.readable, unreadable)
    found = {run.id: run for run in locked.readable.values() if run.id not in unreadable}
    pairs, active = _needed(work, found, workflows)
    loaded = steps.load(pairs, active, unreadable=unreadable)
    traces = {
        run.id: Trace(workflows[run.digest], replace(run, steps=loaded.get(run.id, {})))
        for run in found.values()
        if run.id not in unreadable
    }
    others = ids - traces.keys() - unreadable.keys()
    elsewhere = runs.existing(sorted(others)) if others and not wait else set()
    return Read(traces, unreadable, elsewhere)


def _needed(
    work: Work, found: Mapping[UUID, Run], workflows: Mapping[str, Workflow]
) -> tuple[set[tuple[UUID, str]], list[UUID]]:
    """The steps that *work* speaks of or needs, and the runs whose active steps it needs."""
    pairs = {(each.run_id, each.step) for each in work.wanted if each.run_id in found}
    pairs |= {(each.run_id, each.step) for each in work.progress if each.run_id in found}
    active: set[UUID] = set()
    for told in work.told:
        run = found.get(told.run_id)
        if run is None:
            continue
        if isinstance(told.message, Due | Cancel):
            active.add(run.id)
        step = getattr(told.message, "step", None)
        if step is None:
            continue
        pairs.add((run.id, step))
        if isinstance(told.message, Succeeded):
            needed = needed_after(workflows[run.digest], step)
            pairs.update((run.id, each) for each in needed)
    return pairs, sorted(active)


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


def put_off(broken: Mapping[UUID, Exception], now: datetime) -> None:
    """Say what is wrong with these runs, which are held, and look at them again later."""
    if not broken:
        return
    for run_id, error in broken.items():
        logger.error("a run cannot be advanced", exc_info=error, extra={"run": str(run_id)})
    until = now + PUT_OFF
    steps.postpone(sorted(broken), now, until)
    runs.postpone(sorted(broken), now, until)
