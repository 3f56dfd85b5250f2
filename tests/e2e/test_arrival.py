"""Where the focus is and what is said when one goes from screen to screen, and when what is shown changes."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import OpenShop
from tests.e2e.operator import Operator
from tests.e2e.shop import Shop

RUN = re.compile(r"/flow/runs/[0-9a-f-]{36}$")
PAUSE_MS = 5_000
EARLY_MS = 50
"""By so much the browser may be earlier than its own timer says."""
LISTEN = """
window.said = [];
addEventListener("DOMContentLoaded", () => {
  for (const name of ["polite", "urgent"]) {
    const region = document.getElementById(`flow-${name}`);
    if (!region) return;
    window.said.push({ name, text: region.textContent, at: performance.now() });
    new MutationObserver(() => {
      window.said.push({ name, text: region.textContent, at: performance.now() });
    }).observe(region, { childList: true, characterData: true, subtree: true });
  }
});
"""
"""Each thing that a screen reader is told, in which region and when; first what stood there at the beginning."""
FOCUS = "() => document.activeElement.id || document.activeElement.tagName"


@pytest.fixture(scope="module")
def shop(open_for_all: OpenShop) -> Shop:
    """One shop for all of them; each looks at what it has ordered itself."""
    return open_for_all(pace=0.1)


@pytest.fixture
def operator(chrome: Browser, shop: Shop) -> Iterator[Operator]:
    """Somebody who listens."""
    operator = Operator(chrome, shop)
    operator.page.add_init_script(LISTEN)
    yield operator
    operator.close()


def said(operator: Operator, region: str = "polite") -> list[dict[str, Any]]:
    """What was said there since the page is open."""
    every: list[dict[str, Any]] = operator.page.evaluate("() => window.said")
    first, *rest = [each for each in every if each["name"] == region]
    assert first["text"] == "", "the region is there before its first words, and empty"
    return [{**each, "text": each["text"].strip()} for each in rest]


def words(operator: Operator) -> str:
    """All that was said politely."""
    return " ".join(each["text"] for each in said(operator))


def test_who_goes_to_another_screen_is_at_its_beginning_and_is_told_once_where(
    operator: Operator,
) -> None:
    operator.order()
    operator.open("")
    operator.until_live()
    page = operator.page
    assert page.evaluate(FOCUS) == "BODY"

    page.keyboard.press("g")
    page.keyboard.press("r")
    expect(page.locator("h1")).to_have_text("Runs")
    expect(page.locator("#flow-main")).to_be_focused()
    expect(operator.rows.first).to_be_visible()
    page.wait_for_function("() => window.said.some(({ text }) => text.trim() === 'Runs')")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.closest('main') !== null")

    operator.rows.first.locator("a.row-link").click()
    expect(page).to_have_url(RUN)
    expect(page.locator("#flow-main")).to_be_focused()
    page.get_by_role("link", name="Events").click()
    expect(page.locator("h1")).to_have_text("Events")
    expect(page.locator("#flow-main")).to_be_focused()
    page.wait_for_function("() => window.said.some(({ text }) => text.trim() === 'Events')")
    page.go_back()
    expect(page).to_have_url(RUN)
    expect(page.locator("#flow-main")).to_be_focused()

    told = words(operator).split()
    assert (told.count("Runs"), told.count("Events")) == (1, 1)
    expect(page).to_have_title(re.compile(r"^Order .* · Runs · flow$"))


def test_palette_that_leads_elsewhere_leaves_the_focus_there(operator: Operator) -> None:
    operator.open("")
    operator.until_live()
    page = operator.page

    page.keyboard.press("Control+k")
    page.keyboard.type("stations")
    page.keyboard.press("Enter")

    expect(page.locator("h1")).to_have_text("Stations")
    expect(page.locator("#flow-main")).to_be_focused()


def test_palette_leads_back_to_what_was_looked_at_and_each_tab_says_what_it_shows(
    operator: Operator,
) -> None:
    operator.order()
    operator.open("runs")
    page = operator.page
    operator.rows.first.locator("a.row-link").click()
    expect(page).to_have_title(re.compile(r"^Order .* · done · Runs · flow$"))
    run, heading = page.url, page.locator("h1").text_content() or ""
    operator.open("definitions/order")
    expect(page).to_have_title("order · enabled · Definitions · flow")

    page.keyboard.press("Control+k")
    options = page.get_by_role("dialog").get_by_role("option")
    expect(options.first).to_have_text(re.compile(f"^{re.escape(heading)}Run "))
    expect(options.filter(has_text=re.compile("Definition$"))).to_have_count(0)
    expect(options.nth(1)).to_have_text(re.compile("^Floor"))
    page.keyboard.press("Enter")

    expect(page).to_have_url(run)
    expect(page.locator("#flow-main")).to_be_focused()
    page.keyboard.press("Control+k")
    expect(options.first).to_have_text("orderDefinition")
    page.keyboard.type("runs")
    expect(options.first).to_have_text(re.compile("^Runs"))
    page.keyboard.press("Escape")


def test_no_filter_no_tab_and_no_live_change_takes_the_focus(operator: Operator) -> None:
    operator.order("Many: the manager is asked")
    operator.open("runs?q=workflow:basket")
    page = operator.page
    operator.until_live()
    expect(operator.rows.first).to_be_visible()
    box = page.get_by_label("Filter", exact=True)

    with page.expect_response(re.compile(r"/runs\?.*since")):
        box.fill("workflow:basket since:1h")
        box.press("Enter")
    expect(page).to_have_url(re.compile("since"))
    expect(operator.rows.first).to_be_visible()
    count = operator.rows.count()
    operator.order("Many: the manager is asked")
    expect(operator.rows).to_have_count(count + 1)
    expect(box).to_be_focused()

    operator.rows.first.locator("a.row-link").click()
    tab = page.get_by_role("tab", name="Outline")
    tab.click()
    expect(page).to_have_url(re.compile("view=outline"))
    [run] = re.findall(r"runs/([0-9a-f-]{36})", page.url)
    cancel(operator, run)
    expect(page.locator(".run-head .state")).to_have_attribute("data-state", "cancelled")
    expect(tab).to_be_focused()


def test_end_of_a_run_that_is_looked_at_is_said_once_whatever_happens_to_the_line(
    operator: Operator,
) -> None:
    operator.order("Many: the manager is asked")
    operator.open("runs?q=workflow:basket")
    page = operator.page
    operator.until_live()
    state = operator.rows.first.locator(".state")
    expect(state).to_have_attribute("data-state", "waiting")
    operator.rows.first.locator("a.row-link").click()
    expect(page.locator(".run-head .state")).to_have_attribute("data-state", "waiting")
    [run] = re.findall(r"runs/([0-9a-f-]{36})", page.url)

    operator.context.set_offline(offline=True)
    expect(operator.chip).to_have_attribute("data-standing", "offline")
    operator.context.set_offline(offline=False)
    cancel(operator, run)
    page.wait_for_function("() => window.said.some(({ text }) => text.includes(': cancelled.'))")
    for _ in range(2):
        operator.context.set_offline(offline=True)
        expect(operator.chip).to_have_attribute("data-standing", "offline")
        operator.context.set_offline(offline=False)
        operator.until_live()
    # What waits to be said is said with the next thing at the latest.
    page.get_by_role("link", name="Events").click()
    page.wait_for_function("() => window.said.some(({ text }) => text.includes('Events'))")

    assert words(operator).count("cancelled") == 1
    operator.open(f"runs/{run}")
    operator.until_live()
    expect(page.locator(".run-head .state")).to_have_attribute("data-state", "cancelled")
    assert "cancelled" not in words(operator), "what had ended before is no news"


def test_nothing_is_said_politely_more_than_once_in_five_seconds(operator: Operator) -> None:
    operator.open("")
    operator.until_live()
    page = operator.page

    for key, heading in zip("redstwa", _HEADINGS, strict=True):
        page.keyboard.press("g")
        page.keyboard.press(key)
        expect(page.locator("h1")).to_have_text(heading)
    page.wait_for_function(
        f"() => window.said.some(({{ text }}) => text.trim() === '{_HEADINGS[-1]}')"
    )

    found = said(operator)
    gaps = [after["at"] - before["at"] for before, after in itertools.pairwise(found)]
    assert found[0]["text"] == "Runs"
    assert min(gaps) >= PAUSE_MS - EARLY_MS
    assert len(found) < len(_HEADINGS)


_HEADINGS = ("Runs", "Events", "Dead letters", "Schedules", "Stations", "Workers", "Approvals")


def cancel(operator: Operator, run: str) -> None:
    """As somebody else does: this page does nothing."""
    other = operator.context.new_page()
    other.goto(f"{operator.shop.url}flow/runs/{run}")
    other.get_by_role("button", name="More").click()
    other.get_by_role("menuitem", name="Cancel…").click()
    other.get_by_label("Reason").fill("The customer has changed his mind.")
    other.get_by_role("button", name="Cancel the run").click()
    expect(other.get_by_role("dialog")).to_be_hidden()
    other.close()
