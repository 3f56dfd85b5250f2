"""The columns of flowengine's tables, for the set-based statements; a test holds them to the models."""

from __future__ import annotations

from flowengine.store.dead_tables import (
    AUDIT,
    DEAD_GROUP,
    DEAD_LETTER,
    DEAD_TALLY,
    REPLAY,
    REPLAY_ITEM,
    SELECTION,
    SELECTION_ITEM,
)
from flowengine.store.sql import Table

EVENT = Table(
    "flowengine_event",
    {
        "id": "uuid",
        "source": "text",
        "external_id": "text",
        "type": "text",
        "subject": "text",
        "time": "timestamptz",
        "actor": "text",
        "key": "text",
        "data": "bytea",
        "correlation_id": "text",
        "causation_id": "text",
        "hops": "smallint",
        "traceparent": "text",
        "replay": "smallint",
        "target": "text",
        "parent": "text",
        "again": "text",
        "state": "text",
        "due_at": "timestamptz",
        "tries": "smallint",
        "created_at": "timestamptz",
        "routed_at": "timestamptz",
    },
)

DECISION = Table(
    "flowengine_decision",
    {
        "run_id": "uuid",
        "event_id": "uuid",
        "workflow": "text",
        "digest": "text",
        "replay": "smallint",
        "outcome": "text",
        "detail": "text",
        "decided_at": "timestamptz",
    },
)

RUN = Table(
    "flowengine_run",
    {
        "id": "uuid",
        "workflow": "text",
        "digest": "text",
        "event_id": "uuid",
        "replay": "smallint",
        "replay_of": "uuid",
        "keys": "uuid",
        "state": "text",
        "seq": "integer",
        "due_at": "timestamptz",
        "title": "text",
        "priority": "smallint",
        "parent_run": "uuid",
        "parent_step": "text",
        "parent_item": "text",
        "parent_depth": "smallint",
        "parent_detached": "boolean",
        "busy": "integer",
        "asleep": "integer",
        "output_bytes": "integer",
        "undoing": "integer",
        "has_undone": "boolean",
        "still_s": "double precision",
        "tail": "text",
        "holding": "boolean",
        "actor": "text",
        "watchers": "text",
        "watcher_groups": "text",
        "labels": "text",
        "inputs": "bytea",
        "output": "bytea",
        "failure": "bytea",
        "outcome": "text",
        "created_at": "timestamptz",
        "started_at": "timestamptz",
        "held_at": "timestamptz",
        "finished_at": "timestamptz",
    },
)

STEP = Table(
    "flowengine_step",
    {
        "run_id": "uuid",
        "step": "text",
        "item": "text",
        "kind": "text",
        "title": "text",
        "task": "text",
        "station": "text",
        "state": "text",
        "priority": "smallint",
        "attempt": "integer",
        "tries": "integer",
        "crashes": "integer",
        "block": "text",
        "counts": "bytea",
        "clause": "smallint",
        "is_stopping": "boolean",
        "worker_id": "uuid",
        "due_at": "timestamptz",
        "value": "bytea",
        "input": "bytea",
        "output": "bytea",
        "failure": "bytea",
        "doubt": "text",
        "answers": "bytea",
        "ended": "integer",
        "progress": "double precision",
        "note": "text",
        "ready_at": "timestamptz",
        "first_started_at": "timestamptz",
        "started_at": "timestamptz",
        "finished_at": "timestamptz",
    },
)

STEP_IS_RUNNING = "state IN ('ready', 'running') AND state = 'running'"
"""In a WHERE. Both words: the indexes are of steps that are ready or running, and SQLite takes an index
with a condition only where it reads that very condition."""

HISTORY = Table(
    "flowengine_history",
    {
        "run_id": "uuid",
        "first": "integer",
        "last": "integer",
        "at": "timestamptz",
        "transitions": "bytea",
    },
)

ATTEMPT_LOG = Table(
    "flowengine_attempt_log",
    {
        "run_id": "uuid",
        "step": "text",
        "item": "text",
        "attempt": "integer",
        "log": "text",
        "written_at": "timestamptz",
    },
)

WORKER = Table(
    "flowengine_worker",
    {
        "id": "uuid",
        "name": "text",
        "host": "text",
        "pid": "integer",
        "stations": "text",
        "version": "text",
        "project_version": "text",
        "concurrency": "integer",
        "state": "text",
        "due_at": "timestamptz",
        "started_at": "timestamptz",
        "seen_at": "timestamptz",
        "consumed_at": "timestamptz",
        "meter": "text",
        "metered_at": "timestamptz",
        "wanted": "text",
        "wanted_since": "timestamptz",
        "wanted_by": "text",
        "wanted_reason": "text",
    },
)

WAIT = Table(
    "flowengine_wait",
    {
        "run_id": "uuid",
        "step": "text",
        "item": "text",
        "entry": "smallint",
        "patterns": "text",
        "match": "text",
        "key": "uuid",
        "event_id": "uuid",
        "due_at": "timestamptz",
        "created_at": "timestamptz",
    },
)

EVENT_KEY = Table(
    "flowengine_event_key", {"key": "uuid", "event_id": "uuid", "added_at": "timestamptz"}
)

SUBSCRIPTION = Table(
    "flowengine_subscription",
    {"digest": "text", "pattern": "text", "path": "text", "unused_since": "timestamptz"},
)

KEY = Table(
    "flowengine_key",
    {
        "id": "uuid",
        "workflow": "text",
        "gate": "text",
        "key": "text",
        "state": "bytea",
        "due_at": "timestamptz",
    },
)

PLACE = Table(
    "flowengine_place",
    {
        "run_id": "uuid",
        "key_id": "uuid",
        "throttle_id": "uuid",
        "priority": "smallint",
        "state": "text",
        "written_at": "timestamptz",
        "slot_at": "timestamptz",
        "expires_at": "timestamptz",
    },
)

SCHEDULE = Table(
    "flowengine_schedule",
    {
        "workflow": "text",
        "trigger": "smallint",
        "cron": "text",
        "timezone": "text",
        "missed": "text",
        "due_at": "timestamptz",
        "ticked_at": "timestamptz",
    },
)

INBOX = Table("flowengine_inbox", {"user_key": "text", "epoch": "text", "number": "integer"})

RULE = Table(
    "flowengine_rule",
    {
        "id": "uuid",
        "what": "text",
        "filter": "text",
        "user_key": "text",
        "group_name": "text",
        "mail": "boolean",
        "per_hour": "integer",
        "is_muted": "boolean",
        "created_at": "timestamptz",
        "created_by": "text",
        "looked_at": "timestamptz",
        "looked_id": "uuid",
        "hour_at": "timestamptz",
        "sent": "integer",
        "kept_back": "integer",
    },
)

NOTIFICATION = Table(
    "flowengine_notification",
    {
        "id": "uuid",
        "user_key": "text",
        "kind": "text",
        "tone": "text",
        "title": "text",
        "text": "text",
        "word": "text",
        "step": "text",
        "item": "text",
        "url": "text",
        "run_id": "uuid",
        "at": "timestamptz",
        "number": "integer",
        "seen_at": "timestamptz",
        "read_at": "timestamptz",
        "archived_at": "timestamptz",
        "snoozed_until": "timestamptz",
        "acted_at": "timestamptz",
        "mail_at": "timestamptz",
        "mail_tries": "smallint",
        "mailed_at": "timestamptz",
        "push_at": "timestamptz",
        "push_tries": "smallint",
    },
)

PREFERENCE = Table(
    "flowengine_notification_preference",
    {
        "user_key": "text",
        "email": "boolean",
        "digest": "text",
        "quiet_from": "text",
        "quiet_to": "text",
        "timezone": "text",
        "language": "text",
        "push": "boolean",
    },
)

PUSH_SUBSCRIPTION = Table(
    "flowengine_push_subscription",
    {
        "id": "uuid",
        "user_key": "text",
        "endpoint": "text",
        "p256dh": "text",
        "auth": "text",
        "created_at": "timestamptz",
    },
)

STATION = Table(
    "flowengine_station",
    {
        "name": "text",
        "door": "text",
        "since": "timestamptz",
        "due_at": "timestamptz",
        "fingerprint": "text",
        "reason": "text",
        "by": "text",
        "trips": "integer",
        "places": "integer",
        "places_since": "timestamptz",
        "places_by": "text",
        "places_reason": "text",
    },
)

STATION_COUNT = Table(
    "flowengine_station_count",
    {
        "station": "text",
        "worker_id": "uuid",
        "since": "timestamptz",
        "at": "timestamptz",
        "ended": "integer",
        "failures": "text",
    },
)

ALL = (
    *(EVENT, DECISION, RUN, STEP, HISTORY, ATTEMPT_LOG, DEAD_LETTER, WORKER, WAIT, EVENT_KEY),
    *(SUBSCRIPTION, KEY, PLACE, SCHEDULE, DEAD_GROUP, DEAD_TALLY, SELECTION, SELECTION_ITEM),
    *(REPLAY, REPLAY_ITEM, AUDIT, STATION, STATION_COUNT),
    *(INBOX, NOTIFICATION, PREFERENCE, PUSH_SUBSCRIPTION, RULE),
)
