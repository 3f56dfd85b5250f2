"""The kinds of topics there are, and which of them a name is of."""

from __future__ import annotations

from typing import Any

from flowengine.live.floors import Floor
from flowengine.live.inbox import Inbox
from flowengine.live.kind import Kind
from flowengine.live.lists import MyRuns, RunList
from flowengine.live.one_run import OneRun
from flowengine.live.operators import Approvals, Dead, RunQuery, Workers
from flowengine.live.replays import OneReplay

TOPIC_LENGTH_MAX = 256

KINDS: tuple[Kind, ...] = (
    OneRun(),
    MyRuns("runs:mine"),
    RunList("runs:subject"),
    RunList("runs:workflow"),
    Inbox(),
    Floor("floor"),
    RunQuery("runs:query"),
    Dead("dead"),
    Workers("workers"),
    Approvals("approvals"),
    OneReplay("replay"),
)


def parse(topic: str) -> tuple[Kind, Any] | None:
    """The kind of the topic *topic* and what it is about; None = there is no such topic."""
    if len(topic) > TOPIC_LENGTH_MAX or not topic.isprintable():
        return None
    for kind in KINDS:
        about = kind.about(topic)
        if about is not None:
            return kind, about
    return None
