"""The one place where the engine's words become the wire's."""

from __future__ import annotations

from uuid import UUID

from flowengine.broker.envelope import Envelope, Hint, hint_envelope
from flowengine.engine.commands import Dispatch


def hint(run_id: UUID, command: Dispatch) -> Envelope:
    """The envelope that tells a station of a ready step."""
    return hint_envelope(
        Hint(run_id=run_id, step=command.step, item=command.item, attempt=command.attempt),
        station=command.station,
    )
