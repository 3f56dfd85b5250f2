"""Events that runs write: what ``emit`` and ``workflow`` steps say, and what happens to runs.

They are rows of the same transaction as the decision, pending and due at once, like any event of
``emit()``: the relay publishes them, the router routes them. Their ids follow from what they tell of,
so that a decision which is made twice writes them once.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from uuid import UUID

import msgspec

from flowengine.conf import settings
from flowengine.definitions.patterns import matches
from flowengine.engine.commands import Command, Emit
from flowengine.engine.event import Event
from flowengine.engine.identity import keyed_event_id
from flowengine.engine.run import Run
from flowengine.engine.transitions import (
    RunCancelled,
    RunExpired,
    RunFailed,
    RunHeld,
    RunSucceeded,
    Transition,
)
from flowengine.orchestration.emit import HOPS_MAX
from flowengine.store import again, definitions, drafts, parents, replayed, wake
from flowengine.store.drafts import Draft

logger = logging.getLogger("flowengine.orchestration")

OF_RUNS = "flowengine.run."
_TOLD = {
    RunHeld: "held",
    RunSucceeded: "succeeded",
    RunFailed: "failed",
    RunCancelled: "cancelled",
    RunExpired: "expired",
}

_encode = msgspec.json.encode


def write(
    runs: Sequence[tuple[Run, Sequence[Transition], Sequence[Command]]],
) -> list[tuple[UUID, str]]:
    """Write the events of these runs; the ids and types of those that are no calls."""
    said = [
        command.event
        for _run, _transitions, commands in runs
        for command in commands
        if isinstance(command, Emit)
    ]
    new = [_draft(event) for event in _with_last_keys(said)]
    words = _wanted({_TOLD[type(f)] for _run, facts, _ in runs for f in facts if type(f) in _TOLD})
    if words:
        new += [each for run, facts, _commands in runs for each in _of_run(run, facts, words)]
    if new:
        alias = settings().DATABASE
        drafts.put(new, alias)
        wake.wake_after_commit(alias)
    return [(draft.id, draft.type) for draft in new if draft.target is None]


def concerns(transitions: Sequence[Transition]) -> bool:
    """Whether what happened to a run may be an event that others follow; most of it is none."""
    return not _TOLD.keys().isdisjoint(map(type, transitions))


def _with_last_keys(said: Sequence[Event]) -> list[Event]:
    """The events; those that call once more, with the idempotency keys of the last that was so called.

    Those of the first call, unless what it had started was replayed with new ones.
    """
    origins = {each.again.origin for each in said if each.again and each.again.origin}
    keys = replayed.keys(origins) if origins else {}
    return [
        replace(each, again=replace(each.again, keys=keys[each.again.origin]))
        if each.again and each.again.origin in keys
        else each
        for each in said
    ]


def _draft(event: Event) -> Draft:
    return Draft(
        id=event.id,
        type=event.type,
        data=_encode(event.data),
        time=event.time,
        subject=event.subject,
        actor=event.actor,
        key=event.key,
        correlation_id=event.correlation_id or str(event.id),
        causation_id=event.causation_id,
        hops=event.hops,
        traceparent=event.traceparent,
        target=event.target,
        parent=parents.encoded(event.parent),
        replay=event.replay,
        again=again.encoded(event.again),
    )


def _wanted(words: set[str]) -> set[str]:
    """Those of what can be told of runs that anybody follows: nothing else is made at all."""
    if not words or settings().PUBLISH_RUN_EVENTS:
        return words
    patterns = definitions.listened_to()
    return {word for word in words if any(matches(p, OF_RUNS + word) for p in patterns)}


def _of_run(run: Run, transitions: Sequence[Transition], words: set[str]) -> Iterator[Draft]:
    """What is told of the run itself to workflows that follow it; of these *words*."""
    first = run.seq - len(transitions) + 1
    for number, fact in enumerate(transitions, start=first):
        word = _TOLD.get(type(fact))
        if word not in words:
            continue
        cause = run.event
        if cause.hops >= HOPS_MAX:
            # Most likely a workflow that follows its own runs: the chain ends here.
            logger.warning(
                "a run is not told of: its event would be the %dth of a chain",
                cause.hops + 1,
                extra={"run": str(run.id), "workflow": run.workflow},
            )
            continue
        name = OF_RUNS + word
        yield Draft(
            id=keyed_event_id(name, f"{run.id}/{number}"),
            type=name,
            data=_encode(_data(run, word)),
            subject=str(run.id),
            actor=cause.actor,
            correlation_id=cause.correlation_id or str(cause.id),
            causation_id=str(cause.id),
            hops=cause.hops + 1,
            traceparent=cause.traceparent,
        )


def _data(run: Run, word: str) -> dict[str, object]:
    """No payload: who may follow a workflow may not therefore read what it works with.

    Nor an error's text, which is often made of it: the code and the step say what a follower can use.
    """
    failure = run.failure
    return {
        "run_id": str(run.id),
        "workflow": run.workflow,
        "state": word,
        "title": run.title,
        "event_id": str(run.event.id),
        "error": None if failure is None else {"code": failure.code, "step": failure.step},
    }
