"""A simulation that does not play what it says fails."""

from __future__ import annotations

from collections import Counter
from typing import get_args

from flowengine.engine.transitions import Transition
from tests.simulation.command import ENOUGH, unseen
from tests.simulation.faults import KINDS
from tests.simulation.play import Tally

EVERY_FAULT = {kind for kinds in KINDS.values() for kind in kinds}
EVERY_TRANSITION = {kind.__name__ for kind in get_args(Transition)}


def tally(*without: str, store: str = "model", schedules: int = ENOUGH) -> Tally:
    return Tally(
        store=store,
        schedules=schedules,
        faults=Counter(EVERY_FAULT - set(without)),
        seen=Counter(EVERY_TRANSITION - set(without)),
    )


def test_a_fault_or_a_transition_that_is_never_seen_is_told() -> None:
    assert unseen(tally()) == []
    assert unseen(tally("broker.wipe", "RunHeld")) == ["broker.wipe", "RunHeld"]


def test_few_schedules_need_not_see_everything() -> None:
    assert unseen(tally("broker.wipe", schedules=ENOUGH - 1)) == []


def test_a_fault_that_a_store_cannot_have_is_not_missed_there() -> None:
    assert unseen(tally("commit.unheard", store="sqlite")) == []
    assert unseen(tally("commit.unheard")) == ["commit.unheard"]
