"""The shop's tasks; importing this registers them."""

from flowengine.demo.tasks import baskets, orders

__all__ = ["baskets", "orders"]
