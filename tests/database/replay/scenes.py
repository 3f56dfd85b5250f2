"""What died, is selected and goes through the line again, moved along by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from flowengine.definitions.model import Workflow
from flowengine.engine.identity import run_id
from flowengine.engine.messages import Failed, Succeeded
from flowengine.engine.run import Failure
from flowengine.models import (
    DeadLetterRecord,
    ReplayItemRecord,
    ReplayRecord,
    RunRecord,
    SelectionItemRecord,
    SelectionRecord,
)
from flowengine.orchestration import replay
from flowengine.orchestration.audit import By
from flowengine.orchestration.follow import follow
from flowengine.orchestration.replay.due import run_due
from flowengine.orchestration.route import overdue, route
from flowengine.store.replays import Replay
from tests.builders.stored import claim, define, now, publish, tell

ORDER = """
workflow: order
on: order.placed
steps:
  - {id: before, task: line.nothing}
  - {id: charge, task: line.told, with: {order_id: "${{ event.data.order }}"}, retry: {attempts: 1}}
"""
NO = Failure(code="Declined", message="no funds", permanent=True)
BY = By(who="7", reason="the bank is back")


def placed(workflow: Workflow, count: int = 1, **data: Any) -> list[UUID]:
    """So many orders are placed, and routed; the ids of their runs."""
    events = [publish("order.placed", {"order": n, **data}) for n in range(count)]
    through(events)
    return [run_id(event, workflow.name) for event in events]


def through(events: Iterable[UUID]) -> None:
    """These events are routed, and what follows is done."""
    for _ in follow(route(list(events), now=now()).committed, now()):
        pass


def fail(run: UUID) -> None:
    """The run does its first step, if it still has to, and fails at the second."""
    pay(run, failure=NO)


def pay(run: UUID, *, failure: Failure | None = None) -> None:
    """The run does what it has to do, and ends well, or with *failure* at its second step."""
    if claim(run, "before").begun:
        tell(run, Succeeded(step="before", attempt=1, output=None))
    [begun] = claim(run, "charge").begun
    attempt = begun.step.attempt
    if failure is None:
        tell(run, Succeeded(step="charge", attempt=attempt, output=None))
    else:
        tell(run, Failed(step="charge", attempt=attempt, failure=failure))


def failed_orders(count: int = 1, text: str = ORDER, **data: Any) -> list[UUID]:
    """So many runs that have failed, each with its dead letter."""
    runs = placed(define(text), count, **data)
    for run in runs:
        fail(run)
    return runs


def letters_of(runs: Iterable[UUID]) -> list[UUID]:
    """The dead letters of these runs, in their order."""
    found = dict(DeadLetterRecord.objects.values_list("run_id", "id"))
    return [found[run] for run in runs]


def chosen(ids: Iterable[UUID], kind: str = "dead_letter") -> UUID:
    """The id of a selection of these."""
    wanted = list(ids)
    selection = SelectionRecord.objects.create(
        id=uuid4(), kind=kind, query="", words="these", count=len(wanted), created_at=now()
    )
    SelectionItemRecord.objects.bulk_create(
        SelectionItemRecord(selection_id=selection.id, object_id=each, n=n)
        for n, each in enumerate(wanted, start=1)
    )
    return selection.id


def started(
    mode: str,
    ids: Iterable[UUID],
    *,
    kind: str = "dead_letter",
    pace: Mapping[str, Any] | None = None,
    **options: Any,
) -> UUID:
    """A replay of these, begun; its id."""
    selection = chosen(ids, kind)
    begun = replay.start(selection, mode, options, pace, by=BY)
    return begun.id


def beat(seconds: float = 0.0) -> datetime:
    """What is due in so many seconds is done, and what is to be routed is routed."""
    at = now() + timedelta(seconds=seconds)
    committed, _more = run_due(at, limit=10)
    for _ in follow(committed, at):
        pass
    through(overdue(at, limit=1000, broker_open=True))
    return at


def seen(replay_id: UUID) -> Replay:
    """The replay after a look at what was sent."""
    ReplayRecord.objects.filter(pk=replay_id, due_at__isnull=False).update(due_at=now())
    beat()
    return replay.status(replay_id)


def states(replay_id: UUID) -> list[str]:
    """Of its items, in order."""
    rows = ReplayItemRecord.objects.filter(replay_id=replay_id).order_by("n")
    return [*rows.values_list("state", flat=True)]


def details(replay_id: UUID) -> list[str]:
    """Of its items, in order."""
    rows = ReplayItemRecord.objects.filter(replay_id=replay_id).order_by("n")
    return [*rows.values_list("detail", flat=True)]


def runs_of(event: UUID, **fields: Any) -> list[RunRecord]:
    """The runs of this event, oldest first."""
    return [*RunRecord.objects.filter(event_id=event, **fields).order_by("created_at")]


def letter_states(ids: Iterable[UUID]) -> list[str]:
    """Of these dead letters."""
    found = dict(DeadLetterRecord.objects.values_list("id", "state"))
    return [found[each] for each in ids]
