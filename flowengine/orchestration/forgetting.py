"""Forgetting what nobody can ask for any more, so that tables end with the work they are for.

Events, runs and their history are kept; what is deleted is what finds them: the keys by which a wait looks
back, and the patterns of definitions that are out of use. Whoever might still need one keeps it: an open
run looks back to the event that began it, and an event that is not routed yet may begin a run.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from flowengine.orchestration import notify
from flowengine.store import backlog, forgetting, keys, sql

KEYS_KEPT = timedelta(days=30)
"""Keys are kept for so long at least: a failed run that is resumed looks back, too."""
UNUSED_KEPT = timedelta(days=1)
"""A subscription out of use is kept for so long: a run may be about to begin, or a definition to return."""


def run_once(now: datetime, *, limit: int) -> bool:
    """Delete a page of keys, and the subscriptions; True while there may be more."""
    since = (forgetting.looked_back_to(), backlog.oldest_open(), keys.oldest_burst())
    before = min([now - KEYS_KEPT, *(each for each in since if each is not None)])
    with sql.writing():
        deleted = forgetting.forget_keys(before, limit=limit)
    with sql.writing():
        forgetting.forget_subscriptions(now, before=now - UNUSED_KEPT)
    return max(deleted, notify.forget(now, limit=limit)) >= limit
