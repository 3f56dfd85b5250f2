"""What a synchronisation means: what new runs will do otherwise, and who goes on as before."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from flowengine.conf import settings
from flowengine.definitions.changes import Change, changes
from flowengine.definitions.parse import read
from flowengine.errors import DefinitionError
from flowengine.models import DefinitionRecord
from flowengine.store import definitions, open_runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """Open runs of a version that takes no new ones."""

    workflow: str
    digest: str
    count: int


def differences(
    before: Mapping[str, str], after: Mapping[str, str]
) -> dict[str, tuple[Change, ...]]:
    """By workflow, what changed in meaning from the digests of *before* to those of *after*.

    Only workflows that are in both with different digests. One of which the older text cannot be read
    by this version has no changes to tell.
    """
    changed = {
        name: (before[name], after[name])
        for name in sorted(before.keys() & after.keys())
        if before[name] != after[name]
    }
    wanted = [digest for pair in changed.values() for digest in pair]
    rows = DefinitionRecord.objects.using(settings().DATABASE).filter(digest__in=wanted)
    texts = {row.digest: (row.source, row.path) for row in rows}
    found: dict[str, tuple[Change, ...]] = {}
    for name, (old, new) in changed.items():
        try:
            documents = [read(texts[digest][0], path=texts[digest][1]) for digest in (old, new)]
        except (DefinitionError, KeyError):
            found[name] = ()
        else:
            found[name] = changes(*documents)
    return found


def behind(present: Collection[str]) -> list[Behind]:
    """Open runs of definitions whose digests are not among *present*, by workflow; counted by SQL."""
    counts = {d: n for d, n in open_runs.by_digest().items() if d not in present}
    rows = DefinitionRecord.objects.using(settings().DATABASE).filter(digest__in=counts)
    return [
        Behind(workflow=name, digest=digest, count=counts[digest])
        for name, digest in sorted(rows.values_list("workflow", "digest"))
    ]


def digests() -> dict[str, str]:
    """The digest that each workflow takes new runs by, by name."""
    return definitions.synchronised()
