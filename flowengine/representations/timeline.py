"""When a run and its steps waited, worked and were tried again: bars of segments, without any payload.

The history says all of it, of attempts before a resume too. Of a run with a longer one than is read, and
of the items of a loop, the rows say what they remember: the tries that failed, the last one, and when it
became ready.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from flowengine.definitions.step_ids import UNDO
from flowengine.engine.run import Failure, Item, Try
from flowengine.engine.states import StepState
from flowengine.representations.rows import Fact, Json
from flowengine.representations.words import instant, unturned, words

BARS_MAX = 1_000
"""Steps of one run that are shown; a file has fewer, but rows of undone ones come besides."""

_SEGMENT_AFTER: Mapping[str, str] = {
    "step.ready": "queued",
    "step.started": "running",
    "step.returned": "queued",
    "step.waiting": "waiting",
    "step.opened": "block",
    "step.retrying": "delay",
    "step.rescuing": "rescuing",
}
"""What a row is at after such a fact; after any other of its own it is at nothing."""
_RESULT: Mapping[str, str] = {
    "step.retrying": "failed",
    "step.rescuing": "failed",
    "step.failed": "failed",
    "step.returned": "returned",
    "step.cancelled": "cancelled",
    "step.succeeded": "succeeded",
    "step.rescued": "succeeded",
}
"""How what it was at has ended, by such a fact."""
_NOT_ITS_OWN = frozenset(
    {"step.answered", "step.failing", "step.stopping", "step.in_doubt", "step.undoing"}
    | {"step.undone", "step.undo_failed"}
)
"""Facts that move no bar: an undo has a row of its own."""
_RUN_AT: Mapping[str, str] = {
    "run.queued": "queued",
    "run.started": "running",
    "run.continued": "running",
    "run.resumed": "running",
    "run.waiting": "waiting",
    "run.held": "held",
    "run.held_by_hand": "held",
    "run.cancelling": "cancelling",
    "run.compensating": "compensating",
}
_RUN_ENDS = frozenset({"run.succeeded", "run.failed", "run.cancelled", "run.expired"})


@dataclass(slots=True, kw_only=True)
class Segment:
    """A stretch of time in which a row was at one thing."""

    kind: str
    """``queued``, ``running``, ``delay``, ``waiting``, ``block``, ``rescuing``; of the run itself also
    ``held``, ``cancelling``, ``compensating``."""
    begin: datetime
    end: datetime | None = None
    """None = it goes on."""
    attempt: int | None = None
    result: str = ""
    """``succeeded``, ``failed``, ``returned``, ``cancelled``; empty = nothing of that kind."""


@dataclass(slots=True, kw_only=True)
class Bar:
    """One row of the picture."""

    step: str
    item: Item = ""
    kind: str = "task"
    title: str = ""
    state: str = ""
    total: int | None = None
    """Of a loop: how many items it has, each with a bar of its own that is asked for."""
    segments: list[Segment] = field(default_factory=list)

    def goes_on(self, kind: str, at: datetime, *, attempt: int | None = None) -> None:
        """From now on it is at this."""
        self.segments.append(Segment(kind=kind, begin=at, attempt=attempt))

    def ends(self, at: datetime, result: str = "") -> None:
        """What it was at is over."""
        if self.segments and self.segments[-1].end is None:
            self.segments[-1].end = at
            self.segments[-1].result = result


class Times(Protocol):
    """What is read of a step's row; a ``StepRecord`` is one."""

    step: Any
    item: Any
    kind: Any
    title: Any
    state: Any
    attempt: Any
    ready_at: Any
    started_at: Any
    finished_at: Any


@dataclass(slots=True, kw_only=True)
class Timeline:
    """The bars of one run: its own, and those of its steps that stand in no loop, as they began."""

    run: Bar
    bars: dict[str, Bar] = field(default_factory=dict)


def of_facts(facts: Iterable[Fact]) -> Timeline:
    """The whole of a run from the whole of its history."""
    found = Timeline(run=Bar(step=""))
    for fact in facts:
        kind: str = fact.transition["t"]
        if kind.startswith("run."):
            _move_run(found, kind, fact.at)
        elif not fact.transition.get("item") and kind not in _NOT_ITS_OWN:
            step: str = fact.transition["step"]
            bar = found.bars.setdefault(step, Bar(step=step))
            _move(bar, kind, fact.transition, fact.at)
    return found


def _move_run(found: Timeline, kind: str, at: datetime) -> None:
    if kind in _RUN_AT:
        found.run.ends(at)
        found.run.goes_on(_RUN_AT[kind], at)
    elif kind in _RUN_ENDS:
        found.run.ends(at, kind.removeprefix("run."))


def _move(bar: Bar, kind: str, said: Mapping[str, Any], at: datetime) -> None:
    bar.title = said.get("title") or bar.title
    bar.kind = said.get("kind") or bar.kind
    if said.get("total") is not None and bar.kind != "parallel":  # a loop says the kind of its body
        bar.kind, bar.total = "for_each", said["total"]
    result = "lost" if said.get("lost") else _RESULT.get(kind, "")
    if kind == "step.started" or (kind == "step.ready" and said.get("again")):
        result = ""
    bar.ends(at, result)
    at_what = _SEGMENT_AFTER.get(kind)
    if kind == "step.reset" and said.get("reopened"):
        at_what = "block"
    if at_what is not None:
        bar.goes_on(at_what, at, attempt=said.get("attempt") if kind == "step.started" else None)


def of_row(row: Times, failure: Failure | None) -> Bar:
    """What one row remembers: the tries that failed and are kept, and what it is at or was at last."""
    bar = Bar(step=row.step, item=row.item, kind=row.kind, title=row.title, state=row.state)
    tries = () if failure is None else failure.tries
    for each in tries:
        _add_try(bar, each)
    last = tries[-1].attempt if tries else 0
    if row.ready_at is None:
        return bar
    if row.kind not in {"task", "undo"}:
        kind = "block" if row.kind in _BLOCKS else "waiting"
        bar.segments.append(Segment(kind=kind, begin=row.ready_at, end=row.finished_at))
        return bar
    if bar.segments and bar.segments[-1].end is not None and bar.segments[-1].end < row.ready_at:
        bar.segments.append(Segment(kind="delay", begin=bar.segments[-1].end, end=row.ready_at))
    if row.state == StepState.READY or (row.started_at is not None and row.attempt > last):
        waits = row.state == StepState.READY
        bar.segments.append(
            Segment(kind="queued", begin=row.ready_at, end=None if waits else row.started_at)
        )
    if row.started_at is not None and row.attempt > last and row.state != StepState.READY:
        bar.segments.append(
            Segment(
                kind="running",
                begin=row.started_at,
                end=row.finished_at,
                attempt=row.attempt,
                result=_OF_STATE.get(row.state, ""),
            )
        )
    return bar


def _add_try(bar: Bar, each: Try) -> None:
    if each.started_at is None:
        return
    before = bar.segments[-1].end if bar.segments else None
    if before is not None and before < each.started_at:
        bar.segments.append(Segment(kind="delay", begin=before, end=each.started_at))
    bar.segments.append(
        Segment(
            kind="running",
            begin=each.started_at,
            end=each.ended_at,
            attempt=each.attempt,
            result="failed",
        )
    )


def bar_view(bar: Bar) -> Json:
    """One bar as JSON."""
    return {
        "step": bar.step,
        "item": bar.item,
        "kind": bar.kind,
        "title": unturned(bar.title or words(bar.step.removeprefix(UNDO))),
        "total": bar.total,
        "segments": [
            {
                "kind": each.kind,
                "begin": instant(each.begin),
                "end": instant(each.end),
                "attempt": each.attempt,
                "result": each.result,
            }
            for each in bar.segments
        ],
    }


_BLOCKS = frozenset({"parallel", "switch", "steps", "for_each"})
_OF_STATE: Mapping[str, str] = {
    StepState.SUCCEEDED: "succeeded",
    StepState.UNDONE: "succeeded",
    StepState.FAILED: "failed",
    StepState.CANCELLED: "cancelled",
}
