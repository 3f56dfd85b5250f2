"""The tables of legal moves, and the page that is drawn from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from flowengine.engine.states import (
    FINAL_RUN_STATES,
    FINAL_STEP_STATES,
    RUN_MOVES,
    STEP_MOVES,
    RunState,
    StepState,
)
from tests.unit.engine.state_machine_page import PAGE, page


@pytest.mark.parametrize("state", list(RunState))
def test_run_is_final_where_nothing_follows(state: RunState) -> None:
    assert state.is_final is (not RUN_MOVES[state])
    assert state.is_final is (state in FINAL_RUN_STATES)


@pytest.mark.parametrize("state", list(StepState))
def test_step_is_final_where_nothing_follows(state: StepState) -> None:
    assert state.is_final is (not STEP_MOVES[state])
    assert state.is_final is (state in FINAL_STEP_STATES)


def test_tables_name_every_state() -> None:
    assert set(RUN_MOVES) == {None, *RunState}
    assert set(STEP_MOVES) == set(StepState)


def test_every_run_can_end_from_every_state() -> None:
    assert _can_end(RUN_MOVES, FINAL_RUN_STATES) == set(RUN_MOVES)


def test_every_step_can_end_from_every_state() -> None:
    assert _can_end(STEP_MOVES, FINAL_STEP_STATES) == set(STEP_MOVES)


def test_page_of_the_manual_shows_the_tables_as_they_are() -> None:
    """Write it anew with ``uv run python -m tests.unit.engine.state_machine_page``."""
    assert PAGE.read_text(encoding="utf-8") == page()


def _can_end(moves: Mapping[Any, frozenset[Any]], final: frozenset[Any]) -> set[Any]:
    ending = set(final)
    while grown := {state for state, to in moves.items() if to & ending} - ending:
        ending |= grown
    return ending
