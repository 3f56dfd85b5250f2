"""Logging with the ids of what is being worked at.

Put the filter on the handlers whose records should say which attempt they belong to::

    LOGGING = {
        "filters": {"flowengine": {"()": "flowengine.telemetry.logs.ContextFilter"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["flowengine"], …}},
    }

Records of any logger then have ``run``, ``step``, ``attempt`` and ``event``, as those of
``ctx.logger`` and of flowengine itself have by themselves.
"""

from __future__ import annotations

import logging
from typing import Any

from flowengine.tasks.attempt import current

_OUTSIDE: dict[str, Any] = {"run": "", "step": "", "attempt": 0, "event": ""}


class ContextFilter(logging.Filter):
    """Adds the ids of the current attempt to each record, empty ones outside; lets all pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        """True; what the record says already stays."""
        attempt = current()
        fields = _OUTSIDE if attempt is None else attempt.log_fields
        for name, value in fields.items():
            if not hasattr(record, name):
                setattr(record, name, value)
        return True
