"""Random workflows over every construct of the language, as the text of their files.

The same seed gives the same text. They are small, so that many fit into a second, and deep enough
that blocks stand in blocks; every one of them passes the checks at load.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

BEGUN = "it.begun"
"""The event that starts ``main``."""
ANSWERED = "it.answered"
"""What waits wait for; its ``n`` is that of the event that started the run."""
DROPPED = "it.dropped"
"""What ``cancel_on`` waits for; the same."""
SAID = "it.said"
"""What ``emit`` steps say; the workflow ``listener`` starts on it."""
TICK = "2 12 2 3 *"
"""When ``listener`` starts by itself: two minutes after the beginning, and never again."""

CODES = ("Known", "Other")
"""What tasks fail with, besides the engine's own codes."""

Source = dict[str, Any]


def main(seed: int) -> Source:
    """The workflow that a schedule is about."""
    return _Writer(Random(f"main {seed}")).main()


def child(seed: int) -> Source:
    """The one that its ``workflow`` steps call."""
    return _Writer(Random(f"child {seed}")).child()


def listener() -> Source:
    """The one that starts on what runs say, and once by itself."""
    return {
        "workflow": "listener",
        "on": [SAID, {"schedule": TICK, "timezone": "UTC"}],
        "steps": [{"id": "heard", "task": "sim.work"}],
    }


def text(source: Source) -> str:
    """The file; JSON is YAML."""
    return json.dumps(source, indent=1)


@dataclass(slots=True)
class _Writer:
    """Writes one file."""

    random: Random
    room: int = 0
    """Steps that may still be written."""
    ids: int = 0
    above: list[str] = field(default_factory=list)
    """Ids that are certain to be decided where the pen is now."""
    has_children: bool = False

    def chance(self, odds: float) -> bool:
        return self.random.random() < odds

    def pick(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    # -- files ----------------------------------------------------------------------------------

    def main(self) -> Source:
        self.has_children = True
        self.room = self.random.choice([2, 3, 4, 5, 6, 8, 10])
        source: Source = {"workflow": "main", "on": BEGUN}
        source["steps"] = self.line(depth=0)
        if self.chance(0.2):
            source["steps"].append(self._fail(0, "event.data"))
        if self.chance(0.5):
            self.admission(source)
        if self.chance(0.2):
            source["cancel_on"] = [{"event": DROPPED, "match": {"n": "${{ event.data.n }}"}}]
        if self.chance(0.2):
            source["hold_on_failure"] = self.pick("5s", "10m")
        if self.chance(0.2):
            source["timeout"] = self.pick("20s", "10m")
        if self.chance(0.25):
            source["on_failure"] = [self.hook()]
        if self.chance(0.25):
            source["finally"] = [self.hook(), *([self.hook()] if self.chance(0.3) else [])]
        self.looks(source)
        return source

    def looks(self, source: Source) -> None:
        """What is seen of a run, and what goes first."""
        if self.chance(0.2):
            source["output"] = {"n": "${{ event.data.n }}"}
        if self.chance(0.2):
            source["priority"] = self.pick(
                "low", "high", "${{ if(event.data.n > 1, 'high', 'low') }}"
            )
        if self.chance(0.2):
            source["title"] = "Of ${{ event.data.n }}"
            source["labels"] = {"n": "${{ event.data.n }}"}

    def child(self) -> Source:
        self.room = self.random.choice([1, 2, 3])
        source: Source = {
            "workflow": "child",
            "on": [{"call": True}],
            "inputs": {"n": "integer"},
            "steps": self.line(depth=1, data="inputs"),
        }
        if self.chance(0.2):
            source["concurrency"] = {"limit": self.pick(1, 2)}
        return source

    def admission(self, source: Source) -> None:
        """Keys that keep runs apart."""
        key = "string(event.data.n % 2)"
        kind = self.pick(
            "concurrency", "concurrency", "concurrency", "throttle", "debounce", "idempotency"
        )
        if kind == "concurrency":
            conflict = self.pick("queue", "queue", "queue", "skip", "replace")
            source[kind] = {"key": key, "limit": self.pick(1, 1, 2), "on_conflict": conflict}
            if self.chance(0.3):
                source["start_within"] = self.pick("5s", "10m")
            if self.chance(0.2) and conflict == "queue":
                source[kind]["max_queued"] = 1
            if self.chance(0.5):
                # By another key: who has a place may have no slot, and the other way round.
                by = "string(event.data.n % 4)"
                source["throttle"] = {"limit": 1, "per": "20s", "key": by}
        elif kind == "throttle":
            source[kind] = {"limit": 1, "per": "10s", "key": key}
            source[kind]["excess"] = self.pick("queue", "queue", "drop")
        elif kind == "debounce":
            source[kind] = {"period": "5s", "key": key}
            if self.chance(0.5):
                source[kind]["max_wait"] = "8s"
        else:
            source[kind] = {"key": key, "window": self.pick("20s", "30d")}

    def hook(self) -> Source:
        step: Source = {"id": self.new_id(), "task": "sim.work"}
        if self.chance(0.2):
            step = {"emit": SAID, "with": {"n": "${{ event.data.n }}"}}
        return step

    # -- lines ----------------------------------------------------------------------------------

    def line(self, depth: int, data: str = "event.data") -> list[Source]:
        """At least one step, while there is room."""
        before = list(self.above)
        steps = [self.step(depth, data)]
        while self.room > 0 and self.chance(0.75):
            steps.append(self.step(depth, data))
        self.above = before + [each["id"] for each in steps if "id" in each]
        return steps

    def step(self, depth: int, data: str) -> Source:
        self.room -= 1
        kinds = ["task"] * 6 + ["wait_for", "sleep", "emit", "approval"]
        if depth < 3 and self.room > 1:
            kinds += ["parallel", "parallel", "switch", "steps", "for_each", "for_each"]
        if self.has_children:
            kinds += ["workflow", "workflow"]
        if depth > 0:
            kinds.append("fail")
        kind = self.random.choice(kinds)
        step: Source = getattr(self, f"_{kind}")(depth, data)
        if self.chance(0.12):
            step["if"] = self.condition(data)
        if "id" in step:
            self.above.append(step["id"])
        return step

    def condition(self, data: str) -> str:
        named = [f"steps.{each}.status != 'skipped'" for each in self.above[-2:]]
        return str(self.pick("true", "false", f"{data}.n % 2 == 0", *named))

    def new_id(self) -> str:
        self.ids += 1
        return f"s{self.ids}"

    def rescued(self, step: Source, depth: int, data: str) -> Source:
        """The same step, sometimes with a clause for its failure."""
        if depth < 3 and self.chance(0.25):
            clause: Source = {"steps": self.inside(depth + 1, data, own=step.get("id"))}
            if self.chance(0.5):
                clause["errors"] = [self.pick(*CODES, "Timeout", "Rejected")]
            step["rescue"] = [clause]
        return step

    def inside(self, depth: int, data: str, own: str | None = None) -> list[Source]:
        """A line that belongs to a step; what it names is not certain after it."""
        before = list(self.above)
        if own is not None:
            self.above.append(own)
        steps = self.line(depth, data)
        self.above = before
        return steps

    # -- kinds ----------------------------------------------------------------------------------

    def _task(self, depth: int, data: str) -> Source:
        step: Source = {"id": self.new_id(), "task": "sim.work"}
        if self.chance(0.25):
            step |= {"task": "sim.count", "transaction": True}
        if self.above and self.chance(0.3):
            step["with"] = {"from": f"${{{{ steps.{self.above[-1]}.output }}}}"}
        step["retry"] = {"attempts": self.pick(1, 1, 2, 3), "delay": self.pick("1s", "20s")}
        step["timeout"] = self.pick("5s", "30s")
        if self.chance(0.4):
            undo: Source = {"task": "sim.undo", "retry": {"attempts": 2, "delay": "1s"}}
            if self.chance(0.5):
                undo["on_unknown"] = True
            step["compensate"] = undo
        return self.rescued(step, depth, data)

    def _wait_for(self, depth: int, data: str) -> Source:
        match = {"n": f"${{{{ {data}.n }}}}"}
        step: Source = {"id": self.new_id(), "wait_for": {"event": ANSWERED, "match": match}}
        step["timeout"] = self.pick("3s", "1m", "1h")
        if self.chance(0.2):
            step["wait_for"]["if"] = "incoming.data.yes"
        return self.rescued(step, depth, data)

    def _sleep(self, _depth: int, _data: str) -> Source:
        until = {"until": "${{ event.time + duration('20s') }}"}
        return {"sleep": self.pick("1s", "15s", "2h", until)}

    def _emit(self, _depth: int, data: str) -> Source:
        return {"id": self.new_id(), "emit": SAID, "with": {"n": f"${{{{ {data}.n }}}}"}}

    def _approval(self, depth: int, data: str) -> Source:
        asked: Source = {"ask": "Go on?", "quorum": self.pick(1, 1, 2)}
        asked |= self.pick({"groups": ["staff"]}, {"users": ["1", "2", "3"]})
        step: Source = {"id": self.new_id(), "approval": asked, "timeout": self.pick("10s", "1h")}
        return self.rescued(step, depth, data)

    def _fail(self, _depth: int, _data: str) -> Source:
        return {"fail": {"error": self.pick(*CODES), "message": "so it is"}}

    def _workflow(self, depth: int, data: str) -> Source:
        step: Source = {"id": self.new_id(), "workflow": "child"}
        step["with"] = {"n": f"${{{{ {data}.n }}}}"}
        if self.chance(0.25):
            step["detach"] = True
            return step
        if self.chance(0.3):
            step["timeout"] = self.pick("5s", "10m")
        if self.chance(0.3):
            step["compensate"] = "sim.undo"
        return self.rescued(step, depth, data)

    def _steps(self, depth: int, data: str) -> Source:
        step: Source = {"steps": self.inside(depth + 1, data)}
        if self.chance(0.3):
            step["timeout"] = self.pick("5s", "10m")
        return self.rescued(step, depth, data)

    def _switch(self, depth: int, data: str) -> Source:
        clauses: list[Source] = [
            {"if": f"{data}.n % 3 == {n}", "steps": self.inside(depth + 1, data)}
            for n in range(self.pick(1, 2))
        ]
        if self.chance(0.7):
            clauses.append({"steps": self.inside(depth + 1, data) if self.chance(0.7) else []})
        return {"switch": clauses}

    def _parallel(self, depth: int, data: str) -> Source:
        branches: Source = {}
        for _ in range(self.pick(2, 2, 3)):
            name, branch = self.branch(depth + 1, data, siblings=list(branches))
            branches[name] = branch
        step: Source = {"parallel": branches}
        if self.chance(0.3):
            step["fail_fast"] = False
        if self.chance(0.3):
            step["max_parallel"] = self.pick(1, 2)
        if self.chance(0.2):
            step["timeout"] = self.pick("5s", "10m")
        return self.rescued(step, depth, data)

    def branch(self, depth: int, data: str, siblings: list[str]) -> tuple[str, Any]:
        """Its key, which is its step's id; and a step or a line."""
        if self.chance(0.3):
            return self.new_id(), self.inside(depth, data)
        before = list(self.above)
        step = self.step(depth, data)
        self.above = before
        name = step.pop("id", None) or self.new_id()
        if siblings and self.chance(0.4):
            step["needs"] = [self.random.choice(siblings)]
        return name, step

    def _for_each(self, depth: int, data: str) -> Source:
        kinds = [self._task, self._task, self._steps, self._steps, self._emit]
        if self.has_children:
            kinds.append(self._workflow)
        step: Source = self.pick(*kinds)(depth + 1, data)
        step.setdefault("id", self.new_id())
        rescue = step.pop("rescue", None)
        items = "${{ event.data.list }}" if data == "event.data" else [1, 2]
        step["for_each"] = self.pick([0, 1, 2], items)
        step["as"] = f"of_{step['id']}"
        step["max_parallel"] = self.pick(1, 2, 10)
        if self.chance(0.4):
            step["max_failures"] = self.pick(1, "50%")
        if rescue is not None and "emit" not in step:
            step["rescue"] = rescue
        return step
