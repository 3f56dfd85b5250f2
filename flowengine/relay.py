"""The relay: own events that are due go to the broker, again and again until it has confirmed.

Two short transactions around the publishing, never one across it: the first holds the rows back from
other relays until the confirms must have come; the second writes down what became of each. Between
them nothing is locked, because the router may have the message before the relay has the confirm, and
must find the row free. A relay that dies in between leaves rows that are due again by themselves.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Sequence
from datetime import timedelta
from threading import Condition
from uuid import UUID

from flowengine.broker.base import Broker, Outcome
from flowengine.broker.envelope import Envelope, event_envelope
from flowengine.conf import settings
from flowengine.engine.event import Event
from flowengine.orchestration.faults import Fault, no_fault
from flowengine.store import events, sql
from flowengine.store.clock import Clock

logger = logging.getLogger("flowengine.relay")

PAGE = 500
CONFIRM_WAIT_S = 10.0
"""How long the broker may take to confirm a page."""
HELD_MARGIN_S = 2.0
"""Between the end of that wait and the row being due again, to write the outcome down."""
BACKOFF_S = 1.0
CLOCK_SLACK_S = 0.05
"""An event emitted while the clock was read counts as due: it must not wait for the next poll."""


class Relay:
    """One relay; as many as one likes may run. Not to be shared by threads."""

    def __init__(
        self,
        broker: Broker,
        clock: Clock,
        fault: Fault = no_fault,
        *,
        confirm_wait_s: float = CONFIRM_WAIT_S,
    ) -> None:
        self._broker = broker
        self._clock = clock
        self._fault = fault
        self._confirm_wait_s = confirm_wait_s

    def run_once(self) -> int:
        """Publish a page of what is due; the number confirmed. 0 = nothing more to do now.

        With the broker away it does nothing: the router finds the rows.

        Raises:
            django.db.Error: the database is away. What was published and not marked will be
                published again; routing knows it by its id.
        """
        if not self._broker.is_open:
            return 0
        due, source = self._claim()
        if not due:
            return 0
        outcomes = self._publish([event_envelope(event, source=source) for event in due])
        self._fault("relay.published")
        confirmed = [event.id for event in due if outcomes.get(event.id) is Outcome.CONFIRMED]
        self._mark(due, confirmed)
        self._fault("relay.marked")
        return len(confirmed)

    def _claim(self) -> tuple[list[Event], str]:
        now = self._clock.now()
        held_s = self._confirm_wait_s + HELD_MARGIN_S
        with sql.writing():
            due = events.claim_pending(
                now + timedelta(seconds=CLOCK_SLACK_S),
                now + timedelta(seconds=held_s),
                limit=PAGE,
            )
            return due, events.own_source() if due else ""

    def _publish(self, envelopes: Sequence[Envelope]) -> dict[UUID, Outcome]:
        """What became of each, as far as it is known when the wait is over."""
        answers = _Answers(len(envelopes))
        self._broker.publish(envelopes, answers.take)
        return answers.wait(self._confirm_wait_s)

    def _mark(self, due: Sequence[Event], confirmed: Sequence[UUID]) -> None:
        now = self._clock.now()
        taken = set(confirmed)
        refused = [event.id for event in due if event.id not in taken]
        with sql.writing():
            events.mark_published(confirmed, now + timedelta(seconds=settings().OVERDUE_S))
            jitter = 0.5 + random.random()  # noqa: S311 - only to part two relays
            events.postpone(refused, now + timedelta(seconds=BACKOFF_S * jitter))
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
