"""A customer at the shop's page, who sees what a browser shows."""

from __future__ import annotations

import re
from typing import Any, Self

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.e2e.shop import STEPS, Shop

SHOWN = 120
"""So many orders stand in the page, by ``flowengine/demo/views.py``, whose models are none of these tests'."""
WITNESS = """
window.seen = {};
new MutationObserver(() => {
  for (const line of document.querySelectorAll("flow-progress")) {
    const seen = (window.seen[line.getAttribute("run-id")] ??= { link: [], percent: [] });
    const note = (what, value) => {
      seen[what] ??= [];
      if (value !== undefined && value !== seen[what].at(-1)) seen[what].push(value);
    };
    note("run", line.dataset.state);
    note("link", line.dataset.link);
    note("percent", line.querySelector("progress")?.value);
    for (const step of line.querySelectorAll("[data-step]")) note(step.dataset.step, step.dataset.state);
  }
}).observe(document, { subtree: true, childList: true, attributes: true });
"""
"""Runs before the page's own scripts: writes down each state that each line is seen in."""


class Line:
    """One order as the page shows it."""

    def __init__(self, page: Page, run: str) -> None:
        self.run = run
        self.element = page.locator(f'flow-progress[run-id="{run}"]')
        self.headline = self.element.locator(".flow-headline")
        self.link = self.element.locator(".flow-link")
        self._page = page

    def station(self, step: str) -> Locator:
        """One of its stations."""
        return self.element.locator(f'[data-step="{step}"]')

    def until_run(self, state: str) -> None:
        """Wait until the order is seen in that state."""
        expect(self.element).to_have_attribute("data-state", state)

    def until_step(self, step: str, state: str) -> None:
        """Wait until a station is seen in that state."""
        expect(self.station(step)).to_have_attribute("data-state", state)

    def until_link(self, state: str) -> None:
        """Wait until it says of itself whether it is live."""
        expect(self.element).to_have_attribute("data-link", state)

    def inside(self, step: str) -> Locator:
        """What is shown inside a station: steps and items, at any depth."""
        return self.station(step).locator("[data-step]")

    def answer(self) -> None:
        """Follow the link of the approval that waits."""
        self.element.get_by_role("link", name="Answer").click()

    def until_done(self) -> None:
        """Wait until the order and each of its stations is done."""
        self.until_run("succeeded")
        for step in STEPS:
            self.until_step(step, "succeeded")
        expect(self.headline).to_have_text("All done.")

    def seen(self) -> dict[str, list[Any]]:
        """What was seen of it, in order: ``run``, ``link``, ``percent`` and each step."""
        found: dict[str, list[Any]] = self._page.evaluate("run => window.seen[run]", self.run)
        return found

    def until_seen(self, step: str, state: str) -> None:
        """Wait until a station has been in that state, however short."""
        self._page.wait_for_function(
            "([run, step, state]) => window.seen[run]?.[step]?.includes(state)",
            arg=[self.run, step, state],
        )


class Customer:
    """One browser of one user."""

    def __init__(self, context: BrowserContext, shop: Shop, *, url: str = "") -> None:
        self.context = context
        self.page = context.new_page()
        self.url = url or shop.url
        self.problems: list[str] = []
        self._shop = shop
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.add_init_script(WITNESS)

    def enter(self) -> Self:
        """Open the shop."""
        self.page.goto(self.url)
        return self

    def press(self, button: str) -> None:
        """Press a button of the form."""
        self.page.get_by_role("button", name=button).click()

    def order(self, product: str = "") -> Line:
        """Place one order, and find its line."""
        if product:
            self.page.get_by_role("combobox").select_option(label=product)
        return self._ordered("Place one order")

    def fill(self, basket: str) -> Line:
        """Fill a basket, by its button, and find its line."""
        return self._ordered(basket)

    def _ordered(self, button: str) -> Line:
        """Press it, and find the one line more that is there then."""
        before = self.lines()
        self.press(button)
        if before:
            newest = self.page.locator(".order flow-progress").first
            expect(newest).not_to_have_attribute("run-id", before[0].run)
        expect(self.page.locator(".order")).to_have_count(min(len(before) + 1, SHOWN))
        return self.lines()[0]

    def lines(self) -> list[Line]:
        """The orders on the page, the newest first."""
        runs = self.page.locator(".order flow-progress").evaluate_all(
            "lines => lines.map(line => line.getAttribute('run-id'))"
        )
        return [Line(self.page, run) for run in runs]

    def shown(self) -> dict[str, tuple[str, dict[str, str]]]:
        """Every order with its state and those of its stations that have begun, as the page says."""
        found = self.page.locator(".order flow-progress").evaluate_all(
            """lines => lines.map(line => [
                 line.getAttribute("run-id"), line.dataset.state,
                 [...line.querySelectorAll("[data-step]")].map(s => [s.dataset.step, s.dataset.state]),
               ])"""
        )
        to_come = {"pending", "not_reached"}
        return {
            run: (state, {step: now for step, now in steps if now not in to_come})
            for run, state, steps in found
        }

    def assert_agrees(self) -> None:
        """What is shown is what the database holds; asked when all has come to rest."""
        assert self.shown() == self._shop.states()

    def assert_never_says(self, forbidden: str) -> None:
        """Nothing in the page matches *forbidden*, not even where nobody sees it."""
        assert re.search(forbidden, self.page.content()) is None
