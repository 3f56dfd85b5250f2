"""What people did stays as it was written, and what was changed in spite of that is found."""

from __future__ import annotations

import random

import pytest
from django.db import DatabaseError, connection, transaction

from flowengine.engine.identity import uuid7
from flowengine.models import AuditRecord
from flowengine.orchestration import audit
from flowengine.orchestration.audit import By, Edit, Entry
from flowengine.store import sql
from flowengine.store.audit import START
from tests.builders.stored import now

pytestmark = pytest.mark.django_db

ROWS = 40
COLUMNS = (
    *("who", "verb", "reason", "door", "address", "kind", "object_id", "details"),
    *("before_sha256", "after_sha256", "chain_sha256"),
)


def written(count: int = ROWS) -> None:
    """So many acts."""
    with sql.writing():
        audit.record(
            [
                Entry(
                    by=By(who="7", reason=f"because {n}", door="cli", address="10.0.0.1"),
                    verb="replay.resume",
                    kind="dead_letter",
                    object_id=str(n),
                    selection_id=uuid7(n, bytes(10)),
                    replay_id=uuid7(n, bytes(10)),
                    details={"n": n, "at": now()},
                    edit=Edit(before_sha256="a" * 64, after_sha256="b" * 64),
                )
                for n in range(count)
            ],
            now(),
        )


def without_triggers() -> None:
    """As somebody could who owns the table."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE flowengine_audit DISABLE TRIGGER USER")
        else:
            cursor.execute("DROP TRIGGER flowengine_audit_unchanged")


def test_rows_that_were_not_touched_follow_from_one_another() -> None:
    written()
    written(1)

    verified = audit.verify()

    assert (verified.rows, verified.broken_at) == (ROWS + 1, None)
    last = AuditRecord.objects.get(number=ROWS + 1)
    assert (verified.head.number, verified.head.chain_sha256) == (ROWS + 1, last.chain_sha256)


def test_empty_chain_is_whole() -> None:
    assert audit.verify() == audit.Verified(rows=0, head=START)


def test_database_refuses_to_change_a_row() -> None:
    written(2)

    _is_refused("UPDATE flowengine_audit SET who = '8'")


@pytest.mark.usefixtures("postgres")
def test_database_refuses_to_delete_a_row() -> None:
    written(2)

    _is_refused("DELETE FROM flowengine_audit")


def _is_refused(statement: str) -> None:
    with (
        pytest.raises(DatabaseError, match="never changed or deleted"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert audit.verify().rows == 2


def test_each_of_a_thousand_changes_behind_the_back_of_the_database_is_found() -> None:
    written()
    without_triggers()
    chance = random.Random(1)

    for _ in range(1000):
        number, column = chance.randrange(1, ROWS + 1), chance.choice(COLUMNS)
        row = AuditRecord.objects.filter(number=number)
        before: str = row.values_list(column, flat=True).get()
        place = chance.randrange(len(before))
        other = chance.choice([each for each in "0123456789abcdef" if each != before[place]])
        row.update(**{column: f"{before[:place]}{other}{before[place + 1 :]}"})

        assert audit.verify().broken_at == number

        row.update(**{column: before})
    assert audit.verify().broken_at is None


@pytest.mark.parametrize("number", [1, ROWS // 2])
def test_row_that_is_missing_is_found(number: int) -> None:
    written()
    without_triggers()

    AuditRecord.objects.filter(number=number).delete()

    assert audit.verify().broken_at == number


def test_rows_cut_off_at_the_end_are_seen_by_who_has_kept_the_head() -> None:
    written()
    kept = audit.verify().head
    without_triggers()

    AuditRecord.objects.filter(number__gt=ROWS - 3).delete()

    verified = audit.verify()
    assert verified.broken_at is None
    assert verified.head != kept


def test_act_whose_transaction_is_given_up_leaves_no_row() -> None:
    def act() -> None:
        with sql.writing():
            audit.record([Entry(by=By(who="7"), verb="discard")], now())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        act()

    assert audit.verify().rows == 0


def test_text_that_no_column_takes_is_kept_as_far_as_it_can_be() -> None:
    with sql.writing():
        audit.record([Entry(by=By(who="7", reason="a\x00b\ud800"), verb="discard")], now())

    assert AuditRecord.objects.get().reason == "a\ufffdb?"
    assert audit.verify().broken_at is None
