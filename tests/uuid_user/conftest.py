"""These tests need settings of their own: ``pytest --ds=tests.settings_uuid_user tests/uuid_user``."""

from __future__ import annotations

from django.conf import settings

from tests.live.conftest import browse  # noqa: F401 - a fixture

if settings.AUTH_USER_MODEL != "uuid_user.Person":
    collect_ignore = ["test_uuid_user.py"]
