"""What people and beats do about the same dead letters at the same moment: one of both does it, and counts are right."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flowengine.models import (
    AuditRecord,
    DeadGroupRecord,
    DeadLetterRecord,
    ReplayRecord,
    SelectionRecord,
)
from flowengine.orchestration import groups, prune, replay
from flowengine.orchestration.audit import By
from flowengine.orchestration.replay.sending import Sent, send
from flowengine.store import dead_letters
from tests.builders.dead import NOON, SOMEBODY, a_letter, bury, fold
from tests.builders.stored import now
from tests.database.interleavings.actor import Cast
from tests.database.replay.scenes import (
    BY,
    chosen,
    failed_orders,
    letter_states,
    letters_of,
    started,
    states,
)

LATER = NOON + timedelta(days=91)
ANN, BOB = By(who="11", reason="looked at it"), By(who="12", reason="looked at it")


def sending(replay_id: UUID, letters: list[UUID]) -> Sent:
    return send(replay_id, letters, now())


def test_letter_that_is_discarded_while_it_is_replayed_is_replayed(act: Cast) -> None:
    letters = letters_of(failed_orders(2))
    replay_id, selection = started("restart", letters), chosen(letters)

    sender = act(lambda: sending(replay_id, letters)).up_to("COMMIT")
    person = act(lambda: replay.discard(selection, SOMEBODY)).until_it_waits(sender)

    assert sender.ends().sent == 2
    done = person.ends()
    assert (done.succeeded, done.skipped) == (0, 2)
    assert letter_states(letters) == ["replaying"] * 2


def test_letter_that_is_replayed_while_it_is_discarded_is_discarded(act: Cast) -> None:
    letters = letters_of(failed_orders(2))
    replay_id, selection = started("restart", letters), chosen(letters)

    person = act(lambda: replay.discard(selection, SOMEBODY)).up_to("COMMIT")
    sender = act(lambda: sending(replay_id, letters)).until_it_waits(person)

    assert person.ends().succeeded == 2
    assert sender.ends().sent == 0
    assert letter_states(letters) == ["discarded"] * 2
    assert AuditRecord.objects.filter(verb="replay.restart").count() == 0


def test_two_operators_who_discard_what_both_chose_do_it_once(act: Cast) -> None:
    letters = letters_of(failed_orders(2))
    mine, yours = chosen(letters), chosen(letters[::-1])

    first = act(lambda: replay.discard(mine, SOMEBODY)).up_to("COMMIT")
    second = act(lambda: replay.discard(yours, SOMEBODY)).until_it_waits(first)

    assert (first.ends().succeeded, second.ends().skipped) == (2, 2)


def test_replay_that_two_approve_at_once_is_approved_once(act: Cast) -> None:
    letters = letters_of(failed_orders())
    replay_id = started("restart", letters)
    ReplayRecord.objects.filter(pk=replay_id).update(state="proposed")

    first = act(lambda: replay.approve(replay_id, ANN)).up_to("COMMIT")
    second = act(lambda: replay.approve(replay_id, BOB)).until_it_waits(first)

    assert first.ends().approver == ANN.who
    assert "is running" in str(second.leave())
    assert AuditRecord.objects.filter(verb="replay.approve").count() == 1


def test_selection_that_is_about_to_be_deleted_stays_for_the_replay_that_begins_now(
    act: Cast,
) -> None:
    letters = letters_of(failed_orders())
    selection = chosen(letters)
    late = now() + timedelta(days=91)

    person = act(lambda: replay.start(selection, "restart", by=BY)).up_to("COMMIT")
    prune.run(late)
    begun = person.ends()

    assert SelectionRecord.objects.filter(pk=selection).exists()
    assert states(begun.id) == ["pending"]


def test_letters_that_are_deleted_while_their_cause_is_merged_are_counted_nowhere(
    act: Cast,
) -> None:
    old = bury(a_letter("one cause", at=NOON), at=NOON)
    bury(a_letter("one cause", at=NOON), at=NOON)
    bury(a_letter("another", at=NOON), at=NOON)
    fold()
    dead_letters.close(old, "discarded", reason="x", by="7", now=NOON)
    source, into = (
        DeadLetterRecord.objects.get(pk=old[0]).group_id,
        DeadLetterRecord.objects.exclude(message="one cause").get().group_id,
    )

    beat = act(lambda: prune.run(LATER)).past("DELETE FROM flowengine_dead_letter")
    person = act(lambda: groups.merge([source], into, SOMEBODY)).until_it_waits(beat)
    beat.ends()
    person.ends()
    fold()

    counts = {row.id: (row.count, row.open_count) for row in DeadGroupRecord.objects.all()}
    assert counts == {source: (0, 0), into: (2, 2)}
