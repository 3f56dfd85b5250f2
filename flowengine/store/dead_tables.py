"""The columns of the tables of what died, and of what people do about it; see :mod:`flowengine.store.tables`."""

from __future__ import annotations

from flowengine.store.sql import Table

DEAD_LETTER = Table(
    "flowengine_dead_letter",
    {
        "id": "uuid",
        "kind": "text",
        "code": "text",
        "message": "text",
        "fingerprint": "text",
        "group_id": "uuid",
        "event_id": "uuid",
        "run_id": "uuid",
        "workflow": "text",
        "digest": "text",
        "step": "text",
        "item": "text",
        "event_type": "text",
        "source": "text",
        "tries": "integer",
        "worker": "text",
        "version": "text",
        "body": "bytea",
        "headers": "text",
        "failure": "bytea",
        "state": "text",
        "replay_id": "uuid",
        "reason": "text",
        "closed_at": "timestamptz",
        "closed_by": "text",
        "created_at": "timestamptz",
    },
)

DEAD_GROUP = Table(
    "flowengine_dead_group",
    {
        "id": "uuid",
        "fingerprint": "text",
        "kind": "text",
        "code": "text",
        "title": "text",
        "error_type": "text",
        "place": "text",
        "step": "text",
        "state": "text",
        "state_at": "timestamptz",
        "owner": "text",
        "note": "text",
        "version": "text",
        "count": "integer",
        "open_count": "integer",
        "first_at": "timestamptz",
        "last_at": "timestamptz",
        "hours": "text",
        "merged_into": "uuid",
        "split_by": "text",
        "is_moving": "boolean",
        "snoozed_until": "timestamptz",
    },
)

DEAD_TALLY = Table(
    "flowengine_dead_tally",
    {
        "id": "bigint",
        "group_id": "uuid",
        "count": "integer",
        "open_count": "integer",
        "died": "integer",
        "version": "text",
        "at": "timestamptz",
    },
)

SELECTION = Table(
    "flowengine_selection",
    {
        "id": "uuid",
        "kind": "text",
        "query": "text",
        "words": "text",
        "filter": "text",
        "count": "integer",
        "created_at": "timestamptz",
        "created_by": "text",
    },
)

SELECTION_ITEM = Table(
    "flowengine_selection_item",
    {
        "selection_id": "uuid",
        "object_id": "uuid",
        "n": "integer",
    },
)

REPLAY = Table(
    "flowengine_replay",
    {
        "id": "uuid",
        "selection_id": "uuid",
        "mode": "text",
        "options": "text",
        "pace": "text",
        "state": "text",
        "due_at": "timestamptz",
        "by": "text",
        "reason": "text",
        "door": "text",
        "address": "text",
        "approver": "text",
        "total": "integer",
        "sent": "integer",
        "succeeded": "integer",
        "failed": "integer",
        "skipped": "integer",
        "verdict": "text",
        "request_key": "text",
        "created_at": "timestamptz",
        "ended_at": "timestamptz",
    },
)

REPLAY_ITEM = Table(
    "flowengine_replay_item",
    {
        "replay_id": "uuid",
        "object_id": "uuid",
        "n": "integer",
        "state": "text",
        "detail": "text",
        "origin_id": "uuid",
        "target_id": "uuid",
        "event_id": "uuid",
        "event_replay": "smallint",
        "run_id": "uuid",
        "before_sha256": "text",
        "after_sha256": "text",
        "difference": "text",
        "sent_at": "timestamptz",
        "ended_at": "timestamptz",
    },
)

AUDIT = Table(
    "flowengine_audit",
    {
        "id": "uuid",
        "number": "bigint",
        "at": "timestamptz",
        "who": "text",
        "verb": "text",
        "reason": "text",
        "door": "text",
        "address": "text",
        "kind": "text",
        "object_id": "text",
        "selection_id": "uuid",
        "replay_id": "uuid",
        "details": "text",
        "before_sha256": "text",
        "after_sha256": "text",
        "chain_sha256": "text",
    },
)
