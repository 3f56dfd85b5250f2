"""Events: the list, one, its data, and what each workflow says to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Header, Path, Query
from pydantic import Field

from flowengine import access, event_types, project
from flowengine.conf import settings
from flowengine.models import DecisionRecord, EventRecord
from flowengine.orchestration import explain, selections, send_event, vocabulary
from flowengine.representations import instant
from flowengine.store import events as stored
from flowengine.store.clock import DatabaseClock
from flowengine.web.api.acting import Reason, by
from flowengine.web.api.failures import JSON
from flowengine.web.api.filters import Listed, all_told, wanted
from flowengine.web.api.gate import Door, permission
from flowengine.web.api.masked import Masked, MaskedFields, MaskedText
from flowengine.web.api.paging import Instant, Page, Shape, cursor, page_of, place_after
from flowengine.web.api.problems import not_found, of_fields

door = Door("events")
_clock = DatabaseClock()

_HAS_RUN = frozenset({"started", "queued"})

RequestKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=100,
        description="The same again is the same event.",
    ),
]


class Answered(Shape):
    """What one workflow answered."""

    workflow: str
    digest: str
    replay: int
    outcome: str
    run_id: UUID | None
    """Null = there is no run, or none yet."""
    decided_at: Instant
    detail: MaskedText = ""
    """Why; only with ``view_payload``, for it may quote values."""


class EventTold(Shape):
    """An event, without its data."""

    id: UUID
    type: str
    source: str | None
    """Null = this project's own."""
    external_id: str | None
    subject: str | None
    actor: str | None
    key: str | None
    state: str
    target: str | None
    replay: int
    hops: int
    tries: int
    correlation_id: str
    causation_id: str | None
    time: Instant
    created_at: Instant
    routed_at: Instant | None
    due_at: Instant | None
    is_test: bool
    """Somebody has sent it by hand; its actor is who."""
    is_heard: bool
    """Some workflow of the project starts on such events, or waits for them."""
    near: str | None
    """Nobody listens to its type, and this is what it was probably meant to be."""
    answers: list[Answered]


class TestEvent(Reason):
    """A test event."""

    type: Annotated[str, Field(max_length=200)]
    data: JSON = None
    """Any JSON; checked against the registered type."""
    subject: Annotated[str, Field(max_length=200)] | None = None


class Sent(Shape):
    """What was sent."""

    id: UUID
    run_ids: dict[str, UUID]
    """The run of each workflow whose pattern matches; a filter may keep it from starting."""


class EventData(Shape):
    """What an event says."""

    data: Masked


class Explanations(Shape):
    """What each workflow says to an event."""

    workflows: list[MaskedFields]
    """As ``flow explain --json`` gives them."""


@door.get("events", needs=permission("view_eventrecord"), answer=Page[EventTold])
def list_events(request: HttpRequest, query: Query[Listed]) -> Any:
    """Events that the filter finds, the newest first, each with what workflows answered."""
    chosen = wanted(request, query.q, "event")
    found = selections.page("event", chosen, after=place_after(query.after), limit=query.limit + 1)
    answers = _answers(request, [event.id for event in found])
    page = page_of(
        found,
        query.limit,
        lambda event: _told(event, answers[event.id]),
        lambda event: cursor(event.created_at, event.id),
    )
    return all_told(page, found)


@door.post("events/test", needs=permission("send_test_event"), answer=Sent, status=201)
def send_test_event(request: HttpRequest, body: TestEvent, name: RequestKey) -> Any:
    """Send an event by hand, marked as a test. Needs ``view_eventrecord`` too.

    It is an event like any other: workflows start on it. Its key begins with ``test:``, its actor is who
    sends it, and the audit has the reason. Data that does not fit is refused with each place.
    """
    _may_see_events(request)
    wrong = event_types.problems(body.type, body.data)
    if wrong:
        raise of_fields(
            {"loc": ("data" + path.removeprefix("$"),), "msg": problem} for path, problem in wrong
        )
    sent = send_event.send(
        body.type, body.data, name=name, subject=body.subject, by=by(request, body.reason)
    )
    return {"id": sent.event_id, "run_ids": dict(sent.run_ids)}


@door.get("events/{uuid:event_id}", needs=permission("view_eventrecord"), answer=EventTold)
def get_event(request: HttpRequest, event_id: Path[UUID]) -> Any:
    """One event, with what workflows answered."""
    return _told(_found(event_id), _answers(request, [event_id])[event_id])


@door.get("events/{uuid:event_id}/data", needs=permission("view_payload"), answer=EventData)
def get_event_data(request: HttpRequest, event_id: Path[UUID]) -> Any:
    """The data of an event. Needs ``view_eventrecord`` too."""
    _may_see_events(request)
    found = stored.load([event_id])
    if not found:
        raise not_found()
    return {"data": found[0].data}


@door.get(
    "events/{uuid:event_id}/explanation", needs=permission("view_payload"), answer=Explanations
)
def explain_event(request: HttpRequest, event_id: Path[UUID]) -> Any:
    """What each workflow said and would say now, clause by clause. Needs ``view_eventrecord`` too."""
    _may_see_events(request)
    found = stored.load([event_id])
    if not found:
        raise not_found()
    known = explain.known(project.catalog().workflows)
    said = explain.explain(found[0], known, _clock.now())
    return {"workflows": [explain.as_json(each) for each in said]}


_PLAIN = (
    *("id", "type", "source", "external_id", "subject", "actor", "key", "state", "target"),
    *("replay", "hops", "tries", "correlation_id", "causation_id"),
)
_INSTANTS = ("time", "created_at", "routed_at", "due_at")


def _told(event: EventRecord, answers: list[dict[str, Any]]) -> dict[str, Any]:
    is_heard = vocabulary.is_heard(event.type, event.target)
    return {
        **{name: getattr(event, name) for name in _PLAIN},
        **{name: instant(getattr(event, name)) for name in _INSTANTS},
        "is_test": send_event.is_test(event.key),
        "is_heard": is_heard,
        "near": None if is_heard or answers else vocabulary.meant(event.type),
        "answers": answers,
    }


def _answers(request: HttpRequest, ids: Collection[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    with_detail = access.view_payload(request.user)
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    rows = DecisionRecord.objects.using(settings().DATABASE).filter(event_id__in=list(ids))
    for row in rows.order_by("workflow", "replay"):
        found[row.event_id].append(
            {
                "workflow": row.workflow,
                "digest": row.digest,
                "replay": row.replay,
                "outcome": row.outcome,
                "run_id": row.run_id if row.outcome in _HAS_RUN else None,
                "decided_at": instant(row.decided_at),
                **({"detail": row.detail} if with_detail else {}),
            }
        )
    return found


def _may_see_events(request: HttpRequest) -> None:
    if not request.user.has_perm("flowengine.view_eventrecord"):
        raise not_found()


def _found(event_id: UUID) -> EventRecord:
    rows = EventRecord.objects.using(settings().DATABASE).filter(pk=event_id).defer("data")
    event = rows.first()
    if event is None:
        raise not_found()
    return event
