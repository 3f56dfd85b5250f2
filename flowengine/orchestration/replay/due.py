"""What replays do when their time has come: look how what was sent has ended, and send more.

Everything is in rows: whoever has a beat goes on, wherever another one stopped. A look and a batch are
transactions of their own, and both hold the replay's row; between them it is due later, so that other
beats leave it alone for as long as one batch may take.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from flowengine.engine import pace as paces
from flowengine.engine.pace import Pace, Tally
from flowengine.orchestration import audit
from flowengine.orchestration.audit import By
from flowengine.orchestration.commit import Committed
from flowengine.orchestration.replay import discarding, filling, telling_runs
from flowengine.orchestration.replay.bulk import BULK, Bulk
from flowengine.orchestration.replay.outcome import Ending, ending_of
from flowengine.orchestration.replay.sending import DETAIL_MAX, send
from flowengine.orchestration.replay.starting import entry
from flowengine.orchestration.replay.subjects import DEAD_LETTER
from flowengine.orchestration.replay.verdict import (
    PAUSED_FOR,
    PROPOSED_FOR,
    at_rest,
    end_of_patience,
    ended,
    in_row,
    moved,
    moved_at,
)
from flowengine.store import dead_letters, replay_items, replays, sql
from flowengine.store.replay_items import Came
from flowengine.store.replays import ACTIVE, Replay, ReplayState

LOOK_AGAIN = timedelta(seconds=0.5)
"""Between two looks at what was sent, where no more may be sent before, at least."""
LOOK_AGAIN_MAX = timedelta(minutes=10)
"""At most: what has not moved for long will hardly do so in the next second."""
LEASE = timedelta(seconds=30)
"""How long a batch may take before another beat goes on with its replay."""


def run_due(now: datetime, *, limit: int) -> tuple[Committed, bool]:
    """Go on with the replays whose time has come, each by one batch.

    Returns:
        What was committed; True = there may be more at once.
    """
    found = replays.due(now, limit=limit)
    done = Committed()
    for replay_id in found:
        done.add(_go_on(replay_id, now))
        done.replays.append(replay_id)
    return done, len(found) == limit


def _go_on(replay_id: UUID, now: datetime) -> Committed:
    with sql.writing():
        replay = replays.take(replay_id, now)
        if replay is None:
            return Committed()
        end = end_of_patience(replay)
        if end is not None and end <= now:
            _give_up(replay, now)
            return Committed()
        if replay.mode in BULK:
            return _page(replay, now)
        replay = filling.filled(replay, now)
        if replay.state == ReplayState.PROPOSED:
            replays.save(
                dataclasses.replace(replay, due_at=now if filling.unfilled(replay) else end)
            )
            return Committed()
        replay, in_flight = _harvest(replay, now)
        replay, batch = _next(replay, in_flight, now)
        replays.save(replay)
    if not batch:
        return Committed()
    sent = send(replay_id, batch, now)
    with sql.writing():
        held = replays.get(replay_id, lock=True)
        if held is not None and held.state in ACTIVE:
            # What was skipped costs no time, what was sent as much as the rate says.
            rest = timedelta(seconds=paces.rest_s(_pace(held), sent.sent))
            at = max(now + rest, now + LOOK_AGAIN) if sent.waiting else now + rest
            held = moved(held, now) if sent.sent else held
            replays.save(dataclasses.replace(held, due_at=at))
    return sent.committed


def _give_up(replay: Replay, now: datetime) -> None:
    """Nobody has let it go on in time: what it has not sent is free again, and the audit says so."""
    if replay.state == ReplayState.PROPOSED:
        why = f"nobody approved it within {PROPOSED_FOR.days} days"
    else:
        why = f"it was paused, and nobody let it go on within {PAUSED_FOR.days} days"
    replay = stopped(replay, why, len(replay_items.sent(replay.id)), now)
    replays.save(replay)
    audit.record([entry(replay, "replay.expire", By(who="", reason=why, door="system"))], now)


def _page(act: Replay, now: datetime) -> Committed:
    """The next page of an act that sends nothing."""
    page = discarding.page if act.mode == Bulk.DISCARD else telling_runs.page
    done = page(act, now)
    replays.save(done.act)
    if done.entries:
        audit.record(done.entries, now)
    return done.committed


def _harvest(replay: Replay, now: datetime) -> tuple[Replay, int]:
    """Note what has ended of what was sent; the replay then, and how many are still under way."""
    by_item: dict[UUID, list[Came]] = {}
    for each in replay_items.sent(replay.id):
        by_item.setdefault(each.object_id, []).append(each)
    looked = {object_id: ending_of(came) for object_id, came in by_item.items()}
    endings = {object_id: each for object_id, each in looked.items() if each is not None}
    if endings:
        replay_items.end(
            replay.id,
            [
                (object_id, each.state, each.detail[:DETAIL_MAX], each.run)
                for object_id, each in endings.items()
            ],
            now,
        )
        if replay.kind == DEAD_LETTER:
            _settle_letters(replay, endings, now)
    replay = moved(in_row(replay, [*endings.values()]), now) if endings else replay
    return replay, len(looked) - len(endings)


def _settle_letters(replay: Replay, endings: Mapping[UUID, Ending], now: datetime) -> None:
    """A letter is resolved by a success, or by a newer letter of the same; else it is open again."""
    succeeded = [key for key, each in endings.items() if each.state == "succeeded"]
    replaced = [key for key, each in endings.items() if each.is_known]
    known = {*succeeded, *replaced}
    dead_letters.close(succeeded, "resolved", reason=replay.reason, by=replay.by, now=now)
    why = f"it failed again, of which a newer dead letter tells ({replay.reason})"
    dead_letters.close(replaced, "resolved", reason=why[:DETAIL_MAX], by=replay.by, now=now)
    dead_letters.reopen([key for key in endings if key not in known])


def _next(replay: Replay, in_flight: int, now: datetime) -> tuple[Replay, Sequence[UUID]]:
    """What is to be sent now, and the replay until that is done."""
    pace, is_canary = _pace(replay), replay.state == ReplayState.CANARY
    tally = Tally(
        sent=replay.sent,
        in_flight=in_flight,
        succeeded=replay.succeeded,
        failed=replay.failed,
        failed_in_row=replay.verdict.get("failed_in_row", 0),
    )
    unfilled = filling.unfilled(replay)
    rest = LOOK_AGAIN if unfilled else patience(replay, now)
    later = dataclasses.replace(replay, due_at=now + rest)
    if replay.state not in ACTIVE:  # nothing is sent; what was sent still ends
        return (later if in_flight else _at_rest(replay, now)), ()
    why = paces.why_stop(pace, tally, total=replay.total, is_canary=is_canary)
    if why is not None:
        return stopped(replay, why, in_flight, now), ()
    room = paces.room(pace, tally, is_canary=is_canary)
    batch = replay_items.pending(replay.id, limit=max(room, 1))
    is_last = not batch and not unfilled
    if is_last and not in_flight:
        return ended(replay, ReplayState.DONE, now), ()
    if is_canary and paces.is_canary_over(pace, tally, is_last=is_last):
        return dataclasses.replace(replay, state=ReplayState.RUNNING, due_at=now), ()
    if not room or not batch:
        return later, ()
    return dataclasses.replace(replay, due_at=now + LEASE), batch


def patience(replay: Replay, now: datetime) -> timedelta:
    """How long to wait for the next look: a tenth of the time in which nothing has moved."""
    still = now - moved_at(replay)
    return min(max(still / 10, LOOK_AGAIN), LOOK_AGAIN_MAX)


def stopped(replay: Replay, why: str, in_flight: int, now: datetime) -> Replay:
    """The replay that sends nothing more; what was sent is still seen to its end."""
    skipped = replay_items.skip_rest(replay.id, f"the replay was stopped: {why}"[:DETAIL_MAX], now)
    replay = filling.cut(replay)
    replay = dataclasses.replace(
        replay,
        state=ReplayState.STOPPED,
        skipped=replay.skipped + skipped,
        verdict={**replay.verdict, "why": why},
        due_at=now + LOOK_AGAIN,
    )
    return replay if in_flight else ended(replay, ReplayState.STOPPED, now)


def _at_rest(replay: Replay, now: datetime) -> Replay:
    """Nothing is under way of a replay that sends nothing."""
    if replay.state == ReplayState.STOPPED:
        return ended(replay, ReplayState.STOPPED, now)
    return at_rest(replay)


def _pace(replay: Replay) -> Pace:
    return msgspec.json.decode(replay.pace, type=Pace)
