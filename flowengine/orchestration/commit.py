"""Writing decisions: what a batch of runs went through becomes rows, in the open transaction.

The number of statements is the same for one run and for two hundred.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from msgspec.structs import replace

from flowengine.broker.envelope import Envelope
from flowengine.conf import settings
from flowengine.engine.commands import Bury, Command, Dispatch
from flowengine.engine.dead_letter import fingerprint
from flowengine.engine.identity import uuid7
from flowengine.engine.rules.admission import Admitted
from flowengine.engine.run import Run, Step
from flowengine.engine.states import StepState
from flowengine.engine.transitions import StepFailed, StepReady, StepSkipped, Transition
from flowengine.orchestration.dispatch import hint
from flowengine.store import dead_letters, history, runs, steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one run went through in one transaction."""

    after: Run
    transitions: tuple[Transition, ...] = ()
    """In order."""
    commands: tuple[Command, ...] = ()
    progressed: bool = False
    """The head was raised for progress, which is no transition."""
    head: int | None = None
    """The number of the last transition where progress raised ``after.seq`` above it; else None."""
    admitted: Admitted | None = None
    """Set for a new run: who may watch it, and its labels."""


@dataclass(slots=True, kw_only=True)
class Committed:
    """What is to be done once the transaction has committed."""

    envelopes: list[Envelope] = field(default_factory=list)
    """Hints to publish. Their rows count as overdue after ``OVERDUE_S``."""
    heads: list[tuple[UUID, int]] = field(default_factory=list)
    """Runs that changed, with their heads: for who watches them."""
    buried: list[UUID] = field(default_factory=list)
    """New dead letters."""

    def add(self, other: Committed) -> None:
        """Take over what *other* holds."""
        self.envelopes += other.envelopes
        self.heads += other.heads
        self.buried += other.buried


def commit(changes: Sequence[Change], now: datetime) -> Committed:
    """Write *changes*; their runs are locked, or new. Says what to do after the commit."""
    overdue_at = now + timedelta(seconds=settings().OVERDUE_S)
    new_steps: list[tuple[UUID, Step]] = []
    changed_steps: list[tuple[UUID, Step]] = []
    done = Committed()
    for change in changes:
        _sort_steps(change, overdue_at, new_steps, changed_steps)
        done.heads.append((change.after.id, change.after.seq))
        done.envelopes += [
            hint(change.after.id, command)
            for command in change.commands
            if isinstance(command, Dispatch)
        ]
    runs.insert(
        [
            (c.after, c.admitted.watchers, c.admitted.groups, dict(c.admitted.labels))
            for c in changes
            if c.admitted is not None
        ]
    )
    runs.update(
        [c.after for c in changes if c.admitted is None and (c.transitions or c.progressed)]
    )
    steps.insert(new_steps)
    steps.update(changed_steps)
    history.append(
        [
            (c.after.id, c.after.seq if c.head is None else c.head, c.transitions)
            for c in changes
            if c.transitions
        ],
        now,
    )
    done.buried = _bury(changes, now)
    return done


def _sort_steps(
    change: Change,
    overdue_at: datetime,
    new: list[tuple[UUID, Step]],
    changed: list[tuple[UUID, Step]],
) -> None:
    """The steps this change touches, those without a row apart from the others."""
    run = change.after
    fresh: dict[str, bool] = {}
    for fact in change.transitions:
        name = getattr(fact, "step", None)
        if name is not None and name not in fresh:
            fresh[name] = _creates_row(fact)
    for name, is_new in fresh.items():
        step = run.steps[name]
        if step.state is StepState.READY and step.worker is None and step.due_at is None:
            step = replace(step, due_at=overdue_at)
        (new if is_new else changed).append((run.id, step))


def _creates_row(fact: Transition) -> bool:
    if isinstance(fact, StepReady):
        return not fact.again
    return isinstance(fact, StepSkipped) or (isinstance(fact, StepFailed) and fact.attempt == 0)


def _bury(changes: Sequence[Change], now: datetime) -> list[UUID]:
    letters = [
        dead_letters.DeadLetter(
            id=uuid7(int(now.timestamp() * 1000), os.urandom(10)),
            kind=command.kind,
            code=command.failure.fe,
            message=command.failure.message,
            fingerprint=fingerprint(
                command.kind, command.failure.code, command.failure.message, command.step
            ),
            event_id=change.after.event.id,
            run_id=change.after.id,
            workflow=change.after.workflow,
            step=command.step,
            failure=command.failure,
        )
        for change in changes
        for command in change.commands
        if isinstance(command, Bury)
    ]
    dead_letters.insert(letters, now)
    return [letter.id for letter in letters]
