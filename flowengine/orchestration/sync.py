"""``flow sync``: the project's workflow files become the definitions that take new runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from flowengine import project
from flowengine.definitions.catalog import Catalog
from flowengine.errors import DefinitionError, Problem
from flowengine.store import definitions, sql

WARNINGS = frozenset({"FE231", "FE232"})
"""The codes of problems that keep nothing from running."""


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
    """Make *catalog* what new runs are started from, in one transaction. May be called at any time.

    Definitions are kept for ever by their digest; a workflow that somebody disabled stays disabled.

    Args:
        catalog: bound workflows, as :func:`flowengine.project.catalog` gives them.
        now: the database's clock.
        sources: the text of each workflow's file by name. None = the project's own files.
        keep: names that are not removed although they are not in *catalog*.
    """
    texts = sources if sources is not None else _texts()
    present = {name: workflow.digest for name, workflow in catalog.workflows.items()}
    with sql.writing():
        before = definitions.synchronised()
        definitions.put(
            [
                definitions.Definition(
                    digest=workflow.digest,
                    workflow=name,
                    path=workflow.path,
                    source=texts[name],
                    signatures={
                        step.task: step.signature
                        for step in workflow.steps
                        if step.signature is not None
                    },
                )
                for name, workflow in catalog.workflows.items()
            ],
            now,
        )
        definitions.activate(
            {name: digest for name, digest in present.items() if before.get(name) != digest}, now
        )
        removed = sorted(before.keys() - present.keys() - set(keep))
        definitions.retire(removed)
    return Synchronised(
        added=tuple(sorted(present.keys() - before.keys())),
        changed=tuple(sorted(n for n in present.keys() & before if present[n] != before[n])),
        unchanged=tuple(sorted(n for n in present.keys() & before if present[n] == before[n])),
        removed=tuple(removed),
    )


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
    return tuple(problem for problem in problems if problem.code not in WARNINGS)


def _texts() -> dict[str, str]:
    return {file.document.workflow.name: file.text for file in project.files()}
