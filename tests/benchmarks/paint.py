"""How soon the dashboard is seen in a full house, and how much of it moves then: what the browser says of it.

Each look is that of a browser that has nothing yet: no file of ours is in its cache.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from tests.benchmarks.figures import Figure
from tests.e2e.house import fill
from tests.e2e.operator import Operator
from tests.e2e.shop import Parts, Shop

EVENTS = 50_000
LOOKS = 5
"""Of each screen, in each run."""
SCREENS: Mapping[str, str] = {"floor": "", "runs": "runs"}
_WATCH = """
window.seen = { lcp: 0, cls: 0 };
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.seen.lcp = entry.startTime;
}).observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.seen.cls += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
_SEEN = """
() => ({ ...window.seen, fcp: performance.getEntriesByName("first-contentful-paint")[0].startTime })
"""
_NAMES = {"fcp": ("first paint", "ms"), "lcp": ("largest paint", "ms"), "cls": ("shift", "")}


def measure(
    runs: int,
    chromium: str,
    *,
    database: str = "",
    events: int = EVENTS,
    say: Callable[[str], None] = print,
) -> list[Figure]:
    """First and largest contentful paint and layout shift of the floor and of the list of runs.

    Args:
        runs: how often each is measured; of each run the median of some looks counts.
        chromium: the program.
        database: the URL of a fresh PostgreSQL database; empty = an SQLite file.
        events: how many copies of events, with their runs, the house has.
        say: is told each figure as soon as it is there.
    """
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        shop = Shop(Path(folder), Parts(database=database), pace=0.1)
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        try:
            shop.start()
            operator = Operator(browser, shop)
            fill(operator, events)
            operator.context.close()
            for _ in range(runs):
                for screen, place in SCREENS.items():
                    look = _looks(browser, f"{shop.url}flow/{place}")
                    for key, (title, unit) in _NAMES.items():
                        name = f"{title} of the {screen}, {events:,} events"
                        found[name, unit].append(look[key])
                        say(f"   {name}: {look[key]:,.2f} {unit}")
        finally:
            browser.close()
            shop.close()
    return [
        Figure(name=f"dashboard: {name}", unit=unit, runs=tuple(values))
        for (name, unit), values in found.items()
    ]


def _looks(browser: Browser, url: str) -> dict[str, float]:
    """The median of each number, of some looks."""
    looks = sorted((_look(browser, url) for _ in range(LOOKS)), key=lambda each: each["lcp"])
    middle = {key: sorted(each[key] for each in looks)[LOOKS // 2] for key in ("fcp", "lcp")}
    return {**middle, "cls": max(each["cls"] for each in looks)}


def _look(browser: Browser, url: str) -> dict[str, float]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.add_init_script(_WATCH)
    page.goto(url)
    expect(page.locator(".chip-live")).to_have_attribute("data-standing", "live")
    page.wait_for_load_state("networkidle")
    found: dict[str, float] = page.evaluate(_SEEN)
    context.close()
    return found
