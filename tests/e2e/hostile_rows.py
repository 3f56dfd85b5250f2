"""Inside a shop's Django: hostile texts into every text that its rows have for people to read."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Model

from flowengine.engine.dead_letter import cause
from flowengine.engine.identity import uuid7
from flowengine.engine.run import Failure
from flowengine.models import (
    AttemptLogRecord,
    DeadGroupRecord,
    DecisionRecord,
    EventRecord,
    NotificationRecord,
    NotificationRuleRecord,
    ReplayItemRecord,
    ReplayRecord,
    RunRecord,
    SavedViewRecord,
    SelectionRecord,
    StationRecord,
    StepRecord,
    WorkerRecord,
)
from flowengine.orchestration import audit, groups, replay, selections, views
from flowengine.orchestration.audit import By
from flowengine.orchestration.notices import rules
from flowengine.orchestration.notices.rules import Wish
from flowengine.store import dead_letters, sql
from flowengine.store.dead_letters import DeadLetter
from tests.e2e.hostile import texts

COUNT = 200
TEXTS = texts(COUNT)
FIELDS: dict[type[Model], tuple[str, ...]] = {
    EventRecord: ("subject", "actor", "source", "key", "correlation_id", "traceparent"),
    DecisionRecord: ("detail",),
    RunRecord: ("title", "actor"),
    StepRecord: ("title", "note", "doubt"),
    DeadGroupRecord: ("title", "error_type", "place", "step", "owner", "note", "version"),
    WorkerRecord: ("name", "host", "version", "project_version", "wanted_by", "wanted_reason"),
    StationRecord: ("reason", "by", "places_by", "places_reason"),
    NotificationRecord: ("title", "text", "step", "url"),
    NotificationRuleRecord: ("filter", "group_name", "created_by"),
    SavedViewRecord: ("name", "query", "created_by"),
    SelectionRecord: ("words", "query"),
    ReplayRecord: ("reason", "by", "approver"),
    ReplayItemRecord: ("detail",),
}
"""What people read. Names of what a project has declared itself are no free texts."""
SHIFT = 7
"""Each field begins with another of the texts: only the first could be an address."""


def write() -> None:
    """Write them, and print as JSON where the new things are shown."""
    at = datetime.now(UTC)
    letter, now_replayed = _letter(at), _replay()
    _people(at)
    _payloads()
    n = 0
    for model, names in FIELDS.items():
        for row in model._default_manager.all():
            for name in names:
                n += SHIFT
                setattr(row, name, _all(n))
            row.save(update_fields=[*names])
    places = {
        "letter": f"dead/letters/{letter}",
        "replay": f"replays/{now_replayed}",
        "log": f"runs/{_log(at)}?step=charge&tab=logs",
    }
    print(json.dumps(places))  # noqa: T201 - what the caller reads


def _all(n: int) -> str:
    """All of the texts, beginning with number *n*."""
    n %= len(TEXTS)
    return "\n".join([*TEXTS[n:], *TEXTS[:n]])


def _payloads() -> None:
    """What goes in and comes out, and what errors say."""
    data = msgspec.json.encode({text: text for text in TEXTS})
    EventRecord.objects.update(data=data)
    RunRecord.objects.update(inputs=data, output=data, labels=json.dumps({"x": _all(0)}))
    StepRecord.objects.exclude(kind="approval").update(input=data, output=data)
    for model in (RunRecord, StepRecord):
        for row in model.objects.filter(failure__isnull=False):
            row.failure = msgspec.json.encode(_failure(bytes(row.failure or b"")))
            row.save(update_fields=["failure"])


def _failure(stored: bytes) -> Failure:
    failure = msgspec.json.decode(stored, type=Failure)
    return msgspec.structs.replace(
        failure, message=_all(1), traceback=_all(2), details={"x": list(TEXTS)}, version=_all(3)
    )


def _letter(at: datetime) -> UUID:
    """A dead letter, of a cause of its own, whose texts are written with it: they never change."""
    run = RunRecord.objects.filter(failure__isnull=False)[0]
    letter = DeadLetter(
        id=uuid7(int(at.timestamp() * 1000), os.urandom(10)),
        cause=cause(kind="bad event", code="FE303", message=_all(4)),
        message=_all(5),
        body=_all(6).encode(),
        headers={"x": _all(7)},
        failure=_failure(bytes(run.failure or b"")),
        run_id=run.id,
        event_id=run.event_id,
        source=_all(8),
    )
    with sql.writing():
        dead_letters.insert([letter], at)
    groups.run_due(at)
    return letter.id


def _log(at: datetime) -> UUID:
    """What a try has logged that is not kept with the failure; its run."""
    run = RunRecord.objects.filter(failure__isnull=False)[0]
    AttemptLogRecord.objects.create(
        run_id=run.id, step="charge", attempt=99, log=_all(17), written_at=at
    )
    return run.id


def _replay() -> UUID:
    """A replay that has been asked for."""
    chosen = selections.freeze("dead_letter", "state:open", "1").id
    return replay.start(chosen, "event", by=By(who="1", reason=_all(9))).id


def _people(at: datetime) -> None:
    """A worker that has gone, a station that was closed, a rule, views, and acts."""
    WorkerRecord.objects.create(
        id=uuid7(int(at.timestamp() * 1000), os.urandom(10)),
        name="x",
        host="x",
        pid=1,
        state="alive",
        wanted="draining",
        wanted_since=at,
        due_at=at + timedelta(hours=1),
        started_at=at,
        seen_at=at,
    )
    closed = {"door": "paused", "since": at, "places": 1, "places_since": at}
    StationRecord.objects.update_or_create(name="payment", defaults=closed)
    for kind in ("run", "event", "dead_letter"):
        views.save(kind, "x", "since:1h", owner="1", by=By(who="1"))
    rules.make(Wish(what="run.failed", user="1"), By(who="1"), at)
    by = By(who=_all(10), reason=_all(11), address=_all(12))
    details: dict[str, Any] = {"note": _all(13), "list": list(TEXTS)}
    entry = audit.Entry(by=by, verb=_all(14), kind=_all(15), object_id=_all(16), details=details)
    with sql.writing():
        audit.record([entry], at)
