"""Writing decisions: what a batch of runs went through becomes rows, in the open transaction.

The number of statements is the same for one run and for two hundred.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec.structs import replace

from flowengine.broker.envelope import Envelope
from flowengine.conf import settings
from flowengine.definitions.model import Workflow
from flowengine.engine.commands import Bury, CancelChild, Command, Dispatch
from flowengine.engine.identity import call_event_id
from flowengine.engine.messages import Arrived
from flowengine.engine.rules.admission import Admitted
from flowengine.engine.run import Place, Run, Step
from flowengine.engine.states import FINAL_RUN_STATES, RunState, StepState
from flowengine.engine.transitions import (
    HooksEnded,
    RunCancelled,
    RunExpired,
    RunFailed,
    RunSucceeded,
    StepReady,
    Transition,
)
from flowengine.orchestration import listening, notify, publishing
from flowengine.orchestration.bury import letter
from flowengine.orchestration.dispatch import hint
from flowengine.orchestration.notify import News, Said
from flowengine.store import dead_letters, history, runs, sql, steps
from flowengine.store.due_steps import RowKey, owes

_RUN_ENDS = (RunSucceeded, RunFailed, RunCancelled, RunExpired)
_ENDS = (*_RUN_ENDS, HooksEnded)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What one run went through in one transaction."""

    after: Run
    workflow: Workflow | None = None
    """Its version; None = nobody waits for the end of the run."""
    stored: Mapping[Place, Step] = {}
    """Those of its rows that have been read, as they are stored."""
    transitions: tuple[Transition, ...] = ()
    """In order."""
    commands: tuple[Command, ...] = ()
    arrived: tuple[Arrived, ...] = ()
    """Events that its waits have taken."""
    progressed: bool = False
    """The head was raised for progress, which is no transition."""
    head: int | None = None
    """The number of the last transition where progress raised ``after.seq`` above it; else None."""
    said: tuple[Said, ...] = ()
    """What tasks have said to who watches."""
    admitted: Admitted | None = None
    """Set for a new run: who may watch it, and its labels."""

    @property
    def ends(self) -> bool:
        """Others wait for an end that has come."""
        return self._is_awaited and any(isinstance(fact, _ENDS) for fact in self.transitions)

    @property
    def _is_awaited(self) -> bool:
        parent = self.after.parent
        if parent is not None and not parent.detached:
            return True
        workflow = self.workflow
        return workflow is not None and bool(workflow.concurrency or workflow.throttle)


@dataclass(slots=True, kw_only=True)
class Committed:
    """What is to be done once the transaction has committed.

    Who dies before it is done leaves rows that are due, and another does it.
    """

    envelopes: list[Envelope] = field(default_factory=list)
    """Hints to publish. Their rows count as overdue after ``OVERDUE_S``."""
    heads: list[tuple[UUID, int]] = field(default_factory=list)
    """Runs that changed, with their heads: for who watches them."""
    buried: list[UUID] = field(default_factory=list)
    """New dead letters."""
    emitted: list[tuple[UUID, str]] = field(default_factory=list)
    """New events, with their types."""
    listening: list[UUID] = field(default_factory=list)
    """Runs with waits that have to look back."""
    finals: list[UUID] = field(default_factory=list)
    """Runs whose end is to be passed on."""
    orphans: list[RowKey] = field(default_factory=list)
    """Steps whose children are not wanted any more."""
    notified: list[str] = field(default_factory=list)
    """The keys of users whose inboxes changed, and have no numbers for it yet."""
    replays: list[UUID] = field(default_factory=list)
    """Replays that have moved."""
    reached: list[tuple[str, str]] = field(default_factory=list)
    """Steps that became ready: the station and the task of each."""
    ended: list[tuple[str, RunState]] = field(default_factory=list)
    """Runs that became final: the workflow of each, and how it ended."""

    def add(self, other: Committed) -> None:
        """Take over what *other* holds."""
        self.envelopes += other.envelopes
        self.heads += other.heads
        self.buried += other.buried
        self.emitted += other.emitted
        self.listening += other.listening
        self.finals += other.finals
        self.orphans += other.orphans
        self.notified += other.notified
        self.replays += other.replays
        self.reached += other.reached
        self.ended += other.ended


def _nothing() -> None:
    """The rows of the runs are all that is written."""


def commit(
    changes: Sequence[Change],
    now: datetime,
    *,
    also: Callable[[], None] = _nothing,
    is_all: bool = False,
) -> Committed:
    """Write *changes*; their runs are locked, or new. Says what to do after the commit.

    Args:
        changes: at most one for each run.
        now: the database's clock.
        also: writes what goes with it, and reads nothing.
        is_all: nothing else is written in the transaction: it may be committed with this
            (``sql.commit_now``).
    """
    done = Committed()
    more = [change for change in changes if _leaves_more(change)]
    with sql.in_one_go():
        also()
        _write_runs(changes, now, done)
        _write_steps(changes, now, done)
        history.append(
            [
                (c.after.id, c.after.seq if c.head is None else c.head, c.transitions)
                for c in changes
                if c.transitions
            ],
            now,
        )
        if is_all and not more:
            sql.commit_now()
    for change in changes:
        _note(change, done)
    if more:
        _write_more(more, now, done)
    return done


def _note(change: Change, done: Committed) -> None:
    """What is to be said of it after the commit."""
    run, state = change.after, change.after.state
    done.heads.append((run.id, run.seq))
    for fact in change.transitions:
        if isinstance(fact, StepReady) and fact.station:
            done.reached.append((fact.station, fact.task))
    if state in FINAL_RUN_STATES and any(isinstance(t, _RUN_ENDS) for t in change.transitions):
        done.ended.append((run.workflow, state))
    for command in change.commands:
        if isinstance(command, Dispatch):
            done.envelopes.append(hint(run, command))


def _write_more(changes: Sequence[Change], now: datetime, done: Committed) -> None:
    """What follows beside the rows of the runs: waits, events, dead letters, notifications."""
    done.listening = listening.write(
        [(c.after.id, c.commands, c.arrived) for c in changes if c.commands or c.arrived], now
    )
    done.emitted = publishing.write(
        [(change.after, change.transitions, change.commands) for change in changes]
    )
    done.buried = _bury(changes, now)
    done.notified = notify.write(
        [
            News(
                run=change.after,
                workflow=change.workflow,
                transitions=change.transitions,
                stored=change.stored,
                said=change.said,
            )
            for change in changes
            if notify.concerns(change.transitions, change.stored, change.said)
        ],
        now,
    )


def _leaves_more(change: Change) -> bool:
    """Whether there is more to write of it than its own rows; mostly there is not."""
    if change.arrived or not all(isinstance(command, Dispatch) for command in change.commands):
        return True
    facts = change.transitions
    return publishing.concerns(facts) or notify.concerns(facts, change.stored, change.said)


def _write_runs(changes: Sequence[Change], now: datetime, done: Committed) -> None:
    """The rows of runs. One that others wait for is due at its end, until that is passed on."""
    new: list[tuple[Run, Sequence[str], Sequence[str], dict[str, object]]] = []
    changed: list[Run] = []
    for change in changes:
        run = change.after
        if change.ends:
            run = replace(run, due_at=now)
            done.finals.append(run.id)
        if change.admitted is not None:
            admitted = change.admitted
            new.append((run, admitted.watchers, admitted.groups, dict(admitted.labels)))
        elif change.transitions or change.progressed:
            changed.append(run)
    runs.insert(new)
    runs.update(changed)


def _write_steps(changes: Sequence[Change], now: datetime, done: Committed) -> None:
    """The rows of steps that are not what they were: a row's counters may move without a word of it."""
    overdue_at = now + timedelta(seconds=settings().OVERDUE_S)
    new: list[tuple[UUID, Step, int]] = []
    changed: list[tuple[UUID, Step, Step]] = []
    for change in changes:
        run = change.after
        unwanted = {c.event_id for c in change.commands if isinstance(c, CancelChild)}
        stored = change.stored
        for place, after in run.steps.items():
            before = stored.get(place)
            if before is after:
                continue
            step = after
            if step.state is StepState.READY and step.worker is None and step.due_at is None:
                step = replace(step, due_at=overdue_at)
            elif unwanted and _calls(run, step) in unwanted:
                step = replace(step, due_at=now)
                done.orphans.append((run.id, step.id, step.item))
            elif before is not None and before.due_at is not None and _still_owes(before, step):
                step = replace(step, due_at=before.due_at)
            if before is None:
                new.append((run.id, step, run.priority))
            else:
                changed.append((run.id, before, step))
    steps.insert(new)
    steps.update(changed)


def _still_owes(before: Step, after: Step) -> bool:
    return owes(before) and after.state.is_final


def _calls(run: Run, step: Step) -> UUID | None:
    """The id of the event by which a ``workflow`` step has called its child."""
    if step.kind != "workflow":
        return None
    return call_event_id(run.id, step.id, step.item, step.attempt)


def _bury(changes: Sequence[Change], now: datetime) -> list[UUID]:
    letters = [
        letter(
            command.kind,
            command.failure.fe,
            command.failure.message,
            now,
            failure=command.failure,
            step=command.step,
            event=change.after.event,
            run_id=change.after.id,
            workflow=change.after.workflow,
            digest=change.after.digest,
        )
        for change in changes
        for command in change.commands
        if isinstance(command, Bury)
    ]
    dead_letters.insert(letters, now)
    return [each.id for each in letters]
