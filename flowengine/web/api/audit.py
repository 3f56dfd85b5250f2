"""What people did: the append-only rows, the newest first."""

from __future__ import annotations

import json
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query
from pydantic import Field

from flowengine import access
from flowengine.conf import settings
from flowengine.models import AuditRecord
from flowengine.representations import instant
from flowengine.web.api.gate import Door, permission
from flowengine.web.api.masked import MaskedFields, MaskedText
from flowengine.web.api.paging import Instant, Page, Paged, Shape, cursor, number_after, page_of

door = Door("audit")


class AuditQuery(Paged):
    """Which acts; of several conditions, all hold."""

    kind: Annotated[str, Field(max_length=50)] = ""
    """What it was done to: ``dead_group``, ``replay`` …"""
    object_id: Annotated[str, Field(max_length=200)] = ""
    """With *kind*: to which one."""
    selection_id: UUID | None = None
    replay_id: UUID | None = None


class AuditTold(Shape):
    """One act of one person."""

    id: UUID
    number: int
    """Its place in the chain, from 1."""
    at: Instant
    who: str
    """The key of a user, ``cli:<login>``, or empty for the system."""
    verb: str
    door: str
    """``api``, ``cli``, ``admin``, ``page``, ``code`` or ``system``."""
    address: str
    kind: str
    object_id: str
    selection_id: UUID | None
    replay_id: UUID | None
    before_sha256: str
    after_sha256: str
    chain_sha256: str
    """Of the row before this one and of this one's other fields."""
    reason: MaskedText = ""
    """Of the system, which quotes errors, only with ``view_payload``."""
    details: MaskedFields = {}
    """What else is known, edits among it; only with ``view_payload``."""


@door.get("audit", needs=permission("view_auditrecord"), answer=Page[AuditTold])
def list_audit(request: HttpRequest, query: Query[AuditQuery]) -> Any:
    """What people did, the newest first."""
    rows = AuditRecord.objects.using(settings().DATABASE).order_by("-number")
    wanted = {name: getattr(query, name) for name in ("kind", "object_id")}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value})
    for name in ("selection_id", "replay_id"):
        if getattr(query, name) is not None:
            rows = rows.filter(**{name: getattr(query, name)})
    if query.after:
        rows = rows.filter(number__lt=number_after(query.after))
    with_text = access.view_payload(request.user)
    return page_of(
        list(rows[: query.limit + 1]),
        query.limit,
        lambda row: _told(row, with_text=with_text),
        lambda row: cursor(row.number),
    )


_PLAIN = (
    *("id", "number", "who", "verb", "door", "address", "kind", "object_id"),
    *("selection_id", "replay_id", "before_sha256", "after_sha256", "chain_sha256"),
)


def _told(row: AuditRecord, *, with_text: bool) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in _PLAIN},
        "at": instant(row.at),
        **({"reason": row.reason} if with_text or row.door != "system" else {}),
        **({"details": json.loads(row.details)} if with_text else {}),
    }
