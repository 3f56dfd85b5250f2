"""What a page shows before a script has run, and where none runs."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.conftest import Enter, OpenShop
from tests.e2e.shop import STEPS


def test_page_opened_after_the_end_shows_the_end_at_first_paint(
    open_shop: OpenShop, enter: Enter
) -> None:
    shop = open_shop(pace=0)
    enter(shop).order().until_done()

    late = enter(shop)
    line = late.lines()[0]
    line.until_link("live")

    seen = line.seen()
    assert (seen["run"], seen["percent"]) == (["succeeded"], [100])
    assert {step: seen[step] for step in STEPS} == {step: ["succeeded"] for step in STEPS}
    late.assert_agrees()


def test_page_without_javascript_shows_the_end_and_as_of_when(
    open_shop: OpenShop, enter: Enter
) -> None:
    shop = open_shop(pace=0)
    enter(shop).order().until_done()

    plain = enter(shop, java_script_enabled=False)
    line = plain.lines()[0]

    line.until_done()
    expect(line.link).to_have_text(re.compile(r"^As of \d\d:\d\d:\d\d"))
    expect(line.element.get_by_role("progressbar")).to_have_attribute("value", "100")
    expect(line.element.get_by_role("listitem")).to_have_count(len(STEPS))


def test_order_placed_without_javascript_is_there_at_each_reload(
    open_embedded: OpenShop, enter: Enter
) -> None:
    shop = open_embedded(pace=0.3)
    plain = enter(shop, java_script_enabled=False)
    expect(plain.page.locator(".empty")).to_be_visible()

    plain.press("Place one order")
    expect(plain.page.locator(".order")).to_have_count(1)
    expect(plain.page.locator(".empty")).to_be_hidden()
    shop.until(
        lambda: (
            shop.rows("SELECT state FROM flowengine_step WHERE step = 'pack'") == [("running",)]
        ),
        what="it is being packed",
    )
    plain.enter()
    plain.lines()[0].until_step("charge", "succeeded")
    shop.until(
        lambda: shop.rows("SELECT state FROM flowengine_run") == [("succeeded",)], what="it is done"
    )
    plain.enter()

    plain.lines()[0].until_done()


def test_page_that_is_left_and_come_back_to_agrees(open_embedded: OpenShop, enter: Enter) -> None:
    shop = open_embedded(pace=0.3)
    customer = enter(shop)
    line = customer.order()
    line.until_seen("charge", "running")

    customer.page.goto(f"{shop.url}flow/healthz")
    shop.until(
        lambda: shop.rows("SELECT state FROM flowengine_run") == [("succeeded",)], what="it is done"
    )
    customer.page.go_back()

    line.until_done()
    line.until_link("live")
    customer.assert_agrees()
