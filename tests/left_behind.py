"""What the tests of a file leave behind for those that come after them in the same process.

Files are spread over processes, and no order is promised: a test that meets what another file has
left passes or fails by chance. So the file that leaves something fails, whatever comes after.
"""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from weakref import ReferenceType

from django.conf import settings as django_settings
from django.core.checks.registry import registry as checks
from django.db import connections
from django.dispatch import Signal
from django.urls import get_script_prefix
from django.utils import timezone, translation

from flowengine import conf

_HOLDERS_OF_SIGNALS = (
    "django.contrib.auth.signals",
    "django.core.signals",
    "django.db.backends.signals",
    "django.db.models.signals",
    "django.test.signals",
    "flowengine.signals",
)
_REGISTRIES = (
    ("flowengine.event_types", "_types"),
    ("flowengine.orchestration.sources", "_by_model"),
    ("flowengine.orchestration.sources", "_sources"),
    ("flowengine.tasks.registry", "_tasks"),
)
"""What a project declares once, while it starts."""
_UNIX_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
_OF_PYTEST = {"PYTEST_CURRENT_TEST"}


def state() -> dict[str, Any]:
    """All that is to be the same after a file as before it, by name; values are compared by ``==``."""
    root = logging.getLogger()
    return {
        **{f"receivers of {name}": found for name, found in _receivers()},
        **{f"{module}.{name}": _declared(module, name) for module, name in _REGISTRIES},
        "checks": (set(checks.registered_checks), set(checks.deployment_checks)),
        "settings": id(vars(django_settings)["_wrapped"]),
        "the settings that flowengine remembers": _remembered(),
        "databases": sorted(connections.databases),
        "environment": {k: v for k, v in os.environ.items() if k not in _OF_PYTEST},
        "working directory": Path.cwd(),
        "script prefix": get_script_prefix(),
        "language and time zone": (
            translation.get_language(),
            timezone.get_current_timezone_name(),
        ),
        "what is logged": (root.manager.disable, root.level, logging.getLogger("flowengine").level),
        "handlers of signals": [signal.getsignal(number) for number in _UNIX_SIGNALS],
    }


def changed(before: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What is another than it was: by name, then and now."""
    now = state()
    return {name: (then, now[name]) for name, then in before.items() if now[name] != then}


def _receivers() -> Iterator[tuple[str, set[Any]]]:
    """Of each signal: who of a test would be called. What a module connects as it is imported stays."""
    for module in _HOLDERS_OF_SIGNALS:
        for name, each in vars(import_module(module)).items():
            if isinstance(each, Signal):
                entries = [(entry[0], entry[1]) for entry in each.receivers]
                yield (
                    f"{module}.{name}",
                    {key for key, receiver in entries if _is_passing(receiver)},
                )


def _is_passing(receiver: Any) -> bool:
    """Whether it lives, and was made inside a function or by a test."""
    found = receiver() if isinstance(receiver, ReferenceType) else receiver
    name = getattr(found, "__qualname__", "")
    module = getattr(found, "__module__", "") or ""
    return found is not None and ("<locals>" in name or module.startswith("tests."))


def _declared(module: str, name: str) -> Any:
    held = getattr(import_module(module), name)
    return dict(held) if isinstance(held, dict) else list(held)


def _remembered() -> bool:
    """Whether they are those in force: a setting that is changed without a word leaves old ones."""
    if not conf.settings.cache_info().currsize:
        return True
    return conf.settings() == conf.parse(getattr(django_settings, "FLOWENGINE", {}))
