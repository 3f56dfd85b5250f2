"""Failed runs that are resumed hold places of their concurrency keys again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from msgspec.structs import replace

from flowengine.conf import settings
from flowengine.definitions.model import Workflow
from flowengine.engine.event import Event
from flowengine.engine.rules.admission import Candidate, ask
from flowengine.engine.rules.gates import Gate, Key, Places
from flowengine.engine.rules.queue import Queued
from flowengine.store import definitions, events, keys, places
from flowengine.store.places import Place, PlaceState


def retake(run_ids: Collection[UUID]) -> None:
    """Let those of these runs that have failed hold a place: be it one more than there are.

    Others wait for them then, as they did before they failed; they wait for nobody, since a person wants
    them to go on now. To be called in the transaction that resumes the runs, before they are locked
    (keys first, then runs). May be repeated.
    """
    failed = places.failed(run_ids)
    if not failed:
        return
    workflows = definitions.load({each.digest for each in failed})
    stored = {event.id: event for event in events.load([each.event_id for each in failed])}
    wanted: dict[UUID, tuple[Key, places.Failed, Workflow]] = {}
    for each in failed:
        workflow, event = workflows.get(each.digest), stored.get(each.event_id)
        if workflow is None or workflow.concurrency is None or event is None:
            continue
        key = _key(workflow, event, each)
        if key is not None:
            wanted[each.run_id] = (key, each, workflow)
    if wanted:
        _take(wanted)


def _take(wanted: Mapping[UUID, tuple[Key, places.Failed, Workflow]]) -> None:
    held = keys.lock({key for key, _failed, _workflow in wanted.values()})
    after = dict(held)
    new = []
    has_one = {place.queued.run for place in places.of_runs(wanted)}
    for run_id, (key, failed, workflow) in sorted(wanted.items()):
        if run_id in has_one:
            continue
        assert workflow.concurrency is not None, "it has the key"
        known = after[key.id]
        before = known if isinstance(known, Places) else Places(limit=workflow.concurrency.limit)
        after[key.id] = replace(before, open=before.open + 1)
        queued = Queued(
            run=run_id, key=key.id, written_at=failed.written_at, priority=failed.priority
        )
        new.append(Place(state=PlaceState.OPEN, queued=queued))
    if new:
        keys.save(held, after)
        places.insert(new)


def _key(workflow: Workflow, event: Event, failed: places.Failed) -> Key | None:
    """The key that the run had when it was admitted; None = it would have none today."""
    answer = ask(
        workflow, event, run_id=failed.run_id, now=failed.created_at, config=settings().CONFIG
    )
    return answer.keys[Gate.CONCURRENCY] if isinstance(answer, Candidate) else None
