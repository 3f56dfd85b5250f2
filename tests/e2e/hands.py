"""Somebody who has no mouse: keys only, and never more of them than a person would press."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

TABS_MAX = 120
"""So many controls nobody passes on the way to one."""
STEPS_MAX = 10


class Hands:
    """The keys of one page, counted."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.pressed = 0

    def press(self, *keys: str) -> None:
        """One key after another."""
        for key in keys:
            self._page.keyboard.press(key)
            self.pressed += 1

    def write(self, text: str) -> None:
        """What is typed into a field is no key of a way."""
        self._page.keyboard.type(text)

    def paste(self, text: str) -> None:
        """At once, as from another window."""
        self._page.keyboard.insert_text(text)

    def reach(self, wanted: Locator) -> None:
        """Go there by the tabulator."""
        expect(wanted).to_be_visible()
        expect(wanted).to_be_enabled()
        for _ in range(TABS_MAX):
            if wanted.evaluate("(each) => each === each.getRootNode().activeElement"):
                return
            self.press("Tab")
        raise AssertionError(f"no way by keys to {wanted}")

    def settle(self) -> None:
        """What is seen is ready for keys: its shortcuts are there a moment after it."""
        self._page.evaluate(
            "() => new Promise((f) => requestAnimationFrame(() => setTimeout(f, 50)))"
        )

    def walk_to(self, wanted: Locator, key: str = "j") -> None:
        """Go there by the key that goes to the next one."""
        expect(wanted).to_be_visible()
        self.settle()
        for _ in range(STEPS_MAX):
            self.press(key)
            self.settle()
            if wanted.evaluate("(each) => each.contains(document.activeElement)"):
                return
        raise AssertionError(f"no way by {key} to {wanted}")

    def choose(self, wanted: Locator) -> None:
        """Go there and press it."""
        self.reach(wanted)
        self.press("Enter")
