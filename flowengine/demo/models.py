"""What the shop keeps."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Product(models.Model):
    """Something on the shelf."""

    name = models.CharField(max_length=80, unique=True)
    price_cents = models.PositiveIntegerField()
    in_stock = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.name


class Order(models.Model):
    """One customer's order of one product, or a basket of several."""

    customer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, null=True)
    """None for a basket."""
    things = models.JSONField(default=list)
    """What is in the basket: names and prices."""
    run_id = models.UUIDField(null=True)
    """The run that fulfils it; known when the order is placed."""
    is_reserved = models.BooleanField(default=False)
    tracking_number = models.CharField(max_length=20, blank=True)
    placed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        if self.product is not None:
            return f"Order {self.pk}: {self.product}"
        return f"Basket {self.pk}: {len(self.things)} things"
