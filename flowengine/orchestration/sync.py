"""``flow sync``: the project's workflow files become the definitions that take new runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flowengine import project
from flowengine.definitions.catalog import Catalog
from flowengine.definitions.findings import is_warning
from flowengine.definitions.model import EventTrigger, Workflow
from flowengine.definitions.steps import TaskStep, Undo, WaitStep
from flowengine.definitions.task_signature import TaskSignature
from flowengine.errors import DefinitionError, Problem
from flowengine.orchestration import schedule
from flowengine.orchestration.findable import catch_up
from flowengine.store import definitions, sql
from flowengine.store.definitions import Subscription
from flowengine.store.event_keys import key_path


@dataclass(frozen=True, slots=True, kw_only=True)
class Synchronised:
    """What became of each workflow, by name, sorted."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    """New runs take another digest than before."""
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    """No file any more: no new runs; runs that are open go on."""


def sync(
    catalog: Catalog,
    *,
    now: datetime,
    sources: Mapping[str, str] | None = None,
    keep: Collection[str] = (),
) -> Synchronised:
    """Make *catalog* what new runs are started from. May be called at any time.

    What a workflow is comes into force in one transaction; the definitions are stored before, and stay
    without effect if that fails. They are kept for ever by their digest; a workflow that somebody
    disabled stays disabled.

    Args:
        catalog: bound workflows, as :func:`flowengine.project.catalog` gives them.
        now: the database's clock.
        sources: the text of each workflow's file by name. None = the project's own files.
        keep: names that are not removed although they are not in *catalog*.
    """
    texts = sources if sources is not None else _texts()
    present = {name: workflow.digest for name, workflow in catalog.workflows.items()}
    make_known(
        [
            definitions.Definition(
                digest=workflow.digest,
                workflow=name,
                path=workflow.path,
                source=texts[name],
                signatures=_signatures(workflow),
                subscriptions=subscriptions(workflow),
            )
            for name, workflow in catalog.workflows.items()
        ],
        now,
    )
    with sql.writing():
        before = definitions.synchronised()
        definitions.activate(
            {name: digest for name, digest in present.items() if before.get(name) != digest}, now
        )
        removed = sorted(before.keys() - present.keys() - set(keep))
        definitions.retire(removed)
        schedule.keep(catalog.workflows, now, others=keep)
    return Synchronised(
        added=tuple(sorted(present.keys() - before.keys())),
        changed=tuple(sorted(n for n in present.keys() & before if present[n] != before[n])),
        unchanged=tuple(sorted(n for n in present.keys() & before if present[n] == before[n])),
        removed=tuple(removed),
    )


def make_known(found: Sequence[definitions.Definition], now: datetime) -> None:
    """Store these definitions, and let events be found by what they wait by; no run is of them yet."""
    with sql.writing():
        definitions.put(found, now)
    kept = definitions.awaited_by([*definitions.synchronised().values()])
    awaited = {each for definition in found for each in definition.subscriptions if each.path}
    catch_up(awaited - kept, now)


def sync_project(*, now: datetime) -> Synchronised:
    """Synchronise the project's own files, if none of them has an error.

    Raises:
        DefinitionError: with every error of every file; nothing was changed.
    """
    errors = errors_of(project.problems())
    if errors:
        raise DefinitionError(errors)
    return sync(project.catalog(), now=now)


def errors_of(problems: Collection[Problem]) -> tuple[Problem, ...]:
    """Those that keep a workflow from running, without the warnings."""
    return tuple(problem for problem in problems if not is_warning(problem))


def subscriptions(workflow: Workflow) -> frozenset[Subscription]:
    """What starts runs of this workflow, and what these wait for."""
    found = {
        Subscription(pattern)
        for trigger in workflow.triggers
        if isinstance(trigger, EventTrigger)
        for pattern in trigger.patterns
    }
    steps = [spot.step for spot in workflow.graph.spots.values()]
    waits = [(step.patterns, step.match) for step in steps if isinstance(step, WaitStep)]
    waits += [(entry.patterns, entry.match) for entry in workflow.cancel_on]
    for patterns, match in waits:
        found |= {Subscription(pattern, key_path(match)) for pattern in patterns}
    return frozenset(found)


def _signatures(workflow: Workflow) -> dict[str, TaskSignature]:
    """Of every task it names, undos among them, by name."""
    steps = [spot.step for spot in workflow.graph.spots.values()]
    work: list[TaskStep | Undo] = [step for step in steps if isinstance(step, TaskStep)]
    work += [undo for step in steps if (undo := workflow.graph.undo(step.id)) is not None]
    return {each.task: each.signature for each in work if each.signature is not None}


def _texts() -> dict[str, str]:
    return {file.document.workflow.name: file.text for file in project.files()}
