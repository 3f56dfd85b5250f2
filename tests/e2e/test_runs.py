"""The list of runs in a browser: full, flooded, acted upon, and seen through saved views."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import OpenShop
from tests.e2e.flood import NODES, NODES_MAX, Flood
from tests.e2e.operator import Operator
from tests.e2e.shop import Shop


@pytest.fixture(scope="module")
def shop(open_for_all: OpenShop) -> Shop:
    """One shop for all of them."""
    return open_for_all(pace=2)


def test_ten_thousand_rows_are_a_few_nodes_wherever_one_scrolls(
    chrome: Browser, shop: Shop
) -> None:
    page = chrome.new_page(viewport={"width": 1280, "height": 1400})
    flood = Flood(page, 10_000)
    flood.begin(shop.url)
    flood.load_all()

    seen = flood.scroll(60, 5_000)

    assert 0 < seen["most"] <= NODES_MAX
    assert seen["blank"] == 0
    expect(page.get_by_text("10,000 rows", exact=True)).to_be_visible()
    page.close()


def test_thousands_of_changes_are_all_there_at_the_end_and_no_row_has_moved(
    chrome: Browser, shop: Shop
) -> None:
    page = chrome.new_page(viewport={"width": 1280, "height": 900})
    flood = Flood(page, 2_000)
    flood.begin(shop.url)
    order = "() => [...document.querySelectorAll('[role=row][data-id]')].map((r) => r.dataset.id)"
    before = page.evaluate(order)

    for _ in range(200):
        flood.change()
        # As fast as the page can paint: a thousand changes a second and more.
        page.evaluate("() => new Promise(requestAnimationFrame)")

    last = max(flood.shown.values(), key=lambda title: int(title.split()[-1]))
    expect(page.get_by_text(last, exact=True).first).to_be_attached()
    titles = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll("[role=row][data-id]")]
             .map((row) => [row.dataset.id, row.textContent]))"""
    )
    assert page.evaluate(order) == before
    assert page.evaluate(NODES) <= NODES_MAX
    wrong = [each for each, text in titles.items() if flood.shown[each] not in text]
    assert wrong == []
    page.close()


def test_runs_that_a_filter_finds_are_held_and_released_by_the_server(operator: Operator) -> None:
    operator.order()
    operator.open("runs?q=workflow:order")
    page = operator.page
    operator.until_live()
    expect(operator.rows.first).to_be_visible()
    page.get_by_label("Select all that are shown").check()
    page.get_by_role("button", name="Select all that match").click()
    chosen = page.get_by_label("Selected", exact=True)
    expect(chosen).to_contain_text("selected runs: workflow is 'order'")

    for label, verdict in (("Hold…", r"\d+ of \d+ held"), ("Release…", r"\d+ of \d+ go on")):
        button = chosen.get_by_role("button", name=label)
        if not button.is_visible():
            chosen.get_by_role("button", name="More").click()
            button = page.get_by_role("menuitem", name=label)
        button.click()
        page.get_by_label("Reason").fill("the gateway is away")
        page.get_by_role("dialog").get_by_role("button", name=label.removesuffix("…")).last.click()
        expect(page.locator(".told")).to_contain_text(re.compile(verdict))
        page.get_by_label("Select all that are shown").check()

    page.get_by_role("link", name="How it went").click()
    expect(page.get_by_role("heading", name="Releasing")).to_be_visible()
    operator.assert_accessible("bulk")


def test_view_is_saved_chosen_and_removed(operator: Operator) -> None:
    operator.open("runs?q=workflow:order since:2h")
    page = operator.page
    views = page.get_by_role("navigation", name="Views")

    views.get_by_role("button", name="Save view…").click()
    page.get_by_label("Name").fill("Orders of late")
    operator.assert_accessible("save-view")
    page.get_by_role("dialog").get_by_role("button", name="Save", exact=True).click()
    expect(views.get_by_role("link", name="Orders of late")).to_have_attribute(
        "aria-current", "page"
    )
    views.get_by_role("link", name="Held", exact=True).click()
    expect(page).to_have_url(re.compile(r"q=state%3Aheld$"))
    expect(page.locator(".chip", has_text="held")).to_be_visible()
    page.get_by_role("button", name="Views").click()
    page.get_by_role("menuitem", name="Remove Orders of late…").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove the view").click()

    expect(views.get_by_role("link", name="Orders of late")).to_be_hidden()
