"""Django system checks: what is wrong with settings, workflow files and declarations, before work starts.

====== ==========================================================================================
id     what is wrong
====== ==========================================================================================
E001   the setting ``FLOWENGINE``
E002   a workflow file, or a task it names
W003   a workflow file, in a way that keeps nothing from running
E004   the database alias, or its kind
W005   SQLite without ``BEGIN IMMEDIATE``: writers would fail instead of waiting
E006   an ``@emits`` model in another database than the events
W007   a file in a workflows folder that is not read because of its name
E008   a folder of ``WORKFLOW_DIRS`` that is not there
E009   ``BROKER_URL``
W010   ``ALLOWED_HOSTS`` has ``*``: any page could open a socket in its visitor's name
W011   (``--deploy``) a broker reached as ``guest``, or without TLS on another host
E012   ``USE_TZ = False``: instants that are read back would have lost what they mean
W013   ``LOGIN_URL`` leads nowhere: who is not logged in finds no way to approvals and starts
====== ==========================================================================================
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, router
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, Resolver404, get_script_prefix, resolve, reverse

from flowengine import project
from flowengine.conf import Settings, settings
from flowengine.definitions.findings import is_warning
from flowengine.definitions.patterns import is_type
from flowengine.errors import SettingsError
from flowengine.orchestration import sources

TAG = "flowengine"
UNKNOWN_EVENTS = ("store", "dead")
KEEP_LOGS = ("failed", "all")

Check = Callable[[Settings], Iterator[CheckMessage]]
Told = Callable[..., list[CheckMessage]]
"""As Django calls it; :mod:`flowengine.apps` tells Django of all of them."""


def _with_settings(check: Check) -> Told:
    """Run *check* with the settings; where they cannot be read, E001 says so and that is enough."""

    @wraps(check)
    def run(app_configs: Any = None, **_kwargs: Any) -> list[CheckMessage]:  # noqa: ARG001
        try:
            given = settings()
        except SettingsError:
            return []
        return list(check(given))

    del run.__wrapped__  # Django asks for the signature it will call
    return run


def check_settings(app_configs: Any = None, **_kwargs: Any) -> list[CheckMessage]:  # noqa: ARG001
    """E001: the setting cannot be read, or a value is none of those allowed."""
    try:
        given = settings()
    except SettingsError as error:
        return [Error(error.message, id="flowengine.E001")]
    return list(_not_allowed(given))


def _not_allowed(given: Settings) -> Iterator[CheckMessage]:
    if given.UNKNOWN_EVENTS not in UNKNOWN_EVENTS:
        yield Error(
            f"FLOWENGINE['UNKNOWN_EVENTS'] is {given.UNKNOWN_EVENTS!r}",
            hint="It is 'store' or 'dead'.",
            id="flowengine.E001",
        )
    if given.KEEP_LOGS not in KEEP_LOGS:
        yield Error(
            f"FLOWENGINE['KEEP_LOGS'] is {given.KEEP_LOGS!r}",
            hint="It is 'failed' or 'all'.",
            id="flowengine.E001",
        )
    for name in given.WEBHOOKS:
        if not is_type(f"webhook.{name}"):
            yield Error(
                f"FLOWENGINE['WEBHOOKS'] names {name!r}, which cannot be part of an event type",
                hint="Write letters, digits, '_', '-' and dots between them.",
                id="flowengine.E001",
            )


@_with_settings
def check_workflows(given: Settings) -> Iterator[CheckMessage]:
    """E002, W003, W007, E008: the workflow files, and where they are looked for."""
    for named in given.WORKFLOW_DIRS:
        if not Path(named).is_dir():
            yield Error(
                f"FLOWENGINE['WORKFLOW_DIRS'] names {named!r}, which is no folder",
                id="flowengine.E008",
            )
    for problem in project.problems():
        place = f"{problem.file}:{problem.line}:{problem.column}"
        text, hint = f"{place}: {problem.code} {problem.message}", problem.hint or None
        if is_warning(problem):
            yield Warning(text, hint=hint, id="flowengine.W003")
        else:
            yield Error(text, hint=hint, id="flowengine.E002")
    for folder in project.folders():
        for path in sorted(folder.glob("*.yml")):
            yield Warning(
                f"{path} is not read: workflow files end in .yaml",
                hint=f"Rename it to {path.with_suffix('.yaml').name}.",
                id="flowengine.W007",
            )


@_with_settings
def check_database(given: Settings) -> Iterator[CheckMessage]:
    """E004, W005: the database that holds flowengine's tables."""
    if given.DATABASE not in connections:
        yield Error(
            f"FLOWENGINE['DATABASE'] is {given.DATABASE!r}, which is not in DATABASES",
            hint=f"Known: {', '.join(sorted(connections))}.",
            id="flowengine.E004",
        )
        return
    connection = connections[given.DATABASE]
    if connection.vendor not in {"postgresql", "sqlite"}:
        yield Error(
            f"flowengine keeps its tables in PostgreSQL or SQLite, not in {connection.vendor}",
            id="flowengine.E004",
        )
    if connection.vendor == "sqlite":
        mode = connection.settings_dict.get("OPTIONS", {}).get("transaction_mode")
        if str(mode).upper() not in {"IMMEDIATE", "EXCLUSIVE"}:
            yield Warning(
                f"the SQLite database {given.DATABASE!r} begins its transactions without a lock:"
                " two writers end in 'database is locked' instead of waiting for each other",
                hint="Set OPTIONS = {'transaction_mode': 'IMMEDIATE', 'timeout': 5, 'init_command':"
                " 'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;'}.",
                id="flowengine.W005",
            )


@_with_settings
def check_time_zones(_given: Settings) -> Iterator[CheckMessage]:
    """E012: every instant here is aware; Django gives back naive ones without ``USE_TZ``."""
    if not django_settings.USE_TZ:
        yield Error(
            "flowengine needs USE_TZ = True: it works with instants, not with local times",
            hint="Set USE_TZ = True; templates still show the times of TIME_ZONE.",
            id="flowengine.E012",
        )


@_with_settings
def check_sources(given: Settings) -> Iterator[CheckMessage]:
    """E006: a row and its event commit together only in one database."""
    for source in sources.declared():
        if isinstance(source.model, str):
            continue
        alias = router.db_for_write(source.model)
        if alias != given.DATABASE:
            yield Error(
                f"@emits('{source.type}'): {source.model.__name__} is written to {alias!r}, events"
                f" to {given.DATABASE!r}: they could not commit together",
                hint=f"Set FLOWENGINE['DATABASE'] to {alias!r}, or emit from one place by hand.",
                obj=source.model,
                id="flowengine.E006",
            )


@_with_settings
def check_broker(given: Settings) -> Iterator[CheckMessage]:
    """E009: the broker's URL names no transport."""
    if "://" not in given.BROKER_URL:
        yield Error(
            "FLOWENGINE['BROKER_URL'] is no URL",
            hint="Write inproc://, amqp://user:password@host/vhost, or any kombu URL.",
            id="flowengine.E009",
        )


@_with_settings
def check_hosts(_given: Settings) -> Iterator[CheckMessage]:
    """W010: the socket's Origin check compares with ALLOWED_HOSTS."""
    if "*" in django_settings.ALLOWED_HOSTS:
        yield Warning(
            "ALLOWED_HOSTS has '*': a page of any site may open flowengine's socket with its"
            " visitor's session",
            hint="Name the hosts.",
            id="flowengine.W010",
        )


def check_login(app_configs: Any = None, **_kwargs: Any) -> list[CheckMessage]:  # noqa: ARG001
    """W013: flowengine's pages send who is not logged in to ``LOGIN_URL``."""
    try:
        reverse("flowengine:approvals")
    except (NoReverseMatch, ImproperlyConfigured):
        return []  # they are not included, or there are no URLs at all
    if has_login():
        return []
    return [
        Warning(
            f"LOGIN_URL is {str(django_settings.LOGIN_URL)!r}, and there is no such page: flowengine's"
            " pages send there who is not logged in",
            hint="Set LOGIN_URL = 'admin:login', or include django.contrib.auth.urls as 'accounts/'.",
            id="flowengine.W013",
        )
    ]


def has_login() -> bool:
    """``LOGIN_URL`` leads to a page of this project, or to another site."""
    try:
        url = urlsplit(resolve_url(django_settings.LOGIN_URL))
    except NoReverseMatch:
        return False
    path = "/" + url.path.removeprefix(get_script_prefix())
    return bool(url.netloc) or _is_page(path) or _is_page(f"{path}/")


def _is_page(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


@_with_settings
def check_broker_safety(given: Settings) -> Iterator[CheckMessage]:
    """W011: credentials that everybody knows, or that everybody on the way may read."""
    url = urlsplit(given.BROKER_URL)
    if url.scheme in {"amqp", "amqps"} and (url.username or "guest") == "guest":
        yield Warning("the broker is reached as 'guest'", id="flowengine.W011")
    if url.scheme in {"amqp", "redis"} and not _is_loopback(url):
        yield Warning(
            f"the broker at {url.hostname} is reached without TLS",
            hint=f"Use {url.scheme}s://.",
            id="flowengine.W011",
        )


def _is_loopback(url: SplitResult) -> bool:
    host = url.hostname or "localhost"
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


ALWAYS: tuple[Told, ...] = (
    check_settings,
    check_workflows,
    check_database,
    check_time_zones,
    check_sources,
    check_broker,
    check_hosts,
)
OF_URLS: tuple[Told, ...] = (check_login,)
"""Not with the others: a worker asks for those, and needs no URLs."""
AT_DEPLOYMENT: tuple[Told, ...] = (check_broker_safety,)
