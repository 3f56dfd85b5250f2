"""Orders, checkouts, the catalogue."""

from __future__ import annotations

from typing import Any, TypedDict

from flowengine import Attempt, task
from tests.examples.outside import called
from tests.project.models import Mark


class CardDeclined(Exception):
    """The bank says no; asking again with the same card gives the same answer."""


class Reservation(TypedDict):
    reservation_id: str


class Label(TypedDict):
    url: str


class Card(TypedDict):
    card: str


class Parcel(TypedDict):
    tracking_no: str


class Charge(TypedDict):
    charge_id: str


class Shipment(TypedDict):
    shipment_id: str


class Ticket(TypedDict):
    ticket_id: int


class Document(TypedDict):
    document: dict[str, Any]


@task(name="stock.reserve")
def reserve(ctx: Attempt, order_id: int) -> Reservation:
    """Takes the items off the shelf; its row and its result commit together."""
    Mark.objects.create(run_id=ctx.run_id, step=ctx.step, attempt=ctx.attempt)
    called("stock.reserve", order_id=order_id)
    return {"reservation_id": f"reservation-{order_id}"}


@task(name="stock.release")
def release(reservation_id: str) -> None:
    """Puts them back."""
    called("stock.release", reservation_id=reservation_id)


@task(name="shipping.create_label")
def create_label(order_id: int) -> Label:
    called("shipping.create_label", order_id=order_id)
    return {"url": f"https://labels.example/{order_id}"}


@task(name="shipping.hand_over")
def hand_over(label_url: str, invoice_no: str) -> Parcel:
    called("shipping.hand_over", label_url=label_url, invoice_no=invoice_no)
    return {"tracking_no": f"parcel of {invoice_no}"}


@task(name="shipping.book")
def book(order_id: int) -> Shipment:
    called("shipping.book", order_id=order_id)
    return {"shipment_id": f"shipment-{order_id}"}


@task(name="shipping.cancel")
def cancel_shipment(shipment_id: str) -> None:
    called("shipping.cancel", shipment_id=shipment_id)


@task(name="gifts.pick_card")
async def pick_card(order_id: int) -> Card:
    called("gifts.pick_card", order_id=order_id)
    return {"card": f"card for {order_id}"}


@task(name="gifts.print_card")
def print_card(card: str) -> None:
    called("gifts.print_card", card=card)


@task(name="payments.charge")
def charge(ctx: Attempt, amount_cents: int, card_token: str) -> Charge:
    """Asks the bank; the key makes it charge once however often it is asked."""
    called(
        "payments.charge", amount_cents=amount_cents, card_token=card_token, key=ctx.idempotency_key
    )
    if card_token.startswith("declined"):
        raise CardDeclined(f"the bank does not take {card_token}")
    return {"charge_id": f"charge of {card_token}"}


@task(name="payments.refund")
def refund(ctx: Attempt, charge_id: str | None) -> None:
    """Gives the money back; without an id, by the key of the charge that nobody heard from."""
    called("payments.refund", charge_id=charge_id, key=ctx.undoes)


@task(name="payments.ask_other_card")
def ask_other_card(checkout_id: str) -> None:
    called("payments.ask_other_card", checkout_id=checkout_id)


@task(name="carts.reopen")
def reopen(checkout_id: str, reason: str) -> None:
    called("carts.reopen", checkout_id=checkout_id, reason=reason)


@task(name="support.open_ticket")
def open_ticket(subject: str) -> Ticket:
    called("support.open_ticket", subject=subject)
    return {"ticket_id": 1}


@task(name="catalog.load")
def load(product_id: int) -> Document:
    called("catalog.load", product_id=product_id)
    return {"document": {"id": product_id, "name": f"product {product_id}"}}


@task(name="search.put")
def put(product_id: int, document: dict[str, Any]) -> None:
    called("search.put", product_id=product_id, document=document)


@task(name="search.remove")
def remove(product_id: int) -> None:
    called("search.remove", product_id=product_id)
