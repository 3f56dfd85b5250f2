"""What the shop sells."""

from __future__ import annotations

from django.db import models


class Order(models.Model):
    """An order, moved along by workflows."""

    class State(models.TextChoices):
        """How far an order has come."""

        PLACED = "placed"
        RESERVED = "reserved"
        PAID = "paid"
        SHIPPED = "shipped"
        CANCELLED = "cancelled"

    customer = models.CharField(max_length=100)
    total_cents = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=20, choices=State.choices, default=State.PLACED)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"order {self.pk} of {self.customer}: {self.state}"


class Mark(models.Model):
    """One execution of a task, as the outside world would have seen it."""

    run_id = models.UUIDField(db_index=True)
    step = models.CharField(max_length=100)
    attempt = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.run_id} {self.step} {self.attempt}"
