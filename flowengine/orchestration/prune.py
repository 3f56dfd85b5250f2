"""Retention: what is over is kept for a while, and then deleted, in pages of one transaction each.

Open dead letters never vanish, nor do the runs and events they need, nor the audit. Keys that keep the
same thing from being done twice have windows of their own, which this does not touch; that of an event's
id is as long as the event is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import partial

from flowengine.conf import settings
from flowengine.store import backlog, forgetting, keys, prune, sql

PAGE = 500
"""Rows whose deletion is one transaction; a run goes with all its steps."""
COUNTED_MAX = 100_000
"""Where more would be deleted, nobody counts on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """How much was deleted, or would be."""

    runs: int = 0
    events: int = 0
    dead_letters: int = 0
    dead_groups: int = 0
    selections: int = 0
    """With the rows of what they name."""
    replays: int = 0
    """With those of their items."""

    @property
    def total(self) -> int:
        """All of it."""
        return sum(getattr(self, field.name) for field in fields(self))

    def __add__(self, other: Pruned) -> Pruned:
        names = [field.name for field in fields(self)]
        return Pruned(**{name: getattr(self, name) + getattr(other, name) for name in names})


def run_once(now: datetime, *, limit: int = PAGE) -> Pruned:
    """Delete one page of each; each is a transaction of its own."""
    return Pruned(**{name: _in_one(delete) for name, delete in _deletions(now, limit).items()})


def run(
    now: datetime, *, limit: int = PAGE, told: Callable[[Pruned], None] | None = None
) -> Pruned:
    """Delete all that is old enough, page by page; *told* hears after each how much it was in all."""
    done = Pruned()
    while True:
        page = run_once(now, limit=limit)
        done += page
        if told is not None:
            told(done)
        if not page.total:
            return done


def expected(now: datetime) -> Pruned:
    """How much would be deleted now, at most ``COUNTED_MAX`` of each; changes nothing.

    Of selections and replays it counts these alone, and causes are not counted.
    """
    found: dict[str, int] = {}
    for name, before in _ages(now).items():
        if name != "dead_groups":
            found[name] = prune.count(name, before, limit=COUNTED_MAX)
    return Pruned(**found)


def _in_one(delete: Callable[[], int]) -> int:
    with sql.writing():
        return delete()


def _deletions(now: datetime, limit: int) -> dict[str, Callable[[], int]]:
    """What is to be done, by name; runs before the events they keep."""
    functions: dict[str, Callable[..., int]] = {
        "runs": prune.runs,
        "events": prune.events,
        "dead_letters": partial(prune.dead_letters, now=now),
        "dead_groups": prune.dead_groups,
        "selections": prune.selections,
        "replays": prune.replays,
    }
    return {
        name: partial(functions[name], before=before, limit=limit)
        for name, before in _ages(now).items()
    }


def _ages(now: datetime) -> dict[str, datetime]:
    """By name: what is older may go; what is kept for ever has no name."""
    given = settings()
    days = {
        "runs": given.RETENTION_RUNS_DAYS,
        "events": given.RETENTION_EVENTS_DAYS,
        **dict.fromkeys(
            ("dead_letters", "dead_groups", "selections", "replays"), given.RETENTION_DEAD_DAYS
        ),
    }
    ages = {name: now - timedelta(days=each) for name, each in days.items() if each is not None}
    if "events" in ages:
        # Open runs look back to what came since they began, and a burst holds its last event.
        since = (forgetting.looked_back_to(), backlog.oldest_open(), keys.oldest_burst())
        ages["events"] = min([ages["events"], *(each for each in since if each is not None)])
    return ages
