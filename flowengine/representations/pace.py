"""When a run will be done, as far as that can be told honestly: from how long others of its workflow took.

Twenty runs and more that took about the same time say when this one ends. Fewer, or such that took now
short and now long, say how long it usually takes and no more. A run that takes longer than usual is told
nothing: the page sees by its clock that the time is over.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from flowengine.engine.states import RunState
from flowengine.representations.rows import Json, RunRow
from flowengine.representations.words import instant

USUAL_RUNS_MIN = 5
"""With fewer nothing is usual."""
ETA_RUNS_MIN = 21
SPREAD_MAX = 0.5
"""Of the middle duration: from the least to the most, for an end to be told."""
TELLS_FROM_MS = 10_000
"""Nobody plans by what is over sooner."""
_UNDER_WAY = frozenset({RunState.QUEUED, RunState.RUNNING, RunState.WAITING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long runs of one workflow took that have succeeded, in ms."""

    runs: int
    """Of how many it is known."""
    least: int
    """One of ten took less."""
    middle: int
    most: int
    """One of ten took more."""


def learned(durations_ms: Sequence[int]) -> Pace | None:
    """The pace of runs that took so long; None where there are too few, or it is not worth telling."""
    ordered = sorted(durations_ms)
    count = len(ordered)
    if count < USUAL_RUNS_MIN:
        return None
    least, middle, most = (ordered[round(share * (count - 1))] for share in (0.1, 0.5, 0.9))
    if most < TELLS_FROM_MS:
        return None
    return Pace(runs=count, least=least, middle=middle, most=most)


def is_steady(pace: Pace) -> bool:
    """They took about the same time, and there are enough of them: an end may be told."""
    return pace.runs >= ETA_RUNS_MIN and pace.most - pace.least <= SPREAD_MAX * pace.middle


def written(pace: Pace | None) -> str | None:
    """A pace as it is stored."""
    return None if pace is None else json.dumps([pace.runs, pace.least, pace.middle, pace.most])


def read(text: str | None) -> Pace | None:
    """What :func:`written` has made."""
    if text is None:
        return None
    runs, least, middle, most = json.loads(text)
    return Pace(runs=runs, least=least, middle=middle, most=most)


def pace_view(run: RunRow, pace: Pace | None) -> Json:
    """What the view of *run* says of its time: ``usual_ms`` and, where it can be told, ``eta``.

    Both are of two: the least and the most. Neither changes while the run is in one state, so one who
    joins late is told the same.
    """
    if pace is None or run.state not in _UNDER_WAY:
        return {}
    view: Json = {"usual_ms": [pace.least, pace.most]}
    if run.state == RunState.RUNNING and run.started_at is not None and is_steady(pace):
        view["eta"] = [
            instant(run.started_at + timedelta(milliseconds=ms)) for ms in (pace.least, pace.most)
        ]
    return view
