"""The demo shop as a Django app."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Orders, stock, payment and shipping."""

    name = "flowengine.demo"
    label = "demo"
    verbose_name = "Demo shop"
    default_auto_field = "django.db.models.BigAutoField"
