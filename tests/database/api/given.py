"""Things to be looked at, with a canary wherever a payload may stand."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import msgspec

from flowengine import emit
from flowengine.engine.dead_letter import cause
from flowengine.engine.identity import uuid7
from flowengine.engine.run import Failure
from flowengine.models import (
    AttemptLogRecord,
    DeadLetterRecord,
    DecisionRecord,
    RunRecord,
    StepRecord,
)
from flowengine.orchestration import replay, selections
from flowengine.orchestration.audit import By
from flowengine.orchestration.notices import rules
from flowengine.orchestration.notices.rules import Wish
from flowengine.store import dead_letters, sql
from flowengine.store.dead_letters import DeadLetter
from flowengine.testing import Runner
from tests.builders.fleet import a_worker
from tests.builders.line import now

CANARY = "canary-payload"
EACH_IS_ASKED = {"CAN_VIEW_RUN": "tests.database.api.test_runs.nobody_of"}
"""Settings with which runs that order 13 caused are foreign to everybody."""


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
    AttemptLogRecord.objects.create(
        run_id=run.id, step="broken", attempt=1, log=CANARY, written_at=now()
    )
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


def all_kinds(runner: Runner) -> Mapping[str, Mapping[str, str]]:
    """The ids of one thing of each kind: there and one's own, foreign (the run), and not there."""
    foreign = a_failed_run(runner, "13")
    mine = a_failed_run(runner)
    letter = a_letter(body=CANARY.encode(), message=CANARY, headers={"x": CANARY})
    failed = DeadLetterRecord.objects.filter(run_id=mine.id).get()
    chosen = selections.freeze("dead_letter", "", "7").id
    begun = replay.start(chosen, "event", by=By(who="7", reason="x"))
    there = {
        "run": str(mine.id),
        "event": str(mine.event_id),
        "letter": str(letter),
        "group": str(failed.group_id),
        "other": str(DeadLetterRecord.objects.get(pk=letter).group_id),
        "selection": str(chosen),
        "runs": str(selections.freeze("run", "", "7").id),
        "replay": str(begun.id),
        "digest": mine.digest,
        "workflow": "troubled",
        "station": "default",
        "worker": str(a_worker()),
        "rule": str(a_rule()),
    }
    return {
        "mine": there,
        "foreign": {**there, "run": str(foreign.id)},
        "missing": {name: str(uuid4()) for name in there},
    }
