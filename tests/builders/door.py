"""Events at the door of a workflow of one step, in the database: let in, ended, and what became of them."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flowengine import emit
from flowengine.engine.identity import run_id
from flowengine.engine.messages import Succeeded
from flowengine.engine.rules.gates import Places
from flowengine.engine.rules.slots import Slots
from flowengine.models import DecisionRecord, KeyRecord, PlaceRecord, RunRecord
from flowengine.orchestration.advance import Told, Wanted, Work, advance
from flowengine.orchestration.commit import Committed
from flowengine.orchestration.follow import follow
from flowengine.orchestration.route import route
from flowengine.store import keys
from tests.builders.events import NOON
from tests.builders.line import WORKER


def at(seconds: float) -> datetime:
    """So many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def said(*, second: float = 0, workflow: str = "hello", **data: Any) -> UUID:
    """``hello.said`` comes and is routed at that second; the id of the run it would start."""
    emitted = emit("hello.said", data)
    see(route([emitted.event_id], now=at(second)).committed, second)
    return emitted.run_ids.get(workflow, run_id(emitted.event_id, workflow))


def end(run: UUID, *, second: float = 0) -> None:
    """The one step of the run is done at that second, and what follows from the end is done."""
    now = at(second)
    wanted = (Wanted(run_id=run, step="nothing"),)
    work = Work(wanted=wanted, worker=WORKER, tasks=frozenset({"line.nothing"}))
    assert len(advance(work, now).begun) == 1
    told = Told(run_id=run, message=Succeeded(step="nothing", attempt=1, output=None))
    see(advance(Work(told=(told,)), now).committed, second)


def see(committed: Committed, second: float = 0) -> None:
    """Do what was left to do."""
    for _ in follow(committed, at(second)):
        pass


def states(*runs: UUID) -> list[str]:
    """What became of them: the state of the run, or the outcome where there is none."""
    found = dict(DecisionRecord.objects.values_list("run_id", "outcome"))
    found.update(RunRecord.objects.values_list("id", "state"))
    return [found[run] for run in runs]


def check_counts() -> None:
    """What the keys' rows count is what there is."""
    remembered = keys.held([*KeyRecord.objects.values_list("id", flat=True)])
    counted = {
        key: (state.open, state.queued, state.leaving)
        for key, state in remembered.items()
        if isinstance(state, Places)
    }
    there: dict[UUID, list[int]] = {}
    for key, state in PlaceRecord.objects.exclude(key_id=None).values_list("key_id", "state"):
        assert key is not None
        of = there.setdefault(key, [0, 0, 0])
        of[0] += state != "queued"
        of[1] += state == "queued"
        of[2] += state == "leaving"
    assert counted == {key: tuple(of) for key, of in there.items()}
    waiting = {
        key: state.waiting
        for key, state in remembered.items()
        if isinstance(state, Slots) and state.waiting
    }
    queued = PlaceRecord.objects.filter(state="queued").exclude(throttle_id=None)
    assert waiting == Counter(queued.values_list("throttle_id", flat=True))
