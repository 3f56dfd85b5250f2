"""Starting a workflow by hand: an event for it alone, refused at once where it could start nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flowengine.conf import settings
from flowengine.definitions.likeness import near
from flowengine.definitions.model import ManualTrigger, Workflow
from flowengine.engine.event import Event
from flowengine.engine.identity import run_id, uuid7
from flowengine.engine.rules.admission import MANUAL, Declined, ask
from flowengine.errors import StartRefused
from flowengine.orchestration import active
from flowengine.orchestration.emit import Emitted, NewEvent, emit_for, key_of
from flowengine.orchestration.payload import encode


def start(
    workflow: str,
    inputs: Mapping[str, Any] | None = None,
    *,
    actor: Any = None,
    key: str | None = None,
    using: str | None = None,
    now: datetime,
) -> Emitted:
    """Start *workflow*, in the caller's transaction: see :func:`flowengine.api.start`.

    The same *key* again is the same start: a form that is sent twice starts one run.
    """
    found = manual(workflow)
    plain, _encoded = encode(dict(inputs or {}), size_max_bytes=settings().EVENT_DATA_MAX_BYTES)
    _check(found, plain, actor, now)
    return emit_for(workflow, NewEvent(MANUAL, plain, actor=actor, key=key), using=using)


def manual(workflow: str) -> Workflow:
    """The active version of *workflow*, which has a ``manual`` trigger.

    Raises:
        StartRefused: FE116, there is none.
    """
    workflows = active.catalog().workflows
    found = workflows.get(workflow)
    if found is None:
        way = near(workflow, workflows) or "`flow sync` makes the project's files take new runs"
        raise StartRefused(f"no workflow '{workflow}' takes new runs; {way}", code="FE116")
    if trigger_of(found) is None:
        raise StartRefused(
            f"workflow '{workflow}' has no `manual` trigger: write `on: [..., {{manual: true}}]`",
            code="FE116",
        )
    return found


def trigger_of(workflow: Workflow) -> ManualTrigger | None:
    """Who may start it by hand; None = nobody."""
    triggers = (each for each in workflow.triggers if isinstance(each, ManualTrigger))
    return next(triggers, None)


def _check(workflow: Workflow, inputs: Mapping[str, Any], actor: Any, now: datetime) -> None:
    """Refuse what admission would: the same rules, before anything is written."""
    declared = [item.name for item in workflow.inputs]
    for name in inputs:
        if declared and name not in declared:
            way = near(name, declared) or f"known here: {', '.join(declared)}"
            raise StartRefused(f"{workflow.name}: there is no input '{name}'; {way}")
    event = Event(
        id=uuid7(int(now.timestamp() * 1000), os.urandom(10)),
        type=MANUAL,
        data=inputs,
        time=now,
        actor=key_of(actor),
        target=workflow.name,
    )
    run = run_id(event.id, workflow.name)
    answer = ask(workflow, event, run_id=run, now=now, config=settings().CONFIG)
    if isinstance(answer, Declined):
        raise StartRefused(answer.detail, code=answer.code or "FE306")
