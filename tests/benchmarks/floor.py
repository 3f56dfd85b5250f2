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
LANES_WITH_TOKENS = 8
"""Of more lanes runs are not told one by one."""
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
    """The floor in *page*; ``per_s`` is what each station does: above 20 runs are drawn as a flow.

    ``tight`` are the numbers of lanes whose first station holds up what comes, the worst one first.
    """

    page: Page
    per_s: float = 4.0
    tight: tuple[int, ...] = ()
    _turn: int = 0
    _told: Told = field(init=False)

    def __post_init__(self) -> None:
        self._told = Told(self._state, epoch=EPOCH)

    def begin(self, url: str, query: str = "", *, lanes: int | None = None) -> None:
        """Open it, and wait until so many lanes are there with their stops; None = all."""
        self._told.listen(self.page)
        self.page.goto(f"{url}flow/{query}")
        self.page.wait_for_function(
            "(count) => document.querySelectorAll('.stop').length === count",
            arg=(LANES if lanes is None else lanes) * STOPS,
        )

    def move(self) -> None:
        """Every run is at the next station."""
        self._turn += 1
        self._told.publish("floor", [{"t": "station", **each} for each in self._stations()])

    def _state(self, topic: str) -> dict[str, Any] | None:
        name, _, chosen = topic.partition(":")
        if name != "floor":
            return _OTHERS.get(topic)
        names = chosen.split(",")
        return self._floor([n for n in range(LANES) if not chosen or _workflow(n) in names])

    def _floor(self, lanes: list[int]) -> dict[str, Any]:
        tight = next((n for n in self.tight if n in lanes), None)
        stations = [each for n, each in enumerate(self._stations()) if n // STOPS in lanes]
        if len(lanes) > LANES_WITH_TOKENS:
            stations = [{**each, "beyond": len(each["tokens"]), "tokens": []} for each in stations]
        return {
            "at": AT,
            "window_s": 60,
            "bottleneck": None if tight is None else _bottleneck(tight),
            "needs": [],
            "last_failure_at": None,
            "lanes": [_lane(n) for n in lanes],
            "stations": stations,
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
        "workflow": _workflow(n),
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
    step, workflow = _step(n), _workflow(n // STOPS)
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


def _bottleneck(lane: int) -> dict[str, Any]:
    step = _step(lane * STOPS)
    return {
        "station": f"{step}@default",
        "workflow": _workflow(lane),
        "step": step,
        "waiting": 9,
        "more": False,
        "busy": 8,
        "limit": 8,
        "since": AT,
        "act": "scale",
        "text": f"{step}: 9 waiting, 8 of 8 busy",
    }


def _workflow(lane: int) -> str:
    return f"line-{lane}"


def _step(n: int) -> str:
    return f"step-{n:02}"
