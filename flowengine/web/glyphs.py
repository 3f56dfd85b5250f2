"""The sign of each state: the path of a stroked drawing of 24 by 24; the browser's are the same."""

from __future__ import annotations

_CHECK, _CROSS, _SLASH = "M5 12l5 5 9-9", "M7 7l10 10M17 7L7 17", "M7 17L17 7"
_ARC, _DASH, _DOTS = "M12 5a7 7 0 1 1-7 7", "M8 12h8", "M7 12h.01M12 12h.01M17 12h.01"
_CLOCK = "M12 5a7 7 0 1 1-1 0M12 8v4l3 2"
_BACK = "M9 6l-4 4 4 4M5 10h9a4 4 0 0 1 0 9h-3"
_ROUND = "M5 15c2-9 12-9 14 0M16 13l3 3 2-4"
_PAUSE = "M9 7v10M15 7v10"

STEP_GLYPHS = {
    "pending": "M12 12h.01",
    "ready": _DOTS,
    "running": _ARC,
    "waiting": _CLOCK,
    "retrying": "M19 12a7 7 0 1 1-2-5M19 4v4h-4",
    "rescuing": _ROUND,
    "succeeded": _CHECK,
    "rescued": _CHECK,
    "skipped": "M7 7l6 5-6 5M17 7v10",
    "failed": _CROSS,
    "cancelled": _SLASH,
    "not_reached": _DASH,
    "undoing": _BACK,
    "undone": _BACK,
    "undo_failed": _CROSS,
}
RUN_GLYPHS = {
    "pending": _DOTS,
    "queued": _DOTS,
    "running": _ARC,
    "waiting": _CLOCK,
    "held": _PAUSE,
    "cancelling": _SLASH,
    "compensating": _BACK,
    "succeeded": _CHECK,
    "failed": _CROSS,
    "cancelled": _SLASH,
    "expired": _CLOCK,
    "ended": _DASH,
}
