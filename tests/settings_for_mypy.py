"""All models at once, for mypy's Django plugin; tests do not install the demo."""

from __future__ import annotations

from tests.settings import *  # noqa: F403 - the same, and one app more
from tests.settings import INSTALLED_APPS as TESTED_APPS

INSTALLED_APPS = [*TESTED_APPS, "flowengine.demo"]
