"""From a commit until a browser has painted it, by the clock of the client itself, beside a crowd of others."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from uuid import UUID

from playwright.sync_api import Page, Route, sync_playwright

from tests.benchmarks.live import scene
from tests.benchmarks.live.measures import BATCH_S, CHANGES_PER_S, Sizes, watched
from tests.benchmarks.live.places import Ours
from tests.faults.line import ROOT

Figures = dict[str, float]
"""``p50`` and ``p99`` in ms, of the ``n`` newest changes."""
WITHIN_S = 60.0
FOLLOWED = 100
"""Runs that the browser follows: enough for one step of one of them in each batch."""
_FOLLOW = """
async (runs) => {
  const { flow } = await import("/client/index.js");
  window.page = flow();
  window.page.latency();
  await Promise.all(runs.map((id) => {
    const run = window.page.run(id);
    run.subscribe(() => {});
    return run.until(() => true);
  }));
}
"""


def painted(place: Ours, sizes: Sizes, chromium: str) -> Figures:
    """As many changes a second as in the other measurement, of the same number of sockets and one browser."""
    topics = place.topics(sizes.sockets)
    followed = [topic.removeprefix("run:") for topic in topics[:FOLLOWED]]
    with watched(place, topics) as (server, _crowd):
        [cookie] = scene.cookies(1)
        # In a thread: Playwright has an event loop, under which Django asks no database.
        with ThreadPoolExecutor(1) as browser, _client() as client:
            url = f"http://127.0.0.1:{server.port}"
            look = Look(chromium=chromium, client=client, url=url, cookie=cookie, runs=followed)
            found = browser.submit(look.measured)
            try:
                assert look.ready.wait(WITHIN_S), "the browser was not told of all runs"
                _change(place, topics, sizes)
            finally:
                look.over.set()
            return found.result(WITHIN_S)


def _change(place: Ours, topics: Sequence[str], sizes: Sizes) -> None:
    size = int(CHANGES_PER_S * BATCH_S)
    began = time.monotonic()
    for n in range(int(sizes.changing_s / BATCH_S)):
        at = n * size % len(topics)
        place.tell(topics[at : at + size], (n + 1) * BATCH_S / sizes.changing_s)
        # Only of what is a step's or a run's state it is said when it was committed.
        step, run = divmod(n, FOLLOWED)
        scene.go_on(UUID(topics[run].removeprefix("run:")), step)
        time.sleep(max(0.0, began + (n + 1) * BATCH_S - time.monotonic()))
    time.sleep(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One browser that follows some runs."""

    chromium: str
    client: Path
    url: str
    cookie: str
    runs: Sequence[str]
    ready: Event = field(default_factory=Event)
    """It has been told of all of them."""
    over: Event = field(default_factory=Event)
    """What it has measured by now is asked for."""

    def measured(self) -> Figures:
        """What the page has measured until it is over."""
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=self.chromium, args=["--no-sandbox", "--disable-dev-shm-usage"]
            )
            try:
                context = browser.new_context()
                context.add_cookies([{"name": "sessionid", "value": self.cookie, "url": self.url}])
                page = context.new_page()
                _serve(page, self.client)
                # Any page of the server's own, were it none: what is made up has no address, and a browser
                # that minds the local network lets it open no socket.
                page.goto(f"{self.url}/page")
                page.evaluate(_FOLLOW, list(self.runs))
                self.ready.set()
                self.over.wait()
                found: Figures = page.evaluate("window.page.latency()")
                assert found["n"] > 0, "the browser has seen no change"
                return found
            finally:
                browser.close()


def _serve(page: Page, client: Path) -> None:
    def script(route: Route) -> None:
        text = (client / route.request.url.rsplit("/", 1)[1]).read_text(encoding="utf-8")
        route.fulfill(body=text, content_type="text/javascript")

    page.route("**/client/*.js", script)


@contextmanager
def _client() -> Iterator[Path]:
    """The client as it is published."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["npx", "vite", "build", "--config", "vite.package.config.ts"]
        subprocess.run(
            [*command, "--outDir", folder, "--emptyOutDir"],
            cwd=ROOT / "frontend",
            check=True,
            capture_output=True,
        )
        yield Path(folder)
