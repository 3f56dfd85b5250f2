"""So many starts in so much time; the others wait for their slots, or are dropped."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from flowengine import NewEvent, emit_many
from flowengine.models import DeadLetterRecord, DecisionRecord, KeyRecord, PlaceRecord, RunRecord
from flowengine.orchestration import control, turns
from flowengine.orchestration.route import route
from flowengine.store import keys, places
from tests.builders.door import at, check_counts, end, said, see, states
from tests.builders.events import NOON
from tests.builders.files import HELLO, synchronise

pytestmark = pytest.mark.django_db

SLOW = f"{HELLO}\nthrottle: {{limit: 2, per: 1m}}"


def wake(second: float) -> None:
    """What is due of queued runs at that second is done."""
    see(turns.run_due(at(second), limit=100)[0], second)


def test_excess_runs_are_queued_with_their_slots_and_start_then(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, SLOW)
    runs = [said(second=second) for second in (0, 10, 20, 30, 40)]
    assert states(*runs) == ["running", "running", "queued", "queued", "queued"]
    slots = [RunRecord.objects.get(pk=run).due_at for run in runs[2:]]
    assert slots == [at(60), at(70), at(120)]
    assert places.next_start() == at(60)

    wake(59)
    assert states(*runs[2:]) == ["queued", "queued", "queued"]
    wake(60)
    assert states(*runs[2:]) == ["running", "queued", "queued"]
    wake(120)

    assert states(*runs) == ["running"] * 5
    assert not PlaceRecord.objects.exists()


def test_excess_runs_are_dropped_where_the_file_says_so(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, f"{HELLO}\nthrottle: {{limit: 1, per: 1m, excess: drop}}")

    runs = [said(), said(second=59), said(second=60)]

    assert states(*runs) == ["running", "dropped", "running"]
    assert "the limit of 1 is reached until 2026-03-02 12:01:00 UTC" in (
        DecisionRecord.objects.get(run_id=runs[1]).detail
    )


def test_run_that_waits_for_its_slot_can_be_cancelled(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, f"{HELLO}\nthrottle: {{limit: 1, per: 1m}}")
    said()
    run = said()

    see(control.cancel(run, now=NOON).committed)
    wake(60)

    assert states(run) == ["cancelled"]
    assert not PlaceRecord.objects.exists()


def test_slot_that_comes_too_late_expires_the_run(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, f"{HELLO}\nthrottle: {{limit: 1, per: 1m}}\nstart_within: 30s")
    said()
    run = said()

    wake(30)

    assert states(run) == ["expired"]
    assert not PlaceRecord.objects.exists()


def test_throttle_is_forgotten_when_no_start_counts_any_more(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, SLOW)
    said()
    said(second=30)

    assert keys.forget(at(89), limit=10) == 0
    assert keys.forget(at(90), limit=10) == 1
    assert not KeyRecord.objects.exists()


def test_run_whose_slot_is_reached_waits_for_its_place_and_takes_it_when_it_is_free(
    settings: Settings, tmp_path: Path
) -> None:
    both = f"{HELLO}\nthrottle: {{limit: 1, per: 1m}}\nconcurrency: {{limit: 1}}"
    synchronise(settings, tmp_path, both)
    first, second, third = said(), said(), said()

    wake(60)
    assert states(first, second, third) == ["running", "queued", "queued"]
    assert RunRecord.objects.get(pk=second).due_at is None
    end(first, second=61)
    assert states(second, third) == ["running", "queued"]
    end(second, second=62)
    assert states(third) == ["queued"]
    wake(120)
    assert states(third) == ["queued"]
    assert RunRecord.objects.get(pk=third).due_at == at(121)
    wake(121)

    assert states(third) == ["running"]
    check_counts()


def test_place_that_is_free_before_the_slot_is_not_taken(
    settings: Settings, tmp_path: Path
) -> None:
    both = f"{HELLO}\nthrottle: {{limit: 1, per: 1m}}\nconcurrency: {{limit: 1}}"
    synchronise(settings, tmp_path, both)
    first, second = said(), said()

    end(first, second=1)

    assert states(second) == ["queued"]
    check_counts()


def test_starts_are_a_period_apart_after_a_run_that_kept_all_others_waiting(
    settings: Settings, tmp_path: Path
) -> None:
    both = f"{HELLO}\nthrottle: {{limit: 1, per: 1m}}\nconcurrency: {{limit: 1}}"
    synchronise(settings, tmp_path, both)
    runs = [said() for _ in range(4)]
    wake(600)

    end(runs[0], second=600)
    end(runs[1], second=601)
    wake(659)
    wake(660)
    end(runs[2], second=661)
    wake(719)
    wake(720)

    assert [RunRecord.objects.get(pk=run).started_at for run in runs] == [
        *(at(0), at(600), at(660), at(720)),
    ]
    check_counts()


def test_starts_are_a_period_apart_after_a_time_in_which_nobody_looked(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, SLOW)
    runs = [said() for _ in range(8)]

    wake(600)
    assert states(*runs) == [*["running"] * 4, *["queued"] * 4]
    check_counts()
    wake(659)
    assert states(*runs[4:]) == ["queued"] * 4
    wake(660)
    assert states(*runs[4:]) == ["running"] * 2 + ["queued"] * 2
    wake(720)

    assert states(*runs) == ["running"] * 8
    assert not PlaceRecord.objects.exists()
    check_counts()


def test_run_whose_slot_is_moved_expires_in_time(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, f"{HELLO}\nthrottle: {{limit: 1, per: 1m}}\nstart_within: 90s")
    runs = [said() for _ in range(2)]
    RunRecord.objects.filter(pk=runs[1]).update(due_at=at(60))
    said(second=59)  # its slot is later than the other's

    wake(80)
    assert states(*runs) == ["running", "running"]
    wake(149)

    assert RunRecord.objects.filter(state="expired").count() == 1
    check_counts()


def test_place_goes_to_a_run_with_another_throttle_key_at_once(
    settings: Settings, tmp_path: Path
) -> None:
    both = "throttle: {limit: 1, per: 1m, key: event.data.name}\nconcurrency: {limit: 1}"
    synchronise(settings, tmp_path, f"{HELLO}\n{both}")
    ann, bob, ann_again, bob_again = (said(name=name) for name in ("ann", "bob", "ann", "bob"))

    end(ann, second=1)
    assert states(bob, ann_again) == ["running", "queued"]
    end(bob, second=2)
    wake(60)

    assert states(ann_again, bob_again) == ["running", "queued"]
    check_counts()


def test_run_that_is_replaced_while_it_waits_is_counted_by_its_throttle_no_more(
    settings: Settings, tmp_path: Path
) -> None:
    both = "throttle: {limit: 1, per: 1m}\nconcurrency: {on_conflict: replace}"
    synchronise(settings, tmp_path, f"{HELLO}\n{both}")
    runs = [said() for _ in range(4)]
    assert states(*runs) == ["cancelled", "cancelled", "cancelled", "queued"]
    check_counts()

    wake(60)

    assert states(*runs) == ["cancelled", "cancelled", "cancelled", "queued"]
    wake(180)
    assert states(runs[3]) == ["running"]
    check_counts()


def test_runs_of_one_batch_that_replace_each_other_are_counted_by_their_throttle_once(
    settings: Settings, tmp_path: Path
) -> None:
    both = "throttle: {limit: 1, per: 1m}\nconcurrency: {on_conflict: replace}"
    synchronise(settings, tmp_path, f"{HELLO}\n{both}")
    emitted = emit_many(NewEvent("hello.said", {}) for _ in range(5))

    see(route([each.event_id for each in emitted], now=NOON).committed)

    assert states(*[each.run_ids["hello"] for each in emitted]) == ["cancelled"] * 4 + ["queued"]
    assert PlaceRecord.objects.count() == 1
    check_counts()


def test_queue_of_a_throttle_key_has_an_end(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, f"{HELLO}\nthrottle: {{limit: 1, per: 1d}}")
    emitted = emit_many(NewEvent("hello.said", {}) for _ in range(1003))

    route([each.event_id for each in emitted], now=NOON)

    assert RunRecord.objects.filter(state="queued").count() == 1000
    assert [letter.code for letter in DeadLetterRecord.objects.all()] == ["FE307"] * 2
    check_counts()


# priority


PRIORITY = f"""{HELLO}
throttle: {{limit: 1, per: 1m}}
priority: ${{{{ event.data.rank }}}}
"""


def test_higher_priority_takes_the_slot_that_is_reached(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, PRIORITY)
    said(rank="low")
    low, normal, high = said(rank="low"), said(rank="normal"), said(rank="high")

    started = []
    for second in (60, 120, 180):
        wake(second)
        started.append(states(low, normal, high).index("running"))
        RunRecord.objects.filter(state="running").update(state="succeeded")

    assert started == [2, 1, 0]


def test_priority_never_overtakes_within_a_concurrency_key(
    settings: Settings, tmp_path: Path
) -> None:
    text = f"{PRIORITY}concurrency: {{key: event.data.name, limit: 5}}\n"
    synchronise(settings, tmp_path, text)
    said(name="zoe", rank="low")
    ann, ann_high = said(name="ann", rank="low"), said(name="ann", rank="high")
    bob = said(name="bob", rank="normal")

    wake(60)

    assert states(ann, ann_high, bob) == ["running", "queued", "queued"]
    check_counts()


def test_higher_priority_is_looked_at_first(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, PRIORITY.replace("limit: 1", "limit: 3"))
    runs = [said(rank=rank) for rank in ("low", "low", "low", "low", "high", "normal")]

    assert places.due(at(60), limit=10) == [runs[4], runs[5], runs[3]]


def test_higher_priority_takes_the_real_start_where_all_slots_are_over(
    settings: Settings, tmp_path: Path
) -> None:
    text = f"{PRIORITY}concurrency: {{key: event.data.name, limit: 5}}\n"
    synchronise(settings, tmp_path, text)
    said(name="zoe", rank="low")
    ann, ann_high = said(name="ann", rank="low"), said(name="ann", rank="high")
    bob = said(name="bob", rank="normal")

    started = []
    for second in (600, 660, 720):
        wake(second)
        started.append(states(ann, ann_high, bob))

    assert started == [
        ["running", "queued", "queued"],
        ["running", "running", "queued"],
        ["running", "running", "running"],
    ]
    check_counts()


@pytest.mark.parametrize("count", [1, 100])
def test_statements_do_not_depend_on_how_many_slots_are_moved(
    count: int, settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, f"{HELLO}\nthrottle: {{limit: 1, per: 1m}}")
    emitted = emit_many(NewEvent("hello.said", {}) for _ in range(2 + count))
    route([each.event_id for each in emitted], now=NOON)

    with CaptureQueriesContext(connection) as statements:
        wake(10_000)

    assert RunRecord.objects.filter(state="queued").count() == count
    assert len([s for s in statements if "SAVEPOINT" not in s["sql"]]) <= 18


@pytest.mark.parametrize("count", [1, 100])
def test_statements_do_not_depend_on_how_many_slots_are_reached(
    count: int, settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, f"{HELLO}\nthrottle: {{limit: {count}, per: 1m}}")
    emitted = emit_many(NewEvent("hello.said", {}) for _ in range(2 * count))
    route([each.event_id for each in emitted], now=NOON)

    with CaptureQueriesContext(connection) as statements:
        wake(60)

    assert RunRecord.objects.filter(state="running").count() == 2 * count
    assert len([s for s in statements if "SAVEPOINT" not in s["sql"]]) <= 16
