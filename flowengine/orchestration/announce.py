"""Saying after the commit what changed: hints to the stations, heads to who watches."""

from __future__ import annotations

from collections.abc import Callable

from django.dispatch import Signal

from flowengine import signals
from flowengine.broker.base import Broker, Outcome
from flowengine.broker.envelope import Envelope
from flowengine.orchestration.commit import Committed

announced = Signal()
"""``committed``: what a commit of this process has left, all of it; for its own books."""


def unheard(_envelope: Envelope, _outcome: Outcome) -> None:
    """A hint that did not get through needs nothing: its row becomes overdue by itself."""


def announce(
    committed: Committed,
    broker: Broker,
    on_outcome: Callable[[Envelope, Outcome], None] = unheard,
) -> None:
    """Publish and signal; called outside any transaction. All of it may be lost."""
    announced.send_robust(sender=None, committed=committed)
    if committed.envelopes:
        broker.publish(committed.envelopes, on_outcome)
    if committed.heads:
        signals.run_changed.send_robust(sender=None, heads=committed.heads)
    for event_id, name in committed.emitted:
        signals.event_emitted.send_robust(sender=None, event_id=event_id, type=name)
    if committed.replays:
        signals.replay_changed.send_robust(sender=None, ids=committed.replays)
    if committed.buried:
        signals.dead_lettered.send_robust(sender=None, ids=committed.buried)
