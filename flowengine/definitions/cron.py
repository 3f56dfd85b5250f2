"""What a schedule may say: five fields of cron, and a time zone that is known."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

LENGTH_MAX = 100
_ZONE = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*", re.ASCII)
_ANY_DAY = datetime(2024, 1, 1, tzinfo=UTC)


def is_cron(text: str) -> bool:
    """*text* is five fields of cron that some day will fulfil."""
    if len(text) > LENGTH_MAX or not text.isascii() or len(text.split()) != 5:
        return False
    try:
        return next(CronSim(text, _ANY_DAY), None) is not None
    except CronSimError:
        return False


def cron_in_words(text: str) -> str:
    """Five fields of cron in English: ``At 09:00 on Monday through Friday``."""
    return CronSim(text, _ANY_DAY).explain()


def is_timezone(text: str) -> bool:
    """*text* is the key of a time zone, as ``Europe/Berlin``."""
    if len(text) > LENGTH_MAX or not _ZONE.fullmatch(text):
        return False
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
