"""What holds for every run of every workflow, whatever arrives, in whatever order, however often."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowengine.definitions.model import Workflow
from flowengine.engine.messages import Cancel, Due, GiveUp, Hold, Release, Resume, Start
from flowengine.engine.states import RunState
from tests.builders.asking import decide_by_asking
from tests.unit.engine.chances import played
from tests.unit.engine.last_laws import check_end
from tests.unit.engine.laws import LIMITS, a_world
from tests.unit.engine.playing import ACTS, ENDINGS, STARTS, act_on, anything, heal, start
from tests.unit.engine.saying import OUTPUTS
from tests.unit.engine.worlds import workflows

QUESTIONS_MAX = 6
"""How often a decision may ask for rows, besides once for each of its transitions."""
LAWS = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@pytest.mark.parametrize("first", range(0, 1000, 100))
def test_run_that_is_moved_by_chance_obeys_every_law_and_ends(first: int) -> None:
    for seed in range(first, first + 100):
        try:
            played(seed)
        except Exception as error:
            error.add_note(f"the seed is {seed}")
            raise


@LAWS
@given(st.data(), workflows())
def test_any_message_to_any_run_is_decided_by_the_laws(
    data: st.DataObject, workflow: Workflow
) -> None:
    world = a_world(workflow)
    start(world, data.draw(STARTS))

    for _ in range(data.draw(st.integers(0, 12))):
        world.now += timedelta(seconds=data.draw(st.sampled_from([0, 1, 40])))
        world.tell(data.draw(anything(world)))


@LAWS
@given(st.data(), workflows(), ENDINGS)
def test_every_run_ends_whatever_comes_twice_late_or_out_of_order(
    data: st.DataObject, workflow: Workflow, ending: str
) -> None:
    world = a_world(workflow)
    start(world, data.draw(STARTS))

    for act in data.draw(st.lists(ACTS, max_size=40)):
        act_on(data, world, act)

    heal(world, ending)
    check_end(world)


@LAWS
@given(workflows(), OUTPUTS, ENDINGS)
def test_run_that_nothing_disturbs_ends_in_order(
    workflow: Workflow, output: Any, ending: str
) -> None:
    world = a_world(workflow)

    heal(world, ending, output)

    check_end(world)


@LAWS
@given(workflows(), ENDINGS, st.data())
def test_messages_of_a_finished_run_change_nothing_in_any_order(
    workflow: Workflow, ending: str, data: st.DataObject
) -> None:
    world = a_world(workflow)
    heal(world, ending)
    head = world.run.seq
    again = [each for each in world.said if not isinstance(each, Resume)]
    said = data.draw(st.lists(st.sampled_from(again), max_size=20))

    for message in [*said, Cancel(), Due(), GiveUp(), Hold(), Release(), Start()]:
        assert world.tell(message).stale

    assert world.run.seq == head


@LAWS
@given(workflows(), ENDINGS, st.integers(1, 3))
def test_run_that_failed_and_undid_nothing_may_be_resumed_until_it_is_done(
    workflow: Workflow, ending: str, times: int
) -> None:
    world = a_world(workflow)
    heal(world, "failed")

    for _ in range(times):
        could = world.run.state is RunState.FAILED and not world.run.has_undone
        assert world.tell(Resume()).stale is not could
        heal(world, ending)

    check_end(world)


@LAWS
@given(workflows(), OUTPUTS, ENDINGS)
def test_run_that_is_read_as_far_as_is_asked_for_is_decided_like_one_that_is_read_whole(
    workflow: Workflow, output: Any, ending: str
) -> None:
    whole = a_world(workflow)
    heal(whole, ending, output)
    asked = a_world(workflow).run
    questions = 0

    for message, now in zip(whole.said, whole.times, strict=True):
        decision, told = decide_by_asking(workflow, asked, message, now, limits=LIMITS)
        asked = decision.run
        questions = max(questions, len(told) - len(decision.transitions))

    assert asked == whole.run
    assert questions <= QUESTIONS_MAX
