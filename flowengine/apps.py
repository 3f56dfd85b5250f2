"""flowengine as Django sees it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Tags, register


class FlowengineConfig(AppConfig):
    """The app; at start it finds the project's tasks and connects what listens."""

    name = "flowengine"
    label = "flowengine"
    verbose_name = "flowengine"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Find tasks, register checks, connect listeners.

        The imports stand here because they need the models, which Django loads before this. What the
        checks need is imported when somebody checks: no process that serves requests does.
        """
        register(_checks("ALWAYS"), self.label)
        register(_checks("OF_URLS"), Tags.urls)
        register(_checks("AT_DEPLOYMENT"), self.label, deploy=True)
        from flowengine.live import hints  # noqa: F401, PLC0415 - connects itself
        from flowengine.tasks.registry import autodiscover  # noqa: PLC0415

        autodiscover()


@cache  # the apps may be loaded again, and Django tells checks apart by the function
def _checks(kind: str) -> Callable[..., list[CheckMessage]]:
    """All checks of that kind as one."""

    def run(app_configs: Any = None, **given: Any) -> list[CheckMessage]:
        checks = import_module("flowengine.checks")
        return [found for check in getattr(checks, kind) for found in check(app_configs, **given)]

    return run
