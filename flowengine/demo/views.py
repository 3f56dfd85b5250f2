"""The shop's one page: place orders, and watch each of them go down the line."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth import login
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from flowengine import NewEvent, emit, emit_many
from flowengine.demo.models import Order, Product
from flowengine.demo.tasks.orders import CARD_LIMIT_CENTS

SHOWN = 120
"""Orders on the page, the newest first."""
AT_ONCE_MAX = 100
CUSTOMER = "demo"
BASKETS = {"small": 3, "large": 9, "grand": 2}
"""How many things are in each; the large one is worth a question, the grand one has a piano in it."""


class SignedIn:
    """Middleware: whoever opens the demo is its customer. It listens on this machine only."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            login(request, customer(), backend="django.contrib.auth.backends.ModelBackend")
        return self._get_response(request)


def customer() -> User:
    """The one customer, made on first need; the demo's operator too, who may open the admin."""
    user, _made = User.objects.get_or_create(
        username=CUSTOMER, defaults={"is_staff": True, "is_superuser": True}
    )
    return user


@require_GET
def shop(request: HttpRequest) -> HttpResponse:
    """The page."""
    orders = Order.objects.filter(customer=request.user.pk).select_related("product")[:SHOWN]
    products = Product.objects.order_by("pk")
    return render(request, "demo/shop.html", {"orders": orders, "products": products})


@require_POST
def place(request: HttpRequest) -> HttpResponse:
    """Place an order, many, or a basket: rows and events in one transaction. The broker is not asked."""
    count = request.POST.get("count", "1")
    if not (count.isascii() and count.isdigit() and 1 <= int(count) <= AT_ONCE_MAX):
        return HttpResponse(f"count is a number from 1 to {AT_ONCE_MAX}", status=400)
    basket = request.POST.get("basket", "")
    with transaction.atomic():
        orders = [_fill(request, basket)] if basket in BASKETS else _place(request, int(count))
    if request.headers.get("X-Requested-With") == "fetch":
        return render(request, "demo/orders.html", {"orders": orders})
    return redirect("shop")


def _customer_of(request: HttpRequest) -> User:
    customer = request.user
    assert isinstance(customer, User), "SignedIn has let nobody else through"
    return customer


def _place(request: HttpRequest, count: int) -> list[Order]:
    products = list(Product.objects.order_by("pk"))
    mixed = [p for p in products if p.price_cents <= CARD_LIMIT_CENTS]
    first = Order.objects.count()
    wanted = request.POST.get("product", "")
    chosen = [
        next((p for p in products if str(p.pk) == wanted), mixed[(first + n) % len(mixed)])
        for n in range(count)
    ]
    customer = _customer_of(request)
    orders = Order.objects.bulk_create(Order(customer=customer, product=each) for each in chosen)
    emitted = emit_many(
        [
            NewEvent(
                type="order.placed",
                data={"order_id": order.pk, "amount_cents": product.price_cents},
                subject=f"order/{order.pk}",
                actor=customer,
            )
            for order, product in zip(orders, chosen, strict=True)
        ]
    )
    for order, event in zip(orders, emitted, strict=True):
        order.run_id = event.run_ids["order"]
    Order.objects.bulk_update(orders, ["run_id"])
    return orders[::-1]


def _fill(request: HttpRequest, basket: str) -> Order:
    """One basket of several things."""
    products = list(Product.objects.order_by("-price_cents"))
    pianos = [p for p in products if p.price_cents > CARD_LIMIT_CENTS]
    usual = [p for p in products if p.price_cents <= CARD_LIMIT_CENTS]
    chosen = pianos[:1] if basket == "grand" else []
    while len(chosen) < BASKETS[basket]:
        chosen.append(usual[(len(chosen) + (basket == "small")) % len(usual)])
    things = [{"name": p.name, "price_cents": p.price_cents} for p in chosen]
    order = Order.objects.create(customer=_customer_of(request), things=things)
    total_cents = sum(p.price_cents for p in chosen)
    emitted = emit(
        "basket.placed",
        {"order_id": order.pk, "things": things, "total_cents": total_cents},
        subject=f"order/{order.pk}",
        actor=order.customer,
    )
    order.run_id = emitted.run_ids["basket"]
    order.save(update_fields=["run_id"])
    return order
