"""What is done with a basket: by several at once, and undone where the bank says no."""

from __future__ import annotations

from typing import TypedDict

from django.db.models import F

from flowengine import Attempt, Permanent, task
from flowengine.demo.models import Order, Product
from flowengine.demo.tasks.orders import CARD_LIMIT_CENTS, GatewayTimeout, Payment, Shipment
from flowengine.demo.tasks.working import luck_of, work


class Shelves(TypedDict):
    """What setting aside leaves: how often each thing was taken."""

    taken: list[str]


@task(name="stock.set_aside")
def set_aside(order_id: int, ctx: Attempt) -> Shelves:
    """Take what the basket names from the shelves."""
    order = Order.objects.get(pk=order_id)
    names = [thing["name"] for thing in order.things]
    for number, name in enumerate(names, start=1):
        ctx.progress(number / len(names), name)
        work(0.15, ctx)
        Product.objects.filter(name=name).update(in_stock=F("in_stock") - 1)
    Order.objects.filter(pk=order_id).update(is_reserved=True)
    return {"taken": names}


@task(name="stock.put_back")
def put_back(taken: list[str], order_id: int, ctx: Attempt) -> None:
    """Undo setting aside."""
    for number, name in enumerate(taken, start=1):
        ctx.progress(number / len(taken), f"{name}: back on its shelf")
        work(0.3, ctx)
        Product.objects.filter(name=name).update(in_stock=F("in_stock") + 1)
    Order.objects.filter(pk=order_id).update(is_reserved=False)


@task(name="stock.pack_one")
def pack_one(name: str, ctx: Attempt) -> str:
    """Pack one thing: says how far it is."""
    for share, note in ((0.2, "Fetching"), (0.5, "Wrapping"), (0.85, "Weighing")):
        ctx.progress(share, note)
        work(0.3 + luck_of(ctx) / 300, ctx)
    return name


@task(name="payment.charge_basket", station="payment")
def charge_basket(order_id: int, total_cents: int, ctx: Attempt) -> Payment:
    """Charge the card for all of it."""
    ctx.progress(0.3, "Asking your bank")
    work(1.5, ctx)
    if luck_of(ctx) < 20 and ctx.attempt == 1:
        raise GatewayTimeout("the card gateway did not answer in time")
    if total_cents > CARD_LIMIT_CENTS:
        raise Permanent(
            f"declined: {total_cents} cents",
            details={"user_message": "Your bank declined the card. All goes back to the shelves."},
        )
    return {"receipt": f"B-{order_id:05}-{total_cents}"}


@task(name="payment.refund", station="payment")
def refund(receipt: str, ctx: Attempt) -> None:
    """Undo charging."""
    ctx.progress(0.5, f"Paying back {receipt}")
    work(0.8, ctx)


@task(name="papers.invoice")
def invoice(order_id: int, ctx: Attempt) -> dict[str, str]:
    """Write the invoice."""
    work(0.6, ctx)
    return {"invoice": f"I-{order_id:05}"}


@task(name="papers.fold")
def fold(invoice: str, ctx: Attempt) -> None:
    """Fold the invoice, with care."""
    ctx.progress(0.5, invoice)
    work(0.5, ctx)


@task(name="shipping.load", station="shipping")
def load(order_id: int, ctx: Attempt) -> None:
    """Load the van."""
    ctx.progress(0.5, f"Order {order_id}")
    work(0.6, ctx)


@task(name="shipping.drive", station="shipping")
def drive(ctx: Attempt) -> None:
    """Drive there: says how far it is."""
    for left in (8, 5, 3, 1):
        ctx.progress(1 - left / 9, f"{left} km to go")
        work(0.4, ctx)


@task(name="shipping.ring", station="shipping")
def ring(order_id: int, ctx: Attempt) -> Shipment:
    """Ring the bell, and write the tracking number where the customer finds it."""
    work(0.4, ctx)
    number = f"FE{order_id:06}{luck_of(ctx):02}"
    Order.objects.filter(pk=order_id).update(tracking_number=number)
    return {"tracking_number": number}


@task(name="shipping.apologise", station="shipping")
def apologise(order_id: int, ctx: Attempt) -> None:
    """What a shop does when something went wrong."""
    ctx.progress(0.5, f"Dear customer of order {order_id}")
    work(0.5, ctx)


@task(name="stock.shelve")
def shelve(product: str, pieces: int) -> dict[str, int]:
    """Fill the shelf; commits together with the step."""
    Product.objects.filter(name=product).update(in_stock=F("in_stock") + pieces)
    return {"pieces": pieces}
