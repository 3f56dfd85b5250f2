"""What the laws are held against: every construct, alone and inside others, and every transition."""

from __future__ import annotations

from random import Random
from typing import get_args

from flowengine.definitions.keys.steps import HOOK_KINDS
from flowengine.definitions.steps import (
    KINDS,
)
from flowengine.engine.transitions import Transition
from tests.unit.engine.chances import played
from tests.unit.engine.constructs import constructs
from tests.unit.engine.worlds import workflow_of

SEEDS = range(400)
ALONE = {
    *KINDS.values(),
    *("if", "title", "compensate", "on_unknown", "detach", "timeout", "give_up_after"),
    *("needs", "fail_fast: false", "max_parallel", "max_failures"),
    *("on_failure", "finally", "cancel_on", "hold_on_failure", "start_within", "output"),
    *(f"for_each: {kind}" for kind in ("task", "workflow", "emit", "steps")),
    *(
        f"rescue: {kind}"
        for kind in ("task", "workflow", "wait_for", "approval", "parallel", "steps", "for_each")
    ),
}
_AROUND = ("parallel", "switch", "steps", "for_each", "rescue")
TOGETHER = {
    *(f"{inner} in {outer}" for inner in _AROUND for outer in _AROUND),
    *(f"{kind} in {outer}" for kind in ("wait_for", "approval", "workflow") for outer in _AROUND),
    *(f"{kind} in {hooks}" for kind in HOOK_KINDS for hooks in ("on_failure", "finally")),
    *(f"for_each in {hooks}" for hooks in ("on_failure", "finally")),
    *("compensate in for_each", "compensate in rescue", "detach in for_each"),
    "for_each in parallel in switch",
}


def test_every_construct_is_among_random_workflows() -> None:
    seen: set[str] = set()

    for seed in SEEDS:
        seen |= constructs(workflow_of(Random(seed)))

    assert (ALONE | TOGETHER) - seen == set()


def test_every_transition_happens_in_random_runs() -> None:
    seen: set[type] = set()

    for seed in SEEDS:
        seen.update(map(type, played(seed).transitions))

    assert set(get_args(Transition)) - seen == set()
