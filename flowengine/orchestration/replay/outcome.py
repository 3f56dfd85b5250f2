"""How an item that was sent has ended, by what is known of its event and its runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from flowengine.engine.states import FINAL_RUN_STATES, RunState
from flowengine.store.events import EventState
from flowengine.store.replay_items import Came

_BURIED = frozenset({"bad_input", "overflow"})
"""Answers of which there is a new dead letter."""
_FAILED = frozenset({RunState.FAILED, RunState.HELD})
_ON_ITS_WAY = frozenset({EventState.PENDING, EventState.PUBLISHED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How one item has ended."""

    state: str
    """``succeeded``, ``failed``, or ``skipped``: nothing came of it."""
    detail: str = ""
    run: UUID | None = None
    is_known: bool = False
    """Failed: a new dead letter tells of it, so that the old one is over."""


def ending_of(came: Sequence[Came]) -> Ending | None:
    """How the item has ended of which this is known; None = it has not."""
    first = came[0]
    if first.event_replay is None:
        return _of_run(first, first.run_id)
    if first.event_state is None:
        return Ending(state="failed", detail="its event is not kept any more")
    if first.event_now == first.event_replay and first.event_state in _ON_ITS_WAY:
        return None
    answers = [each for each in came if each.outcome is not None]
    return _of_answers(answers) if answers else _without_answers(first)


def _of_answers(answers: Sequence[Came]) -> Ending | None:
    """One failure is the item's; else it has ended when all runs have."""
    endings = [_of_run(each, each.run) for each in answers if each.run is not None]
    if None in endings or any(each.outcome == "debouncing" for each in answers):
        return None
    for each in answers:
        if each.outcome in _BURIED:
            detail = f"{each.outcome}: {each.detail}"
            endings.append(Ending(state="failed", detail=detail, is_known=True))
    none = Ending(state="skipped", detail=f"{answers[0].outcome}: {answers[0].detail}")
    return min(filter(None, endings), key=lambda each: each.state, default=none)


def _without_answers(first: Came) -> Ending:
    """The event was dealt with, and no workflow's pattern has matched."""
    if first.event_now == first.event_replay and first.event_state == EventState.DEAD:
        return Ending(state="failed", detail="it could not be routed", is_known=True)
    return Ending(state="succeeded", detail="accepted; no workflow wants it")


def _of_run(came: Came, run: UUID | None) -> Ending | None:
    state = came.run_state
    if state is None:
        return Ending(state="failed", detail="the run is not kept any more", run=run)
    if state == RunState.SUCCEEDED:
        return Ending(state="succeeded", run=run)
    if state == RunState.HELD and not came.has_failed:
        return None  # somebody holds it, and will let it go on
    if state in _FAILED or state in FINAL_RUN_STATES:
        detail = f"the run is {state}"
        return Ending(state="failed", detail=detail, run=run, is_known=state in _FAILED)
    return None
