"""Dead letters are grouped by cause, and groups keep count."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from flowengine.models import (
    DeadGroupRecord,
    DeadLetterRecord,
)
from flowengine.orchestration import groups
from flowengine.store import dead_groups, dead_letters, sql
from tests.builders.dead import (
    LATER,
    NOON,
    SOMEBODY,
    a_letter,
    bury,
    fold,
    new_id,
    the_group,
)

pytestmark = pytest.mark.django_db


def test_two_thousand_failures_of_three_causes_are_three_groups() -> None:
    letters = [
        letter
        for n in range(1000)
        for letter in (
            a_letter(f"gateway gave {500 + n % 4} after {n} ms", code="GatewayDown"),
            a_letter(f"no field 'vat_id' in order {n}", code="KeyError")
            if n % 2
            else a_letter(f"card {n} declined"),
        )
    ]

    bury(*letters)

    found = DeadGroupRecord.objects.order_by("title")
    assert [(each.title, each.count, each.open_count) for each in found] == [
        ("card <n> declined", 500, 500),
        ("gateway gave <n> after <n> ms", 1000, 1000),
        ("no field <text> in order <n>", 500, 500),
    ]


def test_group_says_what_its_letters_have_in_common() -> None:
    bury(a_letter())

    group = the_group()
    assert (group.kind, group.code, group.error_type) == ("failed run", "FE421", "CardDeclined")
    assert (group.place, group.step) == ("shop/cards.py:88 charge", "charge")
    assert (group.state, group.first_at, group.last_at) == ("new", NOON, NOON)
    [letter] = DeadLetterRecord.objects.all()
    assert (letter.group_id, letter.tries, letter.event_type) == (group.id, 3, "order.placed")


def test_burying_takes_as_many_statements_for_one_as_for_two_hundred() -> None:
    def statements(count: int) -> int:
        letters = [a_letter(f"order {chr(97 + n % 7)} is odd {n}") for n in range(count)]
        with CaptureQueriesContext(connection) as captured:
            bury_only(letters)
        return len([q for q in captured if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))])

    bury(a_letter())

    assert statements(1) == statements(200) <= 6


def bury_only(letters: list[Any]) -> None:
    with sql.writing():
        dead_letters.insert(letters, NOON)


def test_burying_changes_no_row_of_a_group_that_is_there() -> None:
    bury(a_letter())

    with CaptureQueriesContext(connection) as captured:
        bury_only([a_letter()])

    assert not any("UPDATE" in query["sql"] for query in captured)
    assert not any("INSERT INTO flowengine_dead_group" in query["sql"] for query in captured)


def test_where_nothing_is_to_be_counted_nothing_is_written() -> None:
    bury(a_letter())

    with CaptureQueriesContext(connection) as captured:
        assert groups.run_due(NOON) is False

    [query] = captured
    assert query["sql"].lstrip().startswith("SELECT EXISTS")


def test_folding_and_moving_take_as_many_statements_for_one_as_for_many() -> None:
    def statements(count: int) -> tuple[int, ...]:
        bury_only([a_letter(f"order {chr(97 + n)} is odd", source=str(n)) for n in range(count)])
        bury_only([a_letter("card gone", source=str(n)) for n in range(count)])
        with CaptureQueriesContext(connection) as folded:
            groups.run_due(NOON)
        whole = DeadGroupRecord.objects.get(title="card gone", split_by=None)
        with CaptureQueriesContext(connection) as moved:
            groups.split(whole.id, "source", SOMEBODY)
        fold()
        DeadGroupRecord.objects.filter(pk=whole.id).update(split_by=None)
        return tuple(
            sum("clock" not in q["sql"] and "SAVEPOINT" not in q["sql"] for q in each)
            for each in (folded, moved)
        )

    statements(1)

    assert statements(2) == statements(20)


def test_same_letter_again_is_not_counted_again() -> None:
    letter = a_letter()

    bury(letter, a_letter())
    bury(letter)

    assert the_group().count == 2


def test_letter_that_is_given_twice_in_one_batch_is_one() -> None:
    letter = a_letter()

    bury(letter, letter)

    assert the_group().count == 1


def test_group_counts_by_hours_for_its_rate() -> None:
    for hours in (0, 0, 1, 3):
        at = NOON + timedelta(hours=hours)
        bury(a_letter(at=at), at=at)

    first = dead_groups.hour_of(NOON)
    assert json.loads(the_group().hours) == {
        str(first): 2,
        str(first + 1): 1,
        str(first + 3): 1,
    }
    assert the_group().last_at == NOON + timedelta(hours=3)


def test_hours_long_ago_are_forgotten() -> None:
    bury(a_letter())
    late = NOON + timedelta(hours=dead_groups.HOURS_KEPT + 1)

    bury(a_letter(at=late), at=late)

    assert list(json.loads(the_group().hours)) == [str(dead_groups.hour_of(late))]
    assert the_group().count == 2


# The life of a group


def test_cause_that_fails_again_after_a_replay_has_regressed() -> None:
    bury(a_letter())
    dead_groups.mark_replayed([the_group().id], NOON + LATER, begun=NOON)
    assert the_group().state == "replayed"

    bury(a_letter(), at=NOON + 2 * LATER)

    assert the_group().state == "regressed"


def test_cause_that_is_resolved_and_fails_again_has_regressed_and_is_not_snoozed() -> None:
    bury(a_letter())
    groups.resolve(the_group().id, SOMEBODY)
    DeadGroupRecord.objects.update(state_at=NOON)
    groups.snooze(the_group().id, NOON + timedelta(days=9), SOMEBODY)

    bury(a_letter(), at=NOON + LATER)

    assert (the_group().state, the_group().snoozed_until) == ("regressed", None)


def test_cause_that_regressed_while_it_is_replayed_stays_so_until_the_next_replay() -> None:
    bury(a_letter())
    dead_groups.mark_replayed([the_group().id], NOON + LATER, begun=NOON)
    bury(a_letter(), at=NOON + 2 * LATER)

    dead_groups.mark_replayed([the_group().id], NOON + 3 * LATER, begun=NOON)
    in_the_same = the_group().state
    dead_groups.mark_replayed([the_group().id], NOON + 5 * LATER, begun=NOON + 4 * LATER)

    assert (in_the_same, the_group().state) == ("regressed", "replayed")


def test_acknowledged_cause_that_fails_in_a_newer_version_has_regressed() -> None:
    with override_settings(FLOWENGINE={"VERSION": "41"}):
        bury(a_letter())
        groups.acknowledge(the_group().id, SOMEBODY)
        soon = datetime.now(UTC) + LATER
        bury(a_letter(at=soon), at=soon)
        in_the_same = the_group().state
    with override_settings(FLOWENGINE={"VERSION": "42"}):
        bury(a_letter(at=soon), at=soon)

    assert (in_the_same, the_group().state) == ("acknowledged", "regressed")


def test_acknowledged_cause_of_a_project_without_versions_stays_so() -> None:
    bury(a_letter())
    groups.acknowledge(the_group().id, SOMEBODY)
    soon = datetime.now(UTC) + LATER
    bury(a_letter(at=soon), at=soon)

    assert the_group().state == "acknowledged"


def test_failure_from_before_the_replay_is_no_regression() -> None:
    bury(a_letter())
    dead_groups.mark_replayed([the_group().id], NOON + LATER, begun=NOON)

    bury(a_letter(), at=NOON)

    assert the_group().state == "replayed"


def test_replayed_cause_with_nothing_open_is_resolved() -> None:
    one, two = bury(a_letter(), a_letter())
    dead_groups.mark_replayed([the_group().id], NOON, begun=NOON)
    replay = new_id()
    dead_letters.claim([one, two], replay)

    dead_letters.close([one], "resolved", reason="replayed", by="7", now=NOON)
    fold()
    assert (the_group().state, the_group().open_count) == ("replayed", 1)
    dead_letters.close([two], "resolved", reason="replayed", by="7", now=NOON)
    fold()

    assert (the_group().state, the_group().open_count, the_group().count) == ("resolved", 0, 2)


def test_new_cause_with_nothing_open_stays_new() -> None:
    ids = bury(a_letter())

    dead_letters.close(ids, "discarded", reason="test", by="7", now=NOON)
    fold()

    assert (the_group().state, the_group().open_count) == ("new", 0)


# The states of a letter


def test_of_two_replays_that_claim_a_letter_one_gets_it() -> None:
    [letter] = bury(a_letter())
    one, two = new_id(), new_id()

    assert dead_letters.claim([letter], one) == [letter]
    assert dead_letters.claim([letter], two) == []
    assert dead_letters.reopen([letter]) == [letter]
    assert dead_letters.claim([letter], two) == [letter]
    assert DeadLetterRecord.objects.get().replay_id == two
    assert dead_letters.claim([], one) == dead_letters.reopen([]) == []


def test_letter_is_closed_once() -> None:
    ids = bury(a_letter())

    closed = dead_letters.close(ids, "discarded", reason="no use", by="7", now=NOON)
    again = dead_letters.close(ids, "resolved", reason="else", by="8", now=NOON + LATER)
    fold()

    letter = DeadLetterRecord.objects.get()
    assert (closed, again) == (ids, [])
    assert (letter.state, letter.reason, letter.closed_by) == ("discarded", "no use", "7")
    assert (letter.closed_at, the_group().open_count) == (NOON, 0)
    assert dead_letters.close([], "resolved", reason="", by="", now=NOON) == []
