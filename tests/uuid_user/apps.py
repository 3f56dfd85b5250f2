"""The users as Django sees them."""

from __future__ import annotations

from django.apps import AppConfig


class UuidUserConfig(AppConfig):
    """Users of another kind than Django's own."""

    name = "tests.uuid_user"
    label = "uuid_user"
