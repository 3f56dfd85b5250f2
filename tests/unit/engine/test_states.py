"""The tables of legal moves, and the page that is drawn from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from flowengine.engine.states import (
    ACTIVE_STEP_STATES,
    FINAL_RUN_STATES,
    FINAL_STEP_STATES,
    RUN_MOVES,
    STEP_MOVES,
    RunState,
    StepState,
)
from tests.unit.engine.state_machine_page import PAGE, page

RESUMED = {RunState.FAILED: {RunState.RUNNING}}
"""What may follow the end of a run."""
AFTER_THE_END = {StepState.UNDOING, StepState.UNDONE, StepState.UNDO_FAILED}
RESET = {StepState.PENDING}


@pytest.mark.parametrize("state", list(RunState))
def test_run_is_final_where_nothing_follows_but_a_resume(state: RunState) -> None:
    assert state.is_final is (state in FINAL_RUN_STATES)
    assert state.is_final is (RUN_MOVES[state] <= RESUMED.get(state, set()))


@pytest.mark.parametrize("state", list(StepState))
def test_step_is_decided_where_nothing_follows_but_its_undoing_or_a_resume(
    state: StepState,
) -> None:
    assert state.is_final is (state in FINAL_STEP_STATES)
    after = STEP_MOVES[state] - AFTER_THE_END
    assert state.is_final is (not after or after == RESET)


def test_step_is_pending_at_work_or_decided() -> None:
    assert {StepState.PENDING} | ACTIVE_STEP_STATES | FINAL_STEP_STATES == set(StepState)
    assert not ACTIVE_STEP_STATES & FINAL_STEP_STATES


def test_tables_name_every_state() -> None:
    assert set(RUN_MOVES) == {None, *RunState}
    assert set(STEP_MOVES) == set(StepState)


def test_every_run_can_end_from_every_state() -> None:
    assert _can_end(RUN_MOVES, FINAL_RUN_STATES) == set(RUN_MOVES)


def test_every_step_can_end_from_every_state() -> None:
    assert _can_end(STEP_MOVES, FINAL_STEP_STATES) == set(STEP_MOVES)


def test_what_was_rescued_or_undone_never_begins_anew() -> None:
    never = {state for state in FINAL_STEP_STATES if not STEP_MOVES[state] & RESET}

    assert never == AFTER_THE_END | {StepState.RESCUED, StepState.NOT_REACHED}


def test_page_of_the_manual_shows_the_tables_as_they_are() -> None:
    """Write it anew with ``uv run python -m tests.unit.engine.state_machine_page``."""
    assert PAGE.read_text(encoding="utf-8") == page()


def _can_end(moves: Mapping[Any, frozenset[Any]], final: frozenset[Any]) -> set[Any]:
    ending = set(final)
    while grown := {state for state, to in moves.items() if to & ending} - ending:
        ending |= grown
    return ending
