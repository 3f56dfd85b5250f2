"""Two hundred texts that would be programs stand in every text that a screen shows, and none of them is one."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.addresses import screens
from tests.e2e.conftest import OpenShop
from tests.e2e.hostile import texts
from tests.e2e.operator import Operator
from tests.e2e.shop import Shop

LETTERS = "SELECT count(*) FROM flowengine_dead_letter"
FOREIGN = """
() => {
  const ours = (each) => each.matches("script[src], script[type='application/json'], head *");
  const bad = (each) => /^(script|img|iframe|frame|object|embed|base|meta|link|style|math|video|audio|marquee|template|portal|plaintext|xmp|applet)$/
      .test(each.localName) || each.localName.includes("animate")
    || [...each.attributes].some(({ name }) => /^on|^srcdoc$|^formaction$/.test(name))
    || /^\\s*(javascript|data|vbscript):/i.test(each.getAttribute("href") ?? each.getAttribute("src")
      ?? each.getAttribute("action") ?? "");
  return [...document.querySelectorAll("*")].filter((each) => bad(each) && !ours(each))
    .map((each) => each.outerHTML.slice(0, 200));
}
"""
"""What no screen has of its own and these texts would make: found, it has come out of one."""


@pytest.fixture(scope="module")
def shop(open_for_all: OpenShop) -> Shop:
    """A shop with something of each kind: done, waiting, dead."""
    return open_for_all(pace=0.2)


def test_no_text_is_ever_a_program(chrome: Browser, shop: Shop) -> None:
    operator = Operator(chrome, shop)
    operator.page.on("dialog", lambda dialog: operator.problems.append(dialog.message))
    operator.order("Many: the manager is asked")
    operator.order(product="Grand piano")
    shop.until(lambda: shop.number(LETTERS) == 1, what="the card is declined")
    written: dict[str, str] = json.loads(
        shop.manage("from tests.e2e.hostile_rows import write; write()")
    )

    wrong: dict[str, object] = {}
    shown = ""
    for place in {**screens(shop), **written}.values():
        page = operator.open(place).page
        page.wait_for_load_state("networkidle")
        _open_everything(page)
        found: list[str] = page.evaluate(FOREIGN)
        ran = page.evaluate("() => window.__inert !== undefined")
        shown += page.locator("main").text_content() or ""
        if found or ran:
            wrong[place] = {"found": found, "ran": ran}

        if place == written["log"]:
            expect(page.locator(".logs")).to_contain_text("Attempt 99")

    assert wrong == {}
    assert [text for text in texts(200) if _bare(text) not in _bare(shown)] == []
    operator.close()


def _open_everything(page: Page) -> None:
    """Payloads too are on the screen then."""
    for button in page.get_by_role("button", name="Show ").all():
        if button.is_visible() and button.is_enabled():
            button.click()
    for closed in page.locator("main details:not([open]) > summary").all():
        if closed.is_visible():
            closed.click()
    page.wait_for_load_state("networkidle")


def _bare(text: str) -> str:
    """Without what only a layout changes."""
    return "".join(text.split())
