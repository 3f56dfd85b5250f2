"""Replays: planned, begun, approved, steered, and followed item by item; and discarding, which is steered alike."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest
from ninja import Header, Path, Query

from flowengine import access
from flowengine.conf import settings
from flowengine.models import ReplayRecord, SelectionRecord
from flowengine.orchestration import replay
from flowengine.orchestration import selections as frozen
from flowengine.orchestration.replay import Bulk, Options
from flowengine.representations import instant
from flowengine.web.api import selections
from flowengine.web.api.acting import Reason, by
from flowengine.web.api.gate import SIGNED_IN, Door, demand, permission
from flowengine.web.api.paging import Page, Paged, cursor, number_after, page_of, place_after
from flowengine.web.api.problems import not_found
from flowengine.web.api.replay_shapes import (
    Discarding,
    ItemTold,
    OptionsGiven,
    PlanTold,
    ReplayPlan,
    ReplayStart,
    ReplayTold,
)

door = Door("replays")
REPLAY = permission("replay")

RequestKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=100,
        description="The same again is the same replay.",
    ),
]
"""Names the request: sent again, after a time-out or by a double click, it is the same replay."""


class ItemQuery(Paged):
    """Which items."""

    state: Literal["", "pending", "sent", "succeeded", "failed", "skipped", "refused"] = ""


@door.post("replays/plan", needs=REPLAY, answer=PlanTold)
def plan_replay(request: HttpRequest, body: ReplayPlan) -> Any:
    """What a replay would do with each item, and what would take effect once more; nothing is done."""
    selections.visible(request, body.selection_id)
    options = _options(request, body.mode, body.options)
    found = replay.plan(
        body.selection_id,
        body.mode,
        options,
        after=number_after(body.after),
        limit=body.limit + 1,
    )
    with_text = access.view_payload(request.user)
    return {
        "total": found.total,
        "looked_at": found.looked_at,
        "counts": dict(found.counts),
        "effects": {
            name: list(getattr(found.effects, name))
            for name in ("tasks", "unknown_tasks", "emits", "calls", "notifies")
        },
        "page": page_of(
            found.items,
            body.limit,
            lambda item: _planned(item, with_text=with_text),
            lambda item: cursor(item.n),
        ),
    }


@door.post("replays", needs=REPLAY, answer=ReplayTold, status=201)
def start_replay(request: HttpRequest, body: ReplayStart, idempotency_key: RequestKey) -> Any:
    """Send a selection through the line again, at a pace. The same key again is the same replay.

    Edits need ``edit_dead_letter`` and ``view_payload``, new idempotency keys ``replay_new_keys``. The
    replay is ``proposed`` where ``REPLAY_FOUR_EYES`` wants somebody else to approve its edits.
    """
    selections.visible(request, body.selection_id)
    person = by(request, body.reason)
    begun = replay.start(
        body.selection_id,
        body.mode,
        _options(request, body.mode, body.options),
        body.pace.model_dump(exclude_unset=True),
        by=person,
        # A user's keys are his own: nobody's replay is swallowed by another's.
        request_key=f"{person.who}/{idempotency_key}",
    )
    return _one(request, begun.id)


@door.post("discards", needs=permission("discard"), answer=ReplayTold, status=201)
def discard(request: HttpRequest, body: Discarding) -> Any:
    """Close the open dead letters that a selection names. The same selection again is the same act.

    What is more than a page goes on by itself: ``replays/{id}`` says how far it is. To pause, resume or
    stop it takes ``replay`` besides.
    """
    selections.visible(request, body.selection_id)
    begun = replay.discard(body.selection_id, by(request, body.reason))
    return _one(request, begun.id)


@door.post(
    "selections/{uuid:selection_id}/cancel",
    needs=permission("cancel_run"),
    answer=ReplayTold,
    status=201,
)
def cancel_runs(
    request: HttpRequest, selection_id: Path[UUID], body: Reason, idempotency_key: RequestKey
) -> Any:
    """End the runs that a selection names early. The same key again is the same act.

    What is more than a page goes on by itself: ``replays/{id}`` says how far it is. To pause, resume or
    stop it takes ``replay`` besides.
    """
    return _tell(request, Bulk.CANCEL, selection_id, body.reason, idempotency_key)


@door.post(
    "selections/{uuid:selection_id}/hold",
    needs=permission("hold_run"),
    answer=ReplayTold,
    status=201,
)
def hold_runs(
    request: HttpRequest, selection_id: Path[UUID], body: Reason, idempotency_key: RequestKey
) -> Any:
    """Let the runs that a selection names begin no further step; as ``cancel`` otherwise."""
    return _tell(request, Bulk.HOLD, selection_id, body.reason, idempotency_key)


@door.post(
    "selections/{uuid:selection_id}/release",
    needs=permission("hold_run"),
    answer=ReplayTold,
    status=201,
)
def release_runs(
    request: HttpRequest, selection_id: Path[UUID], body: Reason, idempotency_key: RequestKey
) -> Any:
    """Let the runs that a selection names, and somebody holds, go on; as ``cancel`` otherwise."""
    return _tell(request, Bulk.RELEASE, selection_id, body.reason, idempotency_key)


@door.get("replays", needs=SIGNED_IN, answer=Page[ReplayTold])
def list_replays(request: HttpRequest, query: Query[Paged]) -> Any:
    """Replays of what this user may see, the newest first."""
    kinds = selections.kinds_for(request.user)
    chosen = SelectionRecord.objects.using(settings().DATABASE).filter(kind__in=kinds)
    rows = ReplayRecord.objects.using(settings().DATABASE).filter(
        selection_id__in=chosen.values("id")
    )
    place = place_after(query.after)
    if place is not None:
        at, key = place
        rows = rows.filter(Q(created_at__lt=at) | Q(created_at=at, id__lt=key))
    found = list(rows.order_by("-created_at", "-id")[: query.limit + 1])
    named = chosen.in_bulk([row.selection_id for row in found])
    with_text = access.view_payload(request.user)
    return page_of(
        found,
        query.limit,
        lambda row: _told(row, named[row.selection_id], with_text=with_text),
        lambda row: cursor(row.created_at, row.id),
    )


@door.get("replays/{uuid:replay_id}", needs=SIGNED_IN, answer=ReplayTold)
def get_replay(request: HttpRequest, replay_id: Path[UUID]) -> Any:
    """How a replay goes."""
    return _one(request, replay_id)


@door.get("replays/{uuid:replay_id}/items", needs=SIGNED_IN, answer=Page[ItemTold])
def list_replay_items(request: HttpRequest, replay_id: Path[UUID], query: Query[ItemQuery]) -> Any:
    """What became of each item: the original, its copy, and what came of it."""
    _visible(request, replay_id)
    found = replay.items(
        replay_id,
        state=query.state,
        after=number_after(query.after),
        limit=query.limit + 1,
    )
    with_text = access.view_payload(request.user)
    return page_of(
        found,
        query.limit,
        lambda item: _item(item, with_text=with_text),
        lambda item: cursor(item.n),
    )


@door.post("replays/{uuid:replay_id}/approve", needs=REPLAY, answer=ReplayTold)
def approve_replay(request: HttpRequest, replay_id: Path[UUID], body: Reason) -> Any:
    """Let a proposed replay begin; not by who proposed it. Needs what one needs to propose it."""
    return _steer(request, replay_id, replay.approve, body.reason)


@door.post("replays/{uuid:replay_id}/pause", needs=REPLAY, answer=ReplayTold)
def pause_replay(request: HttpRequest, replay_id: Path[UUID], body: Reason) -> Any:
    """Send nothing more until somebody lets it go on; what was sent is seen to its end."""
    return _steer(request, replay_id, replay.pause, body.reason)


@door.post("replays/{uuid:replay_id}/resume", needs=REPLAY, answer=ReplayTold)
def resume_replay(request: HttpRequest, replay_id: Path[UUID], body: Reason) -> Any:
    """Go on with a paused replay where it was."""
    return _steer(request, replay_id, replay.go_on, body.reason)


@door.post("replays/{uuid:replay_id}/slower", needs=REPLAY, answer=ReplayTold)
def slow_replay(request: HttpRequest, replay_id: Path[UUID], body: Reason) -> Any:
    """Go half as fast from now on, with half as many under way."""
    return _steer(request, replay_id, replay.slower, body.reason)


@door.post("replays/{uuid:replay_id}/stop", needs=REPLAY, answer=ReplayTold)
def stop_replay(request: HttpRequest, replay_id: Path[UUID], body: Reason) -> Any:
    """Send nothing more, for good. Dead letters that were not sent stay open."""
    return _steer(request, replay_id, replay.stop, body.reason)


def _tell(
    request: HttpRequest, mode: Bulk, selection_id: UUID, reason: str, key: str
) -> dict[str, Any]:
    selections.visible(request, selection_id)
    person = by(request, reason)
    begun = replay.tell_runs(mode, selection_id, person, request_key=f"{person.who}/{key}")
    return _one(request, begun.id)


def _options(request: HttpRequest, mode: str, given: OptionsGiven) -> Options:
    """The options, if this user may ask for them.

    Raises:
        EditRefused: they will not do.
        Refusal: 403.
    """
    _mode, options = replay.options_of(mode, given.model_dump(mode="json", exclude_unset=True))
    demand(request, options.needs)
    return options


def _steer(request: HttpRequest, replay_id: UUID, act: Any, reason: str) -> dict[str, Any]:
    row, _chosen = _visible(request, replay_id)
    demand(request, replay.needs(row.mode, row.options, act))
    act(replay_id, by(request, reason))
    return _one(request, replay_id)


def _visible(request: HttpRequest, replay_id: UUID) -> tuple[ReplayRecord, SelectionRecord]:
    """The replay and its selection, if this user may see what was chosen.

    Raises:
        Refusal: 404.
    """
    row = ReplayRecord.objects.using(settings().DATABASE).filter(pk=replay_id).first()
    if row is None:
        raise not_found()
    return row, selections.visible(request, row.selection_id)


def _one(request: HttpRequest, replay_id: UUID) -> dict[str, Any]:
    row, chosen = _visible(request, replay_id)
    return _told(row, chosen, with_text=access.view_payload(request.user))


_PLAIN = (
    *("id", "selection_id", "mode", "state", "by", "reason", "door", "approver", "total", "sent"),
    *("succeeded", "failed", "skipped"),
)
_FLAGS = ("workflow", "is_edited", "new_keys", "even_if_succeeded", "suppress_notify")


def _told(row: ReplayRecord, chosen: SelectionRecord, *, with_text: bool) -> dict[str, Any]:
    options = Options.of_stored(row.options)
    verdict = json.loads(row.verdict)
    return {
        **{name: getattr(row, name) for name in _PLAIN},
        "kind": chosen.kind,
        "words": frozen.shown(chosen, with_text=with_text)[1],
        "pace": json.loads(row.pace),
        **{name: getattr(options, name) for name in _FLAGS},
        "verdict": verdict.get("words", ""),
        "stopped_why": verdict.get("why") or "",
        "created_at": instant(row.created_at),
        "ended_at": instant(row.ended_at),
        "expires_at": instant(replay.expires_at(row.state, row.created_at, verdict)),
        **({"options": json.loads(row.options)} if with_text else {}),
    }


def _planned(item: replay.PlannedItem, *, with_text: bool) -> dict[str, Any]:
    told = {name: getattr(item, name) for name in ("object_id", "n", "word", "workflow")}
    text = {"why": item.why, "before": item.before, "after": item.after}
    return {**told, **text} if with_text else told


def _item(item: replay.ReplayItem, *, with_text: bool) -> dict[str, Any]:
    names = ("object_id", "n", "state", "event_id", "run_id", "before_sha256", "after_sha256")
    told = {
        **{name: getattr(item, name) for name in names},
        "sent_at": instant(item.sent_at),
        "ended_at": instant(item.ended_at),
    }
    patch = json.loads(item.difference) if item.difference else []
    return {**told, "detail": item.detail, "patch": patch} if with_text else told
