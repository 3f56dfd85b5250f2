"""The operators' dashboard in a browser: what an operator sees, does, and never sees move."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import OpenShop
from tests.e2e.operator import Operator
from tests.e2e.shop import Shop

RUN = re.compile(r"/flow/runs/[0-9a-f-]{36}$")
SEEN_WITH = """
() => new Promise((resolve) => {
  const chip = document.querySelector(".chip-live");
  new MutationObserver((_, observer) => {
    if (chip.dataset.standing !== "offline") return;
    observer.disconnect();
    // What is painted with the chip: another frame would be too late.
    requestAnimationFrame(() => {
      const panels = [...document.querySelectorAll(".panel-head")];
      resolve(Object.fromEntries(panels.map((panel) =>
        [panel.querySelector("h2").textContent, /as of \\d/.test(panel.textContent)])));
    });
  }).observe(chip, { attributes: true });
})
"""
"""For each panel, by its title, whether it says "as of" in the frame in which the link is lost."""


@pytest.fixture(scope="module")
def shop(open_for_all: OpenShop) -> Shop:
    """One shop for all of them; each looks for what it has ordered itself."""
    return open_for_all(pace=0.2)


def test_run_is_seen_from_its_beginning_to_its_end_without_reloading(operator: Operator) -> None:
    operator.open("runs")
    page = operator.page
    operator.until_live()

    operator.order("Many: the manager is asked")
    basket = operator.rows.first
    expect(basket).to_contain_text("Basket")
    expect(basket.locator(".state")).to_have_attribute("data-state", "waiting")
    basket.locator("a.row-link").click()

    expect(page).to_have_url(RUN)
    expect(page.locator("h1")).to_contain_text("Basket")
    manager = page.locator('.drawing [data-step="manager"]')
    expect(manager).to_have_attribute("data-state", "waiting")
    page.get_by_role("tab", name="Outline").click()
    expect(page.locator(".outline-step", has_text="A word from the manager")).to_have_attribute(
        "aria-current", "step"
    )
    expect(page.locator(".fact-kind", has_text="run.started")).to_be_visible()

    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Cancel…").click()
    dialog = page.get_by_role("dialog")
    confirm = dialog.get_by_role("button", name="Cancel the run")
    expect(confirm).to_be_disabled()
    dialog.get_by_label("Reason").fill("The customer has changed his mind.")
    confirm.click()

    expect(page.locator(".run-head .state")).to_have_attribute("data-state", "cancelled")
    expect(page.locator(".fact-kind", has_text="run.cancelled")).to_be_visible()
    page.get_by_role("button", name="More").click()
    again = page.get_by_role("menuitem", name="Cancel…")
    expect(again).to_have_attribute("aria-disabled", "true")
    expect(again).to_contain_text("It is cancelled: it has ended.")


def test_no_row_moves_under_the_pointer_and_all_come_when_it_leaves(operator: Operator) -> None:
    operator.order()
    operator.open("runs?q=workflow:order")
    page = operator.page
    operator.until_live()
    expect(operator.rows.first).to_be_visible()
    first = operator.rows.first.get_attribute("data-id")

    operator.rows.first.hover()
    operator.order()
    expect(page.locator(".news")).to_have_text("▲ 1 new")
    assert operator.rows.first.get_attribute("data-id") == first
    expect(page.get_by_text("paused: you hover")).to_be_visible()

    page.mouse.move(640, 20)

    expect(operator.rows.first).not_to_have_attribute("data-id", first or "")
    expect(page.locator(f'[data-id="{first}"] .state')).to_have_attribute("data-state", "succeeded")


def test_payload_is_fetched_when_it_is_opened_and_not_before(operator: Operator) -> None:
    operator.order()
    operator.open("runs?q=workflow:order")
    page = operator.page
    expect(operator.rows.first.locator(".state")).to_have_attribute("data-state", "succeeded")
    operator.rows.first.locator("a.row-link").click()
    expect(page.locator(".inspector")).to_be_visible()
    expect(page.locator(".fact-kind", has_text="run.succeeded")).to_be_visible()
    assert not [path for path in operator.asked if path.partition("?")[0].endswith("/payload")]

    page.get_by_role("button", name="Show input").click()

    expect(page.locator(".payload pre")).to_contain_text("order_id")


def test_everything_can_be_reached_by_keys(operator: Operator) -> None:
    operator.order()
    operator.open("")
    page = operator.page
    keys = page.keyboard

    keys.press("g")
    keys.press("r")
    expect(page.locator("h1")).to_have_text("Runs")
    expect(operator.rows.first).to_be_visible()
    keys.press("j")
    expect(operator.rows.first).to_be_focused()
    keys.press("x")
    expect(page.get_by_text("1 selected", exact=True)).to_be_visible()
    keys.press("x")
    expect(page.get_by_label("Selected", exact=True)).to_be_hidden()
    keys.press("Enter")
    expect(page).to_have_url(RUN)

    keys.press("Control+k")
    expect(page.get_by_role("combobox", name="A screen, an act, or an id")).to_be_focused()
    keys.type("runs")
    keys.press("Enter")
    expect(page.locator("h1")).to_have_text("Runs")
    keys.press("f")
    keys.type("state:succ")
    keys.press("ArrowDown")
    keys.press("Enter")
    keys.press("Enter")
    expect(page).to_have_url(re.compile(r"/flow/runs\?q=state%3Asucceeded$"))
    expect(page.locator(".chip", has_text="succeeded")).to_be_visible()

    keys.press("Escape")
    keys.press("Escape")
    keys.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Pause the list")


def test_id_that_is_pasted_leads_to_what_it_names(operator: Operator) -> None:
    operator.order()
    operator.open("runs")
    run = operator.rows.first.get_attribute("data-id") or ""

    operator.open("")
    operator.page.keyboard.press("Control+k")
    operator.page.keyboard.insert_text(f"run={run},")
    operator.page.get_by_role("option", name="Run").click()

    expect(operator.page).to_have_url(re.compile(f"/flow/runs/{run}$"))
    # The browser writes down that it is the id of nothing else.
    assert all("404" in problem for problem in operator.problems)
    operator.problems.clear()


def test_selection_of_all_that_match_is_frozen_and_said_in_words(operator: Operator) -> None:
    operator.order()
    operator.open("runs?q=workflow:order")
    expect(operator.rows.first).to_be_visible()

    operator.page.get_by_label("Select all that are shown").check()
    operator.page.get_by_role("button", name="Select all that match").click()

    chosen = operator.page.get_by_label("Selected", exact=True)
    expect(chosen).to_contain_text(re.compile(r"\d+ selected runs: workflow is 'order'"))
    expect(chosen.get_by_role("button", name="Cancel…")).to_be_visible()


def test_list_with_nothing_in_it_says_what_to_do(operator: Operator) -> None:
    operator.open("runs?q=workflow:nothing")

    expect(operator.page.get_by_text("No run matches this filter.")).to_be_visible()
    operator.page.get_by_role("button", name="Show all runs").click()
    expect(operator.page).to_have_url(re.compile("/flow/runs$"))


def test_filter_that_is_not_understood_says_why_and_what_there_is(operator: Operator) -> None:
    operator.open("runs")
    box = operator.page.get_by_label("Filter", exact=True)

    box.fill("status:failed")
    box.press("Enter")

    expect(operator.page.get_by_role("alert").filter(has_text="FE510")).to_contain_text("state")
    operator.problems.clear()  # The browser writes down that it was answered 422.


def test_clocks_stand_still_and_every_panel_says_as_of_when_the_link_is_lost(
    operator: Operator,
) -> None:
    operator.open("runs")
    page = operator.page
    operator.until_live()
    operator.order("Many: the manager is asked")
    expect(operator.rows.first.locator(".state")).to_have_attribute("data-state", "waiting")
    operator.rows.first.locator("a.row-link").click()
    expect(page.locator(".journal")).to_be_visible()
    operator.until_live()

    page.evaluate(f"() => {{ window.seenWith = ({SEEN_WITH})() }}")
    operator.context.set_offline(offline=True)
    assert page.evaluate("() => window.seenWith") == {
        "Line": True,
        "A word from the manager": True,
        "What led here, and what followed": True,
        "Journal": True,
    }
    expect(operator.chip).to_contain_text(re.compile(r"offline \d:\d\d, as of \d\d:\d\d:\d\d"))
    took = page.locator(".run-head .took")
    frozen = took.text_content()
    expect(operator.chip).to_contain_text("offline 0:02")
    expect(took).to_have_text(frozen or "")

    # Pressed while there is something to press: with the network the page comes back by itself.
    with page.expect_websocket():
        operator.chip.get_by_role("button", name="retry").click()
    operator.context.set_offline(offline=False)

    operator.until_live()
    expect(page.locator(".as-of")).to_have_count(0)


def test_what_opens_over_a_screen_is_for_everybody(operator: Operator) -> None:
    operator.order()
    page = operator.page
    operator.open("runs")
    expect(operator.rows.first).to_be_visible()

    page.get_by_label("Select all that are shown").check()
    operator.assert_accessible("dashboard-runs-chosen")
    page.get_by_role("button", name="Clear", exact=True).click()
    operator.rows.first.locator("a.row-link").click()
    expect(page.locator(".journal .fact").first).to_be_visible()
    page.keyboard.press("Control+k")
    operator.assert_accessible("dashboard-palette")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Replay…").click()
    operator.assert_accessible("dashboard-act")
