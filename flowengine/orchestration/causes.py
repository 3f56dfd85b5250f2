"""How things led to one another around one run: event -> run -> the events that it caused -> their runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from flowengine.definitions.model import Workflow
from flowengine.definitions.steps import EmitStep
from flowengine.engine.identity import emitted_event_id
from flowengine.models import RunRecord
from flowengine.orchestration.publishing import OF_RUNS
from flowengine.store import causes, progress
from flowengine.store.causes import Caused


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What led to a run and what followed from it, as far as it was followed."""

    events: Sequence[Caused]
    """The first cause first, then the run's own event, then what followed."""
    runs: Sequence[RunRecord]
    """Those that the reader may see, in the order in which they were made."""
    made_by: Mapping[UUID, UUID]
    """By event: the run that made it, where that is known."""
    is_cut: bool
    """There is more than is told."""


def around(run: RunRecord, may_see: Callable[[RunRecord], bool]) -> Family:
    """The family of *run*: three statements, and one for definitions that were not read before."""
    before = causes.up(run.event_id)
    after, is_cut = causes.down(run.event_id)
    events = list({each.id: each for each in [*before, *after]}.values())
    found, is_more = causes.runs([each.id for each in events] or [run.event_id])
    visible = [each for each in found if may_see(each)]
    known = {each.id for each in visible}
    makers = _makers(events, found)
    return Family(
        events=events,
        runs=visible,
        made_by={event: maker for event, maker in makers.items() if maker in known},
        is_cut=is_cut or is_more,
    )


def _makers(events: Sequence[Caused], runs: Sequence[RunRecord]) -> dict[UUID, UUID]:
    """Which run has made which of these events.

    A call and what is told of a run name it; what an ``emit`` step publishes has an id that follows from
    its run. What a task has emitted says only of which event its run was: where that had one run, it was
    this one.
    """
    by_event: defaultdict[UUID, list[RunRecord]] = defaultdict(list)
    for run in runs:
        by_event[run.event_id].append(run)
    emitted = _emitted(events, runs)
    hops = {each.id: each.hops for each in events}
    made = {}
    for each in events:
        maker = each.caller or _subject(each) or emitted.get(each.id)
        if maker is None and each.cause is not None and not each.is_again:
            of_cause = by_event[each.cause]
            # What people emit by hand may name a cause, but is not of its chain.
            if len(of_cause) == 1 and each.hops > hops.get(each.cause, each.hops):
                maker = of_cause[0].id
        if maker is not None:
            made[each.id] = maker
    return made


def _subject(event: Caused) -> UUID | None:
    """Of an event that tells of a run: which."""
    if not event.type.startswith(OF_RUNS) or event.subject is None:
        return None
    try:
        return UUID(event.subject)
    except ValueError:
        return None


def _emitted(events: Sequence[Caused], runs: Sequence[RunRecord]) -> dict[UUID, UUID]:
    """By id of an event: the run whose ``emit`` step, in no loop, has published it."""
    wanted = {each.cause for each in events}
    made = {}
    asked = [run for run in runs if run.event_id in wanted]
    workflows: Mapping[str, Workflow] = progress.workflows(asked) if asked else {}
    for run in asked:
        workflow = workflows.get(run.digest)
        for spot in () if workflow is None else workflow.graph.spots.values():
            if isinstance(spot.step, EmitStep) and not spot.loops:
                for replay in range(run.replay + 1):
                    made[emitted_event_id(run.id, spot.step.id, "", replay)] = run.id
    return made
