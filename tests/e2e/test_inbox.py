"""The inbox, its toasts and the strip of the connection, as a customer meets them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Enter, OpenShop
from tests.e2e.customer import Customer
from tests.e2e.test_looks import FAINT, PICTURES, SCHEMES, SPILLS, STILL, WIDTHS

MODULES = Path(__file__).parents[2] / "frontend" / "node_modules"
AXE = MODULES / "axe-core" / "axe.min.js"
HTMX = MODULES / "htmx.org" / "dist" / "htmx.min.js"
CONTRAST_MIN = 4.5
FAULTS = """
async () => (await axe.run({ include: [["flow-inbox"], ["flow-toasts"], ["flow-connection"]] },
  { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    rules: { region: { enabled: false } } }))
  .violations.map(each => `${each.id}: ${each.nodes.map(node => node.html.slice(0, 120))}`)
"""
"""What axe-core finds in the elements; in which landmark they stand is the page's business."""


def bell(page: Page) -> Locator:
    return page.locator("flow-inbox summary")


def badge(page: Page) -> Locator:
    return page.locator("flow-inbox .flow-badge")


def items(page: Page) -> Locator:
    return page.locator("flow-inbox ul > li")


def toasts(page: Page) -> Locator:
    return page.locator("flow-toasts ol > li")


def test_end_of_an_order_is_told_in_every_tab_and_counted_the_same(
    open_shop: OpenShop, enter: Enter
) -> None:
    shop = open_shop(pace=0.2)
    customer = enter(shop)
    one, other = customer.page, customer.context.new_page()
    other.goto(shop.url)

    customer.order().until_done()

    for page in (one, other):
        expect(badge(page)).to_have_text("1")
        expect(bell(page)).to_have_accessible_name("Notifications, 1 unread")
    bell(one).click()
    expect(items(one)).to_have_count(1)
    expect(items(one).locator(".flow-text")).to_have_text("All done.")
    shop.until(
        lambda: (
            shop.rows("SELECT count(*) FROM flowengine_notification WHERE seen_at IS NULL")
            == [(0,)]
        ),
        what="what is shown in the open list counts as seen",
    )
    expect(badge(other)).to_have_text("1")

    one.get_by_role("button", name="Mark all as read").click()

    for page in (one, other):
        expect(badge(page)).to_be_hidden()


def test_archived_item_comes_back_when_it_is_taken_back(
    open_embedded: OpenShop, enter: Enter
) -> None:
    customer = enter(open_embedded(pace=0))
    customer.order().until_done()
    page = customer.page
    bell(page).click()

    page.get_by_role("button", name="Archive: Order 1").click()
    expect(items(page)).to_have_count(0)
    expect(page.locator(".flow-nothing")).to_be_visible()
    page.get_by_role("button", name="Undo").click()

    expect(items(page)).to_have_count(1)
    expect(badge(page)).to_have_text("1")
    page.get_by_role("button", name="Remind me in an hour: Order 1").click()
    expect(items(page)).to_have_count(0)
    page.goto(page.url + "flow/inbox/?tab=snoozed")
    page.get_by_role("button", name="Put back").click()
    page.goto(customer.url)
    expect(badge(page)).to_have_text("1")


def test_inbox_is_used_by_keyboard_alone(open_embedded: OpenShop, enter: Enter) -> None:
    customer = enter(open_embedded(pace=0))
    customer.order().until_done()
    page = customer.page
    expect(badge(page)).to_have_text("1")
    keys = page.keyboard

    customer.enter()
    keys.press("Tab")
    expect(bell(page)).to_be_focused()
    keys.press("Enter")
    expect(items(page)).to_be_visible()
    keys.press("Escape")
    expect(items(page)).to_be_hidden()
    expect(bell(page)).to_be_focused()

    keys.press("Enter")
    for _ in range(4):  # all read, all, unread, the item
        keys.press("Tab")
    expect(items(page).get_by_role("link")).to_be_focused()
    for _ in range(3):  # read, snooze, archive
        keys.press("Tab")
    keys.press("Enter")
    expect(items(page)).to_have_count(0)
    expect(bell(page)).to_be_focused()


def test_toast_of_a_success_goes_and_that_of_a_failure_stays_until_it_is_closed(
    open_embedded: OpenShop, enter: Enter
) -> None:
    customer = enter(open_embedded(pace=0))
    page = customer.page
    page.locator("flow-toasts").evaluate("toasts => toasts.setAttribute('duration', 1500)")

    customer.order("Grand piano").until_run("failed")
    expect(toasts(page)).to_have_count(1)
    customer.order("Wool blanket").until_done()
    expect(toasts(page)).to_have_count(2)
    expect(toasts(page)).to_have_count(1)

    expect(toasts(page)).to_have_attribute("data-tone", "failure")
    page.get_by_role("button", name="Place one order").focus()
    page.keyboard.press("F8")
    expect(toasts(page).get_by_role("link")).to_be_focused()
    page.keyboard.press("Escape")
    expect(toasts(page)).to_have_count(0)
    expect(page.get_by_role("button", name="Place one order")).to_be_focused()
    expect(badge(page)).to_have_text("2")


def test_hundred_orders_show_three_toasts_and_the_whole_number(
    open_embedded: OpenShop, enter: Enter
) -> None:
    customer = enter(open_embedded(pace=0))
    page = customer.page
    most = page.evaluate_handle(
        """() => { const most = { n: 0 }; new MutationObserver(() => {
             most.n = Math.max(most.n, document.querySelectorAll("flow-toasts ol > li").length);
           }).observe(document.querySelector("flow-toasts"), { childList: true, subtree: true });
           return most; }"""
    )

    customer.press("Place a hundred")

    expect(badge(page)).to_have_text("99+")
    expect(bell(page)).to_have_accessible_name("Notifications, 100 unread")
    bell(page).click()
    expect(items(page)).to_have_count(50)
    assert 1 <= most.evaluate("most => most.n") <= 3


def test_inbox_works_without_javascript(open_embedded: OpenShop, enter: Enter) -> None:
    shop = open_embedded(pace=0)
    enter(shop).order().until_done()

    plain = enter(shop, java_script_enabled=False)
    page = plain.page
    expect(badge(page)).to_have_text("1")
    bell(page).click()
    page.get_by_role("button", name="Mark as read: Order 1").click()
    expect(badge(page)).to_be_hidden()
    bell(page).click()
    page.get_by_role("button", name="Archive: Order 1").click()
    bell(page).click()
    expect(items(page)).to_have_count(0)
    expect(page.locator(".flow-nothing")).to_be_visible()


def test_strip_says_that_the_page_is_offline_and_goes_when_it_is_not(
    open_embedded: OpenShop, enter: Enter
) -> None:
    customer = enter(open_embedded(pace=0))
    customer.order().until_done()
    strip = customer.page.locator("flow-connection")
    expect(strip).to_be_hidden()

    customer.context.set_offline(offline=True)
    expect(strip).to_be_visible()
    expect(strip).to_have_text("You are offline")
    customer.context.set_offline(offline=False)

    expect(strip).to_be_hidden()


def test_fragment_is_fetched_again_by_htmx_when_the_run_inside_it_is_done(
    open_embedded: OpenShop, enter: Enter
) -> None:
    customer = enter(open_embedded(pace=1.5))
    page = customer.page
    page.route("**/row/", lambda route: route.fulfill(body="<b>Thank you.</b>"))
    page.add_script_tag(path=HTMX)
    line = customer.order()
    line.until_link("live")

    page.evaluate(
        """run => {
          const line = document.querySelector(`flow-progress[run-id="${run}"]`);
          const fragment = document.createElement("div");
          for (const [name, value] of [["hx-get", "/row/"], ["hx-trigger", "flow-done, flow-failed"],
                                       ["hx-swap", "innerHTML"]]) fragment.setAttribute(name, value);
          line.replaceWith(fragment);
          fragment.append(line);
          htmx.process(fragment);
        }""",
        line.run,
    )

    expect(page.locator("[hx-get]")).to_have_text("Thank you.")


@pytest.fixture
def busy(open_embedded: OpenShop, enter: Enter) -> Customer:
    """A customer whose inbox holds a success, a failure and a question."""
    customer = enter(open_embedded(pace=0))
    customer.page.locator("flow-toasts").evaluate(
        "toasts => toasts.setAttribute('duration', 600000)"
    )
    customer.order("Wool blanket").until_done()
    customer.order("Grand piano").until_run("failed")
    customer.fill("Many: the manager is asked").until_run("waiting")
    expect(toasts(customer.page)).to_have_count(3)
    return customer


def look(page: Page, name: str) -> dict[str, Any]:
    """Take the page's picture in each scheme and width; what is wrong with it, by picture."""
    faults: dict[str, Any] = {}
    for scheme in SCHEMES:
        for width in WIDTHS:
            # What fades in is faint for a moment: it is measured as it stays.
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.set_viewport_size({"width": width, "height": 900})
            which = f"{name}-{scheme}-{width}"
            page.screenshot(path=PICTURES / f"{which}.png", style=STILL)
            found = page.evaluate(SPILLS) + page.evaluate(FAINT, CONTRAST_MIN)
            if found := found + page.evaluate(FAULTS):
                faults[which] = found
    return faults


def test_elements_are_without_fault_in_every_state(busy: Customer) -> None:
    page = busy.page
    page.add_script_tag(path=AXE)

    faults = look(page, "toasts")
    for toast in range(3):
        toasts(page).nth(2 - toast).get_by_role("button").click()
    bell(page).click()
    faults |= look(page, "inbox")
    page.get_by_role("button", name="Unread", exact=True).click()
    page.get_by_role("button", name=re.compile("^Archive: Order 1")).click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    faults |= look(page, "inbox-undo")
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.locator(".flow-nothing")).to_be_visible()
    faults |= look(page, "inbox-nothing")
    busy.context.set_offline(offline=True)
    expect(page.locator("flow-connection")).to_be_visible()
    faults |= look(page, "inbox-offline")

    assert faults == {}


def test_pages_of_the_inbox_are_without_fault(busy: Customer) -> None:
    page, faults = busy.page, dict[str, Any]()
    everywhere = FAULTS.replace(
        '{ include: [["flow-inbox"], ["flow-toasts"], ["flow-connection"]] }', "document"
    )
    for name, path in (("page", "flow/inbox/"), ("preferences", "flow/inbox/preferences/")):
        page.goto(busy.url + path)
        page.add_script_tag(path=AXE)
        for scheme in SCHEMES:
            for width in WIDTHS:
                page.emulate_media(color_scheme=scheme)
                page.set_viewport_size({"width": width, "height": 900})
                which = f"inbox-{name}-{scheme}-{width}"
                page.screenshot(path=PICTURES / f"{which}.png")
                if found := page.evaluate(SPILLS) + page.evaluate(everywhere):
                    faults[which] = found

    assert faults == {}
