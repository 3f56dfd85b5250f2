"""The shop as Django sees it."""

from __future__ import annotations

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """The test shop."""

    name = "tests.project"
    label = "project"
    default_auto_field = "django.db.models.BigAutoField"
