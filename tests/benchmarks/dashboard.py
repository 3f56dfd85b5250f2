"""The dashboard in a browser: frames while 10,000 rows are scrolled, a flood of changes, a floor that moves.

The processor is slowed down to a quarter while rows are scrolled and runs move, as on a small machine. The
page is the real one; what it asks is answered by the measure itself, so that the line is not measured with
it. How long a frame took is told by the clock, and grows with all else that this machine does; what the
main thread did for it is told by the thread's own time.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from tests.benchmarks.figures import Figure, percentile
from tests.benchmarks.floor import FRAMES as FLOOR_FRAMES
from tests.benchmarks.floor import PER_S as MOVES_PER_S
from tests.benchmarks.floor import BusyFloor
from tests.e2e.flood import PER_FRAME, Flood
from tests.e2e.shop import Parts, Shop

ROWS = 10_000
SLOWER = 4
FRAMES = 300
PER_S = 1_000
FLOOD_S = 60.0
WARM_S = 5.0
"""Of the flood, before memory is looked at: what is made once has been made then."""
MOVES = 60
Found = dict[tuple[str, str], float]
"""By what was measured, and its unit."""
WATCH = """
() => {
  const begun = performance.now();
  const found = [];
  const keep = (entries) => {
    // What is told late may have been before: to look at the memory is a long task of its own.
    for (const { startTime, duration } of entries) if (startTime >= begun) found.push(duration);
  };
  const observer = new PerformanceObserver((list) => keep(list.getEntries()));
  observer.observe({ type: "longtask" });
  window.longestTask = () => {
    keep(observer.takeRecords());
    return Math.max(0, ...found);
  };
}
"""


def measure(runs: int, *, say: Callable[[str], None] = print) -> list[Figure]:
    """All of it, *runs* times; each figure is told to *say* as soon as it is there."""
    measures: tuple[Callable[[Browser, Shop], Found], ...] = (
        _scrolled,
        _flooded,
        partial(_moved, per_s=4.0, name="200 runs moving"),
        partial(_moved, per_s=40.0, name="60 flows"),
    )
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    with _browser() as browser, _shop() as shop:
        for _ in range(runs):
            for each in measures:
                for (name, unit), value in each(browser, shop).items():
                    found[name, unit].append(value)
                    say(f"   {name}: {value:,.2f} {unit}")
    return [
        Figure(name=f"dashboard: {name}", unit=unit, runs=tuple(values))
        for (name, unit), values in found.items()
    ]


def _scrolled(browser: Browser, shop: Shop) -> Found:
    """What a frame takes."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    flood = Flood(page, ROWS)
    flood.begin(shop.url)
    flood.load_all()
    session = _session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    busy = _busy_s(session)
    spans = flood.scroll(FRAMES)["spans"]
    busy = _busy_s(session) - busy
    page.close()
    name = "10,000 rows at a quarter of the speed"
    return {
        (f"{name}, frame p95", "ms"): percentile(spans, 0.95),
        (f"{name}, main thread of a frame", "ms"): 1_000 * busy / len(spans),
    }


def _moved(browser: Browser, shop: Shop, *, per_s: float, name: str) -> Found:
    """A floor of 60 stations on which all runs go on four times a second."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    floor = BusyFloor(page, per_s=per_s)
    floor.begin(shop.url)
    session = _session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    begun, busy = time.monotonic(), _busy_s(session)
    spans: list[float] = []
    for _ in range(MOVES):
        floor.move()
        spans += page.evaluate(FLOOR_FRAMES, 60 // MOVES_PER_S)
    share = 100 * (_busy_s(session) - busy) / (time.monotonic() - begun)
    page.close()
    return {
        (f"floor at a quarter of the speed, {name}, frame p95", "ms"): percentile(spans, 0.95),
        (f"floor at a quarter of the speed, {name}, main thread", "%"): share,
    }


def _flooded(browser: Browser, shop: Shop) -> Found:
    """The longest task (0 = none was over 50 ms), the main thread's share, and what is left in memory."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    flood = Flood(page, ROWS)
    flood.begin(shop.url)
    session = _session(page)
    _pour(page, flood, WARM_S)
    heap = _heap_mb(session)
    page.evaluate(WATCH)
    begun, busy = time.monotonic(), _busy_s(session)
    sent = _pour(page, flood, FLOOD_S)
    took = time.monotonic() - begun
    share = 100 * (_busy_s(session) - busy) / took
    longest = page.evaluate("() => window.longestTask()")
    grown = _heap_mb(session) - heap
    page.close()
    return {
        ("1,000 changes/s, longest task", "ms"): float(longest),
        ("1,000 changes/s, main thread", "%"): share,
        ("1,000 changes/s, were told", "1/s"): sent / took,
        ("1,000 changes/s, heap grown in a minute", "MB"): grown,
    }


def _pour(page: Page, flood: Flood, seconds: float) -> int:
    """Tell of so many changes a second; how many it were."""
    begun, sent = time.monotonic(), 0
    while (passed := time.monotonic() - begun) < seconds:
        while sent < passed * PER_S:
            flood.change()
            sent += PER_FRAME
        page.wait_for_timeout(1000 * PER_FRAME / PER_S)
    return sent


def _heap_mb(session: CDPSession) -> float:
    """What scripts hold, when all that nobody needs is gone."""
    for _ in range(2):
        # What the first one finishes off, the second one takes away.
        session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"]) / 1_000_000


def _session(page: Page) -> CDPSession:
    session = page.context.new_cdp_session(page)
    # Its own time on the processor: what others do on this machine meanwhile is not the page's.
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    return session


def _busy_s(session: CDPSession) -> float:
    """Seconds that the main thread has been at work."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(each["value"] for each in metrics if each["name"] == "TaskDuration"))


@contextmanager
def _browser() -> Iterator[Browser]:
    found = os.environ.get("FLOWENGINE_TEST_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        yield browser
        browser.close()


@contextmanager
def _shop() -> Iterator[Shop]:
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(Path(folder), Parts())
        shop.start()
        try:
            yield shop
        finally:
            shop.close()
