"""The one place where the engine's words become the wire's."""

from __future__ import annotations

from flowengine.broker.base import Delivery
from flowengine.broker.envelope import Envelope, Hint, hint_envelope
from flowengine.engine.commands import Dispatch
from flowengine.engine.run import Run

WIRE_PRIORITIES = (0, 4, 9)
"""Of low, normal and high: brokers with two classes part them between 4 and 5."""


def priority_of(delivery: Delivery) -> int:
    """The run's priority, 0 to 2, that a hint has come with."""
    return sum(delivery.priority >= each for each in WIRE_PRIORITIES[1:])


def hint(run: Run, command: Dispatch) -> Envelope:
    """The envelope that tells a station of a ready step."""
    return hint_envelope(
        Hint(run_id=run.id, step=command.step, item=command.item, attempt=command.attempt),
        station=command.station,
        priority=WIRE_PRIORITIES[run.priority],
    )
