"""A list of runs, as a watcher is shown it: one line for each, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flowengine.representations.rows import Json

RUNS_MAX = 50
"""Runs in one list."""

_KEPT = (
    *("id", "workflow", "title", "state", "percent", "note"),
    *("created_at", "started_at", "finished_at"),
)


def summary(view: Json) -> Json:
    """The line of the run of *view*: who it is, how far, and what its step at work says."""
    return {key: view[key] for key in _KEPT}


def row(line: Json) -> Json:
    """The entry that puts *line* into a list, or in place of what was there of the same id."""
    return {"t": "row", **line}


def differences(before: Mapping[str, Json], after: Sequence[Json]) -> list[Json]:
    """The entries that make the list *before* (by id) the list *after*."""
    kept = {line["id"] for line in after}
    gone = [{"t": "gone", "id": name} for name in before if name not in kept]
    return [*gone, *(row(line) for line in after if before.get(line["id"]) != line)]
