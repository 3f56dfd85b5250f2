"""All models at once, for mypy's Django plugin; no test installs them all."""

from __future__ import annotations

from tests.settings import *  # noqa: F403 - the same, and two apps more
from tests.settings import INSTALLED_APPS as TESTED_APPS

INSTALLED_APPS = [*TESTED_APPS, "flowengine.demo", "tests.uuid_user"]
