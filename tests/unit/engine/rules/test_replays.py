"""What a run knows of the replay that it is of: whose keys it keeps, who wanted it, who is told."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from flowengine.definitions.model import Concurrency, Debounce
from flowengine.engine import identity
from flowengine.engine.commands import Emit
from flowengine.engine.decide import decide
from flowengine.engine.event import Again, Event, Parent
from flowengine.engine.messages import Start
from flowengine.engine.rules.admission import begin
from flowengine.engine.rules.gates import Gate, Verdict
from flowengine.engine.transitions import RunQueued, RunStarted, public
from tests.builders import NOON, RUN_ID, a_run, a_workflow, an_event
from tests.builders.admission import admitted, candidate
from tests.builders.gate import MINUTE, Door, at
from tests.builders.steps import child, step

FIRST = UUID("01930000-0000-7000-8000-0000000000f1")
OTHER = UUID("01930000-0000-7000-8000-0000000000f2")
RESTART = Again(
    only="fulfil-order",
    restart_of=FIRST,
    keys={"fulfil-order": FIRST},
    by="7",
    reason="the bank is back",
)


def test_event_concerns_its_target_or_the_one_workflow_that_its_replay_asks() -> None:
    assert an_event().addressee is None
    assert an_event(again=Again()).addressee is None
    assert an_event(again=Again(only="order")).addressee == "order"
    assert an_event(target="order").addressee == "order"
    assert an_event(target="order", again=Again(only="order")).addressee == "order"


@pytest.mark.parametrize(
    ("again", "kept"),
    [
        (None, None),
        (Again(), None),
        (Again(keys={"order": FIRST}), FIRST),
        (Again(keys={"order": FIRST}, origin=OTHER), FIRST),
        (Again(keys={"stock": FIRST}, origin=OTHER), identity.run_id(OTHER, "order")),
        (Again(keys={"order": RUN_ID}), None),
        (Again(origin=OTHER), identity.run_id(OTHER, "order")),
    ],
)
def test_run_keeps_the_keys_that_its_replay_says(again: Again | None, kept: UUID | None) -> None:
    assert identity.kept_keys(again, RUN_ID, "order") == kept


def test_first_run_of_an_event_makes_its_keys_of_itself() -> None:
    run = identity.run_id(OTHER, "order")

    assert identity.kept_keys(Again(origin=OTHER), run, "order") is None


def test_corrected_copy_has_an_id_of_its_replay_and_its_original() -> None:
    ids = {
        identity.corrected_event_id(FIRST, OTHER),
        identity.corrected_event_id(OTHER, FIRST),
        identity.corrected_event_id(FIRST, FIRST),
    }

    assert len(ids) == 3
    assert identity.corrected_event_id(FIRST, OTHER) in ids


def test_idempotency_keys_are_made_of_what_the_run_keeps_or_of_itself() -> None:
    workflow = a_workflow("reserve")

    assert a_run(workflow).keys_of == RUN_ID
    assert a_run(workflow, fields={"keys": FIRST}).keys_of == FIRST


def test_restarted_run_says_of_which_run_by_whom_and_why() -> None:
    outcome = admitted(a_workflow("reserve"), an_event(replay=1, again=RESTART))

    run, started = outcome.decision.run, outcome.decision.transitions[0]
    assert (run.replay_of, run.keys) == (FIRST, FIRST)
    assert isinstance(started, RunStarted)
    assert (started.replay_of, started.by, started.reason) == (FIRST, "7", "the bank is back")
    assert public(started)["replay_of"] == str(FIRST)


def test_restarted_run_that_is_queued_says_it_once() -> None:
    workflow = a_workflow("reserve", concurrency=Concurrency())
    event = an_event(replay=1, again=RESTART)

    queued = begin(candidate(workflow, event), Verdict(outcome="queued"), now=NOON)
    [fact] = queued.decision.transitions
    assert isinstance(fact, RunQueued)
    assert (fact.replay_of, fact.by) == (FIRST, "7")

    [started, *_] = decide(workflow, queued.decision.run, Start(), NOON).transitions
    assert isinstance(started, RunStarted)
    assert (started.replay_of, started.by, started.reason) == (None, "", "")


def test_run_of_no_replay_says_nothing_of_one() -> None:
    started = admitted(a_workflow("reserve"), an_event()).decision.transitions[0]

    assert public(started).keys() == {"t", "title", "due_at"}


def test_quiet_replay_is_shown_to_nobody() -> None:
    quiet = Again(is_quiet=True)
    named = a_workflow("reserve", notify={"users": "9", "groups": ["managers"]})

    assert admitted(named, an_event(again=Again())).groups == ("managers",)
    assert admitted(named, an_event(again=quiet)).groups == ()
    assert admitted(named, an_event(again=quiet)).watchers == ()
    assert admitted(a_workflow("reserve"), an_event(again=quiet)).watchers == ()


def test_burst_remembers_the_replay_that_its_event_had_when_it_joined() -> None:
    door = Door(debounce=Debounce(period=MINUTE))

    door.knock(1)
    assert (door.state(Gate.DEBOUNCE).replay, door.state(Gate.DEBOUNCE).again) == (0, None)
    door.knock(1, at(seconds=1), replay=2, again=RESTART)

    assert door.state(Gate.DEBOUNCE).replay == 2
    assert door.state(Gate.DEBOUNCE).again == RESTART


def calls(**fields: Any) -> list[Event]:
    """The events by which a run of one ``workflow`` step calls."""
    workflow = a_workflow(child("setup"), step("after"))
    run = a_run(workflow, None, fields=fields)
    commands = decide(workflow, run, Start(), NOON).commands
    return [each.event for each in commands if isinstance(each, Emit)]


def test_first_call_of_a_first_run_keeps_nobody_elses_keys() -> None:
    [call] = calls()

    assert call.again is None


def test_call_of_a_replayed_run_keeps_the_keys_of_the_first_call() -> None:
    [first] = calls()
    [again] = calls(keys=FIRST)

    origin = identity.call_event_id(FIRST, "setup", "", 1)
    assert again.id == first.id  # that of the run itself, which is new in each replay
    assert again.again == Again(origin=origin)


def test_depth_of_calls_counts_from_the_caller_of_the_run() -> None:
    caller = Parent(run=OTHER, step="s", item="", depth=3)

    [call] = calls(parent=caller)

    assert call.parent is not None
    assert call.parent.depth == 4
