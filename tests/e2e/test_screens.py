"""Every screen of the dashboard with something to show, and the acts that go across several of them."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.conftest import OpenShop
from tests.e2e.operator import Operator
from tests.e2e.shop import Shop

LETTERS = "SELECT count(*) FROM flowengine_dead_letter"
CHARGES = "SELECT count(*) FROM flowengine_step WHERE step = 'charge'"
NEWEST_CHARGE = """
SELECT run_id, ready_at FROM flowengine_step WHERE step = 'charge' ORDER BY ready_at DESC LIMIT 1"""
IS_READY = """
SELECT 1 FROM flowengine_step WHERE step = 'charge' AND state = 'ready' AND run_id = '{}'"""
TAKEN_WITHIN = timedelta(seconds=3)
ORDERS_MAX = 20
REPLAY = re.compile(r"/flow/replays/[0-9a-f-]{36}$")
TABS_MAX = 80
"""So many controls nobody passes on the way to a field."""


@pytest.fixture(scope="module")
def shop(open_for_all: OpenShop) -> Shop:
    """One shop for all of them."""
    return open_for_all(pace=0.2)


@pytest.fixture(scope="module")
def browser(chrome: Browser, shop: Shop) -> Iterator[Operator]:
    """One operator for all of them, in a shop with something of each kind: done, waiting, dead."""
    operator = Operator(chrome, shop)
    operator.page.on("dialog", lambda dialog: operator.problems.append(dialog.message))
    operator.order()
    operator.order("Many: the manager is asked")
    operator.order(product="Grand piano")
    shop.until(lambda: shop.number(LETTERS) == 1, what="the card is declined")
    yield operator
    operator.close()


@pytest.fixture
def operator(browser: Operator) -> Iterator[Operator]:
    """The same, of whom each test sees to it that nothing has gone wrong."""
    yield browser
    problems, browser.problems[:] = list(browser.problems), []
    assert problems == []


def test_every_screen_has_its_own_heading_and_shows_what_there_is(operator: Operator) -> None:
    page = operator.page

    def look(place: str, heading: str | re.Pattern[str], shows: str) -> None:
        operator.open(place)
        expect(page.locator("h1")).to_have_text(heading)
        expect(page.locator(shows).first).to_be_visible()

    def first(place: str, link: str) -> str:
        operator.open(place)
        href = page.locator(link).first.get_attribute("href") or ""
        return href.partition("/flow/")[2]

    rows = "[role=row][data-id]"
    operator.open("")
    expect(page.locator(".needs")).to_contain_text(re.compile("1 new cause.*1 approval"))
    look("", "Floor", ".need")
    look("runs", "Runs", rows)
    look(first("runs", "a.row-link"), re.compile("Order|Basket"), ".journal .fact")
    look("events", "Events", rows)
    look(first("events", "a.row-link"), re.compile(r"\w+\.\w+"), ".panel")
    look("dead", "Dead letters", ".cause-link")
    group = first("dead", ".cause-link")
    look(group, re.compile("declined"), rows)
    look("dead?show=letters", "Dead letters", rows)
    look(first("dead?show=letters", "a.row-link"), "failed run", ".panel")
    look(f"replays/new?q=group:{group.removeprefix('dead/')}", "Replay", ".dry-counts")
    look("replays", "Replays", ".screen")
    look("approvals", "Approvals", rows)
    look("definitions", "Definitions", "a[href$='definitions/order']")
    look("definitions/basket", "basket", ".panel")
    look("stations", "Stations", ".station")
    look("workers", "Workers", ".panel")
    look("audit", "Audit", ".screen")


def test_cause_is_replayed_by_keys_alone_and_the_audit_says_so(operator: Operator) -> None:
    operator.open("")
    page, keys = operator.page, operator.page.keyboard

    keys.press("g")
    keys.press("d")
    expect(page.locator(".cause-link").first).to_be_visible()
    keys.press("j")
    expect(page.locator(".cause-link").first).to_be_focused()
    keys.press("Enter")
    expect(page.locator("h1.group-title")).to_be_visible()
    keys.press("r")
    expect(page.locator(".dry-counts")).to_contain_text("1 will be replayed")

    _tab_to(page, "textarea[required]")
    keys.type("The bank has raised the limit.")
    start = page.get_by_role("button", name="Replay 1", exact=True)
    expect(start).to_be_enabled()
    keys.press("Tab")
    expect(start).to_be_focused()
    keys.press("Enter")

    expect(page).to_have_url(REPLAY)
    expect(page.locator(".replay-progress .verdict")).to_contain_text(re.compile(r"\w"))
    expect(page.locator(".run-head")).to_contain_text("The bank has raised the limit.")
    faults = operator.faults("screen-replay")
    keys.press("g")
    keys.press("u")
    expect(page.locator("h1")).to_have_text("Audit")
    entry = operator.rows.filter(has_text="The bank has raised the limit.").first
    expect(entry).to_contain_text("replay")
    faults |= operator.faults("screen-audit-full")
    operator.open("replays")
    expect(operator.rows.first).to_be_visible()
    faults |= operator.faults("screen-replays-full")
    assert faults == {}, json.dumps(faults, indent=1)


def test_station_that_is_paused_needs_somebody_until_it_is_resumed(operator: Operator) -> None:
    page = operator.page
    needs = page.locator(".needs")
    _act_upon(operator, "payment", "Pause", "The bank is asleep.")
    door = _station(page, "payment").locator(".station-door")
    expect(door).to_contain_text("paused")
    expect(door).to_contain_text("The bank is asleep.")

    operator.open("")
    expect(needs).to_contain_text("payment")

    needs.get_by_role("link", name=re.compile("payment")).click()
    _act_upon(operator, "payment", "Resume", "It is awake.")
    expect(_station(page, "payment").locator(".station-door")).to_have_text("open")
    operator.open("")
    expect(needs).not_to_contain_text("payment")


def test_run_says_why_it_waits_what_it_was_at_and_what_led_there(operator: Operator) -> None:
    page = operator.page
    faults: dict[str, list[str]] = {}
    _act_upon(operator, "payment", "Pause", "The bank is asleep.")
    run = _order_that_waits(operator)
    waits = operator.open(f"runs/{run}").page.locator(".waits")
    expect(waits).to_contain_text(re.compile("The station payment is paused .*The bank is asleep."))
    expect(waits.get_by_role("link", name="Open the station")).to_be_visible()
    faults |= operator.faults("screen-run-waits")

    _act_upon(operator, "payment", "Resume", "It is awake.")
    operator.open(f"runs/{run}?view=gantt")
    expect(page.locator(".run-head .state")).to_have_text("done")
    expect(waits).to_have_count(0)
    bars = page.locator("button.gantt-bar")
    expect(bars.nth(1)).to_have_accessible_name(re.compile("Payment: queued, .*attempt 1, .*done"))
    bars.first.focus()
    page.keyboard.press("ArrowDown")
    expect(bars.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(bars.nth(1)).to_have_attribute("aria-current", "step")
    expect(page).to_have_url(re.compile("step=charge"))
    expect(page.locator(".causes")).to_contain_text("order.placed")
    faults |= operator.faults("screen-run-gantt")
    page.get_by_label("as a table").check()
    expect(page.locator(".gantt-table tbody").nth(2)).to_contain_text("attempt 1")
    faults |= operator.faults("screen-run-table")
    assert faults == {}, json.dumps(faults, indent=1)


def test_run_offers_what_can_be_done_and_its_drawing_can_be_read_on_a_telephone(
    operator: Operator,
) -> None:
    page = operator.page
    operator.open("runs?q=workflow:basket")
    operator.open((page.locator("a.row-link").first.get_attribute("href") or "").split("/flow/")[1])
    expect(page.locator(".waits")).to_contain_text(re.compile("It waits for user .* to approve"))
    page.get_by_role("button", name="More").click()
    resume = page.get_by_role("menuitem", name="Resume…")
    expect(resume).to_contain_text("only what has failed goes on this way")
    expect(resume).to_have_attribute("aria-disabled", "true")
    expect(page.get_by_role("menuitem", name="Answer", exact=True)).to_be_visible()
    page.keyboard.press("Escape")

    page.set_viewport_size({"width": 360, "height": 800})
    page.get_by_role("tab", name="Drawing").click()
    picture = page.locator(".drawing > svg")
    expect(picture).to_be_visible()
    expect(page.locator(".drawing")).to_have_attribute("data-size", "full")
    text = page.locator(".drawing .name").first.bounding_box()
    assert text is not None
    assert text["height"] >= 12
    faults = operator.faults("screen-run-drawing")
    assert faults == {}, json.dumps(faults, indent=1)


def _order_that_waits(operator: Operator) -> uuid.UUID:
    """The run of an order that nobody charges: workers hear of a closed door a moment after it is."""
    shop = operator.shop
    for _ in range(ORDERS_MAX):
        before = shop.number(CHARGES)
        operator.order()
        shop.until(partial(_has_come, shop, before), what="it is at the payment")
        (newest, ready_at) = shop.rows(NEWEST_CHARGE)[0]
        shop.until(partial(_is_settled, shop, newest, ready_at), what="it is charged, or it waits")
        if shop.rows(IS_READY.format(newest)):
            return uuid.UUID(newest)
    raise AssertionError("the door does not close")


def _has_come(shop: Shop, before: int) -> bool:
    return shop.number(CHARGES) > before


def _is_settled(shop: Shop, run: str, ready_at: str) -> bool:
    """It was taken, or became ready so long ago that whoever takes work would have taken it."""
    since = datetime.fromisoformat(ready_at).replace(tzinfo=UTC)
    return not shop.rows(IS_READY.format(run)) or datetime.now(UTC) - since > TAKEN_WITHIN


def _station(page: Page, name: str) -> Locator:
    """What the screen of the stations says of one."""
    return page.locator(".station").filter(has=page.get_by_role("heading", name=name, exact=True))


def _act_upon(operator: Operator, station: str, verb: str, reason: str) -> None:
    """Open or close a station, by its dialog."""
    page = operator.open("stations").page
    _station(page, station).get_by_role("button", name=f"{verb}…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill(reason)
    dialog.get_by_role("button", name=f"{verb} the station").click()
    expect(dialog).to_be_hidden()


def _tab_to(page: Page, selector: str) -> None:
    """Go there as one goes without a mouse."""
    for _ in range(TABS_MAX):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no way by keys to {selector}")
