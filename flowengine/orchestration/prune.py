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
from flowengine.store.prune import Mark, Page

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


class Pass:
    """One look at all that is old enough, page by page; what is held is passed by until the next one."""

    def __init__(self, now: datetime, *, limit: int = PAGE) -> None:
        """A pass that has not begun.

        Args:
            now: the database's clock; what grows old during the pass is left for the next.
            limit: rows of a page.
        """
        self._now = now
        self._limit = limit
        self._ages = _ages(now)
        self._marks: dict[str, Mark] = dict.fromkeys(self._ages, prune.START)

    @property
    def is_over(self) -> bool:
        """All was looked at."""
        return not self._marks

    def page(self) -> Pruned:
        """Delete the next page, in one transaction; also the last one of what ends with less.

        Raises:
            django.db.Error: the database is away; the page may be asked for again.
        """
        done = Pruned()
        for name in list(self._marks):
            with sql.writing():
                page = self._deletion(name)(self._ages[name], self._marks[name])
            done += Pruned(**{name: page.deleted})
            if page.after is not None:
                self._marks[name] = page.after
                break
            del self._marks[name]
        return done

    def _deletion(self, name: str) -> Callable[[datetime, Mark], Page]:
        delete: Callable[..., Page] = getattr(prune, name)
        given = {"now": self._now} if name == "dead_letters" else {}
        return partial(delete, limit=self._limit, **given)


def run(
    now: datetime, *, limit: int = PAGE, told: Callable[[Pruned], None] | None = None
) -> Pruned:
    """Delete all that is old enough, page by page; *told* hears after each how much it was in all."""
    done, going = Pruned(), Pass(now, limit=limit)
    while not going.is_over:
        done += going.page()
        if told is not None:
            told(done)
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


def _ages(now: datetime) -> dict[str, datetime]:
    """By name: what is older may go, runs before the events they keep; what stays for ever has no name."""
    given = settings()
    runs, events = given.RETENTION_RUNS_DAYS, given.RETENTION_EVENTS_DAYS
    dead = given.RETENTION_DEAD_DAYS
    # What was done as an edited copy is known by the replay: for as long as the first could be done again.
    known = None if None in (runs, events, dead) else max(runs or 0, events or 0, dead or 0)
    days = {
        "runs": runs,
        "events": events,
        **dict.fromkeys(("dead_letters", "dead_groups"), dead),
        # What was chosen stays as long as the last replay of it.
        **dict.fromkeys(("replays", "selections"), known),
    }
    ages = {name: now - timedelta(days=each) for name, each in days.items() if each is not None}
    if "events" in ages:
        # Open runs look back to what came since they began, and a burst holds its last event.
        since = (forgetting.looked_back_to(), backlog.oldest_open(), keys.oldest_burst())
        ages["events"] = min([ages["events"], *(each for each in since if each is not None)])
    return ages
