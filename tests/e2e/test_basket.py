"""A basket: branches, a loop, a question, a run inside a run, and the way back."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.conftest import Enter, OpenShop
from tests.e2e.customer import Customer, Line
from tests.e2e.shop import Shop

ASKED = "Many: the manager is asked"
PIANO = "With a grand piano"


def approve(customer: Customer, line: Line) -> None:
    """Answer yes, on the page that the line leads to, and come back."""
    line.until_step("manager", "waiting")
    line.answer()
    page = customer.page
    expect(page.get_by_role("heading", level=1)).to_contain_text("Send goods for")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("You have approved.")).to_be_visible()
    customer.enter()


def test_basket_is_seen_in_all_its_branches_until_it_is_done(
    open_shop: OpenShop, enter: Enter
) -> None:
    shop = open_shop(pace=0.4)
    customer = enter(shop)

    line = customer.fill("A few things")
    line.until_seen("packing", "running")
    expect(line.station("packing").locator(".flow-note").first).to_have_text(
        re.compile(r"^[0-3] of 3")
    )
    line.until_seen("delivery", "waiting")
    line.until_run("succeeded")

    seen = line.seen()
    assert seen["manager"][-1] == "skipped"
    for step in ("workshop", "packing", "payment", "papers", "delivery"):
        assert seen[step][-1] == "succeeded"
    assert {"waiting", "succeeded"} <= set(seen["drying"])
    assert seen["percent"] == sorted(seen["percent"])
    assert seen["percent"][-1] == 100
    assert set(seen["link"]) == {"live"}
    assert _states(shop, "delivery") == ["succeeded"]


def test_manager_is_asked_and_answers_from_the_page(open_shop: OpenShop, enter: Enter) -> None:
    shop = open_shop(pace=0.1)
    customer = enter(shop)

    line = customer.fill(ASKED)
    approve(customer, line)

    line.until_run("succeeded")
    expect(line.element.get_by_role("link", name="Answer")).to_have_count(0)
    assert _states(shop, "basket") == ["succeeded"]


def test_basket_that_cannot_be_paid_is_taken_back(open_shop: OpenShop, enter: Enter) -> None:
    shop = open_shop(pace=0.4)
    customer = enter(shop)
    stock = "SELECT sum(in_stock) FROM demo_product"
    before = shop.number(stock)

    line = customer.fill(PIANO)
    approve(customer, line)

    line.until_run("failed")
    expect(line.headline).to_have_text(re.compile("Your bank declined the card."))
    line.until_step("set_aside", "undone")
    line.until_step("payment", "failed")
    line.until_step("delivery", "not_reached")
    line.until_step("apologise", "succeeded")
    assert shop.number(stock) == before
    customer.assert_never_says(r"Permanent|Traceback|declined: \d")


def test_page_that_was_away_finds_every_branch_as_it_is(open_shop: OpenShop, enter: Enter) -> None:
    shop = open_shop(pace=0.4)
    customer = enter(shop)
    line = customer.fill("A few things")
    line.until_step("packing", "running")

    customer.context.set_offline(offline=True)
    line.until_link("stale")
    shop.until(lambda: _states(shop, "basket") == ["succeeded"], what="the basket is done")
    customer.context.set_offline(offline=False)

    line.until_run("succeeded")
    for step in ("workshop", "packing", "papers", "drying", "fold", "delivery"):
        line.until_step(step, "succeeded")
    line.until_link("live")


def test_shelf_is_filled_by_hand(open_shop: OpenShop, enter: Enter) -> None:
    shop = open_shop(pace=0)
    customer = enter(shop)
    page = customer.page
    page.get_by_role("link", name="Start by hand").click()
    page.get_by_role("link", name="Restock").click()

    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("What is missing.")).to_be_visible()
    page.get_by_label("What").select_option(label="Tea tin")
    page.get_by_label("How many").fill("70")
    page.get_by_role("button", name="Start").click()

    expect(page.locator("flow-progress")).to_have_attribute("data-state", "succeeded")
    expect(page.locator(".flow-title")).to_have_text("Tea tin, 70 pieces")
    assert shop.number("SELECT in_stock FROM demo_product WHERE name = 'Tea tin'") == 10_070


def _states(shop: Shop, workflow: str) -> list[str]:
    return [state for (state,) in shop.rows(_RUNS.format(workflow))]


_RUNS = "SELECT state FROM flowengine_run WHERE workflow = '{}'"
