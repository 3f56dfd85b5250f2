"""Reading what an operator looks into: rows with their payloads, one thing at a time, never locked."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Q

from flowengine.conf import settings
from flowengine.engine.run import Failure, Item
from flowengine.models import HistoryRecord, RunRecord, StepRecord
from flowengine.representations import Fact

_decode = msgspec.json.decode
_failure = msgspec.json.Decoder(Failure).decode
_TIMES = (
    *("run_id", "step", "item", "kind", "title", "state", "attempt", "counts", "failure"),
    *("ready_at", "first_started_at", "started_at", "finished_at"),
)
_PAYLOADS = ("counts", "value", "input", "output", "answers")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInside:
    """What went into a run and came out; JSON values."""

    inputs: Any
    output: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class StepInside:
    """What went into a step and came out; JSON values."""

    value: Any
    input: Any
    output: Any
    answers: Any
    failure: bytes | None
    """As it is stored."""


def facts(run_id: UUID, after: int, limit: int) -> list[Fact]:
    """A run's transitions after that number, in order, at most *limit*."""
    rows = HistoryRecord.objects.using(settings().DATABASE).filter(run_id=run_id, last__gt=after)
    found = (
        Fact(n=n, at=row.at, transition=transition)
        # A row has one transition at least, so more rows than this are not needed.
        for row in rows.order_by("first")[:limit]
        for n, transition in enumerate(_decode(bytes(row.transitions)), start=row.first)
        if n > after
    )
    return list(islice(found, limit))


def steps(run_id: UUID, after: tuple[str, Item], limit: int) -> Sequence[StepRecord]:
    """Rows of a run in the order of step and item (as text), beyond *after*, without payloads."""
    step, item = after
    rows = StepRecord.objects.using(settings().DATABASE).filter(run_id=run_id)
    beyond = rows.filter(Q(step__gt=step) | Q(step=step, item__gt=item)) if step else rows
    return list(beyond.defer(*_PAYLOADS).order_by("step", "item")[:limit])


def times(run_id: UUID, limit: int) -> Sequence[StepRecord]:
    """The rows of a run that stand in no loop, as they began: when they were at what, and why not."""
    rows = StepRecord.objects.using(settings().DATABASE).filter(run_id=run_id, item="")
    return list(rows.only(*_TIMES).order_by("first_started_at", "ready_at", "step")[:limit])


def times_of_items(run_id: UUID, step: str, items: Collection[Item]) -> list[StepRecord]:
    """The same of these items of a loop, those that are there, in their order."""
    rows = StepRecord.objects.using(settings().DATABASE).filter(
        run_id=run_id, step=step, item__in=list(items)
    )
    return sorted(rows.only(*_TIMES), key=lambda row: (len(row.item), row.item))


def run_payload(run_id: UUID) -> RunInside:
    """What went into a run that exists, and came out."""
    rows = RunRecord.objects.using(settings().DATABASE).filter(pk=run_id)
    inputs, output = rows.values_list("inputs", "output").get()
    return RunInside(inputs=_json(inputs), output=_json(output))


def step_payload(run_id: UUID, step: str, item: Item) -> StepInside | None:
    """The same of one row of a step; None where there is none."""
    rows = StepRecord.objects.using(settings().DATABASE).filter(run_id=run_id, step=step, item=item)
    found = rows.values_list("value", "input", "output", "answers", "failure").first()
    if found is None:
        return None
    value, given, output, answers, failed = found
    return StepInside(
        value=_json(value),
        input=_json(given),
        output=_json(output),
        answers=_json(answers),
        failure=None if failed is None else bytes(failed),
    )


def failures(ids: Collection[UUID]) -> dict[UUID, bytes]:
    """Why these runs failed, as it is stored; those without a failure are left out."""
    if not ids:
        return {}
    rows = RunRecord.objects.using(settings().DATABASE).filter(pk__in=list(ids))
    found = rows.values_list("id", "failure")
    return {run_id: bytes(failed) for run_id, failed in found if failed is not None}


def failure(encoded: Any) -> Failure | None:
    """A stored failure as a value."""
    return None if encoded is None else _failure(bytes(encoded))


def labels(run: RunRecord) -> dict[str, Any]:
    """A run's labels."""
    found: dict[str, Any] = json.loads(run.labels)
    return found


def _json(encoded: Any) -> Any:
    return None if encoded is None else _decode(bytes(encoded))
