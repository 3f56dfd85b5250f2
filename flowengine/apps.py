"""flowengine as Django sees it."""

from __future__ import annotations

from django.apps import AppConfig


class FlowengineConfig(AppConfig):
    """The app; at start it finds the project's tasks and connects what listens."""

    name = "flowengine"
    label = "flowengine"
    verbose_name = "flowengine"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Find tasks, register checks, connect listeners.

        The imports stand here because they need the models, which Django loads before this.
        """
        from flowengine import checks  # noqa: F401, PLC0415 - registers itself
        from flowengine.live import hints  # noqa: F401, PLC0415 - connects itself
        from flowengine.tasks.registry import autodiscover  # noqa: PLC0415

        autodiscover()
