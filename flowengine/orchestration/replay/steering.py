"""Steering a replay: approve, pause, go on, slower, stop. Each is one transaction, and is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import msgspec

from flowengine.conf import settings
from flowengine.engine.pace import Pace
from flowengine.errors import ReplayRefused
from flowengine.orchestration import audit
from flowengine.orchestration.replay.due import stopped
from flowengine.orchestration.replay.starting import Person, entry, first_state
from flowengine.store import replays, sql, wake
from flowengine.store.clock import DatabaseClock
from flowengine.store.replays import ACTIVE, Replay, ReplayState

_clock = DatabaseClock()
_Change = Callable[[Replay, datetime], Replay]


def approve(
    replay_id: UUID, *, by: str, reason: str = "", door: str = "api", address: str = ""
) -> Replay:
    """Let a proposed replay begin; not by who proposed it.

    Raises:
        ReplayRefused: FE521, there is none, it is not proposed, or FE522, the same person proposed it.
    """

    def change(held: Replay, now: datetime) -> Replay:
        _must_be(held, ReplayState.PROPOSED)
        if not by or held.by == by:
            raise ReplayRefused(
                "who proposes a replay with edits does not approve it", code="FE522"
            )
        return replace(held, state=first_state(_pace(held)), approver=by, due_at=now)

    person = Person(by=by, reason=reason, door=door, address=address)
    return _steer(replay_id, "replay.approve", change, person)


def pause(
    replay_id: UUID, *, by: str, reason: str = "", door: str = "api", address: str = ""
) -> Replay:
    """Send nothing more until somebody lets it go on; what was sent is seen to its end.

    Raises:
        ReplayRefused: FE521, there is none, or it sends nothing.
    """

    def change(held: Replay, now: datetime) -> Replay:
        _must_be(held, *ACTIVE)
        verdict = {**held.verdict, "paused_as": held.state}
        return replace(held, state=ReplayState.PAUSED, due_at=now, verdict=verdict)

    person = Person(by=by, reason=reason, door=door, address=address)
    return _steer(replay_id, "replay.pause", change, person)


def go_on(
    replay_id: UUID, *, by: str, reason: str = "", door: str = "api", address: str = ""
) -> Replay:
    """Go on with a paused replay where it was.

    Raises:
        ReplayRefused: FE521, there is none, or it is not paused.
    """

    def change(held: Replay, now: datetime) -> Replay:
        _must_be(held, ReplayState.PAUSED)
        state = held.verdict.get("paused_as", ReplayState.RUNNING)
        return replace(held, state=state, due_at=now)

    person = Person(by=by, reason=reason, door=door, address=address)
    return _steer(replay_id, "replay.go_on", change, person)


def slower(
    replay_id: UUID, *, by: str, reason: str = "", door: str = "api", address: str = ""
) -> Replay:
    """Go half as fast from now on, with half as many under way.

    Raises:
        ReplayRefused: FE521, there is none, or it is over.
    """

    def change(held: Replay, now: datetime) -> Replay:  # noqa: ARG001 - as all of them
        _must_be(held, *ACTIVE, ReplayState.PAUSED)
        return replace(held, pace=msgspec.json.encode(_pace(held).slower).decode())

    person = Person(by=by, reason=reason, door=door, address=address)
    return _steer(replay_id, "replay.slower", change, person)


def stop(
    replay_id: UUID, *, by: str, reason: str = "", door: str = "api", address: str = ""
) -> Replay:
    """Send nothing more, for good; what was sent is seen to its end. Dead letters not sent stay open.

    Raises:
        ReplayRefused: FE521, there is none, or it is over.
    """

    def change(held: Replay, now: datetime) -> Replay:
        _must_be(held, *ACTIVE, ReplayState.PAUSED, ReplayState.PROPOSED)
        why = f"by {by}: {reason}" if reason else f"by {by}"
        return stopped(held, why, len(replays.sent(held.id)), now)

    person = Person(by=by, reason=reason, door=door, address=address)
    return _steer(replay_id, "replay.stop", change, person)


def _steer(replay_id: UUID, verb: str, change: _Change, person: Person) -> Replay:
    now = _clock.now()
    with sql.writing():
        held = replays.get(replay_id, lock=True)
        if held is None:
            raise ReplayRefused(f"there is no replay {replay_id}")
        changed = change(held, now)
        replays.save(changed)
        audit.record([entry(changed, verb, person)], now)
    wake.wake_after_commit(settings().DATABASE)
    return changed


def _must_be(held: Replay, *states: str) -> None:
    if held.state not in states:
        raise ReplayRefused(f"replay {held.id} is {held.state}")


def _pace(replay: Replay) -> Pace:
    return msgspec.json.decode(replay.pace, type=Pace)
