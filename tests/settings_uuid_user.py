"""The test project of a house whose users are known by UUIDs and e-mail addresses."""

from __future__ import annotations

from tests.settings import *  # noqa: F403 - the same, with another user
from tests.settings import INSTALLED_APPS as PLAIN_APPS

INSTALLED_APPS = ["tests.uuid_user", *PLAIN_APPS]
AUTH_USER_MODEL = "uuid_user.Person"
