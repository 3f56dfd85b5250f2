"""What is done with an order of one thing, station by station."""

from __future__ import annotations

import asyncio
from typing import TypedDict

from django.db.models import F

from flowengine import Attempt, Permanent, task
from flowengine.demo.models import Order, Product
from flowengine.demo.tasks.working import PACE, luck_of, work

CARD_LIMIT_CENTS = 1_000_000
"""The demo's card pays no more at once."""
UNLUCKY = 13
"""The order of each hundred whose card is declined."""


class GatewayTimeout(Exception):
    """The card gateway did not answer; it may the next time."""


class CardDeclined(Permanent):
    """The bank said no; asking again cannot help."""


class Reservation(TypedDict):
    """What reserving leaves for the steps below."""

    shelf: str


class Payment(TypedDict):
    """What charging leaves for the steps below."""

    receipt: str


class Parcel(TypedDict):
    """What packing leaves for the steps below."""

    weight_grams: int


class Shipment(TypedDict):
    """What handing over leaves for the steps below."""

    tracking_number: str


@task(name="stock.reserve")
def reserve(order_id: int) -> Reservation:
    """Take one piece from the shelf. Exactly once: it commits together with the step."""
    order = Order.objects.select_related("product").get(pk=order_id)
    product = order.product
    assert product is not None, "a basket goes another way"
    taken = Product.objects.filter(pk=product.pk, in_stock__gt=0).update(in_stock=F("in_stock") - 1)
    if not taken:
        raise Permanent(
            f"no {product} left",
            details={"user_message": f"{product} is sold out. Nothing was charged."},
        )
    Order.objects.filter(pk=order_id).update(is_reserved=True)
    return {"shelf": f"{'ABCDEFG'[product.pk % 7]}{order_id % 12 + 1}"}


@task(name="payment.charge", station="payment")
def charge(order_id: int, amount_cents: int, ctx: Attempt) -> Payment:
    """Charge the card: about a second; one order in five meets a gateway that is asleep."""
    luck = luck_of(ctx)
    ctx.progress(0.2, "Asking your bank")
    ctx.logger.info("asking the gateway for %d cents, card_token=tok-%06d", amount_cents, order_id)
    work(0.9, ctx)
    if luck < 20 and ctx.attempt == 1:
        raise GatewayTimeout("the card gateway did not answer in time")
    if order_id % 100 == UNLUCKY or amount_cents > CARD_LIMIT_CENTS:
        raise CardDeclined(
            f"declined: {amount_cents} cents",
            details={"user_message": "Your bank declined the card. Nothing was charged."},
        )
    ctx.progress(0.9, "Paid")
    return {"receipt": f"R-{order_id:05}-{amount_cents}"}


@task(name="stock.pack")
def pack(shelf: str, ctx: Attempt) -> Parcel:
    """Fetch, wrap, weigh: says how far it is."""
    for share, note in (
        (0.25, f"Fetching from shelf {shelf}"),
        (0.6, "Wrapping"),
        (0.9, "Weighing"),
    ):
        ctx.progress(share, note)
        work(0.5, ctx)
    return {"weight_grams": 300 + luck_of(ctx) * 7}


@task(name="shipping.hand_over", station="shipping")
async def hand_over(order_id: int, weight_grams: int, ctx: Attempt) -> Shipment:
    """Hand the parcel to the carrier, on the event loop."""
    ctx.progress(0.5, f"{weight_grams} g, waiting for the carrier")
    await asyncio.sleep(0.8 * PACE)
    return {"tracking_number": f"FE{order_id:06}{luck_of(ctx):02}"}


@task(name="shipping.notify", station="shipping")
def notify(order_id: int, tracking_number: str) -> None:
    """Write the tracking number where the customer finds it."""
    Order.objects.filter(pk=order_id).update(tracking_number=tracking_number)
