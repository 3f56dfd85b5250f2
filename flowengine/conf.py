"""The ``FLOWENGINE`` setting: one frozen dataclass, read lazily, a docstring per field."""

from __future__ import annotations

import dataclasses
import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.core.signals import setting_changed

from flowengine.errors import SettingsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One sender of the setting ``WEBHOOKS``."""

    SECRETS: tuple[str, ...] = field(repr=False)
    """What it may sign with, at least one; several while an old secret gives way to a new one."""
    SIGNATURE_HEADER: str
    """The header with the signature."""
    KEY_HEADER: str | None = None
    """The header with the id of a delivery, the same when it is sent again."""
    KEY_FIELD: str | None = None
    """The field of the body with that id, instead. With neither, each delivery is a new event."""
    SUBJECT_HEADER: str | None = None
    """The header that becomes the event's ``subject``; None = it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """One station of the setting ``STATIONS``."""

    HAND_TO_HAND: bool = True
    """A worker that has ended a step may go on with the next one itself, where this station serves it
    and there is a free place: no message is sent."""
    BREAKER: bool = True
    """Close the station by itself when what it is given fails for one cause."""
    BREAKER_FAILURES: int = 20
    """So many failures of one cause within a minute close it, in one worker process, where they are at
    least half of all that ended."""


MASKED_NAMES = (
    *("password", "passwd", "passphrase", "pwd", "secret", "token", "authorization", "cookie"),
    *("credential", "api_key", "access_key", "private_key", "session_key"),
    *("card", "iban", "cvv", "cvc", "pin", "ssn"),
)
"""What is masked where a project says nothing: ``(*MASKED_NAMES, "tax_id")`` adds to it."""


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
    REPLAY_PROTECTED: tuple[str, ...] = ("owner", "tenant", "actor")
    """Names of members that no edit of a payload may change, wherever they stand in it."""
    REPLAY_FOUR_EYES: bool = False
    """Who proposes a replay with edits does not let it begin: another user approves it. Nobody who is
    named resumes a single run with edits."""
    MASKED_NAMES: tuple[str, ...] = MASKED_NAMES
    """Names under which values of payloads are shown to nobody, as ``••••••``: ``card_number`` is
    ``cardNumber`` and ``number`` within ``card``, too. What is stored stays whole. Empty = all is shown."""
    KEEP_LOGS: str = "failed"
    """Of which attempts the last lines are kept that their tasks have logged, 4,000 characters of each:
    ``failed``, with the failure; or ``all``, those that are at work and those that succeeded too, for as
    long as the run is kept."""
    VERSION: str | None = None
    """The version of the project, kept with what fails; None = the environment variable
    ``FLOWENGINE_VERSION``, or none."""
    RETENTION_RUNS_DAYS: float | None = 90.0
    """Final runs, with all they left, are deleted after so many days; None = never."""
    RETENTION_EVENTS_DAYS: float | None = 90.0
    """Routed events that no run came of, or whose runs are deleted, are deleted after so many days."""
    RETENTION_DEAD_DAYS: float | None = 90.0
    """Dead letters are deleted so many days after they were closed; open ones never are."""
    RETENTION_INBOX_DAYS: float | None = 90.0
    """Notifications are deleted after so many days, read or not; None = never."""
    INBOX_KINDS: tuple[str, ...] = (
        *("succeeded", "failed", "held", "cancelled", "expired"),
        *("approval", "message"),
    )
    """What users are told in their inboxes: ends of runs, approvals that ask them, and what tasks say
    with ``ctx.notify``."""
    INBOX_MAIL_AFTER_S: float | None = None
    """What has not been seen after this time is sent by e-mail, as the user prefers; None = never."""
    INBOX_PUSH_AFTER_S: float = 10.0
    """What has not been seen after this time is pushed to the user's browsers, where ``PUSH_KEY`` is
    set."""
    PUSH_KEY: str | None = field(default=None, repr=False)
    """The private VAPID key, base64url or the path of a PEM file; None = nothing is pushed."""
    PUSH_CONTACT: str | None = None
    """Whom a push service may write to, ``mailto:…`` or ``https://…``; needed beside ``PUSH_KEY``."""
    SITE_URL: str | None = None
    """Where the project is reached, ``https://shop.example``: links in e-mails begin with it."""
    STATIONS: Mapping[str, Station] = field(default_factory=dict)
    """Stations that are not as all are, by name: a mapping with ``HAND_TO_HAND``, which False turns
    off."""
    CHANNEL_LAYER: str = "default"
    """The alias in ``CHANNEL_LAYERS`` that carries hints; without one, hints stay in the process."""
    WEBHOOKS: Mapping[str, Webhook] = field(default_factory=dict)
    """Who may post to ``webhooks/<name>/``, by name: a mapping with ``SECRETS``, ``SIGNATURE_HEADER``
    and, where wanted, ``KEY_HEADER`` or ``KEY_FIELD``, and ``SUBJECT_HEADER``."""


@cache
def settings() -> Settings:
    """The settings in force.

    Raises:
        SettingsError: an unknown name or a value of the wrong type, with the nearest valid name.
    """
    from django.conf import settings as django_settings  # noqa: PLC0415 - read late, on purpose

    return parse(getattr(django_settings, "FLOWENGINE", {}))


def project_version() -> str:
    """The version of the project that runs in this process; empty = it does not say one."""
    given = settings().VERSION
    return os.environ.get("FLOWENGINE_VERSION", "") if given is None else given


def parse(given: Any) -> Settings:
    """Settings from the mapping a project wrote."""
    if not isinstance(given, Mapping):
        raise SettingsError(f"FLOWENGINE is a mapping of settings, not a {type(given).__name__}")
    values = _values(Settings, "FLOWENGINE", given)
    webhooks = values.pop("WEBHOOKS", {})
    stations = values.pop("STATIONS", {})
    return Settings(
        **values,
        WEBHOOKS={name: _webhook(name, each) for name, each in webhooks.items()},
        STATIONS={name: _station(name, each) for name, each in stations.items()},
    )


def _station(name: Any, given: Any) -> Station:
    place = f"FLOWENGINE['STATIONS'][{name!r}]"
    if not isinstance(name, str) or not isinstance(given, Mapping):
        raise SettingsError(f"{place} must be a name, and a mapping of settings")
    return Station(**_values(Station, place, given))


def _webhook(name: Any, given: Any) -> Webhook:
    place = f"FLOWENGINE['WEBHOOKS'][{name!r}]"
    if not isinstance(name, str) or not isinstance(given, Mapping):
        raise SettingsError(f"{place} must be a name, and a mapping of settings")
    values = _values(Webhook, place, given)
    secrets = values.get("SECRETS", ())
    if not secrets or not all(isinstance(each, str) and each for each in secrets):
        # With an empty secret anybody could sign.
        raise SettingsError(
            f"{place} needs SECRETS: a list of one text or more, none of them empty"
        )
    if not values.get("SIGNATURE_HEADER"):
        raise SettingsError(f"{place} needs SIGNATURE_HEADER: the header with the signature")
    if values.get("KEY_HEADER") and values.get("KEY_FIELD"):
        raise SettingsError(f"{place} has both KEY_HEADER and KEY_FIELD; a delivery has one id")
    return Webhook(**values)


def _values(
    kind: type[Settings | Webhook | Station], place: str, given: Mapping[Any, Any]
) -> dict[str, Any]:
    """The values of the fields of *kind*, their names and types checked."""
    known = {item.name: item for item in dataclasses.fields(kind)}
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known:
            near = difflib.get_close_matches(str(name).upper(), known, n=1)
            way = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
            raise SettingsError(f"{place} has no setting {name!r}; {way}")
        values[name] = _checked(f"{place}[{name!r}]", value, str(known[name].type))
    return values


_SECRET_ENDS = ("['SECRETS']", "['WEBHOOKS']")
"""The places whose values no message may show."""

_TYPES: dict[str, type | tuple[type, ...]] = {
    "str": str,
    "bool": bool,
    "int": int,
    "float": (int, float),
    "tuple": tuple,
    "Mapping": Mapping,
}
"""What the settings' declared types accept."""


def _checked(place: str, value: Any, declared: str) -> Any:
    if declared.startswith("tuple") and isinstance(value, list):
        value = tuple(value)
    expected = _TYPES[declared.split("[", maxsplit=1)[0].split(" |", maxsplit=1)[0]]
    if value is None and "None" in declared:
        return None
    if not isinstance(value, expected) or (isinstance(value, bool) and declared != "bool"):
        is_secret = place.endswith(_SECRET_ENDS)
        shown = f"a {type(value).__name__}" if is_secret else repr(value)
        raise SettingsError(f"{place} is {shown}; it must be a {declared}")
    if isinstance(value, int | float) and not isinstance(value, bool) and value <= 0:
        raise SettingsError(f"{place} is {value!r}; it must be above 0")
    return value


def _forget(*, setting: str, **_kwargs: Any) -> None:
    if setting == "FLOWENGINE":
        settings.cache_clear()


setting_changed.connect(_forget)
