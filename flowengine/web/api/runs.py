"""Runs: the list, one, its history, its steps, and what went in and came out; and three acts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Path, Query
from pydantic import Field

from flowengine import access
from flowengine.engine.identity import idempotency_key
from flowengine.engine.states import RunState
from flowengine.models import RunRecord
from flowengine.orchestration import acts, listing, selections, why
from flowengine.orchestration.replay import NEEDS_OF_EDITS
from flowengine.representations import instant, unturned
from flowengine.store import inspect, progress
from flowengine.store.clock import DatabaseClock
from flowengine.web.api.acting import Reason, by
from flowengine.web.api.failures import failure_told, without_text
from flowengine.web.api.filters import SEE, Listed, all_told, wanted
from flowengine.web.api.gate import Door, demand, permission
from flowengine.web.api.paging import (
    Given,
    Page,
    Paged,
    cursor,
    number_after,
    page_of,
    parts_of,
    place_after,
)
from flowengine.web.api.problems import not_found
from flowengine.web.api.run_shapes import (
    Acted,
    FactTold,
    ListedRunTold,
    OneRunTold,
    Resumption,
    RunPayload,
    StepPayload,
    StepTold,
)

door = Door("runs")
_clock = DatabaseClock()


@door.get("runs", needs=permission("view_run"), answer=Page[ListedRunTold])
def list_runs(request: HttpRequest, query: Query[Listed]) -> Any:
    """Runs that the filter finds, the newest first.

    Where the project decides itself who may watch a run, those that this user may not are left out: a
    page may be shorter than *limit* and still not be the last.
    """
    chosen = wanted(request, query.q, "run")
    found = selections.page("run", chosen, after=place_after(query.after), limit=query.limit + 1)
    page = page_of(found, query.limit, lambda run: run, lambda run: cursor(run.created_at, run.id))
    if not access.is_default():
        page["items"] = [run for run in page["items"] if access.view_run(request.user, run)]
    with_text = _may_see_payloads(request)
    failures = inspect.failures([run.id for run in page["items"] if run.state in _HAS_FAILURE])
    page["items"] = [
        {
            **listing.plain(row),
            "failure": failure_told(failures.get(row.run.id), with_text=with_text),
        }
        for row in listing.rows(page["items"])
    ]
    return all_told(page, found)


@door.get("runs/{uuid:run_id}", needs=permission("view_run"), answer=OneRunTold)
def get_run(request: HttpRequest, run_id: Path[UUID]) -> Any:
    """One run, as it stands, and why it does not go on."""
    run = visible(request, run_id)
    epoch, head = progress.position(run)
    view = progress.views([run])[run.id]
    with_text = _may_see_payloads(request)
    told = _told(run, run.failure, with_text=with_text)
    waits = _waits(request, run, with_text=with_text)
    return {**told, "waits": waits, "epoch": epoch, "head": head, "view": view}


@door.get("runs/{uuid:run_id}/history", needs=permission("view_run"), answer=Page[FactTold])
def list_history(request: HttpRequest, run_id: Path[UUID], query: Query[Paged]) -> Any:
    """What happened to a run, numbered, in order; error texts only with ``view_payload``."""
    visible(request, run_id)
    found = inspect.facts(run_id, number_after(query.after), query.limit + 1)
    with_text = _may_see_payloads(request)
    return page_of(
        found,
        query.limit,
        lambda fact: {
            "n": fact.n,
            "at": instant(fact.at),
            "t": fact.transition["t"],
            "said": _said(fact.transition, with_text=with_text),
        },
        lambda fact: cursor(fact.n),
    )


@door.get("runs/{uuid:run_id}/steps", needs=permission("view_run"), answer=Page[StepTold])
def list_steps(request: HttpRequest, run_id: Path[UUID], query: Query[Paged]) -> Any:
    """The rows of a run's steps and of the items of its loops, by id and item."""
    keys_of = visible(request, run_id).keys or run_id
    after = tuple(parts_of(query.after, 2)) if query.after else ("", "")
    found = inspect.steps(run_id, (after[0], after[1]), query.limit + 1)
    with_text = _may_see_payloads(request)
    return page_of(
        found,
        query.limit,
        lambda row: {
            **{name: getattr(row, name) for name in _STEP_PLAIN},
            "title": unturned(row.title),
            "note": unturned(row.note),
            "idempotency_key": idempotency_key(keys_of, row.step, row.item) if row.task else None,
            "failure": failure_told(row.failure, with_text=with_text),
            **{name: instant(getattr(row, name)) for name in _STEP_INSTANTS},
        },
        lambda row: cursor(row.step, row.item),
    )


@door.get("runs/{uuid:run_id}/payload", needs=permission("view_payload"), answer=RunPayload)
def get_run_payload(request: HttpRequest, run_id: Path[UUID]) -> Any:
    """What went into a run and came out of it."""
    run = visible(request, run_id)
    found = inspect.run_payload(run.id)
    return {
        "inputs": found.inputs,
        "output": found.output,
        "failure": failure_told(run.failure, with_text=True),
    }


class WhichItem(Given):
    """Which row of a step."""

    item: Annotated[str, Field(max_length=100)] = ""
    """In a loop, the number of the item from 0; in a loop in a loop ``3.7``."""


@door.get(
    "runs/{uuid:run_id}/steps/{str:step}/payload",
    needs=permission("view_payload"),
    answer=StepPayload,
)
def get_step_payload(
    request: HttpRequest, run_id: Path[UUID], step: Path[str], query: Query[WhichItem]
) -> Any:
    """What went into a step, or one item of a loop, and came out of it."""
    visible(request, run_id)
    found = inspect.step_payload(run_id, step, query.item)
    if found is None:
        raise not_found()
    return {
        "value": found.value,
        "input": found.input,
        "output": found.output,
        "answers": found.answers,
        "failure": failure_told(found.failure, with_text=True),
    }


@door.post("runs/{uuid:run_id}/cancel", needs=permission("cancel_run"), answer=Acted)
def cancel_run(request: HttpRequest, run_id: Path[UUID], body: Reason) -> Any:
    """End a run early; one that has ended, or is being cancelled, stays as it is."""
    visible(request, run_id)
    acts.cancel(run_id, by(request, body.reason))
    return _stands(run_id)


@door.post("runs/{uuid:run_id}/resume", needs=permission("resume_run"), answer=Acted)
def resume_run(request: HttpRequest, run_id: Path[UUID], body: Resumption) -> Any:
    """Go on with a failed or held run. An edit needs ``edit_dead_letter`` and ``view_payload`` too.

    With ``REPLAY_FOUR_EYES``, edits are made by a replay, which somebody else approves.
    """
    visible(request, run_id)
    if body.inputs is not None or body.is_done or body.skip:
        demand(request, NEEDS_OF_EDITS)
    acts.resume(
        run_id,
        by(request, body.reason),
        inputs=body.inputs,
        output=body.output,
        is_done=body.is_done,
        skip=body.skip,
    )
    return _stands(run_id)


@door.post("runs/{uuid:run_id}/give-up", needs=permission("resume_run"), answer=Acted)
def give_up_run(request: HttpRequest, run_id: Path[UUID], body: Reason) -> Any:
    """Hold a held run no longer: what is to be undone is, and it fails."""
    visible(request, run_id)
    acts.give_up(run_id, by(request, body.reason))
    return _stands(run_id)


@door.post("runs/{uuid:run_id}/hold", needs=permission("hold_run"), answer=Acted)
def hold_run(request: HttpRequest, run_id: Path[UUID], body: Reason) -> Any:
    """Let a run begin no further step of its line; what has begun goes on to its end."""
    visible(request, run_id)
    acts.hold(run_id, by(request, body.reason))
    return _stands(run_id)


@door.post("runs/{uuid:run_id}/release", needs=permission("hold_run"), answer=Acted)
def release_run(request: HttpRequest, run_id: Path[UUID], body: Reason) -> Any:
    """Let a run that somebody holds, or has asked to be held, go on."""
    visible(request, run_id)
    acts.release(run_id, by(request, body.reason))
    return _stands(run_id)


def visible(request: HttpRequest, run_id: UUID) -> RunRecord:
    """The run, if this user may see runs at all, and this one.

    Raises:
        Refusal: 404.
    """
    if not SEE["run"].is_met(request.user):
        raise not_found()
    run = progress.runs([run_id]).get(run_id)
    if run is None or not access.view_run(request.user, run):
        raise not_found()
    return run


_RUN_PLAIN = (
    *("id", "workflow", "digest", "state", "holding", "outcome", "priority", "replay", "event_id"),
    *("parent_run", "replay_of", "actor"),
)
_HAS_FAILURE = frozenset({RunState.FAILED, RunState.HELD, RunState.COMPENSATING})
_RUN_INSTANTS = ("created_at", "started_at", "held_at", "finished_at")
_STEP_PLAIN = (
    *("step", "item", "kind", "task", "station", "state", "attempt", "tries", "crashes", "doubt"),
    *("worker_id", "progress"),
)
_STEP_INSTANTS = ("due_at", "ready_at", "first_started_at", "started_at", "finished_at")


def _told(run: RunRecord, failed: Any, *, with_text: bool) -> dict[str, Any]:
    return {
        **{name: getattr(run, name) for name in _RUN_PLAIN},
        "title": unturned(run.title),
        "labels": inspect.labels(run),
        "failure": failure_told(failed, with_text=with_text),
        **{name: instant(getattr(run, name)) for name in _RUN_INSTANTS},
    }


def _waits(request: HttpRequest, run: RunRecord, *, with_text: bool) -> list[dict[str, Any]]:
    """Why it does not go on."""
    facts = why.look(run, _clock.now(), lambda other: access.view_run(request.user, other))
    found = [] if facts is None else why.reasons(facts, with_text=with_text)
    return [
        {
            **asdict(each),
            "text": unturned(each.text),
            "since": instant(each.since),
            "until": instant(each.until),
        }
        for each in found
    ]


def _said(transition: Mapping[str, Any], *, with_text: bool) -> dict[str, Any]:
    said = {name: value for name, value in transition.items() if name != "t"}
    if not with_text and isinstance(said.get("failure"), dict):
        said["failure"] = without_text(said["failure"])
    return said


def _may_see_payloads(request: HttpRequest) -> bool:
    return access.view_payload(request.user)


def _stands(run_id: UUID) -> dict[str, Any]:
    run = progress.runs([run_id]).get(run_id)
    if run is None:
        raise not_found()
    return {"id": run.id, "state": run.state}
