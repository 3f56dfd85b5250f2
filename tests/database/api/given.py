"""Things to be looked at, with a canary wherever a payload may stand."""

from __future__ import annotations

import os
from typing import Any
from uuid import UUID

import msgspec

from flowengine import emit
from flowengine.engine.dead_letter import cause
from flowengine.engine.identity import uuid7
from flowengine.engine.run import Failure
from flowengine.models import DecisionRecord, RunRecord, StepRecord
from flowengine.orchestration.audit import By
from flowengine.orchestration.notices import rules
from flowengine.orchestration.notices.rules import Wish
from flowengine.store import dead_letters, sql
from flowengine.store.dead_letters import DeadLetter
from flowengine.testing import Runner
from tests.builders.line import now

CANARY = "canary-payload"


def a_failed_run(flow_runner: Runner, actor: str = "7") -> RunRecord:
    """A run of ``troubled`` that failed; its data, inputs, outputs and errors hold the canary."""
    data = {"order_id": 7, "note": CANARY}
    emitted = emit("troubled.broken", data, actor=actor)
    flow_runner.run()
    run = RunRecord.objects.get(pk=emitted.run_ids["troubled"])
    failure = msgspec.json.decode(bytes(run.failure or b""), type=Failure)
    told = msgspec.structs.replace(
        failure,
        message=CANARY,
        traceback=f"Traceback: {CANARY}",
        details={"note": CANARY},
        tries=tuple(msgspec.structs.replace(each, log=CANARY) for each in failure.tries),
    )
    run.failure = msgspec.json.encode(told)
    run.inputs = msgspec.json.encode({"order_id": 7, "note": CANARY})
    run.output = msgspec.json.encode(CANARY)
    run.save(update_fields=["failure", "inputs", "output"])
    steps = StepRecord.objects.filter(run_id=run.id)
    payload = msgspec.json.encode({"note": CANARY})
    steps.update(input=payload, output=payload)
    steps.filter(step="broken").update(failure=run.failure)
    DecisionRecord.objects.filter(run_id=run.id).update(detail=CANARY)
    return run


def a_letter(
    kind: str = "bad event", code: str = "FE303", message: str = "it does not fit", **fields: Any
) -> UUID:
    """A dead letter; its id."""
    at = now()
    letter = DeadLetter(
        id=uuid7(int(at.timestamp() * 1000), os.urandom(10)),
        cause=cause(kind=kind, code=code, message=message),
        message=message,
        **fields,
    )
    with sql.writing():
        dead_letters.insert([letter], at)
    return letter.id


def a_rule(group: str = "night shift") -> UUID:
    """A rule by which a group is told of runs that fail; its id."""
    wish = Wish(what="run.failed", group=group)
    return rules.make(wish, By(who="7", reason="they asked"), now()).id
