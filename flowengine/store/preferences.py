"""How users want to hear of what they have not seen."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import time

from flowengine.store import sql, tables

_COLUMNS = ("email", "digest", "quiet_from", "quiet_to", "timezone", "language", "push")
_READ = f"""
SELECT user_key, {", ".join(_COLUMNS)} FROM flowengine_notification_preference
WHERE user_key = ANY(%(users)s::text[])"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """One user's; these are the defaults."""

    email: bool = True
    digest: str = "immediate"
    """``immediate``, ``hourly`` or ``daily``."""
    quiet_from: time | None = None
    """By the clock of *timezone*, nothing is sent from here to *quiet_to*; both or neither."""
    quiet_to: time | None = None
    timezone: str = ""
    """Empty = the project's."""
    language: str = ""
    """Empty = the project's."""
    push: bool = True


def of(users: Collection[str]) -> dict[str, Preference]:
    """What each of these users prefers; all of them are there."""
    found = {
        row[0]: Preference(
            email=bool(row[1]),
            digest=row[2],
            quiet_from=_time(row[3]),
            quiet_to=_time(row[4]),
            timezone=row[5],
            language=row[6],
            push=bool(row[7]),
        )
        for row in sql.query(_READ, {"users": sorted(users)})
    }
    return {user: found.get(user, Preference()) for user in users}


def save(user: str, wanted: Preference) -> None:
    """Keep what that user prefers."""
    values = (
        *(wanted.email, wanted.digest, _stored(wanted.quiet_from), _stored(wanted.quiet_to)),
        *(wanted.timezone, wanted.language, wanted.push),
    )
    with sql.writing():
        sql.insert(
            tables.PREFERENCE, ("user_key", *_COLUMNS), [(user, *values)], over=("user_key",)
        )


def _stored(value: time | None) -> str:
    return "" if value is None else value.isoformat("minutes")


def _time(text: str) -> time | None:
    return time.fromisoformat(text) if text else None
