"""Steering a replay: approve, pause, go on, slower, stop. Each needs a reason, is one transaction, and is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID

import msgspec
from django.db import transaction

from flowengine import signals
from flowengine.conf import settings
from flowengine.engine.pace import Pace
from flowengine.errors import ReplayRefused
from flowengine.orchestration import audit
from flowengine.orchestration.audit import By, wants_reason
from flowengine.orchestration.replay.bulk import BULK, Bulk
from flowengine.orchestration.replay.due import stopped
from flowengine.orchestration.replay.options import Options
from flowengine.orchestration.replay.starting import check_user, entry, first_state
from flowengine.orchestration.replay.verdict import end_of_patience
from flowengine.store import replay_items, replays, sql, wake
from flowengine.store.clock import DatabaseClock
from flowengine.store.replays import ACTIVE, Replay, ReplayState

_clock = DatabaseClock()
_Change = Callable[[Replay, datetime], Replay]


def needs(mode: str, options: str, act: object) -> tuple[str, ...]:
    """The permissions of ``flowengine`` without which nobody does that to a replay.

    Args:
        mode: of the replay.
        options: of the replay, as its row keeps them.
        act: one of the functions below. Who approves, needs what one needs to propose.
    """
    found = Options.of_stored(options).needs if act is approve else ("replay",)
    return (*found, Bulk(mode).permission) if mode in BULK else found


def approve(replay_id: UUID, by: By) -> Replay:
    """Let a proposed replay begin; not by who proposed it, nor at the terminal where it was proposed.

    Raises:
        ReplayRefused: FE521, there is none, it is not proposed, or FE522, the same person proposed it,
            or it is no user who approves it.
    """

    def change(held: Replay, now: datetime) -> Replay:
        _must_be(held, ReplayState.PROPOSED)
        end = end_of_patience(held)
        if end is not None and end <= now:
            raise ReplayRefused(f"nobody approved replay {held.id} in time: propose it again")
        check_user(by)
        at_same_terminal = held.door == by.door == "cli" and held.address == by.address
        if held.by == by.who or at_same_terminal:
            raise ReplayRefused(
                "who proposes a replay with edits does not approve it", code="FE522"
            )
        return replace(held, state=first_state(_pace(held)), approver=by.who, due_at=now)

    return _steer(replay_id, "replay.approve", change, by)


def pause(replay_id: UUID, by: By) -> Replay:
    """Send nothing more until somebody lets it go on; what was sent is seen to its end.

    Where nobody does within ``PAUSED_FOR``, it is stopped.

    Raises:
        ReplayRefused: FE521, there is none, or it sends nothing.
    """

    def change(held: Replay, now: datetime) -> Replay:
        _must_be(held, *ACTIVE)
        verdict = {**held.verdict, "paused_as": held.state, "paused_at": now.isoformat()}
        return replace(held, state=ReplayState.PAUSED, due_at=now, verdict=verdict)

    return _steer(replay_id, "replay.pause", change, by)


def go_on(replay_id: UUID, by: By) -> Replay:
    """Go on with a paused replay where it was.

    Raises:
        ReplayRefused: FE521, there is none, or it is not paused.
    """

    def change(held: Replay, now: datetime) -> Replay:
        _must_be(held, ReplayState.PAUSED)
        state = held.verdict.get("paused_as", ReplayState.RUNNING)
        return replace(held, state=state, due_at=now)

    return _steer(replay_id, "replay.go_on", change, by)


def slower(replay_id: UUID, by: By) -> Replay:
    """Go half as fast from now on, with half as many under way.

    Raises:
        ReplayRefused: FE521, there is none, or it is over.
    """

    def change(held: Replay, now: datetime) -> Replay:  # noqa: ARG001 - as all of them
        _must_be(held, *ACTIVE, ReplayState.PAUSED)
        if held.mode in BULK:
            raise ReplayRefused("this sends nothing: it is done as fast as it can be")
        return replace(held, pace=msgspec.json.encode(_pace(held).slower).decode())

    return _steer(replay_id, "replay.slower", change, by)


def stop(replay_id: UUID, by: By) -> Replay:
    """Send nothing more, for good; what was sent is seen to its end. Dead letters not sent stay open.

    Raises:
        ReplayRefused: FE521, there is none, or it is over.
    """

    def change(held: Replay, now: datetime) -> Replay:
        _must_be(held, *ACTIVE, ReplayState.PAUSED, ReplayState.PROPOSED)
        return stopped(held, f"by {by.who}: {by.reason}", len(replay_items.sent(held.id)), now)

    return _steer(replay_id, "replay.stop", change, by)


def _steer(replay_id: UUID, verb: str, change: _Change, by: By) -> Replay:
    wants_reason(by)
    now = _clock.now()
    with sql.writing():
        held = replays.get(replay_id, lock=True)
        if held is None:
            raise ReplayRefused(f"there is no replay {replay_id}")
        if audit.is_done(by, verb, "replay", replay_id):
            return held
        changed = change(held, now)
        replays.save(changed)
        audit.record([entry(changed, verb, by)], now)
    tell = partial(signals.replay_changed.send_robust, sender=None, ids=[replay_id])
    transaction.on_commit(tell, using=settings().DATABASE)
    wake.wake_after_commit(settings().DATABASE)
    return changed


def _must_be(held: Replay, *states: str) -> None:
    if held.state not in states:
        raise ReplayRefused(f"replay {held.id} is {held.state}")


def _pace(replay: Replay) -> Pace:
    return msgspec.json.decode(replay.pace, type=Pace)
