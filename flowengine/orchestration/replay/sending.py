"""Sending items: letters are taken, events and runs go on, and all of it is said; one transaction.

The replay's row is held first, then the turn to send, events, letters, keys, runs, and the chain of the
audit last: everybody who holds several of them takes them in this order. One batch is sent at a time, for
whether a thing is done already is read, and what says so may be written by the batch before. A letter is taken by one conditional UPDATE, an item by
its state, a target by a unique index, and the copy of an event has an id that follows from replay and
original: what is done twice is done once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from uuid import UUID

from flowengine.engine.messages import Resume
from flowengine.orchestration import audit
from flowengine.orchestration.audit import By, Entry
from flowengine.orchestration.commit import Committed
from flowengine.orchestration.control import Resumed, resume_all
from flowengine.orchestration.halving import in_halves
from flowengine.orchestration.replay.judging import Judged, Word, judge
from flowengine.orchestration.replay.options import Mode, Options
from flowengine.orchestration.replay.subjects import DEAD_LETTER, load
from flowengine.store import dead_groups, dead_letters, events, replay_items, replays, sql
from flowengine.store.replay_items import Item
from flowengine.store.replays import ACTIVE, Replay

DETAIL_MAX = 1000


@dataclass(slots=True, kw_only=True)
class Sent:
    """What came of a batch. All of it is committed."""

    committed: Committed = field(default_factory=Committed)
    sent: int = 0
    waiting: int = 0
    """Items that could not be sent yet: their events are on their way."""

    def add(self, other: Sent) -> None:
        """Take over what *other* holds."""
        self.committed.add(other.committed)
        self.sent += other.sent
        self.waiting += other.waiting


def send(replay_id: UUID, ids: Sequence[UUID], now: datetime) -> Sent:
    """Send those of these items that still wait to be sent and can be; the others are skipped.

    A batch that fails on its content is halved until the guilty item stands alone: it is refused.

    Raises:
        django.db.Error: the database is away; the items still wait.
    """
    if not ids:
        return Sent()
    give_up = partial(_refuse, replay_id, now=now)
    return in_halves(ids, partial(_send, replay_id, now=now), give_up)


def _send(replay_id: UUID, ids: Sequence[UUID], *, now: datetime) -> Sent:
    with sql.writing():
        replay = replays.get(replay_id, lock=True)
        if replay is None or replay.state not in ACTIVE:
            return Sent()
        replays.take_turn()
        mode, options = Mode(replay.mode), Options.of_stored(replay.options)
        waiting = replay_items.pending(replay_id, among=ids)
        subjects = load(replay.kind, waiting, mode, options, now, lock=True)
        judged = judge(
            subjects, mode, options, now, replay=replay_id, by=replay.by, reason=replay.reason
        )
        judged = [*_each_target_once(judged)]
        won = _claimed([each for each in judged if each.is_eligible], replay)
        committed, going = _go(won, replay, mode, options, now)
        gone = {each.subject.id for each in going}
        rest = [each for each in judged if each.subject.id not in gone]
        skipped = [each for each in rest if each.word != Word.ON_ITS_WAY]
        _write(replay, going, skipped, mode, now)
        return Sent(
            committed=committed,
            sent=len(going),
            waiting=len(judged) - len(going) - len(skipped),
        )


def _each_target_once(judged: Iterable[Judged]) -> Iterable[Judged]:
    """Of several about the same event and workflow the first; of one event, one workflow at a time."""
    targets: set[UUID] = set()
    origins: set[UUID] = set()
    for each in judged:
        subject = each.subject
        if not each.is_eligible or subject.origin is None or subject.target is None:
            yield each
        elif subject.target in targets:
            why = "it is about the same event and workflow as another item"
            yield dataclasses.replace(each, word=Word.NOT_OPEN, why=why)
        elif subject.origin in origins and each.event is not None:
            yield dataclasses.replace(each, word=Word.ON_ITS_WAY)
        else:
            targets.add(subject.target)
            origins.add(subject.origin)
            yield each


def _claimed(going: Sequence[Judged], replay: Replay) -> list[Judged]:
    """Those whose dead letters nobody else has taken; all, where they are none."""
    if replay.kind != DEAD_LETTER:
        return list(going)
    won = set(dead_letters.claim([each.subject.id for each in going], replay.id))
    return [each for each in going if each.subject.id in won]


def _go(
    going: Sequence[Judged], replay: Replay, mode: Mode, options: Options, now: datetime
) -> tuple[Committed, Sequence[Judged]]:
    """Let them go through the line again; the same, those of which steps were edited with that."""
    runs = [each.subject.run.id for each in going if each.subject.run is not None]
    if mode is not Mode.EVENT:
        # Those that were not selected themselves: what they tell of is replayed, too.
        dead_letters.close_of_runs(runs, reason=replay.reason, by=replay.by, now=now)
    if mode is Mode.RESUME:
        message = Resume(
            by=replay.by,
            reason=replay.reason,
            inputs=options.set,
            output=options.output if options.is_done else None,
            is_done=options.is_done,
            skip=options.skip,
        )
        if not runs:
            return Committed(), going
        resumed = resume_all(dict.fromkeys(runs, message), now)
        return resumed.committed, [_with_edit(each, resumed) for each in going]
    again = [each for each in going if not each.is_copy]
    copies = [each for each in going if each.is_copy]
    stored = [each.subject.stored for each in again if each.subject.stored is not None]
    unsent = {each.event.id for each in stored if each.is_unsent}
    events.replay([each.event for each in again if each.event is not None], now, unsent=unsent)
    events.insert_copies([each.event for each in copies if each.event is not None], now)
    events.count_replays(
        {
            each.subject.stored.event.id: each.event.replay
            for each in copies
            if each.subject.stored is not None and each.event is not None
        }
    )
    return Committed(), going


def _with_edit(judged: Judged, resumed: Resumed) -> Judged:
    assert judged.subject.run is not None, "it was resumed"
    return dataclasses.replace(judged, edit=resumed.edits.get(judged.subject.run.id))


def _write(
    replay: Replay, going: Sequence[Judged], skipped: Sequence[Judged], mode: Mode, now: datetime
) -> None:
    """The items, the counters, the groups, and last who did it."""
    replay_items.write(replay.id, [_item(each, mode, now) for each in going])
    replay_items.write(
        replay.id,
        [
            Item(
                object_id=each.subject.id,
                state="skipped",
                detail=f"{each.word}: {each.why}"[:DETAIL_MAX],
                ended_at=now,
            )
            for each in skipped
        ],
    )
    sent, skips = replay.sent + len(going), replay.skipped + len(skipped)
    replays.save(dataclasses.replace(replay, sent=sent, skipped=skips))
    groups = {each.subject.letter.group_id for each in going if each.subject.letter is not None}
    dead_groups.mark_replayed(sorted(groups), now, begun=replay.created_at)
    audit.record([_entry(replay, each) for each in going], now)


def _item(judged: Judged, mode: Mode, now: datetime) -> Item:
    subject, event, edit = judged.subject, judged.event, judged.edit
    return Item(
        object_id=subject.id,
        state="sent",
        origin_id=subject.origin,
        target_id=subject.target,
        event_id=None if event is None else event.id,
        event_replay=None if event is None else event.replay,
        run_id=subject.run.id if mode is Mode.RESUME and subject.run is not None else None,
        before_sha256="" if edit is None else edit.before_sha256,
        after_sha256="" if edit is None else edit.after_sha256,
        difference="" if edit is None else edit.difference,
        sent_at=now,
    )


def _entry(replay: Replay, judged: Judged) -> Entry:
    event = judged.event
    details = {} if event is None else {"event": str(event.id), "replay": event.replay}
    return Entry(
        by=By(who=replay.by, reason=replay.reason, door=replay.door, address=replay.address),
        verb=f"replay.{replay.mode}",
        kind=judged.subject.kind,
        object_id=str(judged.subject.id),
        selection_id=replay.selection_id,
        replay_id=replay.id,
        details=details,
        edit=judged.edit,
    )


def _refuse(replay_id: UUID, guilty: UUID, error: Exception, *, now: datetime) -> Sent:
    """The one item that its batch could not be sent with: it stays what it was."""
    with sql.writing():
        replay = replays.get(replay_id, lock=True)
        if replay is not None and replay_items.pending(replay_id, among=[guilty]):
            detail = f"{type(error).__name__}: {error}"[:DETAIL_MAX]
            item = Item(object_id=guilty, state="refused", detail=detail, ended_at=now)
            replay_items.write(replay_id, [item])
            replays.save(dataclasses.replace(replay, skipped=replay.skipped + 1))
    return Sent()
