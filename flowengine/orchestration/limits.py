"""What a run may use up, from the settings."""

from flowengine.conf import settings
from flowengine.engine.draft import Limits


def limits() -> Limits:
    """The limits in force."""
    return Limits(
        crashes_max=settings().CRASHES_MAX, payload_max_bytes=settings().STEP_DATA_MAX_BYTES
    )
