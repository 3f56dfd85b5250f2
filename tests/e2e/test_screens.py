"""Every screen of the dashboard with something to show, and the acts that go across several of them."""

from __future__ import annotations

import json
import re
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.operator import Operator
from tests.e2e.shop import Parts, Shop

LOOKS = (("light", 1280), ("dark", 360))
LETTERS = "SELECT count(*) FROM flowengine_dead_letter"
REPLAY = re.compile(r"/flow/replays/[0-9a-f-]{36}$")
TABS_MAX = 80
"""So many controls nobody passes on the way to a field."""
NASTY = (
    "<img src=x onerror=window.__xss=1>",
    '"><script>window.__xss=1</script>',
    "'><svg onload=window.__xss=1>",
    "</script><script>window.__xss=1</script>",
    "javascript:window.__xss=1",
    "[link](javascript:window.__xss=1)",
    "data:text/html,<script>window.__xss=1</script>",
    "<a href=javascript:window.__xss=1>go</a>",
    '" autofocus onfocus="window.__xss=1',
    "' onmouseover='window.__xss=1",
    "<iframe srcdoc='<script>parent.__xss=1</script>'>",
    "<style>*{display:none}</style>",
    "<base href=//example.invalid/>",
    "<meta http-equiv=refresh content='0;url=//example.invalid/'>",
    "<!--<img src='--><img src=x onerror=window.__xss=1>'>",
    "<math><mtext></p><img src=x onerror=window.__xss=1>",
    "{{constructor.constructor('window.__xss=1')()}}",
    "${window.__xss=1}",
    "\u202egpj.exe\u202c \u2066<b>\u2069",
    "&lt;img src=x onerror=window.__xss=1&gt;",
)
ALL_NASTY = "\n".join(NASTY)
FOREIGN = """
() => [...document.querySelectorAll("img, iframe, base, body script, main style, main meta,"
  + "[onerror], [onload], [onfocus], [onmouseover], a[href^='javascript:' i], a[href^='data:' i]")]
  .filter((each) => !each.matches("script[src], script[type='application/json']"))
  .map((each) => each.outerHTML)
"""
"""What no screen has of its own: found, it has come out of a text."""
ORDERING = """
import json
from django.db import transaction
from flowengine import NewEvent, emit_many
from flowengine.demo.models import Order, Product
from flowengine.demo.views import customer
from flowengine.models import RunRecord
texts = json.loads({texts!r})
with transaction.atomic():
    new = []
    for text in texts:
        product, _ = Product.objects.get_or_create(
            name=text, defaults={{"price_cents": 100, "in_stock": 0}})
        order = Order.objects.create(customer=customer(), product=product)
        new.append(NewEvent(type="order.placed", subject=text, actor=customer(),
                            data={{"order_id": order.pk, "amount_cents": 100}}))
    things = [{{"name": text + "!", "price_cents": 100}} for text in texts]
    basket = Order.objects.create(customer=customer(), things=things)
    new.append(NewEvent(type="basket.placed", subject=texts[0], actor=customer(),
                        data={{"order_id": basket.pk, "things": things, "total_cents": 2000}}))
    emitted = emit_many(new)
    for text, each in zip(texts, emitted):
        RunRecord.objects.filter(id=each.run_ids["order"]).update(
            title=text, labels=json.dumps({{"order": text}}))
print(emitted[0].run_ids["order"], emitted[0].event_id, emitted[-1].run_ids["basket"])
"""
"""An order of a thing of each name, none on the shelf: what fails says the name. And all in a basket."""


@pytest.fixture(scope="module")
def shop(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One shop for all of them."""
    folder = tmp_path_factory.mktemp("shop")
    for file in seeded.iterdir():
        shutil.copy(file, folder)
    shop = Shop(folder, Parts(), pace=0.2)
    shop.start()
    yield shop
    shop.close()
    print(shop.story())  # noqa: T201 - shown with a test that fails


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


def test_every_screen_is_for_everybody_and_has_its_own_heading(operator: Operator) -> None:
    page = operator.page
    faults: dict[str, list[str]] = {}

    def look(place: str, heading: str | re.Pattern[str], shows: str, name: str = "") -> None:
        operator.open(place)
        expect(page.locator("h1")).to_have_text(heading)
        expect(page.locator(shows).first).to_be_visible()
        faults.update(operator.faults(f"screen-{name or place or 'floor'}", LOOKS))

    def first(place: str, link: str) -> str:
        operator.open(place)
        href = page.locator(link).first.get_attribute("href") or ""
        return href.partition("/flow/")[2]

    rows = "[role=row][data-id]"
    operator.open("")
    expect(page.locator(".needs")).to_contain_text(re.compile("1 new cause.*1 approval"))
    look("", "Floor", ".need")
    look("runs", "Runs", rows)
    look(first("runs", "a.row-link"), re.compile("Order|Basket"), ".journal .fact", "run")
    look("events", "Events", rows)
    look(first("events", "a.row-link"), re.compile(r"\w+\.\w+"), ".panel", "event")
    look("dead", "Dead letters", ".cause-link")
    group = first("dead", ".cause-link")
    look(group, re.compile("declined"), rows, "group")
    look("dead?show=letters", "Dead letters", rows, "letters")
    look(first("dead?show=letters", "a.row-link"), "failed run", ".panel", "letter")
    look(f"replays/new?q=group:{group.removeprefix('dead/')}", "Replay", ".dry-counts", "wizard")
    look("replays", "Replays", ".screen")
    look("approvals", "Approvals", rows)
    look("definitions", "Definitions", "a[href$='definitions/order']")
    look("definitions/basket", "basket", ".panel", "definition")
    look("stations", "Stations", ".station")
    look("workers", "Workers", ".panel")
    look("audit", "Audit", ".screen")
    assert faults == {}, json.dumps(faults, indent=1)


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
    expect(page.locator(".replay-progress [role=status]")).to_contain_text(re.compile(r"\w"))
    expect(page.locator(".run-head")).to_contain_text("The bank has raised the limit.")
    faults = operator.faults("screen-replay", LOOKS)
    keys.press("g")
    keys.press("u")
    expect(page.locator("h1")).to_have_text("Audit")
    entry = operator.rows.filter(has_text="The bank has raised the limit.").first
    expect(entry).to_contain_text("replay")
    faults |= operator.faults("screen-audit-full", LOOKS)
    operator.open("replays")
    expect(operator.rows.first).to_be_visible()
    faults |= operator.faults("screen-replays-full", LOOKS)
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


def test_text_that_would_be_a_program_is_a_text_on_every_screen(operator: Operator) -> None:
    page, shop = operator.page, operator.shop
    before = shop.number(LETTERS)
    run, event, basket = shop.manage(ORDERING.format(texts=json.dumps(NASTY))).split()
    shop.until(lambda: shop.number(LETTERS) == before + len(NASTY), what="all of them are sold out")
    letters = "SELECT group_id FROM flowengine_dead_letter WHERE run_id = '{}'"
    (group,) = shop.rows(letters.format(run.replace("-", "")))[0]
    _act_upon(operator, "payment", "Pause", ALL_NASTY)
    group = uuid.UUID(group)
    operator.open(f"dead/{group}")
    expect(page.locator("h1.group-title")).to_be_visible()
    page.keyboard.press("n")
    page.get_by_role("dialog").get_by_label("Note").fill(ALL_NASTY)
    page.get_by_role("button", name="Keep the note").click()
    expect(page.locator(".cause-note")).to_contain_text(NASTY[1])

    for place, shown in (
        ("", "payment"),
        ("runs", NASTY[-1]),
        (f"runs/{run}", NASTY[0]),
        (f"runs/{basket}", NASTY[0]),
        ("events", NASTY[-1]),
        (f"events/{event}", NASTY[0]),
        ("dead", NASTY[-1]),
        ("dead?show=letters", NASTY[-1]),
        (f"dead/{group}", NASTY[1]),
        ("stations", NASTY[1]),
        ("audit", NASTY[0]),
    ):
        operator.open(place)
        expect(page.locator("main")).to_contain_text(shown)
        assert page.evaluate(FOREIGN) == [], place
        assert page.evaluate("() => window.__xss === undefined"), place
    _act_upon(operator, "payment", "Resume", ALL_NASTY)
    expect(_station(page, "payment").locator(".station-door")).to_have_text("open")


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
