"""By which keys an event is found by those who wait for it; and those that it lacks. ADR 0017.

An event gets its keys when it is routed, by the paths that some definition waits by at that moment. A new
definition may wait by other paths, and its runs may look back to events that were routed before: to those
that came after an event which starts a run only now, at the end of a burst or of a backlog. So a
definition is stored first: from then on, events get keys by its paths. Then the events that are younger
than the oldest that may still start a run get them. Only then does the definition take new runs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from flowengine.definitions.patterns import matches
from flowengine.engine.event import Event
from flowengine.engine.rules.waits import as_text, value_at
from flowengine.store import backlog, event_keys, keys, sql
from flowengine.store.definitions import Subscription

PAGE = 500
"""Events that get their keys in one transaction."""
COMMIT_MAX = timedelta(minutes=5)
"""How long the transaction may take that writes an event: its row is older than its commit."""


def keys_of(event: Event, awaited: Iterable[Subscription]) -> frozenset[UUID]:
    """By which the event can be found by those who wait."""
    paths = {each.path for each in awaited if matches(each.pattern, event.type)}
    values = ((path, as_text(value_at(event.data, path))) for path in paths)
    return frozenset(event_keys.key_of(path, text) for path, text in values if text is not None)


def catch_up(awaited: Collection[Subscription], now: datetime) -> None:
    """Give the events that new runs may look back to their keys by what is *awaited* since now.

    To be called when that is committed. In transactions of its own, one for each page of events; may be
    repeated.
    """
    if not awaited:
        return
    oldest = (each for each in (backlog.oldest_open(), keys.oldest_burst()) if each is not None)
    since = min(oldest, default=now) - COMMIT_MAX
    types = [
        name
        for name in backlog.types_since(since)
        if any(matches(each.pattern, name) for each in awaited)
    ]
    after: backlog.Position | None = (since, UUID(int=0)) if types else None
    while after is not None:
        page, after = backlog.page(types, after=after, limit=PAGE)
        with sql.writing():
            event_keys.insert(
                ((key, event.id) for event in page for key in keys_of(event, awaited)), now
            )
