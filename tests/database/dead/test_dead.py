"""Causes and dead letters as people read them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from flowengine.engine.tries import tried
from flowengine.models import DeadGroupRecord, DeadTallyRecord, RunRecord
from flowengine.orchestration import dead, groups, querying
from flowengine.store import dead_groups, dead_letters, sql
from tests.builders.dead import (
    DECLINED,
    NOON,
    SOMEBODY,
    a_letter,
    bury,
    fold,
    group_of,
    new_id,
    the_group,
)
from tests.builders.runs import running

pytestmark = pytest.mark.django_db


def titles(**asked: object) -> list[str]:
    return [each.row.title for each in dead.groups(dead.Wanted(**asked))]  # type: ignore[arg-type]


def three_causes() -> None:
    for n, text in enumerate(("card gone", "card lost", "no route")):
        at = NOON + timedelta(hours=n)
        bury(a_letter(text, at=at), at=at)


def test_causes_come_in_the_order_of_their_last_failure_page_by_page() -> None:
    three_causes()

    first, second = dead.groups(limit=2)
    [third] = dead.groups(after=(second.row.last_at, second.row.id), limit=2)

    assert [each.row.title for each in (first, second, third)] == [
        *("no route", "card lost", "card gone"),
    ]


def test_list_of_causes_can_be_narrowed() -> None:
    three_causes()
    [row] = DeadGroupRecord.objects.filter(title="card gone")
    groups.acknowledge(row.id, SOMEBODY)
    groups.assign(row.id, "9", SOMEBODY)

    assert titles(states=("acknowledged",)) == ["card gone"]
    assert titles(owner="9") == ["card gone"]
    assert titles(owner="") == ["no route", "card lost"]
    assert titles(text="CARD ") == ["card lost", "card gone"]
    assert len(titles(text="shop/cards.py")) == 3
    assert titles(kind="failed hook") == []
    assert len(titles(kind="failed run")) == 3


def test_search_for_a_text_says_how_far_it_has_looked_where_there_are_older_causes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    three_causes()
    monkeypatch.setattr(querying, "SEARCHED_MAX", 2)
    wanted, newest = dead.Wanted(text="card "), dead.groups(limit=1)[0].row

    assert [each.row.title for each in dead.groups(wanted)] == ["card lost"]
    assert dead.groups(wanted).searched == 2
    assert dead.groups(wanted, limit=1).searched is None
    assert dead.groups(wanted, after=(newest.last_at, newest.id)).searched is None
    assert dead.groups(dead.Wanted()).searched is None
    monkeypatch.setattr(querying, "SEARCHED_MAX", 3)
    assert dead.groups(wanted).searched is None


def test_closed_snoozed_and_merged_causes_are_left_out() -> None:
    gone, lost, route = bury(a_letter("card gone"), a_letter("card lost"), a_letter("no route"))
    dead_letters.close([gone], "discarded", reason="x", by="7", now=NOON)
    fold()
    groups.snooze(group_of(lost).id, datetime.now(UTC) + timedelta(days=1), SOMEBODY)

    assert titles() == ["no route"]
    assert set(titles(with_closed=True)) == {"no route", "card gone"}
    assert set(titles(with_snoozed=True)) == {"no route", "card lost"}
    groups.merge([group_of(route).id], group_of(lost).id, SOMEBODY)
    fold()
    assert titles(with_snoozed=True) == ["card lost"]


def test_what_is_not_folded_yet_is_counted() -> None:
    bury(a_letter())
    with sql.writing():
        dead_letters.insert([a_letter(), a_letter("card lost")], NOON)

    assert DeadTallyRecord.objects.count() == 2
    assert sorted((each.row.title, each.count, each.open_count) for each in dead.groups()) == [
        ("card <n> declined", 2, 2),
        ("card lost", 1, 1),
    ]


def test_page_of_a_cause_says_how_often_whom_and_what_they_share() -> None:
    now = datetime.now(UTC)
    mobile = [a_letter(source="mobile", at=now) for _ in range(9)]
    bury(*mobile, a_letter(source="web", at=now), at=now)
    bury(*[a_letter("card lost", source="web", at=now) for _ in range(10)], at=now)
    RunRecord.objects.create(
        id=mobile[0].run_id or new_id(),
        workflow="order",
        digest="9f31",
        event_id=new_id(),
        state="failed",
        seq=1,
        actor="42",
        labels='{"customer": "acme"}',
        created_at=now,
    )

    page = dead.group(group_of(mobile[0].id).id)

    assert page is not None
    assert (page.group.count, page.group.closed_count, page.sampled) == (10, 0, 10)
    assert (page.rate[-1], sum(page.rate), len(page.rate)) == (10, 10, 24)
    assert page.affected["source"] == {"mobile": 9, "web": 1}
    assert page.affected["actor"] == {"42": 1}
    assert page.affected["label.customer"] == {"acme": 1}
    [common] = page.common
    assert (common.field, common.value, common.share, common.elsewhere) == (
        *("source", "mobile", 0.9, 0.0),
    )


def test_cause_that_is_all_there_is_has_its_constants_in_common() -> None:
    bury(a_letter(source="mobile"), a_letter(source="web"))

    page = dead.group(the_group().id)

    assert page is not None
    assert {(each.field, each.value, each.elsewhere) for each in page.common} == {
        ("workflow", "order", None),
        ("digest", "9f31", None),
        ("event_type", "order.placed", None),
        ("code", "FE421", None),
        ("step", "charge", None),
    }


def test_page_of_an_empty_or_unknown_cause() -> None:
    bury(a_letter("card gone"), a_letter("card lost"))
    gone = DeadGroupRecord.objects.get(title="card gone")
    lost = DeadGroupRecord.objects.get(title="card lost")
    groups.merge([gone.id], lost.id, SOMEBODY)

    empty, target = dead.group(gone.id), dead.group(lost.id)

    assert empty is not None
    assert target is not None
    assert (empty.sampled, empty.common, empty.affected) == (0, (), {})
    assert target.merged == (gone.id,)
    assert dead.group(new_id()) is None


def test_page_of_a_cause_takes_a_fixed_number_of_statements() -> None:
    def statements(count: int) -> int:
        bury(*[a_letter() for _ in range(count)])
        with CaptureQueriesContext(connection) as captured:
            assert dead.group(the_group().id) is not None
        return len([q for q in captured if "clock_timestamp" not in q["sql"]])

    assert statements(1) == statements(100) <= 7


def test_page_of_a_cause_reads_no_table_from_end_to_end(postgres: str) -> None:
    bury(*[a_letter(f"card {chr(97 + n % 20)} gone") for n in range(3000)])
    group = group_of(bury(a_letter("card is blocked"))[0]).id
    with connection.cursor() as cursor:
        for table in ("letter", "group", "tally"):
            cursor.execute(f"ANALYZE flowengine_dead_{table}")
        with CaptureQueriesContext(connection) as captured:
            dead.group(group)
        reads = [q["sql"] for q in captured if "flowengine_dead_letter" in q["sql"]]
        plans = []
        for text in reads:
            cursor.execute(f"EXPLAIN {text}")
            plans.append("\n".join(row[0] for row in cursor.fetchall()))

    assert len(reads) == 2
    for plan in plans:
        assert "Seq Scan" not in plan, plan


def test_letter_has_its_tries_with_their_frames(settings: Settings) -> None:
    settings.FLOWENGINE = {**settings.FLOWENGINE, "RETENTION_DEAD_DAYS": 10}
    failure = tried(DECLINED, running(), NOON)
    [one] = bury(replace(a_letter(), failure=failure))
    [two] = bury(a_letter("card lost"))
    dead_letters.close([two], "discarded", reason="x", by="7", now=NOON)

    found, closed = dead.letter(one), dead.letter(two)

    assert found is not None
    assert found.failure is not None
    assert found.failure == failure
    assert found.group == group_of(one)
    assert found.expires_at is None
    assert closed is not None
    assert closed.expires_at == NOON + timedelta(days=10)
    assert dead.letter(new_id()) is None


def test_rate_is_kept_as_hours_since_1970() -> None:
    assert dead_groups.hour_of(datetime(1970, 1, 2, 1, 59, tzinfo=UTC)) == 25
