"""After a decision taken outside a worker: who works, and who watches, is told.

A web process and a command hold no connection to the broker. What became ready is made due now, and the workers,
who look for due rows every second, take it; hints to pages go out as from anywhere else.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db import transaction

from flowengine.broker.envelope import parse_hint
from flowengine.conf import settings
from flowengine.orchestration.commit import Committed
from flowengine.signals import run_changed
from flowengine.store import due_steps
from flowengine.store.wake import wake_after_commit


def tell(committed: Committed, now: datetime) -> None:
    """Say what changed, once the open transaction, if there is one, has committed."""
    hints = [parse_hint(envelope.body) for envelope in committed.envelopes]
    due_steps.make_due([(hint.run_id, hint.step, hint.item, hint.attempt) for hint in hints], now)
    alias = settings().DATABASE
    if committed.heads:
        told = partial(run_changed.send_robust, sender=None, heads=committed.heads)
        transaction.on_commit(told, using=alias, robust=True)
    wake_after_commit(alias)
