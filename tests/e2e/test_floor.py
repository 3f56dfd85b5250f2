"""The floor of some workflows: chosen by keys, named by a link, on the wall; and what is said of the others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.benchmarks import floor as busy_floor
from tests.e2e.conftest import OpenShop
from tests.e2e.hands import Hands
from tests.e2e.operator import Operator

CLOSED = """
from datetime import UTC, datetime
from flowengine.orchestration import doors
from flowengine.orchestration.audit import By
doors.pause("payment", By(who="7", reason="The bank is asleep."), datetime.now(UTC))
"""
LATE = """
SELECT count(*) FROM flowengine_step
WHERE step = 'charge' AND state = 'ready' AND ready_at < datetime('now', '-2 seconds')"""
QUIET = ".lane[data-quiet] .column:not(:last-child)"
BELOW = """
(columns) => columns
  .map((column) => [parseFloat(getComputedStyle(column, "::after").top), column.offsetHeight])
  .filter(([belt, height]) => Math.abs(belt - height) > 1)"""
"""Where belts begin that do not begin at the lower edge of their station, each with how high that is."""
ALL = ["Basket", "Delivery", "Order", "Restock"]


@pytest.fixture(scope="module")
def browser(chrome: Browser, open_for_all: OpenShop) -> Iterator[Operator]:
    """One operator of a shop whose orders wait for a payment that somebody has paused."""
    shop = open_for_all(pace=0)
    shop.manage(CLOSED)
    operator = Operator(chrome, shop)
    for _ in range(2):
        operator.order()
    shop.until(lambda: shop.number(LATE) > 0, what="an order waits to be paid")
    yield operator
    operator.close()


@pytest.fixture
def operator(browser: Operator) -> Iterator[Operator]:
    """The same, of whom each test sees to it that nothing has gone wrong."""
    yield browser
    problems, browser.problems[:] = list(browser.problems), []
    assert problems == []


@pytest.fixture
def stranger(chrome: Browser, browser: Operator) -> Iterator[Operator]:
    """Somebody else: pages of one browser share what they are told."""
    stranger = Operator(chrome, browser.shop)
    yield stranger
    stranger.close()


def lanes(operator: Operator) -> Locator:
    return operator.page.locator("section.lane h2")


def test_workflows_are_chosen_by_keys_and_stand_in_the_address(operator: Operator) -> None:
    page, hands = operator.open("").page, Hands(operator.page)
    expect(lanes(operator)).to_have_text(ALL)

    hands.choose(page.get_by_role("button", name="All workflows"))
    expect(page.get_by_role("menuitemradio", name="All workflows")).to_be_focused()
    hands.press("r")
    expect(page.get_by_role("menuitemcheckbox", name="Restock")).to_be_focused()
    hands.press("Enter")
    expect(lanes(operator)).to_have_text(["Restock"])
    expect(page).to_have_url(re.compile(r"/flow/\?workflow=restock$"))

    expect(page.get_by_role("button", name="Workflow: Restock")).to_be_focused()
    hands.press("Enter")
    expect(page.get_by_role("menuitemradio", name="All workflows")).to_be_focused()
    hands.press("o", "Enter")
    expect(lanes(operator)).to_have_text(["Order", "Restock"])
    some = page.get_by_role("button", name="2 of 4 workflows")
    expect(some).to_be_focused()
    hands.press("Enter")
    faults = operator.faults("floor-picker")
    hands.press("Escape")

    page.go_back()
    expect(lanes(operator)).to_have_text(["Restock"])
    hands.choose(page.get_by_role("button", name="Workflow: Restock"))
    expect(page.get_by_role("menuitemradio", name="All workflows")).to_be_focused()
    hands.press("Enter")
    expect(lanes(operator)).to_have_text(ALL)
    expect(page).to_have_url(re.compile(r"/flow/$"))
    assert faults == {}, json.dumps(faults, indent=1)


def test_belt_lies_between_stations_and_not_on_their_names_on_a_telephone_too(
    operator: Operator,
) -> None:
    page = operator.open("").page
    expect(page.locator(QUIET)).not_to_have_count(0)

    page.set_viewport_size({"width": 360, "height": 720})

    beside = page.locator(QUIET).evaluate_all(BELOW)
    page.set_viewport_size({"width": 1280, "height": 800})
    assert beside == []


def test_what_is_tighter_where_nobody_looks_is_said(operator: Operator) -> None:
    page = operator.open("?workflow=restock").page
    tight, needs = page.locator(".tight"), page.locator(".needs")

    expect(tight).to_have_count(1)
    expect(tight).to_contain_text("Tightest: charge: ")
    expect(tight).to_contain_text("That is in Order, which is not shown.")
    expect(needs).to_contain_text("in all workflows")
    expect(needs).to_contain_text("payment is paused")
    expect(page.locator(".stop[data-tight]")).to_have_count(0)
    operator.assert_accessible("floor-elsewhere")

    tight.get_by_role("link", name="Show it too").click()
    expect(lanes(operator)).to_have_text(["Order", "Restock"])
    expect(tight).to_have_count(1)
    expect(tight).not_to_contain_text("not shown")
    expect(page.locator(".stop[data-tight]")).to_contain_text("Payment")


def test_workflow_that_is_not_there_is_said_with_the_way_to_all(operator: Operator) -> None:
    page = operator.open("?workflow=refund,order").page
    said = page.locator(".problem[role=alert]")

    expect(said).to_contain_text("There is no workflow refund.")
    expect(lanes(operator)).to_have_text(["Order"])

    operator.open("?workflow=refund")
    expect(said).to_contain_text("There is no workflow refund.")
    expect(lanes(operator)).to_have_count(0)
    expect(page.get_by_role("button", name="0 of 4 workflows")).to_be_visible()
    operator.assert_accessible("floor-of-nothing")
    said.get_by_role("link", name="Show all workflows").click()
    expect(lanes(operator)).to_have_text(ALL)
    expect(said).to_have_count(0)


def test_choice_goes_to_the_wall_where_nobody_chooses(operator: Operator) -> None:
    page = operator.open("?workflow=restock,order").page
    page.get_by_role("link", name="For the wall").click()

    expect(page).to_have_url(re.compile(r"tv=1"))
    expect(lanes(operator)).to_have_text(["Order", "Restock"])
    expect(page.locator(".floor-chosen")).to_have_text("Order, Restock")
    expect(page.locator(".floor button")).to_have_count(0)
    operator.assert_accessible("floor-wall")
    page.reload()
    expect(lanes(operator)).to_have_text(["Order", "Restock"])

    operator.open("?tv=1&workflow=refund")
    page.locator(".problem[role=alert]").get_by_role("link", name="Show all workflows").click()
    expect(lanes(operator)).to_have_text(ALL)
    expect(page).to_have_url(re.compile(r"/flow/\?tv=1$"))


def test_few_of_many_workflows_are_open_and_say_where_it_is_tight_among_them(
    stranger: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(busy_floor, "LANES", 12)
    page = stranger.page
    floor = busy_floor.BusyFloor(page, tight=(7, 3))
    floor.begin(stranger.shop.url, lanes=0)
    expect(page.locator(".lane-closed")).to_have_count(12)

    floor.begin(stranger.shop.url, "?workflow=line-3,line-4", lanes=2)
    tight = page.locator(".tight")
    expect(tight).to_have_count(2)
    expect(tight.first).to_contain_text("Tightest here: step-30: 9 waiting")
    expect(tight.last).to_contain_text("Tighter elsewhere: step-70: 9 waiting")
    expect(tight.last).to_contain_text("That is in Line 7, which is not shown.")
    expect(page.locator("a.token").first).to_be_visible()
    expect(page.locator(".tokens-beyond")).to_have_count(0)


@pytest.mark.parametrize(("count", "pickers"), [(1, 0), (2, 1)])
def test_there_is_a_choice_where_there_are_several(
    stranger: Operator, monkeypatch: pytest.MonkeyPatch, count: int, pickers: int
) -> None:
    monkeypatch.setattr(busy_floor, "LANES", count)
    page = stranger.page
    busy_floor.BusyFloor(page).begin(stranger.shop.url)

    expect(page.locator(".floor-picker")).to_have_count(pickers)
