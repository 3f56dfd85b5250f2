"""What people do to runs: cancel."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flowengine.engine.messages import Cancel
from flowengine.orchestration.advance import Advanced, tell


def cancel(run_id: UUID, *, by: str = "", reason: str = "", now: datetime) -> Advanced:
    """End the run early: what waits ends at once, an attempt that runs is told and awaited.

    Cancelling a final run is stale: nothing changes. The caller has checked the permission.
    """
    return tell({run_id: Cancel(by=by, reason=reason)}, now)
