"""When a run will be done, as a page says it; the script says it alike (``frontend/src/model/run.ts``)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from flowengine.representations import Json
from flowengine.web.words import say


def outlook(view: Json, now: datetime, clock: Callable[[str], str]) -> str:
    """Between which instants it will end, or how long such runs usually take.

    Empty where neither is known, and where it takes longer than usual: then nobody knows.

    Args:
        view: the run's.
        now: with a zone.
        clock: tells an instant to the minute, in the reader's zone.
    """
    if "usual_ms" not in view:
        return ""
    least, most = view["usual_ms"]
    begun = datetime.fromisoformat(view["started_at"] or view["created_at"])
    if now > begun + timedelta(milliseconds=most):
        return ""
    if "eta" in view:
        soonest, latest = (clock(at) for at in view["eta"])
        if soonest == latest or now > datetime.fromisoformat(view["eta"][0]):
            return say("eta.by", time=latest)
        return say("eta.between", **{"from": soonest, "to": latest})
    shortest, longest = lasting(least / 1000), lasting(most / 1000)
    if shortest == longest:
        return say("eta.about", time=longest)
    return say("eta.usually", **{"from": shortest, "to": longest})


def lasting(seconds: float) -> str:
    """A time in human units."""
    if seconds < 0.05:
        return "<0.1 s"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{round(minutes / 60)} h"
