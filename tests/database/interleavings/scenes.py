"""What the interleavings have in common: who does what, and what is there in the end."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from flowengine.engine.identity import run_id
from flowengine.engine.messages import Succeeded
from flowengine.models import DecisionRecord, EventRecord, RunRecord
from flowengine.orchestration.advance import Told, Work, advance
from flowengine.orchestration.commit import Committed
from flowengine.orchestration.follow import follow
from flowengine.orchestration.route import Routed, route
from tests.builders.files import HELLO
from tests.builders.stored import claim, define, now, publish

ROUTED = "UPDATE flowengine_event SET state = 'routed'"
"""The last statement of a router's transaction."""
HOLDS_RUNS = "FOR NO KEY UPDATE OF r"
"""The statement by which runs are locked and read."""
HOLDS_KEYS = "FROM flowengine_key WHERE id = ANY"
HOLDS_EVENTS = "FROM flowengine_event WHERE id = ANY"


def hello(*lines: str) -> None:
    """New runs of ``hello`` have these lines."""
    define("\n".join([HELLO, *lines]))


def said(name: str = "ann") -> UUID:
    """``hello.said`` is written, and not routed."""
    return publish("hello.said", {"name": name})


def routing(*events: UUID) -> Routed:
    """Route these events, and do what that leaves to do."""
    routed = route(events, now=now())
    through(routed.committed)
    return routed


def through(committed: Committed) -> None:
    """Do what was left to do."""
    for _ in follow(committed, now()):
        pass


def of(event: UUID, workflow: str = "hello") -> UUID:
    """The run of that event."""
    return run_id(event, workflow)


def finish(run: UUID, step: str = "nothing") -> Committed:
    """The step that runs is done; what that leaves to do is left."""
    told = Told(run_id=run, message=Succeeded(step=step, attempt=1, output=None))
    return advance(Work(told=(told,)), now(), wait=True).committed


def run_through(run: UUID, step: str = "nothing") -> Committed:
    """The same of a step that is ready."""
    assert len(claim(run, step).begun) == 1
    return finish(run, step)


def state(run: UUID) -> str:
    """Of the run; empty where there is none."""
    return RunRecord.objects.filter(pk=run).values_list("state", flat=True).first() or ""


def outcomes() -> Counter[str]:
    """How often which decision was taken."""
    return Counter(DecisionRecord.objects.values_list("outcome", flat=True))


def check_each_answered_once() -> None:
    """Every routed event has one answer of each workflow, and each start has its run."""
    answered = Counter(DecisionRecord.objects.values_list("event_id", "workflow"))
    assert set(answered.values()) <= {1}
    assert not EventRecord.objects.filter(state="routed", due_at__isnull=False).exists()
    started = DecisionRecord.objects.filter(outcome__in=["started", "queued"])
    assert set(started.values_list("run_id", flat=True)) == set(
        RunRecord.objects.values_list("id", flat=True)
    )
