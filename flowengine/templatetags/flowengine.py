"""``{% load flowengine %}``: a run in a page, true at first paint, live from then on.

``{% flow_assets %}`` goes once into the page's head; ``{% flow_progress run %}`` wherever a run is to
be seen. Without JavaScript the page shows how the run stood when it was made, and says as of when.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django import template
from django.template.context import Context
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from flowengine.access import is_known, view_run
from flowengine.engine.states import FINAL_RUN_STATES, RunState, StepState
from flowengine.models import RunRecord
from flowengine.representations import Json, ended, instant, pending, snapshot
from flowengine.store import progress
from flowengine.store.clock import system_now

register = template.Library()

LONG_LINE = 6
"""A line of more stations stands upright."""

RUN_WORDS = {
    "pending": gettext_lazy("Expected"),
    "running": gettext_lazy("Running"),
    "waiting": gettext_lazy("Waiting"),
    "cancelling": gettext_lazy("Stopping"),
    "succeeded": gettext_lazy("Done"),
    "failed": gettext_lazy("Failed"),
    "cancelled": gettext_lazy("Cancelled"),
    "ended": gettext_lazy("Nothing to do"),
}
STEP_WORDS = {
    "pending": gettext_lazy("to come"),
    "ready": gettext_lazy("next"),
    "running": gettext_lazy("running"),
    "retrying": gettext_lazy("trying again"),
    "succeeded": gettext_lazy("done"),
    "skipped": gettext_lazy("skipped"),
    "failed": gettext_lazy("failed"),
    "cancelled": gettext_lazy("cancelled"),
    "not_reached": gettext_lazy("not reached"),
}
_CHECK, _CROSS, _SLASH = "M5.5 12.5l4.3 4.3L18.5 8", "M7 7l10 10M17 7L7 17", "M6.5 17.5l11-11"
_ARC, _DASH, _DOTS = "M12 5a7 7 0 1 1-7 7", "M8 12h8", "M7 12h.01M12 12h.01M17 12h.01"
STEP_GLYPHS = {
    "pending": "M12 12h.01",
    "ready": _DOTS,
    "running": _ARC,
    "retrying": "M18.5 12a6.5 6.5 0 1 1-1.9-4.6M18.5 4v4h-4",
    "succeeded": _CHECK,
    "skipped": "M7 6.5l6 5.5-6 5.5M17 6.5v11",
    "failed": _CROSS,
    "cancelled": _SLASH,
    "not_reached": _DASH,
}
"""The path of each state's sign, a stroked drawing of 24 by 24; the browser's are the same."""
RUN_GLYPHS = {
    "pending": _DOTS,
    "running": _ARC,
    "waiting": "M12 4.5a7.5 7.5 0 1 1 0 15a7.5 7.5 0 0 1 0-15M12 8v4.2l2.8 1.8",
    "cancelling": _SLASH,
    "succeeded": _CHECK,
    "failed": _CROSS,
    "cancelled": _SLASH,
    "ended": _DASH,
}


@register.simple_tag(takes_context=True)
def flow_assets(context: Context) -> SafeString:
    """The style sheet and the script, with the nonce of the page's policy where it has one."""
    nonce = context.get("csp_nonce")
    if nonce is None:
        nonce = getattr(context.get("request"), "csp_nonce", None)
    # A nonce that is lazy is false until it is read: ask for its text, not whether it is there.
    attribute = "" if nonce is None else format_html(' nonce="{}"', str(nonce))
    return format_html(
        '<link rel="stylesheet" href="{}"{}>\n<script type="module" src="{}"{}></script>',
        static("flowengine/flowengine.css"),
        attribute,
        static("flowengine/flowengine.js"),
        attribute,
    )


@register.inclusion_tag("flowengine/progress.html", takes_context=True)
def flow_progress(
    context: Context, run: Any, label: str = "", *, compact: bool = False
) -> dict[str, Any]:
    """One run, as the page's user may see it.

    Args:
        context: the page's; its ``request`` says who looks.
        run: the run's id (as ``emit()`` gives it in ``run_ids``), or its record.
        label: stands in place of the run's own title.
        compact: a small one, for lists of many.

    Nothing is shown to who is not logged in or may not see the run; a run that is not there yet is
    shown as expected, and appears by itself.
    """
    request = context.get("request")
    user = getattr(request, "user", None) or context.get("user")
    run_id = _id_of(run)
    if run_id is None or not is_known(user):
        return {"frame": None}
    frame = _frame(run_id, user)
    if frame is None:
        return {"frame": None}
    return {
        "frame": frame,
        "run_id": str(run_id),
        "label": label,
        "is_compact": compact,
        "as_of": system_now(),
        "as_of_text": instant(system_now()),
        "socket": _url("flowengine:socket"),
        "poll": _url("flowengine:run-json", run_id),
        **_shown(frame, label),
    }


def _id_of(run: Any) -> UUID | None:
    """The id of what the template gave; None for nothing (a name that has no value there)."""
    if isinstance(run, RunRecord):
        return run.id
    if isinstance(run, UUID) or not run:
        return run or None
    return UUID(str(run))


def _frame(run_id: UUID, user: Any) -> Json | None:
    """What the socket would say first; None where nothing may be shown."""
    run = progress.runs([run_id]).get(run_id)
    if run is not None:
        if not view_run(user, run):
            return None
        return snapshot(run_id, progress.position(run), progress.views([run])[run_id])
    gone = progress.ended([run_id]).get(run_id)
    if gone is not None and view_run(user, gone[0]):
        return ended(run_id, gone[1])
    return pending(run_id)


def _url(name: str, *arguments: Any) -> str:
    """The URL, or nothing where ``flowengine.urls`` is not included: then the script's default."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""


def _shown(frame: Json, label: str) -> dict[str, Any]:
    """The values of the template, for each kind of frame."""
    if frame["t"] == "snap":
        return _run(frame["s"], label)
    is_pending = frame["t"] == "pending"
    state = "pending" if is_pending else "ended"
    headline = _("Waiting for this to begin.") if is_pending else frame["message"]
    return {
        "title": label,
        "state": state,
        "word": RUN_WORDS[state],
        "glyph": RUN_GLYPHS[state],
        "headline": headline,
        "percent": None,
        "steps": [],
    }


def _run(view: Json, label: str) -> dict[str, Any]:
    at = place_of(view["steps"])
    is_over = view["state"] in FINAL_RUN_STATES
    return {
        "title": label or view["title"],
        "state": view["state"],
        "word": RUN_WORDS[view["state"]],
        "glyph": RUN_GLYPHS[view["state"]],
        "headline": _headline(view, at),
        "percent": view["percent"],
        "place": _place(view, at),
        "is_long": len(view["steps"]) > LONG_LINE,
        "steps": [
            {
                **step,
                "word": STEP_WORDS[step["state"]],
                "glyph": STEP_GLYPHS[step["state"]],
                "is_current": index == at and not is_over,
                "note": _note(step),
            }
            for index, step in enumerate(view["steps"])
        ],
    }


def place_of(steps: list[Mapping[str, Any]]) -> int:
    """Where the piece is: the step at work, else the first that is not over; the last at the end."""
    active = {
        *(StepState.RUNNING, StepState.RETRYING, StepState.READY),
        *(StepState.FAILED, StepState.CANCELLED),
    }
    at_work = [index for index, step in enumerate(steps) if step["state"] in active]
    to_come = [index for index, step in enumerate(steps) if step["state"] == StepState.PENDING]
    return next(iter([*at_work[-1:], *to_come[:1]]), len(steps) - 1)


def _headline(view: Json, at: int) -> str:
    match view["state"]:
        case RunState.SUCCEEDED:
            return _("All done.")
        case RunState.FAILED:
            return str(view["message"])
        case RunState.CANCELLED:
            return _("This was cancelled.")
        case RunState.CANCELLING:
            return _("Being stopped.")
        case _:
            return view["steps"][at]["title"] if view["steps"] else _("Under way.")


def _place(view: Json, at: int) -> str:
    """Which step of how many, and what it says of itself; how long it took, once it is done."""
    if view["state"] == RunState.SUCCEEDED:
        took = _duration(view["started_at"], view["finished_at"])
        return took and _("Took %(time)s") % {"time": took}
    if not view["steps"]:
        return ""
    place = _("Step %(at)d of %(count)d") % {"at": at + 1, "count": len(view["steps"])}
    step = view["steps"][at]
    return f"{place} · {step['note']}" if step["note"] and step["state"] == "running" else place


def _note(step: Json) -> str:
    """The small line below a step; when it is tried again is told by the script, in local time."""
    if step["state"] == StepState.SUCCEEDED:
        return _duration(step["started_at"], step["finished_at"])
    return str(step["note"]) if step["state"] == StepState.RUNNING else ""


def _duration(start: str | None, end: str | None) -> str:
    """The time between two instants in human units; empty where one is not known."""
    if start is None or end is None:
        return ""
    between = datetime.fromisoformat(end) - datetime.fromisoformat(start)
    seconds = max(0.0, between.total_seconds())
    if seconds < 0.05:
        return "<0.1 s"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{round(minutes / 60)} h"
