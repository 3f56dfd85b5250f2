"""Beginning a replay: what is asked for is checked, frozen with its items, and said; then beats go on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from flowengine.conf import settings
from flowengine.engine.identity import uuid7
from flowengine.engine.pace import Pace
from flowengine.errors import ReplayRefused
from flowengine.models import SelectionRecord
from flowengine.orchestration import audit
from flowengine.orchestration.audit import By, Entry, wants_reason
from flowengine.orchestration.replay import filling
from flowengine.orchestration.replay.options import Options, options_of, pace_of
from flowengine.orchestration.replay.verdict import end_of_patience, ended
from flowengine.store import replays, sql, wake
from flowengine.store.clock import DatabaseClock
from flowengine.store.replays import Replay, ReplayState

REQUEST_KEY_MAX = 200
_clock = DatabaseClock()


def start(
    selection_id: UUID,
    mode: str,
    options: Mapping[str, Any] | Options | None = None,
    pace: Mapping[str, Any] | Pace | None = None,
    *,
    by: By,
    request_key: str | None = None,
) -> Replay:
    """Send a selection through the line again, at a pace; the beats do it. May be repeated.

    The caller has checked the permissions, ``Options.needs``.

    Args:
        selection_id: what was chosen.
        mode: ``event``, ``restart`` or ``resume``.
        options: how; see :class:`Options`.
        pace: how fast, and when to stop; see :class:`Pace`.
        by: who wants it, why, and from where.
        request_key: names the request: the same again is the same replay. None = it is another.

    Returns:
        The replay; ``proposed`` where somebody else has to approve it.

    Raises:
        EditRefused: FE502, options or pace will not do.
        ReasonMissing: FE513.
        ReplayRefused: FE521, there is no such selection, or the request key names another replay;
            FE522, somebody else would have to approve it, and it is no user who proposes it.
    """
    found_mode, found_options = options_of(mode, options)
    found_pace = pace_of(pace)
    wants_reason(by)
    _check_request(request_key)
    now = _clock.now()
    with sql.writing():
        kind, count = _chosen(selection_id)
        replay = Replay(
            id=uuid7(int(now.timestamp() * 1000), os.urandom(10)),
            selection_id=selection_id,
            kind=kind,
            mode=found_mode,
            options=found_options.stored(),
            pace=msgspec.json.encode(found_pace).decode(),
            state=_first_state(found_pace, found_options, by),
            by=by.who,
            reason=by.reason.strip(),
            door=by.door,
            address=by.address,
            total=count,
            request_key=request_key,
            created_at=now,
        )
        if not replays.insert(replay):
            return _asked_before(replay)
        replay = _begun(replay, now)
        audit.record([entry(replay, "replay.start", by)], now)
    wake.wake_after_commit(settings().DATABASE)
    return replay


def _check_request(request_key: str | None) -> None:
    if request_key is not None and not 0 < len(request_key) <= REQUEST_KEY_MAX:
        raise ReplayRefused(f"a request key has 1 to {REQUEST_KEY_MAX} characters")


def entry(replay: Replay, verb: str, by: By) -> Entry:
    """What is kept of an act upon a replay."""
    details = {
        "mode": replay.mode,
        "total": replay.total,
        "state": replay.state,
        "options": msgspec.json.decode(replay.options),
        "pace": msgspec.json.decode(replay.pace),
    }
    return Entry(
        by=by,
        verb=verb,
        kind="replay",
        object_id=str(replay.id),
        selection_id=replay.selection_id,
        replay_id=replay.id,
        details=details,
    )


def first_state(pace: Pace) -> ReplayState:
    """In which a replay begins that nobody has to approve."""
    return ReplayState.CANARY if pace.canary else ReplayState.RUNNING


def _first_state(pace: Pace, options: Options, by: By) -> ReplayState:
    if not options.is_edited or not settings().REPLAY_FOUR_EYES:
        return first_state(pace)
    check_user(by)
    return ReplayState.PROPOSED


def check_user(by: By) -> None:
    """Refuse who cannot be told from the other one of two who have to look at an edit.

    Raises:
        ReplayRefused: FE522.
    """
    if not by.is_user:
        raise ReplayRefused(
            "who proposes or approves an edit is a user of the project; --as names him",
            code="FE522",
        )


def _chosen(selection_id: UUID) -> tuple[str, int]:
    """Of what the selection is, and how much; it is kept until the transaction ends."""
    is_kept = replays.hold_selection(selection_id)
    rows = SelectionRecord.objects.using(settings().DATABASE).filter(pk=selection_id)
    found = rows.values_list("kind", "count").first()
    if found is None:
        raise ReplayRefused(f"there is no selection {selection_id}")
    if not is_kept:
        raise ReplayRefused(f"what selection {selection_id} names is not kept any more")
    return found


def _begun(replay: Replay, now: datetime) -> Replay:
    """The replay with its first items; those that another one has are skipped."""
    replay = filling.filled(filling.empty(replay), now)
    replay = replace(replay, due_at=now)
    if replay.skipped == replay.total:
        replay = ended(replay, ReplayState.DONE, now)
    elif replay.state == ReplayState.PROPOSED and not filling.unfilled(replay):
        replay = replace(replay, due_at=end_of_patience(replay))
    replays.save(replay)
    return replay


def _asked_before(replay: Replay) -> Replay:
    """The replay that the same request has begun."""
    assert replay.request_key is not None, "nothing else is unique"
    known = replays.by_request(replay.request_key)
    if known is None or _request(known) != _request(replay):
        raise ReplayRefused("this request key was used for another replay")
    return known


def _request(replay: Replay) -> tuple[object, ...]:
    return (replay.selection_id, replay.mode, replay.options, replay.pace, replay.by, replay.reason)
