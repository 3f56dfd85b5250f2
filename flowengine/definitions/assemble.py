"""Keys that fit -> the values of :mod:`flowengine.definitions.model`."""

from __future__ import annotations

from flowengine.definitions.assemble_steps import Sources, inputs_of, steps_of
from flowengine.definitions.expressions.tree import Path
from flowengine.definitions.keys.maps import Keys
from flowengine.definitions.keys.parts import AwaitedKeys
from flowengine.definitions.keys.workflow import (
    ConcurrencyKeys,
    DebounceKeys,
    EventTriggerKeys,
    IdempotencyKeys,
    ManualTriggerKeys,
    NotifyKeys,
    ScheduleTriggerKeys,
    StarterKeys,
    ThrottleKeys,
    WorkflowKeys,
)
from flowengine.definitions.model import (
    CallTrigger,
    CancelOn,
    Concurrency,
    Debounce,
    EventTrigger,
    Idempotency,
    ManualTrigger,
    Notify,
    ScheduleTrigger,
    Throttle,
    Trigger,
    Workflow,
)


def assemble(keys: WorkflowKeys, sources: Sources, *, digest: str, path: str) -> Workflow:
    """The workflow that a file means."""
    return Workflow(
        name=keys.workflow,
        digest=digest,
        path=path,
        triggers=tuple(_trigger(each, ("on", n), sources) for n, each in enumerate(keys.on)),
        steps=steps_of(keys.steps, ("steps",), sources),
        title=sources.template("title"),
        description=keys.description,
        labels=sources.templates(("labels",), keys.labels),
        inputs=inputs_of(keys.inputs),
        notify=_notify(keys.notify, sources),
        idempotency=_idempotency(keys.idempotency, sources),
        debounce=_debounce(keys.debounce, sources),
        throttle=_throttle(keys.throttle, sources),
        concurrency=_concurrency(keys.concurrency, sources),
        priority=sources.template("priority"),
        start_within=keys.start_within,
        timeout=keys.timeout,
        cancel_on=tuple(
            _cancel_on(each, ("cancel_on", n), sources) for n, each in enumerate(keys.cancel_on)
        ),
        hold_on_failure=keys.hold_on_failure,
        output=sources.template("output"),
        on_failure=steps_of(keys.on_failure, ("on_failure",), sources),
        at_end=steps_of(keys.at_end, ("finally",), sources),
    )


def _trigger(keys: Keys, path: Path, sources: Sources) -> Trigger:
    match keys:
        case EventTriggerKeys():
            return EventTrigger(
                patterns=tuple(dict.fromkeys(keys.event)),
                condition=sources.condition(*path, "if"),
                arguments=sources.templates((*path, "with"), keys.arguments),
            )
        case ScheduleTriggerKeys():
            return ScheduleTrigger(
                cron=keys.schedule,
                timezone=keys.timezone,
                missed=keys.missed,
                arguments=sources.templates((*path, "with"), keys.arguments),
            )
        case ManualTriggerKeys():
            who = keys.manual
            return ManualTrigger(groups=tuple(who.groups) if isinstance(who, StarterKeys) else None)
        case _:
            return CallTrigger()


def _cancel_on(keys: AwaitedKeys, path: Path, sources: Sources) -> CancelOn:
    return CancelOn(
        patterns=tuple(dict.fromkeys(keys.event)),
        match=sources.templates((*path, "match"), keys.match),
        condition=sources.condition(*path, "if"),
    )


def _notify(keys: NotifyKeys | None, sources: Sources) -> Notify | None:
    if keys is None:
        return None
    return Notify(
        users=sources.template("notify", "users"), groups=tuple(keys.groups), detail=keys.detail
    )


def _idempotency(keys: IdempotencyKeys | None, sources: Sources) -> Idempotency | None:
    if keys is None:
        return None
    key = sources.found.conditions["idempotency", "key"]
    return Idempotency(key=key, window=keys.window)


def _debounce(keys: DebounceKeys | None, sources: Sources) -> Debounce | None:
    if keys is None:
        return None
    key = sources.condition("debounce", "key")
    return Debounce(period=keys.period, key=key, max_wait=keys.max_wait)


def _throttle(keys: ThrottleKeys | None, sources: Sources) -> Throttle | None:
    if keys is None:
        return None
    key = sources.condition("throttle", "key")
    return Throttle(limit=keys.limit, per=keys.per, key=key, excess=keys.excess)


def _concurrency(keys: ConcurrencyKeys | None, sources: Sources) -> Concurrency | None:
    if keys is None:
        return None
    return Concurrency(
        key=sources.condition("concurrency", "key"),
        limit=keys.limit,
        on_conflict=keys.on_conflict,
        max_queued=keys.max_queued,
    )
