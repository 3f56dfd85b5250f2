"""People treat causes: they acknowledge, assign, merge and split, and all of it is told."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from flowengine.errors import GroupRefused, ReasonMissing
from flowengine.models import AuditRecord, DeadGroupRecord, DeadLetterRecord, DeadTallyRecord
from flowengine.orchestration import groups
from flowengine.orchestration.audit import By
from tests.builders.dead import (
    LATER,
    NOON,
    SOMEBODY,
    a_letter,
    bury,
    fold,
    group_of,
    new_id,
    the_group,
)

pytestmark = pytest.mark.django_db

NOBODY = By(who="7", reason="  ")


# What people do


def test_every_act_is_in_the_audit() -> None:
    bury(a_letter())
    group = the_group().id

    groups.acknowledge(group, SOMEBODY)
    groups.assign(group, "9", SOMEBODY)
    groups.note(group, "gateway", SOMEBODY)
    groups.snooze(group, NOON, SOMEBODY)
    groups.resolve(group, SOMEBODY)

    found = the_group()
    assert (found.state, found.owner, found.note) == ("resolved", "9", "gateway")
    assert found.snoozed_until == NOON
    rows = AuditRecord.objects.order_by("number")
    assert [row.verb.removeprefix("group.") for row in rows] == [
        *("acknowledge", "assign", "note", "snooze", "resolve"),
    ]
    assert {(row.who, row.reason, row.door, row.address, row.object_id) for row in rows} == {
        ("7", "INC-812", "cli", "ops-1", str(group))
    }


def test_cause_that_somebody_acknowledged_is_not_acknowledged_again() -> None:
    bury(a_letter())
    groups.acknowledge(the_group().id, SOMEBODY)

    with pytest.raises(GroupRefused, match="it is acknowledged"):
        groups.acknowledge(the_group().id, SOMEBODY)

    assert AuditRecord.objects.count() == 1


def test_cause_is_resolved_once_and_with_a_reason() -> None:
    bury(a_letter())
    with pytest.raises(ReasonMissing):
        groups.resolve(the_group().id, NOBODY)
    groups.resolve(the_group().id, SOMEBODY)

    with pytest.raises(GroupRefused, match="resolved already"):
        groups.resolve(the_group().id, SOMEBODY)


def test_cause_that_is_not_there_is_refused() -> None:
    nowhere = new_id()

    with pytest.raises(GroupRefused, match="there is no cause"):
        groups.assign(nowhere, "7", SOMEBODY)


# Merging and splitting


def two_causes() -> tuple[UUID, UUID]:
    one, two = bury(a_letter("card gone"), a_letter("card lost"))
    return group_of(one).id, group_of(two).id


def test_merged_causes_have_their_letters_together_also_those_to_come() -> None:
    gone, lost = two_causes()

    groups.merge([gone], lost, SOMEBODY)
    fold()
    bury(a_letter("card gone"), at=NOON + LATER)

    assert DeadLetterRecord.objects.filter(group_id=lost).count() == 3
    merged, target = DeadGroupRecord.objects.get(pk=gone), DeadGroupRecord.objects.get(pk=lost)
    assert (merged.count, merged.open_count, merged.merged_into) == (0, 0, lost)
    assert (target.count, target.open_count, target.last_at) == (3, 3, NOON + LATER)
    assert AuditRecord.objects.get().details == json.dumps({"from": [str(gone)]})


def test_large_cause_is_moved_bit_by_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "MOVE_PAGE", 2)
    gone = group_of(bury(*[a_letter("card gone") for _ in range(5)])[0]).id
    lost = group_of(bury(a_letter("card lost"))[0]).id

    groups.merge([gone], lost, SOMEBODY)
    assert DeadLetterRecord.objects.filter(group_id=gone).count() == 3
    fold()

    assert DeadLetterRecord.objects.filter(group_id=lost).count() == 6
    assert not DeadGroupRecord.objects.filter(is_moving=True).exists()


def test_letter_that_was_buried_while_its_cause_was_merged_follows() -> None:
    gone, lost = two_causes()
    groups.merge([gone], lost, SOMEBODY)
    fold()
    late = bury(a_letter("card gone"))
    # Its transaction had read the group before the merge was committed.
    DeadLetterRecord.objects.filter(pk__in=late).update(group_id=gone)
    DeadTallyRecord.objects.create(group_id=gone, count=1, open_count=1, died=1, at=NOON)
    DeadTallyRecord.objects.create(group_id=lost, count=-1, open_count=-1, died=0, at=NOON)

    fold()

    assert DeadLetterRecord.objects.filter(group_id=lost).count() == 3
    assert DeadGroupRecord.objects.get(pk=lost).count == 3


def test_group_that_was_merged_takes_its_own_merged_ones_along() -> None:
    gone, lost = two_causes()
    groups.merge([gone], lost, SOMEBODY)
    stolen = group_of(bury(a_letter("card stolen"))[0]).id

    groups.merge([lost], stolen, SOMEBODY)
    fold()
    bury(a_letter("card gone"))

    assert DeadGroupRecord.objects.get(pk=stolen).count == 4
    assert DeadGroupRecord.objects.get(pk=gone).merged_into == stolen


def test_split_cause_has_a_group_for_each_value_also_for_letters_to_come() -> None:
    bury(a_letter(source="mobile"), a_letter(source="mobile"), a_letter(source="web"))
    whole = the_group().id

    groups.split(whole, "source", SOMEBODY)
    fold()
    bury(a_letter(source="web"), a_letter(source="till"))

    parts = DeadGroupRecord.objects.exclude(pk=whole).order_by("title")
    assert [(part.title, part.count) for part in parts] == [
        ("card <n> declined (source=mobile)", 2),
        ("card <n> declined (source=till)", 1),
        ("card <n> declined (source=web)", 2),
    ]
    assert DeadGroupRecord.objects.get(pk=whole).count == 0


def test_part_of_a_split_cause_can_be_merged() -> None:
    web, mobile = bury(a_letter(source="web"), a_letter(source="mobile"))
    groups.split(the_group().id, "source", SOMEBODY)
    fold()

    groups.merge([group_of(web).id], group_of(mobile).id, SOMEBODY)
    fold()
    bury(a_letter(source="web"))

    assert group_of(mobile).count == 3


def test_merges_and_splits_that_make_no_sense_are_refused() -> None:
    gone, lost = two_causes()
    for wrong in ([], [gone] * 1 + [lost], [new_id() for _ in range(101)]):
        with pytest.raises(GroupRefused):
            groups.merge(wrong, lost, SOMEBODY)
    with pytest.raises(GroupRefused, match="cannot be split by 'body'"):
        groups.split(gone, "body", SOMEBODY)
    groups.split(gone, "source", SOMEBODY)
    with pytest.raises(GroupRefused, match="split by source already"):
        groups.split(gone, "version", SOMEBODY)
    with pytest.raises(GroupRefused, match="name one of its parts"):
        groups.merge([lost], gone, SOMEBODY)
    stolen = group_of(bury(a_letter("card stolen"))[0]).id
    groups.merge([lost], stolen, SOMEBODY)
    with pytest.raises(GroupRefused, match="is merged into"):
        groups.split(lost, "source", SOMEBODY)
