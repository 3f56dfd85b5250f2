"""Replays: what died, ran or came goes through the line again; planned, paced, never doubled, said.

``plan`` shows what would happen, ``start`` freezes it, beats do it (:mod:`.due`), ``pause`` and its like
steer it. See the decision on replays.
"""

from flowengine.engine.pace import Pace
from flowengine.orchestration.replay.bulk import BULK, Bulk
from flowengine.orchestration.replay.discarding import discard
from flowengine.orchestration.replay.options import (
    ALL,
    NEEDS_OF_EDITS,
    Mode,
    Options,
    options_of,
    pace_of,
)
from flowengine.orchestration.replay.planning import Effects, Plan, PlannedItem, plan
from flowengine.orchestration.replay.reading import ReplayItem, items, newest, status
from flowengine.orchestration.replay.starting import start
from flowengine.orchestration.replay.steering import approve, go_on, needs, pause, slower, stop
from flowengine.orchestration.replay.telling_runs import tell_runs
from flowengine.orchestration.replay.verdict import expires_at
from flowengine.store.replays import Replay, ReplayState

__all__ = [
    "ALL",
    "BULK",
    "NEEDS_OF_EDITS",
    "Bulk",
    "Effects",
    "Mode",
    "Options",
    "Pace",
    "Plan",
    "PlannedItem",
    "Replay",
    "ReplayItem",
    "ReplayState",
    "approve",
    "discard",
    "expires_at",
    "go_on",
    "items",
    "needs",
    "newest",
    "options_of",
    "pace_of",
    "pause",
    "plan",
    "slower",
    "start",
    "status",
    "stop",
    "tell_runs",
]
