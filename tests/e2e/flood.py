"""A list of runs with as many rows, and as many changes, as one likes: the page is real, what it asks is not.

What a browser does with a full list is measured and looked at here; that the server tells it so is shown
elsewhere, on real parts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from playwright.sync_api import Page, Route

from tests.e2e.told import Told

NODES_MAX = 80
"""Nodes of rows that are in the page at any time."""
TOPIC = "runs:query:"
WINDOW = 50
"""Rows that the topic tells of."""
PER_PAGE = 500
PER_FRAME = 20
"""Changes that one frame of the socket brings."""
BEGIN = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)
"""When the oldest run was made."""
EPOCH = "flood"
_SCROLLER = ".table-scroll"
NODES = "() => document.querySelectorAll('[role=row][data-id]').length"
SCROLL = """
([frames, step]) => new Promise((resolve) => {
  const scroller = document.querySelector(".table-scroll");
  const spans = [];
  const end = scroller.scrollHeight - scroller.clientHeight;
  let most = 0, blank = 0, before = 0, top = 0;
  const frame = (at) => {
    if (before) spans.push(at - before);
    before = at;
    const rows = document.querySelectorAll("[role=row][data-id]").length;
    most = Math.max(most, rows);
    if (rows === 0) blank += 1;
    if (spans.length === frames) return resolve({ spans, most, blank });
    if (top + step > end || top + step < 0) step = -step;
    top += step;
    scroller.scrollTop = top;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
})
"""
"""So many frames of scrolling by so many pixels: how long each took, ms, and how many rows there were."""


def a_row(n: int, title: str = "") -> dict[str, Any]:
    """The run of that number, as the list tells it; the greatest number is the newest."""
    at = (BEGIN + timedelta(seconds=n)).isoformat().replace("+00:00", ".000Z")
    return {
        "id": str(UUID(int=n + 1)),
        "workflow": "order",
        "digest": "9f31",
        "title": title or f"Order {n}",
        "state": "running",
        "holding": False,
        "outcome": None,
        "priority": 1,
        "replay": 0,
        "event_id": str(UUID(int=n + 1)),
        "parent_run": None,
        "replay_of": None,
        "actor": None,
        "labels": {"customer": "ACME"},
        "failure": None,
        "created_at": at,
        "started_at": at,
        "held_at": None,
        "finished_at": None,
        "subject": f"order/{n}",
        "progress": n % 100,
        "done": n % 5,
        "total": 5,
        "step": "Packing",
        "note": "",
        "attempts": 1,
    }


@dataclass
class Flood:
    """A list of *count* runs in *page*, whose newest change as often as they are told to."""

    page: Page
    count: int
    shown: dict[str, str] = field(default_factory=dict)
    """By id, the title that was told last."""
    _changed: int = 0
    _told: Told = field(init=False)

    def __post_init__(self) -> None:
        self._told = Told(self._state, epoch=EPOCH)

    def begin(self, url: str) -> None:
        """Open the list, and wait until it is live."""
        self.page.route("**/flow/api/v1/runs?*", self._answer)
        self._told.listen(self.page)
        self.page.goto(f"{url}flow/runs")
        self.page.wait_for_selector("[role=row][data-id]")
        self.page.wait_for_selector(".chip-live[data-standing=live]")

    def load_all(self) -> None:
        """Scroll to the end until nothing more comes."""
        self.page.wait_for_function(
            """([selector, count]) => {
              const scroller = document.querySelector(selector);
              scroller.scrollTop = scroller.scrollHeight;
              return document.querySelector(".table-count")?.textContent === count;
            }""",
            arg=[_SCROLLER, f"{self.count:,} rows"],
            polling="raf",
        )

    def scroll(self, frames: int, step: int = 120) -> dict[str, Any]:
        """``spans`` (ms of each frame), ``most`` (nodes of rows), ``blank`` (frames without rows)."""
        self.page.locator(_SCROLLER).evaluate("(scroller) => { scroller.scrollTop = 0; }")
        found: dict[str, Any] = self.page.evaluate(SCROLL, [frames, step])
        return found

    def change(self) -> None:
        """One frame with ``PER_FRAME`` changes of the newest runs."""
        rows = []
        for _ in range(PER_FRAME):
            self._changed += 1
            row = a_row(self.count - 1 - self._changed % WINDOW, f"Order changed {self._changed}")
            self.shown[row["id"]] = row["title"]
            rows.append({"t": "row", **row})
        self._told.publish(TOPIC, rows)

    def _answer(self, route: Route) -> None:
        asked = parse_qs(urlsplit(route.request.url).query)
        after = int(asked.get("after", [""])[0] or self.count)
        last = max(0, after - PER_PAGE)
        items = [a_row(n) for n in range(after - 1, last - 1, -1)]
        route.fulfill(json={"items": items, "next": str(last) if last else None})

    def _state(self, topic: str) -> dict[str, Any] | None:
        if topic != TOPIC:
            return None
        newest = range(self.count - 1, self.count - 1 - WINDOW, -1)
        return {"rows": [a_row(n) for n in newest], "more": True}
