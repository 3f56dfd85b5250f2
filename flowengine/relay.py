"""The relay: own events that are due go to the broker, again and again until it has confirmed.

Two short statements around the publishing, never a transaction across it: the first holds the rows back
from other relays until the confirms must have come; the second writes down what became of each. Between
them nothing is locked, because the router may have the message before the relay has the confirm, and
must find the row free. A relay that dies in between leaves rows that are due again by themselves.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from threading import Condition
from uuid import UUID

from flowengine.broker.base import Broker, Outcome
from flowengine.broker.envelope import Envelope, event_envelope
from flowengine.conf import settings
from flowengine.engine.event import Event
from flowengine.orchestration.faults import Fault, no_fault
from flowengine.store import due_events, events
from flowengine.store.clock import Clock

logger = logging.getLogger("flowengine.relay")

PAGE = 500
CONFIRM_WAIT_S = 10.0
"""How long the broker may take to confirm a page."""
HELD_MARGIN_S = 2.0
"""Between the end of that wait and the row being due again, to write the outcome down."""
HANDED_OVER_MAX = 32
"""A larger page is left to the broker, which shares it among the routers."""
UNSENT_EVERY_S = 5.0
"""Between two looks for events that were routed, and never confirmed."""
BACKOFF_S = 1.0
CLOCK_SLACK_S = 0.05
"""An event emitted while the clock was read counts as due: it must not wait for the next poll."""


def to_nobody(_event_ids: Sequence[UUID]) -> bool:
    """No router is here: all wait for their messages."""
    return False


class Relay:
    """One relay; as many as one likes may run. Not to be shared by threads."""

    def __init__(
        self,
        broker: Broker,
        clock: Clock,
        fault: Fault = no_fault,
        *,
        confirm_wait_s: float = CONFIRM_WAIT_S,
        hand_over: Callable[[Sequence[UUID]], bool] = to_nobody,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """A relay that has published nothing yet.

        Args:
            broker: takes the events.
            clock: the database's.
            fault: see :mod:`flowengine.orchestration.faults`.
            confirm_wait_s: how long the broker may take to confirm a page.
            hand_over: gives a few events that are being published to the router beside it, so that
                they need not wait for their messages; True = it takes them.
            monotonic: seconds that only grow.
        """
        self._broker = broker
        self._clock = clock
        self._fault = fault
        self._confirm_wait_s = confirm_wait_s
        self._hand_over = hand_over
        self._monotonic = monotonic
        self._looked_at = float("-inf")
        self._source: str | None = None

    def run_once(self) -> int:
        """Publish a page of what is due; the number confirmed. 0 = nothing more to do now.

        With the broker away it does nothing: the router finds the rows.

        Raises:
            django.db.Error: the database is away. What was published and not marked will be
                published again; routing knows it by its id.
        """
        if not self._broker.is_open:
            return 0
        now = self._clock.now()
        until = now + timedelta(seconds=self._confirm_wait_s + HELD_MARGIN_S)
        due = due_events.claim_pending(now + timedelta(seconds=CLOCK_SLACK_S), until, limit=PAGE)
        count = self._publish(due, is_new=True) if due else 0
        at = self._monotonic()
        if at - self._looked_at >= UNSENT_EVERY_S:
            self._looked_at = at
            unsent = due_events.claim_unsent(now, until, limit=PAGE)
            count += self._publish(unsent, is_new=False) if unsent else 0
        return count

    def _publish(self, due: Sequence[Event], *, is_new: bool) -> int:
        """Publish what was claimed, and write down what became of it; the number confirmed."""
        # First to the router, which people wait for: it asks the database while this is published.
        is_handed_over = (
            is_new and len(due) <= HANDED_OVER_MAX and self._hand_over([event.id for event in due])
        )
        source = self._own_source()
        envelopes = [event_envelope(event, source=source) for event in due]
        answers = _Answers(len(envelopes))
        self._broker.publish(envelopes, answers.take)
        outcomes = answers.wait(self._confirm_wait_s)
        self._fault("relay.published")
        confirmed = [event.id for event in due if outcomes.get(event.id) is Outcome.CONFIRMED]
        self._mark(due, confirmed, may_be_routed=is_handed_over or not is_new)
        self._fault("relay.marked")
        return len(confirmed)

    def _own_source(self) -> str:
        """Asked for once: it never changes."""
        if self._source is None:
            self._source = events.own_source()
        return self._source

    def _mark(
        self, due: Sequence[Event], confirmed: Sequence[UUID], *, may_be_routed: bool
    ) -> None:
        now = self._clock.now()
        taken = set(confirmed)
        refused = [event.id for event in due if event.id not in taken]
        mark = due_events.mark_sent if may_be_routed else due_events.mark_published
        mark(confirmed, now + timedelta(seconds=settings().OVERDUE_S))
        jitter = 0.5 + random.random()  # noqa: S311 - only to part two relays
        due_events.postpone(refused, now + timedelta(seconds=BACKOFF_S * jitter))
        if refused:
            logger.warning(
                "the broker did not take %d of %d events; trying again", len(refused), len(due)
            )


class _Answers:
    """Collects outcomes from the broker's thread."""

    def __init__(self, expected: int) -> None:
        self._expected = expected
        self._condition = Condition()
        self._outcomes: dict[UUID, Outcome] = {}

    def take(self, envelope: Envelope, outcome: Outcome) -> None:
        """Called once per envelope, on any thread."""
        with self._condition:
            self._outcomes[UUID(envelope.id)] = outcome
            if len(self._outcomes) == self._expected:
                self._condition.notify_all()

    def wait(self, timeout_s: float) -> dict[UUID, Outcome]:
        """The outcomes once all are there, or those that are when the time is over."""
        until = time.monotonic() + timeout_s
        with self._condition:
            while len(self._outcomes) < self._expected:
                left_s = until - time.monotonic()
                if left_s <= 0:
                    break
                self._condition.wait(left_s)
            return dict(self._outcomes)
