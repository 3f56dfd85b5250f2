"""The sign of each state: the path of a stroked drawing of 24 by 24; the browser's are the same."""

from __future__ import annotations

_CHECK, _CROSS, _SLASH = "M5.5 12.5l4.3 4.3L18.5 8", "M7 7l10 10M17 7L7 17", "M6.5 17.5l11-11"
_ARC, _DASH, _DOTS = "M12 5a7 7 0 1 1-7 7", "M8 12h8", "M7 12h.01M12 12h.01M17 12h.01"
_CLOCK = "M12 4.5a7.5 7.5 0 1 1 0 15a7.5 7.5 0 0 1 0-15M12 8v4.2l2.8 1.8"
_BACK = "M9.5 6L5.5 10l4 4M6 10h7.5a4.5 4.5 0 0 1 0 9H11"
_ROUND = "M4.5 15.5c2-9 13-9 15 0M16 13l3.5 2.8L21 12"
_PAUSE = "M9 7v10M15 7v10"

STEP_GLYPHS = {
    "pending": "M12 12h.01",
    "ready": _DOTS,
    "running": _ARC,
    "waiting": _CLOCK,
    "retrying": "M18.5 12a6.5 6.5 0 1 1-1.9-4.6M18.5 4v4h-4",
    "rescuing": _ROUND,
    "succeeded": _CHECK,
    "rescued": _CHECK,
    "skipped": "M7 6.5l6 5.5-6 5.5M17 6.5v11",
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
