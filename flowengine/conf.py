"""The ``FLOWENGINE`` setting: one frozen dataclass, read lazily, a docstring per field."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.core.signals import setting_changed

from flowengine.errors import SettingsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings, with their defaults."""

    BROKER_URL: str = "inproc://"
    """``inproc://`` (one process), ``amqp://`` or ``amqps://`` (RabbitMQ), or any kombu URL."""
    DATABASE: str = "default"
    """The alias of the database that holds flowengine's tables."""
    LISTEN: bool = True
    """PostgreSQL only: be woken by NOTIFY. Needs a direct connection; False behind pgbouncer in
    transaction mode (then the relay polls)."""
    SOURCE: str | None = None
    """The CloudEvents source of own events; None = an id made once per database."""
    TRUSTED_SOURCES: tuple[str, ...] = ()
    """Foreign sources whose ``actor`` is believed."""
    UNKNOWN_EVENTS: str = "store"
    """``store`` events of unregistered types, or ``dead``: keep them as dead letters (FE302)."""
    EVENT_DATA_MAX_BYTES: int = 256 * 1024
    """The largest ``data`` of an event, encoded."""
    STEP_DATA_MAX_BYTES: int = 256 * 1024
    """The largest input or output of a step, encoded."""
    RUN_DATA_MAX_BYTES: int = 4 * 1024 * 1024
    """All outputs of a run's steps together, encoded."""
    CONFIG: Mapping[str, Any] = field(default_factory=dict)
    """What expressions see as ``config``; not for secrets."""
    WORKFLOW_DIRS: tuple[str, ...] = ()
    """Folders with workflow files, besides ``workflows/`` of each installed app."""
    LEASE_S: float = 30.0
    """How long a worker process counts as alive without renewing."""
    OVERDUE_S: float = 10.0
    """How long a published row may stay untaken before it is claimed directly."""
    POLL_S: float = 1.0
    """How often the loops look at the database when nothing wakes them."""
    FENCE_S: float = 10.0
    """From the end of a task's time to its fence: the time it has to notice."""
    GRACE_S: float = 25.0
    """From SIGTERM to giving back what still runs."""
    CRASHES_MAX: int = 3
    """Begun attempts of one step that may be lost with their worker before it fails."""
    RECYCLE_AFTER_S: float | None = None
    """A worker process ends itself, drained, after this time; None = never."""
    RECYCLE_RSS_BYTES: int | None = None
    """The same when its memory grows beyond this; None = never."""
    HEARTBEAT_S: float = 5.0
    """How often a browser's socket is told the heads of what it watches."""
    PUBLISH_RUN_EVENTS: bool = False
    """Publish ``flowengine.run.succeeded`` and its like of every run, not only where an active
    workflow listens to them."""
    CAN_VIEW_RUN: str = "flowengine.access.may_watch"
    """Dotted path of the predicate ``(user, run) -> bool`` that says who may watch a run."""
    CHANNEL_LAYER: str = "default"
    """The alias in ``CHANNEL_LAYERS`` that carries hints; without one, hints stay in the process."""


@cache
def settings() -> Settings:
    """The settings in force.

    Raises:
        SettingsError: an unknown name or a value of the wrong type, with the nearest valid name.
    """
    from django.conf import settings as django_settings  # noqa: PLC0415 - read late, on purpose

    return parse(getattr(django_settings, "FLOWENGINE", {}))


def parse(given: Any) -> Settings:
    """Settings from the mapping a project wrote."""
    if not isinstance(given, Mapping):
        raise SettingsError(f"FLOWENGINE is a mapping of settings, not a {type(given).__name__}")
    known = {item.name: item for item in dataclasses.fields(Settings)}
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known:
            near = difflib.get_close_matches(str(name).upper(), known, n=1)
            way = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
            raise SettingsError(f"FLOWENGINE has no setting {name!r}; {way}")
        values[name] = _checked(name, value, str(known[name].type))
    return Settings(**values)


_TYPES: dict[str, type | tuple[type, ...]] = {
    "str": str,
    "bool": bool,
    "int": int,
    "float": (int, float),
    "tuple": tuple,
    "Mapping": Mapping,
}
"""What the settings' declared types accept."""


def _checked(name: str, value: Any, declared: str) -> Any:
    if declared.startswith("tuple") and isinstance(value, list):
        value = tuple(value)
    expected = _TYPES[declared.split("[", maxsplit=1)[0].split(" |", maxsplit=1)[0]]
    if value is None and "None" in declared:
        return None
    if not isinstance(value, expected) or (isinstance(value, bool) and declared != "bool"):
        raise SettingsError(f"FLOWENGINE[{name!r}] is {value!r}; it must be a {declared}")
    if isinstance(value, int | float) and not isinstance(value, bool) and value <= 0:
        raise SettingsError(f"FLOWENGINE[{name!r}] is {value!r}; it must be above 0")
    return value


def _forget(*, setting: str, **_kwargs: Any) -> None:
    if setting == "FLOWENGINE":
        settings.cache_clear()


setting_changed.connect(_forget)
