"""Dead letters: the list, one with its tries, and its raw bytes."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query

from flowengine import access
from flowengine.conf import settings
from flowengine.models import DeadLetterRecord
from flowengine.orchestration import dead, selections
from flowengine.orchestration.masked import mask
from flowengine.representations import instant
from flowengine.web.api.failures import FailureTold, failure_told
from flowengine.web.api.filters import Listed, all_told, wanted
from flowengine.web.api.gate import Door, permission
from flowengine.web.api.masked import MaskedFields, MaskedText
from flowengine.web.api.paging import Instant, Page, Shape, cursor, page_of, place_after
from flowengine.web.api.problems import not_found

door = Door("dead letters")
SEE = permission("view_dead_letter")


class LetterTold(Shape):
    """A dead letter, without what was in it."""

    id: UUID
    kind: str
    """``failed run``, ``unreadable`` …"""
    code: str
    """``FE`` and three digits."""
    state: str
    """``open``, ``replaying``, ``resolved`` or ``discarded``."""
    fingerprint: str
    group_id: UUID
    event_id: UUID | None
    run_id: UUID | None
    workflow: str
    digest: str
    step: str | None
    item: str
    event_type: str
    source: str
    tries: int
    worker: str
    version: str
    replay_id: UUID | None
    """The replay that has it, or had it last."""
    reason: str
    """Why it was closed."""
    closed_at: Instant | None
    closed_by: str
    expires_at: Instant | None
    """When it will be deleted; null = never, as long as it is open and settings stand."""
    created_at: Instant
    message: MaskedText = ""
    """Only with ``view_payload``."""


class OneLetterTold(LetterTold):
    """A dead letter, as its page shows it."""

    failure: FailureTold | None
    body_bytes: int | None
    """How large what the broker delivered is, at ``…/body``; null = the event or the run has it."""
    headers: MaskedFields = {}
    """What came with it; only with ``view_payload``."""


@door.get("dead-letters", needs=SEE, answer=Page[LetterTold])
def list_dead_letters(request: HttpRequest, query: Query[Listed]) -> Any:
    """Dead letters that the filter finds, the newest first."""
    chosen = wanted(request, query.q, "dead_letter")
    found = selections.page(
        "dead_letter", chosen, after=place_after(query.after), limit=query.limit + 1
    )
    with_text = access.view_payload(request.user)
    page = page_of(
        found,
        query.limit,
        lambda letter: _told(letter, with_text=with_text),
        lambda letter: cursor(letter.created_at, letter.id),
    )
    return all_told(page, found)


@door.get("dead-letters/{uuid:letter_id}", needs=SEE, answer=OneLetterTold)
def get_dead_letter(request: HttpRequest, letter_id: Path[UUID]) -> Any:
    """One dead letter: its tries, and where in the project's code each of them failed."""
    letter = _found(letter_id)
    with_text = access.view_payload(request.user)
    return {
        **_told(letter, with_text=with_text),
        "failure": failure_told(letter.failure, with_text=with_text),
        "body_bytes": None if letter.body is None else len(bytes(letter.body)),
        **({"headers": json.loads(letter.headers)} if with_text else {}),
    }


@door.get("dead-letters/{uuid:letter_id}/body", needs=permission("view_payload"))
def get_dead_letter_body(request: HttpRequest, letter_id: Path[UUID]) -> HttpResponse:
    """What the broker delivered, as a file, without what is masked. Needs ``view_dead_letter`` too."""
    if not SEE.is_met(request.user):
        raise not_found()
    letter = _found(letter_id)
    if letter.body is None:
        raise not_found()
    # Whatever they are, no browser opens them: they came from nobody knows where.
    answer = HttpResponse(mask().raw(bytes(letter.body)), content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="dead-letter-{letter.id}.bin"'
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


_PLAIN = (
    *("id", "kind", "code", "state", "fingerprint", "group_id", "event_id", "run_id", "workflow"),
    *("digest", "step", "item", "event_type", "source", "tries", "worker", "version", "replay_id"),
    *("reason", "closed_by"),
)


def _told(letter: DeadLetterRecord, *, with_text: bool) -> dict[str, Any]:
    return {
        **{name: getattr(letter, name) for name in _PLAIN},
        "closed_at": instant(letter.closed_at),
        "expires_at": instant(dead.expires_at(letter)),
        "created_at": instant(letter.created_at),
        **({"message": letter.message} if with_text else {}),
    }


def _found(letter_id: UUID) -> DeadLetterRecord:
    letter = DeadLetterRecord.objects.using(settings().DATABASE).filter(pk=letter_id).first()
    if letter is None:
        raise not_found()
    return letter
