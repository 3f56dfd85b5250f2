"""Telling publishers what became of their envelopes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from flowengine.broker.base import Outcome
from flowengine.broker.envelope import Envelope

logger = logging.getLogger("flowengine.broker")

OnOutcome = Callable[[Envelope, Outcome], None]


def answer(on_outcome: OnOutcome, envelopes: Iterable[Envelope], outcome: Outcome) -> None:
    """Tell it for each; a callback that raises is logged and harms no other envelope."""
    for envelope in envelopes:
        try:
            on_outcome(envelope, outcome)
        except Exception:  # the caller's bug
            logger.exception("the callback for envelope %r failed", envelope.id)


def refuse_unsendable(on_outcome: OnOutcome, envelope: Envelope) -> bool:
    """Refuse what no broker could take; True where that was done."""
    if envelope.is_sendable:
        return False
    size = len(envelope.body)
    logger.error("envelope %r is beyond the wire's limits: %d bytes", envelope.id[:80], size)
    answer(on_outcome, [envelope], Outcome.REFUSED)
    return True
