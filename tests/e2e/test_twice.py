"""Acts that somebody does twice: by a double click, by two Enters, or because no answer came. Done once."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect

from tests.e2e.conftest import OpenShop
from tests.e2e.operator import Operator
from tests.e2e.shop import Shop

WHY = "Because it is twice."
AUDITED = "SELECT count(*) FROM flowengine_audit WHERE verb = '{}'"
WAITING = """
SELECT run_id FROM flowengine_step WHERE step = 'manager' AND state = 'waiting'
ORDER BY ready_at DESC LIMIT 1"""
LETTERS = "SELECT count(*) FROM flowengine_dead_letter WHERE state = 'open'"
GROUP = "SELECT group_id FROM flowengine_dead_letter WHERE state = 'open' LIMIT 1"
LOST = "net::ERR_FAILED"


@pytest.fixture(scope="module")
def shop(open_for_all: OpenShop) -> Shop:
    """One shop for all of them."""
    return open_for_all(pace=0)


def of_button(page: Page, within: Locator, act: str) -> None:
    """Open what an act asks, from its own button or from the menu."""
    button = within.get_by_role("button", name=act)
    if not button.is_visible():
        within.get_by_role("button", name=re.compile("More|Triage")).click()
        button = page.get_by_role("menuitem", name=act)
    button.click()
    expect(page.get_by_role("dialog")).to_be_visible()


def confirming(page: Page, reason: str = WHY) -> Locator:
    """What does it, when the reason is given."""
    dialog = page.get_by_role("dialog")
    if reason:
        dialog.get_by_label("Reason").fill(reason)
    return dialog.locator("button[type=submit]")


def a_waiting_run(operator: Operator) -> str:
    """The id of one."""
    before = operator.shop.rows(WAITING)
    operator.order("Many: the manager is asked")
    operator.shop.until(lambda: operator.shop.rows(WAITING) != before, what="the manager is asked")
    [(run,)] = operator.shop.rows(WAITING)
    return str(uuid.UUID(str(run)))


def upon_run(act: str) -> Callable[[Operator], Locator]:
    def begin(operator: Operator) -> Locator:
        operator.open(f"runs/{a_waiting_run(operator)}")
        of_button(operator.page, operator.page.locator(".run-head"), act)
        return confirming(operator.page)

    return begin


def release(operator: Operator) -> Locator:
    upon_run("Hold…")(operator).click()
    page = operator.page
    expect(page.get_by_role("dialog")).to_be_hidden()
    of_button(page, page.locator(".run-head"), "Release…")
    return confirming(page)


def station(page: Page, name: str) -> Locator:
    return page.locator(".station").filter(has=page.get_by_role("heading", name=name))


def upon_station(act: str) -> Callable[[Operator], Locator]:
    def begin(operator: Operator) -> Locator:
        page = operator.open("stations").page
        dock = station(page, "shipping")
        door = dock.locator(".station-door").first  # below it there may be a limit
        if act == "Pause…" and "paused" in (door.text_content() or ""):
            of_button(page, dock, "Resume…")
            confirming(page).click()
            expect(door).to_have_text("open")
        of_button(page, dock, act)
        if act == "Limit…":
            page.get_by_label("Attempts at the same time").fill("3")
        return confirming(page)

    return begin


def save_view(operator: Operator) -> Locator:
    number = operator.shop.number(AUDITED.format("view.save"))
    page = operator.open(f"runs?q=workflow:order since:{number + 1}h").page
    page.get_by_role("navigation", name="Views").get_by_role("button", name="Save view…").click()
    page.get_by_label("Name").fill(f"Orders {number}")
    page.get_by_label("For the whole team").check()
    return confirming(page, reason="")


def send_event(operator: Operator) -> Locator:
    page = operator.open("events").page
    page.get_by_role("button", name="Send a test event…").first.click()
    page.get_by_label("Type").fill("parcel.weighed")
    return confirming(page)


def make_rule(operator: Operator) -> Locator:
    page = operator.open("notifications").page
    page.get_by_role("button", name="New rule…").first.click()
    return confirming(page, reason="")


def start_replay(operator: Operator) -> Locator:
    before = operator.shop.number(LETTERS)
    operator.order(product="Grand piano")
    operator.shop.until(lambda: operator.shop.number(LETTERS) > before, what="the card is declined")
    [(group,)] = operator.shop.rows(GROUP)
    page = operator.open(f"replays/new?q=group:{uuid.UUID(str(group))}").page
    expect(page.locator(".dry-counts")).to_contain_text("will be replayed")
    page.get_by_label("Reason").fill(WHY)
    return page.get_by_role("button", name=re.compile(r"^(Replay \d+|Try again)$"))


def discard(operator: Operator) -> Locator:
    before = operator.shop.number(LETTERS)
    operator.order(product="Grand piano")
    operator.shop.until(lambda: operator.shop.number(LETTERS) > before, what="the card is declined")
    [(group,)] = operator.shop.rows(GROUP)
    page = operator.open(f"dead/{uuid.UUID(str(group))}").page
    of_button(page, page.locator(".run-head"), "Discard…")
    return confirming(page)


@dataclass(frozen=True, slots=True)
class Act:
    """Something that is done from the browser."""

    begin: Callable[[Operator], Locator]
    """Opens it and fills it in; the button that does it."""
    kept: str
    """How often it was done, as the database says."""


ACTS = {
    "cancel": Act(upon_run("Cancel…"), AUDITED.format("run.cancel")),
    "hold": Act(upon_run("Hold…"), AUDITED.format("run.hold")),
    "release": Act(release, AUDITED.format("run.release")),
    "pause station": Act(upon_station("Pause…"), AUDITED.format("station.pause")),
    "limit": Act(upon_station("Limit…"), AUDITED.format("station.limit")),
    "save view": Act(save_view, AUDITED.format("view.save")),
    "test event": Act(send_event, AUDITED.format("event.test")),
    "rule": Act(make_rule, "SELECT count(*) FROM flowengine_rule"),
    "replay": Act(start_replay, AUDITED.format("replay.start")),
    "discard": Act(discard, AUDITED.format("discard")),
}
every_act = pytest.mark.parametrize("act", ACTS.values(), ids=list(ACTS))


def is_act(request: Request) -> bool:
    """It does something; what a replay chooses and tries before it is begun does not."""
    return request.method == "POST" and not re.search(r"/(selections|replays/plan)$", request.url)


def is_over(operator: Operator) -> None:
    """The act is done, and the page has said so."""
    expect(operator.page.locator("#flow-urgent")).not_to_be_empty()
    expect(operator.page.get_by_role("dialog")).to_be_hidden()
    operator.settled()


@every_act
@pytest.mark.parametrize("how", ["double click", "two Enters"])
def test_act_that_is_done_twice_at_once_is_done_once(
    operator: Operator, act: Act, how: str
) -> None:
    button = act.begin(operator)
    expect(button).to_be_enabled()
    sent: list[str] = []
    operator.page.on(
        "request", lambda request: sent.append(request.url) if is_act(request) else None
    )
    before = operator.shop.number(act.kept)

    if how == "double click":
        button.dblclick()
    else:
        button.focus()
        operator.page.keyboard.press("Enter")
        operator.page.keyboard.press("Enter")

    is_over(operator)
    assert len(sent) == 1, sent
    assert operator.shop.number(act.kept) == before + 1


@every_act
def test_act_without_an_answer_is_sent_again_under_its_key_and_done_once(
    operator: Operator, act: Act
) -> None:
    button = act.begin(operator)
    expect(button).to_be_enabled()
    keys: list[str] = []

    def lose_the_first(route: Route) -> None:
        if not is_act(route.request):
            route.fallback()
            return
        keys.append(route.request.headers.get("idempotency-key", ""))
        if len(keys) > 1:
            route.fallback()
            return
        assert route.fetch().ok
        route.abort()

    operator.page.route("**/flow/api/v1/**", lose_the_first)
    before = operator.shop.number(act.kept)

    button.click()
    expect(operator.page.get_by_text("The server cannot be reached.")).to_be_visible()
    operator.shop.until(lambda: operator.shop.number(act.kept) > before, what="it is done")
    button.click()

    is_over(operator)
    assert len(keys) == 2
    assert keys[0] == keys[1] != ""
    assert operator.shop.number(act.kept) == before + 1
    operator.problems[:] = [each for each in operator.problems if LOST not in each]


def test_act_of_a_dialog_that_is_closed_before_its_answer_came_is_done_once(
    operator: Operator,
) -> None:
    page, kept = operator.page, AUDITED.format("station.limit")
    keys: list[str] = []

    def keep_the_first_waiting(route: Route) -> None:
        keys.append(route.request.headers.get("idempotency-key", ""))
        if len(keys) > 1:
            route.fallback()
            return
        assert route.fetch().ok

    page.route("**/flow/api/v1/stations/*/limit", keep_the_first_waiting)
    before = operator.shop.number(kept)

    def is_done() -> bool:
        page.evaluate("0")  # What is routed is only seen to while something is asked of the page.
        return operator.shop.number(kept) > before

    upon_station("Limit…")(operator).click()
    operator.shop.until(is_done, what="it is done")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    of_button(page, station(page, "shipping"), "Limit…")
    page.get_by_label("Attempts at the same time").fill("3")
    confirming(page).click()

    is_over(operator)
    assert len(keys) == 2
    assert keys[0] == keys[1] != ""
    assert operator.shop.number(kept) == before + 1


def test_approval_that_is_given_twice_is_given_once(operator: Operator) -> None:
    operator.page.goto(f"{operator.shop.url}flow/my/approvals/{a_waiting_run(operator)}/manager/")
    before = operator.shop.number(AUDITED.format("run.answer"))

    operator.page.get_by_role("button", name="Approve").dblclick()

    expect(operator.page.locator(".done")).to_contain_text("You have approved.")
    assert operator.shop.number(AUDITED.format("run.answer")) == before + 1


def test_second_click_upon_what_opens_a_dialog_does_not_close_it(operator: Operator) -> None:
    page = operator.open("stations").page
    till = station(page, "payment")

    till.get_by_role("button", name="Pause…").dblclick()

    expect(page.get_by_role("dialog")).to_be_visible()
    page.mouse.click(5, 5)
    expect(page.get_by_role("dialog")).to_be_hidden()
