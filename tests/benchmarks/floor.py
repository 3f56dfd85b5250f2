"""A floor as full as one likes: the page is real, what its topic tells is not.

Every station has as many runs as it may tell of, and with each change all of them have gone on by one
station: nothing moves more than that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from playwright.sync_api import Page

from tests.e2e.told import Told

LANES = 6
STOPS = 10
"""Of each lane; each has a station of its own."""
TOKENS = 200
PER_S = 4
"""As often as the server tells of the floor."""
AT = "2026-03-02T12:00:00.000Z"
EPOCH = "floor"
FRAMES = """
(frames) => new Promise((resolve) => {
  const spans = [];
  let before = 0;
  const frame = (at) => {
    if (before) spans.push(at - before);
    before = at;
    if (spans.length === frames) return resolve(spans);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
})
"""
"""How long each of so many frames took, ms."""
_OTHERS: dict[str, dict[str, Any]] = {
    "dead": {
        "groups": [],
        "more": False,
        "open_groups": 0,
        "open_letters": 0,
        "needs": [],
        "last_at": None,
    },
    "workers": {"workers": [], "queues": [], "needs": []},
}


@dataclass
class BusyFloor:
    """The floor in *page*; ``per_s`` is what each station does: above 20 runs are drawn as a flow."""

    page: Page
    per_s: float = 4.0
    _turn: int = 0
    _told: Told = field(init=False)

    def __post_init__(self) -> None:
        self._told = Told(self._state, epoch=EPOCH)

    def begin(self, url: str) -> None:
        """Open it, and wait until all of it is there."""
        self._told.listen(self.page)
        self.page.goto(f"{url}flow/")
        self.page.wait_for_function(
            "(count) => document.querySelectorAll('.stop').length === count", arg=LANES * STOPS
        )

    def move(self) -> None:
        """Every run is at the next station."""
        self._turn += 1
        self._told.publish("floor", [{"t": "station", **each} for each in self._stations()])

    def _state(self, topic: str) -> dict[str, Any] | None:
        return self._floor() if topic == "floor" else _OTHERS.get(topic)

    def _floor(self) -> dict[str, Any]:
        return {
            "at": AT,
            "window_s": 60,
            "bottleneck": None,
            "needs": [],
            "last_failure_at": None,
            "lanes": [_lane(n) for n in range(LANES)],
            "stations": self._stations(),
        }

    def _stations(self) -> list[dict[str, Any]]:
        places = LANES * STOPS
        here: list[list[int]] = [[] for _ in range(places)]
        for token in range(TOKENS):
            here[(token + self._turn) % places].append(token)
        return [_station(n, here[n], self.per_s) for n in range(places)]


def _lane(n: int) -> dict[str, Any]:
    stops: list[dict[str, Any]] = [
        {
            "step": _step(n * STOPS + at),
            "title": f"Step {at}",
            "kind": "task",
            "line": "line",
            "block": None,
            "branch": None,
            "loop": False,
            "station": f"{_step(n * STOPS + at)}@default",
            "waiting": 0,
            "waiting_more": False,
            "tokens": [],
        }
        for at in range(STOPS)
    ]
    return {
        "workflow": f"line-{n}",
        "title": f"Line {n}",
        "events": [],
        "done_per_min": 60,
        "failed_per_min": 0,
        "last_done_at": AT,
        "waiting": 0,
        "waiting_more": False,
        "worst": None,
        "stops": stops,
    }


def _station(n: int, tokens: list[int], per_s: float) -> dict[str, Any]:
    step, workflow = _step(n), f"line-{n // STOPS}"
    return {
        "id": f"{step}@default",
        "task": step,
        "queue": "default",
        "workflows": [workflow],
        "door": "open",
        "since": None,
        "reason": None,
        "by": "",
        "busy": len(tokens),
        "limit": 8,
        "workers": 2,
        "waiting": 0,
        "waiting_more": False,
        "oldest_at": None,
        "per_s": per_s,
        "done": 240,
        "failed": 0,
        "failed_share": 0,
        "p50_ms": 20,
        "p95_ms": 80,
        "last_at": AT,
        "retrying": 0,
        "beyond": 0,
        "tokens": [
            {
                "run": str(UUID(int=token + 1)),
                "title": f"Order {token}",
                "subject": None,
                "workflow": workflow,
                "step": step,
                "item": "",
                "state": "running",
                "since": AT,
            }
            for token in tokens
        ],
    }


def _step(n: int) -> str:
    return f"step-{n:02}"
