"""The event types of this project: which there are, who sends them, and who listens.

What is known of a type is what this process has registered and declared (``register_event``, ``@emits``,
``emit_on``), what webhooks publish, and what the workflows say: those that the database knows, enabled or
not, and those of files that were not synchronised yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flowengine import event_types, project
from flowengine.conf import settings
from flowengine.definitions.catalog import STARTED_BY
from flowengine.definitions.expressions.tree import Expression
from flowengine.definitions.likeness import nearest
from flowengine.definitions.model import EventTrigger, Trigger, Workflow
from flowengine.definitions.patterns import RESERVED, matches
from flowengine.definitions.steps import EmitStep, WaitStep
from flowengine.orchestration import sources
from flowengine.orchestration.explain import Known

WEBHOOK = "webhook."
"""How the types begin that webhooks publish."""
_CHARACTERS_MAX = 40_000
"""Of all names that a mistyped one is compared with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Producer:
    """Who sends events of a type."""

    kind: str
    """``model``, ``signal``, ``step``, ``webhook`` or ``engine``."""
    name: str
    """The model's label, the function of the data, the workflow, the sender of the webhook; or the engine."""
    detail: str = ""
    """What of it: the action on the model, the id of the step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """Who listens to events of a type."""

    workflow: str
    how: str
    """``starts``, ``waits`` or ``cancels``."""
    pattern: str
    condition: str = ""
    """The filter; empty = every such event."""
    step: str = ""
    """Of a wait: its id."""
    state: str = "active"
    """``active``, ``disabled`` or ``not_synchronised``: the last two start nothing."""


def producers(type: str, workflows: Known) -> list[Producer]:  # noqa: A002 - CloudEvents' own word
    """Who is known to send events of that type; ``emit()`` itself may be called anywhere."""
    found = [each for name, each in _declared() if name == type]
    for workflow in _every(workflows).values():
        found += [each for name, each in _emitted_by(workflow) if name == type]
    if type.startswith(RESERVED):
        found.append(Producer(kind="engine", name="flowengine"))
    return found


def consumers(type: str, workflows: Known) -> list[Consumer]:  # noqa: A002 - CloudEvents' own word
    """Who listens to events of that type, in the order of workflows; nobody's filter is asked."""
    found: list[Consumer] = []
    for state, those in (
        ("active", workflows.active),
        ("disabled", workflows.disabled),
        ("not_synchronised", workflows.declared),
    ):
        for workflow in those.values():
            found += _listening(workflow, type, state)
    return sorted(found, key=lambda each: each.workflow)


def names(workflows: Known) -> set[str]:
    """Every type that is registered, declared, or spelt out by a workflow; what matches a ``*`` is not."""
    found = {name for name, _producer in _declared()} | event_types.names()
    for workflow in _every(workflows).values():
        found |= {name for name, _producer in _emitted_by(workflow)}
        found |= {pattern for pattern in _patterns(workflow) if "*" not in pattern}
    return found


def is_heard(type: str, target: str | None = None) -> bool:  # noqa: A002 - CloudEvents' own word
    """Some workflow of the project's files starts on such events, or waits for them; asks no database."""
    catalog = project.catalog()
    return bool(catalog.matching(type, target) or catalog.listens(type))


def meant(type: str) -> str | None:  # noqa: A002 - CloudEvents' own word
    """The type that *type*, which nobody listens to, was probably meant to be; None = none is near."""
    if type.startswith(RESERVED):
        return None
    catalog = project.catalog()
    wanted = (p for each in catalog.workflows.values() for p in _patterns(each) if "*" not in p)
    heard = dict.fromkeys([*wanted, *sorted(event_types.names())])
    heard.pop(type, None)
    return nearest(type, heard, most=_CHARACTERS_MAX)


def _every(workflows: Known) -> Mapping[str, Workflow]:
    return {**workflows.declared, **workflows.disabled, **workflows.active}


def _declared() -> Iterator[tuple[str, Producer]]:
    for source in sources.declared():
        label = source.model if isinstance(source.model, str) else source.model._meta.label  # noqa: SLF001 - Django's documented Meta API
        for action in source.on:
            name = source.type.replace("{action}", action)
            yield name, Producer(kind="model", name=label, detail=action)
    for each in sources.on_signals():
        yield each.type, Producer(kind="signal", name=each.data)
    for sender in settings().WEBHOOKS:
        yield f"{WEBHOOK}{sender}", Producer(kind="webhook", name=sender)


def _emitted_by(workflow: Workflow) -> Iterator[tuple[str, Producer]]:
    for spot in workflow.graph.spots.values():
        if isinstance(spot.step, EmitStep):
            yield (
                spot.step.event,
                Producer(kind="step", name=workflow.name, detail=spot.step.id),
            )


def _listening(workflow: Workflow, type: str, state: str) -> Iterator[Consumer]:  # noqa: A002
    for how, pattern, condition, step in _interests(workflow, STARTED_BY.get(type), type):
        if matches(pattern, type):
            yield Consumer(
                workflow=workflow.name,
                how=how,
                pattern=pattern,
                condition="" if condition is None else condition.source,
                step=step,
                state=state,
            )


def _interests(
    workflow: Workflow, own: type[Trigger] | None = None, named: str = ""
) -> Iterator[tuple[str, str, Expression | None, str]]:
    """How it listens, the pattern, the filter, and the id of the step that waits.

    A trigger of the kind *own* starts on events of the engine's, which are called *named*.
    """
    for trigger in workflow.triggers:
        if isinstance(trigger, EventTrigger):
            for pattern in trigger.patterns:
                yield "starts", pattern, trigger.condition, ""
        elif own is not None and isinstance(trigger, own):
            yield "starts", named, None, ""
    for spot in workflow.graph.spots.values():
        step = spot.step
        if isinstance(step, WaitStep):
            for pattern in step.patterns:
                yield "waits", pattern, step.accept, step.id
    for cancel in workflow.cancel_on:
        for pattern in cancel.patterns:
            yield "cancels", pattern, cancel.condition, ""


def _patterns(workflow: Workflow) -> Iterator[str]:
    """All that it listens to."""
    for _how, pattern, _condition, _step in _interests(workflow):
        yield pattern
