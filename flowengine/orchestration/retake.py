"""A failed run that is resumed holds a place of its concurrency key again."""

from __future__ import annotations

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


def retake(run_id: UUID) -> None:
    """Let this run hold a place, if it has failed: be it one more than there are.

    Others wait for it then, as they did before it failed; it waits for nobody, since a person wants it
    to go on now. To be called in the transaction that resumes the run, before the run is locked (keys
    first, then runs). May be repeated.
    """
    found = places.failed(run_id)
    if found is None:
        return
    workflow = definitions.load({found.digest}).get(found.digest)
    stored = events.load([found.event_id])
    if workflow is None or workflow.concurrency is None or not stored:
        return
    key = _key(workflow, stored[0], found)
    if key is None:
        return
    held = keys.lock([key])
    if places.of_runs([run_id]):
        return
    known = held[key.id]
    before = known if isinstance(known, Places) else Places(limit=workflow.concurrency.limit)
    keys.save(held, {key.id: replace(before, open=before.open + 1)})
    queued = Queued(run=run_id, key=key.id, written_at=found.written_at, priority=found.priority)
    places.insert([Place(state=PlaceState.OPEN, queued=queued)])


def _key(workflow: Workflow, event: Event, failed: places.Failed) -> Key | None:
    """The key that the run had when it was admitted; None = it would have none today."""
    answer = ask(
        workflow, event, run_id=failed.run_id, now=failed.created_at, config=settings().CONFIG
    )
    return answer.keys[Gate.CONCURRENCY] if isinstance(answer, Candidate) else None
