"""What a run may use up, and what it may publish, from the settings and the registered types."""

from __future__ import annotations

from typing import Any

from flowengine import event_types
from flowengine.conf import settings
from flowengine.engine.draft import Limits


def limits() -> Limits:
    """The limits in force."""
    return Limits(
        crashes_max=settings().CRASHES_MAX,
        payload_max_bytes=settings().STEP_DATA_MAX_BYTES,
        event_max_bytes=settings().EVENT_DATA_MAX_BYTES,
        outputs_max_bytes=settings().RUN_DATA_MAX_BYTES,
        misfit=_misfit,
    )


def _misfit(event_type: str, given: Any) -> str:
    """What is wrong with the data of an event of that type; types that nobody registered take any."""
    return "; ".join(
        f"{path} {problem}" for path, problem in event_types.problems(event_type, given)
    )
