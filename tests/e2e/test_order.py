"""An order, from the click to the parcel, as its customer sees it."""

from __future__ import annotations

import itertools

import pytest
from playwright.sync_api import Route, expect

from tests.e2e.conftest import Enter, OpenShop
from tests.e2e.shop import STEPS

WORKED_ON = ("charge", "pack", "hand_over")
"""Those that take time; the others may be over before they are shown."""
FOLLOWS = {
    "pending": {"ready", "running", "succeeded"},
    "ready": {"running", "succeeded"},
    "running": {"retrying", "ready", "succeeded"},
    "retrying": {"ready", "running", "succeeded"},
}
"""What may be seen after what; short states may be left out."""
TEXT_OF_AN_EXCEPTION = r"CardDeclined|Permanent|Traceback|declined: \d|no Tea tin left"


def test_order_is_seen_at_each_of_its_stations_until_it_is_done(
    open_shop: OpenShop, enter: Enter
) -> None:
    shop = open_shop(pace=0.4)
    customer = enter(shop)

    line = customer.order()
    line.until_link("live")
    for step in WORKED_ON:
        line.until_seen(step, "running")
    line.until_done()

    seen = line.seen()
    for step in STEPS:
        assert seen[step][-1] == "succeeded"
        assert all(after in FOLLOWS[now] for now, after in itertools.pairwise(seen[step])), seen
    assert set(seen["run"]) <= {"pending", "running", "waiting", "succeeded"}
    assert seen["run"][-1] == "succeeded"
    assert "running" in seen["run"]
    assert seen["percent"] == sorted(seen["percent"])
    assert seen["percent"][-1] == 100
    assert set(seen["link"]) == {"live"}
    customer.assert_agrees()
    assert shop.rows("SELECT tracking_number <> '' FROM demo_order") == [(True,)]


def test_orders_that_are_placed_while_one_is_under_way_have_lines_of_their_own(
    open_shop: OpenShop, enter: Enter
) -> None:
    shop = open_shop(pace=0.2)
    customer = enter(shop)

    lines = [customer.order(product) for product in ("Tea tin", "Desk lamp", "Tea tin")]

    for line in lines:
        line.until_done()
    assert len({line.run for line in lines}) == 3
    expect(customer.page.locator(".flow-title")).to_contain_text(
        ["Tea tin", "Desk lamp", "Tea tin"]
    )
    customer.assert_agrees()


def test_button_pressed_twice_in_a_hurry_places_one_order(
    open_embedded: OpenShop, enter: Enter
) -> None:
    shop = open_embedded(pace=0)
    customer = enter(shop)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    customer.page.route("**/orders/", hold)
    button = customer.page.get_by_role("button", name="Place one order")

    with customer.page.expect_request("**/orders/"):
        button.dblclick()
    expect(button).to_be_disabled()
    button.click(force=True)
    assert len(held) == 1
    held[0].continue_()

    expect(customer.page.locator(".order")).to_have_count(1)
    expect(button).to_be_enabled()
    expect(button).to_be_focused()
    customer.lines()[0].until_done()
    assert shop.number("SELECT count(*) FROM demo_order") == 1


def test_order_that_cannot_be_sent_is_said_not_to_be_placed(
    open_embedded: OpenShop, enter: Enter
) -> None:
    shop = open_embedded(pace=0)
    customer = enter(shop)
    customer.context.set_offline(True)

    customer.press("Place one order")

    expect(customer.page.locator(".said")).to_contain_text("Try again")
    expect(customer.page.get_by_role("button", name="Place one order")).to_be_enabled()
    assert shop.number("SELECT count(*) FROM demo_order") == 0


@pytest.mark.parametrize(("trouble", "sentence"), [("sold out", "sold out"), ("declined", "bank")])
def test_order_that_fails_says_so_in_a_plain_sentence(
    open_shop: OpenShop, enter: Enter, trouble: str, sentence: str
) -> None:
    shop = open_shop(pace=0.1)
    product = "Grand piano"
    if trouble == "sold out":
        product = "Tea tin"
        shop.manage(
            "from flowengine.demo.models import Product\n"
            "Product.objects.filter(name='Tea tin').update(in_stock=0)"
        )
    customer = enter(shop)

    line = customer.order(product)

    line.until_run("failed")
    expect(line.headline).to_contain_text(sentence)
    step = "reserve" if trouble == "sold out" else "charge"
    line.until_step(step, "failed")
    for later in STEPS[STEPS.index(step) + 1 :]:
        line.until_step(later, "not_reached")
    customer.assert_agrees()
    customer.assert_never_says(TEXT_OF_AN_EXCEPTION)
