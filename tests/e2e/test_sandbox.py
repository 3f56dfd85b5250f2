"""Events that are sent by hand, schedules, and texts that are tried: by keys where one would use them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import OpenShop
from tests.e2e.hands import Hands
from tests.e2e.operator import Operator

EVENT = re.compile(r"/flow/events/[0-9a-f-]{36}$")
VERSIONS = "SELECT count(*) FROM flowengine_definition"
REFUSED = "422"
"""What the browser itself says of an answer that somebody expects."""


@pytest.fixture(scope="module")
def operator(chrome: Browser, open_for_all: OpenShop) -> Iterator[Operator]:
    """One operator of one shop, in which one order was placed."""
    shop = open_for_all(pace=0.1)
    operator = Operator(chrome, shop)
    operator.order()
    yield operator
    operator.close()


def test_test_event_is_sent_by_keys_and_shows_what_became_of_it(operator: Operator) -> None:
    page, hands = operator.page, Hands(operator.page)
    operator.open("events")

    hands.choose(page.get_by_role("button", name="Send a test event…"))
    dialog = page.get_by_role("dialog")
    hands.reach(dialog.get_by_label("Type"))
    hands.write("order.placed")
    data = dialog.get_by_label("Data, as JSON")
    hands.reach(data)
    hands.press("Control+a")
    hands.paste('{"amount_cents": 1,\n "order_id": "x"')
    expect(dialog.locator(".marks")).to_contain_text("a comma or } is missing at the end")
    hands.paste("}")
    hands.reach(dialog.get_by_label("Reason"))
    hands.write("Does anybody listen?")
    hands.choose(dialog.get_by_role("button", name="Send it"))
    expect(dialog.locator(".marks")).to_contain_text("Line 2, column 14")
    operator.problems[:] = [each for each in operator.problems if REFUSED not in each]
    faults = operator.faults("screen-send")

    page.keyboard.press("Shift+Tab")
    hands.reach(data)
    hands.press("Control+a")
    hands.paste('{"amount_cents": 1, "order_id": 1}')
    hands.choose(dialog.get_by_role("button", name="Try again"))

    expect(page).to_have_url(EVENT)
    expect(page.locator("h1")).to_have_text("order.placed")
    expect(page.locator(".run-head")).to_contain_text("test event")
    expect(page.locator(".explained")).to_contain_text("started")
    hands.press("g", "u")
    entry = operator.rows.filter(has_text="Does anybody listen?").first
    expect(entry).to_contain_text("event: test")
    assert faults == {}, json.dumps(faults, indent=1)


def test_types_and_schedules_say_who_listens_and_when(operator: Operator) -> None:
    page = operator.page
    operator.open("event-types")
    expect(operator.row("order.placed")).to_contain_text("order")
    operator.open("event-types/order.plaecd")
    expect(page.locator(".notice")).to_contain_text("Did you mean order.placed?")
    page.locator(".notice").get_by_role("link", name="order.placed").click()
    expect(page.locator("h1")).to_have_text("order.placed")
    expect(page.locator(".bars").first).to_contain_text("in the last hour")
    expect(page.locator(".payload")).to_contain_text("amount_cents")

    operator.open("schedules")
    schedule = page.locator(".schedule")
    expect(schedule).to_contain_text("At 06:00 on Monday")
    expect(schedule.locator(".schedule-next li")).to_have_count(5)


def test_text_is_tried_with_an_event_and_nothing_is_saved(operator: Operator) -> None:
    page, hands = operator.page, Hands(operator.page)
    before = operator.shop.number(VERSIONS)
    operator.open("definitions/order")
    hands.choose(page.get_by_role("link", name="Try a change"))
    verdict = page.locator(".verdict")
    expect(verdict).to_have_text("fit")
    picture = page.locator(".drawing svg")
    expect(picture).to_contain_text("Payment")

    text = page.get_by_role("textbox", name="Text of the workflow")
    hands.reach(text)
    hands.press("Control+End")
    hands.paste("timeuot: 3h\n")
    problem = page.get_by_role("list", name="What is wrong").get_by_role("listitem")
    expect(problem).to_contain_text("FE110")
    expect(problem).to_contain_text("28:1")
    expect(picture).to_contain_text("Payment")
    faults = operator.faults("screen-sandbox-wrong")

    hands.choose(problem.get_by_role("button", name="Write timeout"))
    expect(verdict).to_have_text("fit")
    hands.reach(page.get_by_role("tab", name="Drawing"))
    hands.press("ArrowRight")
    expect(page.locator(".changes")).to_have_text(re.compile(r"\+ timeout \"3h\""))
    expect(page.locator(".diff ins")).to_contain_text("timeout: 3h")
    hands.press("ArrowRight")
    stored = page.get_by_label("A stored event")
    expect(stored).to_contain_text("order.placed")
    hands.reach(stored)
    hands.press("ArrowDown")
    expect(page.locator(".trial-told")).to_contain_text("would run")
    expect(page.locator(".trial-steps")).to_contain_text("stock.reserve")
    faults |= operator.faults("screen-sandbox")
    with page.expect_download() as saved:
        hands.choose(page.get_by_role("button", name="Download"))

    assert "timeout: 3h" in saved.value.path().read_text(encoding="utf-8")
    assert operator.shop.number(VERSIONS) == before
    assert faults == {}, json.dumps(faults, indent=1)
