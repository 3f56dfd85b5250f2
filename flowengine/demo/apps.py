"""The demo shop as a Django app."""

import msgspec
from django.apps import AppConfig

from flowengine.event_types import register_event


class OrderPlaced(msgspec.Struct):
    """What an ``order.placed`` says."""

    order_id: int
    amount_cents: int


class DemoConfig(AppConfig):
    """Orders, stock, payment and shipping."""

    name = "flowengine.demo"
    label = "demo"
    verbose_name = "Demo shop"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The apps are loaded: say what events look like here."""
        register_event("order.placed", OrderPlaced)
