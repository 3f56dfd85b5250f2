"""Runs in the database, begun without a router: a definition, an event, and the first decision."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from flowengine.definitions.check import bind
from flowengine.definitions.model import Workflow
from flowengine.definitions.parse import parse
from flowengine.engine.decide import decide
from flowengine.engine.event import Event, Parent
from flowengine.engine.identity import run_id, uuid7
from flowengine.engine.messages import Message, Start
from flowengine.engine.rules.admission import Admitted
from flowengine.engine.run import Item, Run, Step
from flowengine.orchestration.advance import Advanced, Told, Wanted, Work, advance
from flowengine.orchestration.commit import Change, Committed, commit
from flowengine.orchestration.limits import limits
from flowengine.orchestration.sync import make_known, subscriptions
from flowengine.store import definitions, drafts, events, sql, steps
from flowengine.store.definitions import Definition
from flowengine.store.drafts import Draft
from flowengine.tasks import registry

WORKER = UUID("01930000-0000-7000-8000-00000000000b")
TASKS = frozenset(registry.names())


def now() -> datetime:
    """The present."""
    return datetime.now(UTC)


def define(text: str) -> Workflow:
    """Store the definition and let new runs take it."""
    workflow = bind(parse(text), registry.signatures())
    definition = Definition(
        digest=workflow.digest,
        workflow=workflow.name,
        path="test.yaml",
        source=text,
        signatures=registry.signatures(),
        subscriptions=subscriptions(workflow),
    )
    make_known([definition], now())
    with sql.writing():
        definitions.activate({workflow.name: workflow.digest}, now())
    return workflow


def publish(event_type: str, data: Any, **fields: Any) -> UUID:
    """Write an own event, as ``emit()`` would; its id."""
    event_id = uuid7(int(now().timestamp() * 1000), os.urandom(10))
    drafts.put(
        [
            Draft(
                id=event_id,
                type=event_type,
                data=msgspec.json.encode(data),
                correlation_id=str(event_id),
                **fields,
            )
        ],
        "default",
    )
    return event_id


def start(
    workflow: Workflow, count: int = 1, *, parent: Parent | None = None, **data: Any
) -> list[UUID]:
    """Begin that many runs of *workflow*, in one transaction; their ids."""
    return begin(workflow, [data] * count, parent=parent)[0]


def begin(
    workflow: Workflow,
    data: Iterable[Any],
    *,
    parent: Parent | None = None,
    actor: str | None = "7",
) -> tuple[list[UUID], Committed]:
    """The same, one run for each of *data*; and what the commit left to do."""
    ids = [publish(f"{workflow.name}.begun", each, actor=actor) for each in data]
    at = now()
    changes = [_begun(workflow, event, parent, at) for event in events.load(ids)]
    with sql.writing():
        committed = commit(changes, at)
    return [change.after.id for change in changes], committed


def _begun(workflow: Workflow, event: Event, parent: Parent | None, at: datetime) -> Change:
    run = Run(
        id=run_id(event.id, workflow.name),
        workflow=workflow.name,
        digest=workflow.digest,
        event=event,
        parent=parent,
        created_at=at,
    )
    decision = decide(workflow, run, Start(), at, limits=limits())
    return Change(
        after=decision.run,
        workflow=workflow,
        head=decision.run.seq,
        transitions=decision.transitions,
        commands=decision.commands,
        admitted=Admitted(decision=decision, watchers=("7",)),
    )


def tell(run: UUID, message: Message) -> Advanced:
    """Tell one run one message."""
    return advance(Work(told=(Told(run_id=run, message=message),)), now())


def claim(run: UUID, step: str, *items: Item) -> Advanced:
    """Begin that step, or these items of it, for ``WORKER``."""
    wanted = tuple(Wanted(run_id=run, step=step, item=item) for item in items or ("",))
    return advance(Work(wanted=wanted, worker=WORKER, tasks=TASKS), now())


def row(run: UUID, step: str, item: Item = "") -> Step:
    """The row as a value."""
    return steps.load({(run, (step, item))})[run][step, item]
