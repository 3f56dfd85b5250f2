"""Stations, workers and rules on the dashboard, seen and steered by keys, and still when the link is lost."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.conftest import OpenShop
from tests.e2e.hands import Hands
from tests.e2e.operator import Operator
from tests.e2e.test_dashboard import SEEN_WITH

ARCHIVE = "**/flow/inbox/archive"


@pytest.fixture(scope="module")
def operator(chrome: Browser, open_for_all: OpenShop) -> Iterator[Operator]:
    """One operator of one shop."""
    operator = Operator(chrome, open_for_all(pace=0.1))
    yield operator
    operator.close()


def panel(page: Page, name: str | re.Pattern[str]) -> Locator:
    """What the screen says of one station or worker."""
    return page.locator(".station").filter(has=page.get_by_role("heading", name=name))


def confirm(hands: Hands, page: Page, reason: str, button: str) -> None:
    """Say why in the dialog, and do it."""
    dialog = page.get_by_role("dialog")
    hands.reach(dialog.get_by_label("Reason"))
    hands.write(reason)
    hands.choose(dialog.get_by_role("button", name=button))
    expect(dialog).to_be_hidden()


def choose(hands: Hands, page: Page, of: Locator, entry: str) -> None:
    """An entry of the menu of that panel."""
    hands.choose(of.get_by_role("button", name="More"))
    wanted = page.get_by_role("menuitem", name=entry)
    expect(wanted).to_be_visible()
    hands.walk_to(wanted, "ArrowDown")
    hands.press("Enter")


def test_station_is_limited_and_opened_slowly_by_keys(operator: Operator) -> None:
    page, hands = operator.page, Hands(operator.page)
    operator.open("stations")
    payment = panel(page, "payment")

    choose(hands, page, payment, "Limit…")
    hands.reach(page.get_by_label("Attempts at the same time"))
    hands.write("2")
    confirm(hands, page, "The bank has two lines.", "Set the limit")
    expect(payment).to_contain_text("At most 2 at the same time")
    expect(payment).to_contain_text("by you · The bank has two lines.")
    hands.choose(payment.get_by_role("button", name="Pause…"))
    confirm(hands, page, "Inventory.", "Pause the station")
    expect(payment).to_contain_text("Inventory. · nothing runs")
    faults = operator.faults("screen-stations-steered")

    choose(hands, page, payment, "Resume slowly…")
    confirm(hands, page, "All is counted.", "Resume it slowly")
    expect(payment).to_contain_text("draining slowly")
    choose(hands, page, payment, "Take the limit back…")
    confirm(hands, page, "They have mended it.", "Take it back")
    expect(payment).not_to_contain_text("at the same time")
    assert faults == {}, json.dumps(faults, indent=1)


def test_worker_is_drained_and_takes_work_again(operator: Operator) -> None:
    page, hands = operator.page, Hands(operator.page)
    operator.open("workers")
    worker = page.locator(".station").first

    choose(hands, page, worker, "Drain…")
    confirm(hands, page, "A new disk.", "Drain the worker")
    expect(worker).to_contain_text("Takes nothing more")
    expect(worker.locator(".station-door").first).to_contain_text("draining", timeout=20_000)
    faults = operator.faults("screen-workers-drained")

    hands.choose(worker.get_by_role("button", name="Take work again…"))
    confirm(hands, page, "It is in.", "Let it work")
    expect(worker).not_to_contain_text("Takes nothing more")
    expect(worker.locator(".station-door").first).to_contain_text("idle", timeout=20_000)
    assert faults == {}, json.dumps(faults, indent=1)


def test_rule_is_made_by_keys_and_tells_what_fails(operator: Operator) -> None:
    page, hands = operator.page, Hands(operator.page)
    operator.open("notifications")

    hands.choose(page.get_by_role("button", name="New rule…"))
    dialog = page.get_by_role("dialog")
    hands.reach(dialog.get_by_label("Only with the words"))
    hands.write("workflow:order")
    hands.choose(dialog.get_by_role("button", name="Make the rule"))
    expect(dialog).to_be_hidden()
    rules = page.get_by_role("list", name="Rules")
    expect(rules).to_contain_text("workflow:order")
    operator.order(product="Grand piano")

    told = page.get_by_role("list", name="Notifications").get_by_role("listitem")
    mine = told.filter(has_text="order failed at charge")
    expect(mine).to_be_visible(timeout=20_000)
    page.get_by_role(
        "heading", name="Inbox"
    ).click()  # Nothing has the focus, no link is over others.
    faults = operator.faults("screen-notifications")
    archive = mine.get_by_role("button", name=re.compile("Archive"))
    page.route(ARCHIVE, lambda route: route.abort())
    hands.choose(archive)
    expect(page.get_by_role("alert").filter(has_text="That did not work")).to_be_visible()
    page.unroute(ARCHIVE)
    operator.problems[:] = [each for each in operator.problems if "ERR_FAILED" not in each]
    hands.choose(archive)
    expect(mine).to_be_hidden()
    expect(page.locator(".problem")).to_have_count(0)
    hands.choose(page.get_by_role("button", name="Undo"))
    expect(mine).to_be_visible()
    hands.choose(rules.get_by_role("button", name="Mute…"))
    hands.choose(page.get_by_role("dialog").get_by_role("button", name="Mute the rule"))
    expect(rules).to_contain_text("muted")
    assert faults == {}, json.dumps(faults, indent=1)


@pytest.mark.parametrize("place", ["stations", "workers", "notifications"])
def test_every_panel_says_as_of_in_the_frame_in_which_the_link_is_lost(
    operator: Operator, place: str
) -> None:
    operator.open(place)
    operator.until_live()
    expect(operator.page.locator(".panel-body").first).to_be_visible()
    page = operator.page

    page.evaluate(f"() => {{ window.seenWith = ({SEEN_WITH})() }}")
    operator.context.set_offline(offline=True)
    said = page.evaluate("() => window.seenWith")
    operator.context.set_offline(offline=False)

    assert said == dict.fromkeys(said, True) != {}
    expect(operator.chip).to_have_attribute("data-standing", "live", timeout=20_000)
