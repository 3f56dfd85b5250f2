"""A hundred orders at once, each with a line of its own on the page."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.conftest import LIMIT_MS, Enter, OpenShop

OPEN = "SELECT count(*) FROM flowengine_run WHERE state NOT IN ('succeeded', 'failed', 'cancelled')"


def until_all_say(page: Page, words: str) -> None:
    """Wait until every line's ``data-{words}`` is one of those after the ``=``."""
    name, _, values = words.partition("=")
    page.wait_for_function(
        """([name, values]) => [...document.querySelectorAll(".order flow-progress")]
             .every(line => values.includes(line.dataset[name]))""",
        arg=[name, values.split("|")],
        timeout=2 * LIMIT_MS,
    )


def test_hundred_orders_end_and_every_line_says_so(open_embedded: OpenShop, enter: Enter) -> None:
    shop = open_embedded(pace=0.02)
    customer = enter(shop)

    customer.press("Place a hundred")
    expect(
        customer.page.get_by_role("status").filter(has_text="100 orders placed.")
    ).to_be_visible()

    until_all_say(customer.page, "state=succeeded|failed")
    assert shop.number(OPEN) == 0
    customer.assert_agrees()
    ends = [state for state, _steps in customer.shown().values()]
    assert (ends.count("succeeded"), ends.count("failed")) == (99, 1)
    assert {link for line in customer.lines() for link in line.seen()["link"]} == {"live"}
