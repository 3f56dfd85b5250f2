"""An operator at the dashboard, with all that went wrong written down, against its policy as well."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.shop import ROOT, Shop

AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = Path(__file__).parent / "screenshots"
WITNESS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
"""WCAG 2.2 A and AA, and what axe advises besides."""
AUDIT = """
async (rules) => {
  const { violations } = await window.axe.run(document, { runOnly: rules });
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(" | ")}`);
}
"""
TOO_WIDE = """
() => [document.documentElement, ...document.querySelectorAll("main")]
  .some((each) => each.scrollWidth > each.clientWidth)
"""
_CORNERS = (("light", 360), ("dark", 1280))
_SQUARE = tuple((scheme, width) for scheme in ("light", "dark") for width in (360, 1280))
IS_PATIENT = os.environ.get("FLOWENGINE_TEST_LOOKS") == "all"
"""There is time for every look of everything (``make soak``)."""
LOOKS = _SQUARE if IS_PATIENT else _CORNERS
"""Both themes and both widths, in pixels; where there is time, each theme on each width."""
_IS_SETTLED = "() => !document.querySelector('main [aria-busy=true]')"


class Operator:
    """One browser of one operator, who stays at the dashboard of one shop."""

    def __init__(self, chrome: Browser, shop: Shop) -> None:
        self.shop = shop
        self.context = chrome.new_context(locale="en-GB", viewport={"width": 1280, "height": 800})
        self.page: Page = self.context.new_page()
        self.problems: list[str] = []
        self.asked: list[str] = []
        """Paths of what was asked of the API, in order."""
        self.page.add_init_script(WITNESS)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", self._heard)
        self.page.on("request", lambda request: self.asked.append(request.url))
        self._axe = AXE.read_text(encoding="utf-8")

    def open(self, place: str = "") -> Self:
        """Go to a screen, as by a link from elsewhere."""
        self.page.goto(f"{self.shop.url}flow/{place}")
        expect(self.page.locator("h1")).to_be_visible()
        return self

    def settled(self) -> None:
        """Wait until no part of the page waits for an answer any more."""
        self.page.wait_for_function(_IS_SETTLED)

    def until_live(self) -> None:
        """Wait until the page says that it is live."""
        expect(self.chip).to_have_attribute("data-standing", "live")

    @property
    def chip(self) -> Locator:
        """What says how fresh the page is."""
        return self.page.locator(".chip-live")

    @property
    def rows(self) -> Locator:
        """The rows that are in the page."""
        return self.page.locator("[role=row][data-id]")

    def row(self, name: str) -> Locator:
        """The row of that name."""
        return self.rows.filter(has=self.page.get_by_text(name, exact=True))

    def order(self, button: str = "Place one order", *, product: str = "") -> None:
        """Have somebody order something at the shop's own page."""
        shop = self.context.new_page()
        shop.goto(self.shop.url)
        before = shop.locator(".order").count()
        if product:
            shop.get_by_role("combobox").select_option(label=product)
        shop.get_by_role("button", name=button).click()
        expect(shop.locator(".order")).to_have_count(before + 1)
        shop.close()

    def assert_accessible(self, name: str) -> None:
        """Nothing for axe to say, and nothing too wide, in each look."""
        faults = self.faults(name)
        assert faults == {}, json.dumps(faults, indent=1)

    def faults(self, name: str, looks: Iterable[tuple[str, int]] = LOOKS) -> dict[str, list[str]]:
        """What there is to say against the page as it stands, by theme and width; a picture of what is wrong."""
        faults: dict[str, list[str]] = {}
        for scheme, width in looks:
            self.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            self.page.set_viewport_size({"width": width, "height": 800})
            self.page.evaluate("() => new Promise(requestAnimationFrame)")
            if not self.page.evaluate("() => 'axe' in window"):
                self.page.evaluate(self._axe)
            found: list[str] = self.page.evaluate(AUDIT, RULES)
            if self.page.evaluate(TOO_WIDE):
                found.append("the page scrolls sideways")
            if found:
                self.page.screenshot(path=PICTURES / f"{name}-{scheme}-{width}.png")
                faults[f"{name} {scheme} {width}"] = found
        self.page.set_viewport_size({"width": 1280, "height": 800})
        return faults

    def close(self) -> None:
        """End it; nothing has gone wrong meanwhile."""
        self.context.close()
        assert self.problems == [], self.problems

    def _heard(self, message: Any) -> None:
        # That a network which is cut is cut, the browser says too.
        if message.type == "error" and "ERR_INTERNET_DISCONNECTED" not in message.text:
            self.problems.append(f"{message.text} {message.location.get('url', '')}")
