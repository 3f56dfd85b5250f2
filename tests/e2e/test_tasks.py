"""What operators come for, each done from the floor by keys alone, on one page that stays open."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.e2e.conftest import OpenShop
from tests.e2e.hands import Hands
from tests.e2e.operator import Operator

LETTERS = "SELECT count(*) FROM flowengine_dead_letter"
ROUTED = "SELECT count(*) FROM flowengine_event WHERE state = 'routed' AND type = 'parcel.lost'"
NEWEST_RUN = (
    "SELECT id FROM flowengine_run WHERE workflow = 'order' ORDER BY created_at DESC LIMIT 1"
)
RUN = re.compile(r"/flow/runs/[0-9a-f-]{36}$")
REPLAY = re.compile(r"/flow/replays/[0-9a-f-]{36}$")
BEFORE = """
from datetime import UTC, datetime, timedelta
from django.db import transaction
from flowengine import emit
from flowengine.models import DefinitionRecord
now = DefinitionRecord.objects.get(workflow="delivery")
earlier = now.source.replace("workflow: delivery", "workflow: delivery\\ntimeout: 3h")
DefinitionRecord.objects.create(digest="e" * 64, workflow="delivery", path=now.path, source=earlier,
    signatures=now.signatures, created_at=datetime.now(UTC) - timedelta(days=1))
with transaction.atomic():
    emit("parcel.lost", {"parcel": 7})
"""
"""An event that nobody waits for, and a version of a workflow that has been replaced."""


@pytest.fixture(scope="module")
def operator(chrome: Browser, open_for_all: OpenShop) -> Iterator[Operator]:
    """One operator of one shop: orders done, some that wait for the manager, two that died alike."""
    shop = open_for_all(pace=0.1)
    operator = Operator(chrome, shop)
    operator.order()
    for _ in range(2):
        operator.order("Many: the manager is asked")
        operator.order(product="Grand piano")
    shop.manage(BEFORE)
    shop.until(lambda: shop.number(LETTERS) == 2, what="the cards are declined")
    shop.until(lambda: shop.number(ROUTED) == 1, what="nobody has wanted the event")
    yield operator
    operator.close()


@pytest.fixture
def hands(operator: Operator) -> Iterator[Hands]:
    """Keys of the page, which shows the floor; whatever else was open is not any more."""
    operator.open("")
    operator.until_live()
    yield Hands(operator.page)
    problems, operator.problems[:] = list(operator.problems), []
    assert problems == []


def first_run(operator: Operator, hands: Hands, q: str) -> None:
    """The newest of the runs that a filter finds."""
    hands.press("g", "r")
    heading(operator, "Runs")
    filter_by(operator, hands, q)
    expect(operator.rows.first).to_be_visible()
    hands.press("Escape")
    hands.walk_to(operator.rows.first)
    hands.press("Enter")
    expect(operator.page).to_have_url(RUN)
    expect(operator.page.locator(".journal .fact").first).to_be_visible()


def filter_by(operator: Operator, hands: Hands, q: str) -> None:
    """Find that instead of what the list was left with."""
    hands.press("f", "Control+a")
    hands.write(q)
    hands.press("Enter")
    expect(operator.page).to_have_url(re.compile(re.escape(urlencode({"q": q})) + "$"))


def go(operator: Operator, hands: Hands, screen: str) -> None:
    """To a screen by its name."""
    hands.press("Control+k")
    expect(operator.page.get_by_role("combobox")).to_be_focused()
    hands.write(screen)
    hands.press("Enter")
    heading(operator, screen)


def first_cause(operator: Operator, hands: Hands) -> None:
    """The cause that failed last."""
    hands.press("g", "d")
    hands.walk_to(operator.page.locator(".cause-link").first)
    hands.press("Enter")
    expect(operator.page.locator("h1.group-title")).to_be_visible()
    hands.settle()


def heading(operator: Operator, text: str | re.Pattern[str]) -> None:
    """The screen with that heading is there."""
    expect(operator.page.locator("h1")).to_have_text(text)


def choose_of_more(operator: Operator, hands: Hands, act: str) -> None:
    """Of what can be done with a run, what has no button of its own."""
    hands.choose(operator.page.locator(".run-head").get_by_role("button", name="More"))
    hands.walk_to(operator.page.get_by_role("menuitem", name=act), "ArrowDown")
    hands.press("Enter")


def answer(operator: Operator, hands: Hands, reason: str) -> None:
    """Give the reason that an act asks for, and do it."""
    dialog = operator.page.get_by_role("dialog")
    hands.reach(dialog.get_by_label("Reason"))
    hands.write(reason)
    hands.choose(dialog.locator("button[type=submit]"))
    expect(dialog).to_be_hidden()


def station(operator: Operator, name: str) -> Locator:
    """What is said of a station."""
    heading_of = operator.page.get_by_role("heading", name=name, exact=True)
    return operator.page.locator(".station").filter(has=heading_of)


def test_run_of_an_order_is_found(operator: Operator, hands: Hands) -> None:
    first_run(operator, hands, "workflow:order state:succeeded")

    heading(operator, re.compile("Order"))


def test_run_says_what_it_waits_for(operator: Operator, hands: Hands) -> None:
    first_run(operator, hands, "state:waiting")

    expect(operator.page.locator("main")).to_contain_text("A word from the manager")


def test_run_is_cancelled_with_a_reason(operator: Operator, hands: Hands) -> None:
    first_run(operator, hands, "state:waiting")

    choose_of_more(operator, hands, "Cancel…")
    answer(operator, hands, "Ordered twice.")

    state = operator.page.locator(".run-head .state").first
    expect(state).to_have_attribute("data-state", "cancelled")


def test_failed_run_is_tried_again(operator: Operator, hands: Hands) -> None:
    first_run(operator, hands, "state:failed")

    choose_of_more(operator, hands, "Replay…")
    hands.choose(operator.page.get_by_role("dialog").get_by_role("button", name="Go on"))

    expect(operator.page.locator(".dry-counts")).to_contain_text("will be replayed")


def test_cause_is_in_the_dry_run_after_six_keys(operator: Operator, hands: Hands) -> None:
    first_cause(operator, hands)
    hands.press("r")

    expect(operator.page.locator(".dry-counts")).to_contain_text("2 will be replayed")
    assert hands.pressed <= 6


def test_cause_is_acknowledged(operator: Operator, hands: Hands) -> None:
    first_cause(operator, hands)

    hands.press("a")
    answer(operator, hands, "The bank knows.")

    expect(operator.page.locator(".run-head .state").first).to_contain_text("acknowledged")


def test_station_is_paused_and_resumed(operator: Operator, hands: Hands) -> None:
    go(operator, hands, "Stations")
    shipping = station(operator, "shipping")
    hands.choose(shipping.get_by_role("button", name="Pause…"))
    answer(operator, hands, "The van is away.")
    expect(shipping.locator(".station-door")).to_contain_text("The van is away.")

    hands.choose(shipping.get_by_role("button", name="Resume…"))
    answer(operator, hands, "It is back.")

    expect(shipping.locator(".station-door")).to_have_text("open")


def test_audit_says_who_did_what_and_why(operator: Operator, hands: Hands) -> None:
    go(operator, hands, "Stations")
    till = station(operator, "payment")
    hands.choose(till.get_by_role("button", name="Pause…"))
    answer(operator, hands, "Stocktaking.")
    hands.choose(till.get_by_role("button", name="Resume…"))
    answer(operator, hands, "Counted.")

    go(operator, hands, "Audit")

    expect(operator.rows.filter(has_text="Stocktaking.")).to_contain_text("payment")


def test_approval_is_given(operator: Operator, hands: Hands) -> None:
    go(operator, hands, "Approvals")
    hands.walk_to(operator.rows.first)
    hands.press("Enter")

    hands.choose(operator.page.get_by_role("button", name="Approve"))

    expect(operator.page.locator(".done")).to_contain_text("You have approved.")


def test_two_versions_of_a_workflow_are_compared(operator: Operator, hands: Hands) -> None:
    page = operator.page
    go(operator, hands, "Definitions")
    hands.walk_to(operator.rows.filter(has_text="delivery"))
    hands.press("Enter")
    heading(operator, "delivery")
    hands.reach(page.get_by_role("tab", name="Drawing"))
    hands.press("ArrowRight", "ArrowRight")

    expect(page.locator("main")).to_contain_text("timeout")


def test_id_that_is_pasted_is_found(operator: Operator, hands: Hands) -> None:
    [(run,)] = operator.shop.rows(NEWEST_RUN)
    hands.press("Control+k")
    expect(operator.page.get_by_role("combobox")).to_be_focused()
    hands.paste(f"order run {uuid.UUID(str(run))} is late")
    expect(operator.page.get_by_role("option", name="Run")).to_be_visible()
    hands.press("Enter")

    expect(operator.page).to_have_url(re.compile(f"{uuid.UUID(str(run))}$"))
    # The browser writes down that it is the id of nothing else.
    operator.problems[:] = [each for each in operator.problems if "404" not in each]


def test_event_that_started_nothing_says_so(operator: Operator, hands: Hands) -> None:
    hands.press("g", "e")
    heading(operator, "Events")
    filter_by(operator, hands, "type:parcel.lost")
    expect(operator.rows).to_have_count(1)
    hands.press("Escape")
    hands.walk_to(operator.rows.first)
    hands.press("Enter")

    heading(operator, re.compile("parcel.lost"))
    expect(operator.page.locator("main")).to_contain_text(
        re.compile("started nothing|start on other")
    )


def test_all_that_a_filter_finds_is_chosen(operator: Operator, hands: Hands) -> None:
    hands.press("g", "r")
    expect(operator.rows.first).to_be_visible()
    filter_by(operator, hands, "state:failed")
    hands.press("Escape")
    expect(operator.rows).to_have_count(2)
    hands.walk_to(operator.rows.first)
    hands.press("x", "*")

    chosen = operator.page.get_by_label("Selected", exact=True)
    expect(chosen).to_contain_text("2 selected runs: state is 'failed'")


def test_floor_goes_to_the_wall(operator: Operator, hands: Hands) -> None:
    hands.choose(operator.page.get_by_role("link", name="For the wall"))

    expect(operator.page).to_have_url(re.compile("tv=1"))
    expect(operator.page.locator("nav").first).to_be_hidden()
    expect(operator.page.locator(".needs")).to_be_visible()


def test_cause_is_replayed_one_of_it_first(operator: Operator, hands: Hands) -> None:
    first_cause(operator, hands)
    hands.press("r")
    expect(operator.page.locator(".dry-counts")).to_contain_text("2 will be replayed")
    canary = operator.page.get_by_label(re.compile("first|canary", re.IGNORECASE)).first
    hands.reach(canary)
    hands.press("Control+a")
    hands.write("1")
    hands.reach(operator.page.locator("textarea[required]"))
    hands.write("The bank has raised the limit.")
    hands.choose(operator.page.get_by_role("button", name="Replay 2", exact=True))

    expect(operator.page).to_have_url(REPLAY)
    expect(operator.page.locator(".run-head")).to_contain_text("The bank has raised the limit.")
