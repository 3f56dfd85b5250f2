"""What is over is deleted when it is old; what is open stays, with all it needs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from flowengine.models import (
    AttemptLogRecord,
    AuditRecord,
    DeadGroupRecord,
    DeadLetterRecord,
    DeadTallyRecord,
    DecisionRecord,
    EventKeyRecord,
    EventRecord,
    HistoryRecord,
    KeyRecord,
    ReplayItemRecord,
    RunRecord,
    StepRecord,
    WaitRecord,
)
from flowengine.orchestration import dead, groups, prune
from flowengine.orchestration.prune import Pruned
from flowengine.store import dead_letters
from flowengine.store import prune as store
from tests.builders.dead import NOON, SOMEBODY, a_letter, bury, fold, new_id, the_group

pytestmark = pytest.mark.django_db

OLD = NOON - timedelta(days=91)
YOUNG = NOON - timedelta(days=89)


def a_row_of_a_run(event: UUID, *, at: datetime = OLD, state: str = "failed", **given: Any) -> UUID:
    run = new_id(at)
    RunRecord.objects.create(
        **{
            "id": run,
            "workflow": "order",
            "digest": "9f31",
            "event_id": event,
            "state": state,
            "seq": 1,
            "created_at": at,
            "finished_at": at if state in {"failed", "succeeded"} else None,
            **given,
        }
    )
    StepRecord.objects.create(run_id=run, step="charge", item="", state=state)
    HistoryRecord.objects.create(run_id=run, first=1, last=1, at=at, transitions=b"[]")
    AttemptLogRecord.objects.create(
        run_id=run, step="charge", attempt=1, log="paying", written_at=at
    )
    WaitRecord.objects.create(
        run_id=run, step="wait", patterns="[]", match="{}", key=new_id(), created_at=at
    )
    return run


def a_row_of_an_event(*, at: datetime = OLD, state: str = "routed", **given: Any) -> UUID:
    event = new_id(at)
    EventRecord.objects.create(
        **{
            "id": event,
            "type": "order.placed",
            "time": at,
            "data": b"{}",
            "correlation_id": str(event),
            "state": state,
            "created_at": at,
            **given,
        }
    )
    DecisionRecord.objects.create(
        run_id=new_id(),
        event_id=event,
        workflow="order",
        digest="",
        outcome="no_match",
        decided_at=at,
    )
    EventKeyRecord.objects.create(key=new_id(), event_id=event, added_at=at)
    return event


def there_are(**counts: int) -> bool:
    models: dict[str, Any] = {
        "runs": RunRecord,
        "steps": StepRecord,
        "histories": HistoryRecord,
        "logs": AttemptLogRecord,
        "waits": WaitRecord,
        "events": EventRecord,
        "decisions": DecisionRecord,
        "event_keys": EventKeyRecord,
    }
    return {name: models[name].objects.count() for name in counts} == counts


def test_run_goes_with_its_steps_history_logs_and_waits_and_then_its_event() -> None:
    a_row_of_a_run(a_row_of_an_event())

    assert prune.run(NOON) == Pruned(runs=1, events=1)

    assert there_are(runs=0, steps=0, histories=0, logs=0, waits=0)
    assert there_are(events=0, decisions=0, event_keys=0)


def test_young_runs_and_events_stay() -> None:
    a_row_of_a_run(a_row_of_an_event(at=YOUNG), at=YOUNG)
    a_row_of_a_run(new_id(), at=OLD, finished_at=YOUNG)

    assert prune.run(NOON) == Pruned()


@pytest.mark.parametrize("state", ["queued", "running", "waiting", "held", "compensating"])
def test_run_that_is_not_final_stays_with_its_event(state: str) -> None:
    a_row_of_a_run(a_row_of_an_event(), state=state)

    assert prune.run(NOON) == Pruned()


@pytest.mark.parametrize("given", [{"due_at": NOON}, {"tail": "finally"}])
def test_run_whose_end_is_owed_or_whose_hooks_are_at_work_stays(given: dict[str, Any]) -> None:
    a_row_of_a_run(new_id(), **given)

    assert prune.run(NOON) == Pruned()


def test_child_stays_while_its_caller_is_open() -> None:
    caller = a_row_of_a_run(new_id(), state="running")
    a_row_of_a_run(new_id(), parent_run=caller)

    assert prune.run(NOON) == Pruned()


@pytest.mark.parametrize("state", ["pending", "published"])
def test_event_that_is_not_answered_stays(state: str) -> None:
    a_row_of_an_event(state=state, due_at=OLD)

    assert prune.run(NOON) == Pruned()


def test_events_since_an_open_run_began_stay_for_it_to_look_back_at() -> None:
    a_row_of_a_run(a_row_of_an_event(), state="waiting")
    a_row_of_an_event(at=OLD + timedelta(hours=1))
    a_row_of_an_event(at=OLD - timedelta(hours=1))

    assert prune.run(NOON) == Pruned(events=1)


def test_open_dead_letter_never_vanishes_nor_its_run_and_event() -> None:
    event = a_row_of_an_event()
    run = a_row_of_a_run(event)
    refused = a_row_of_an_event()
    letters = [a_letter(at=OLD, run_id=run), a_letter(at=OLD, run_id=None)]
    bury(*letters, at=OLD)
    DeadLetterRecord.objects.filter(pk=letters[0].id).update(event_id=event)
    DeadLetterRecord.objects.filter(pk=letters[1].id).update(event_id=refused, state="replaying")

    assert prune.run(NOON) == Pruned()

    assert DeadLetterRecord.objects.count() == 2
    assert there_are(runs=1, events=2)


def test_closed_dead_letter_goes_after_its_time_and_its_cause_with_the_last_one() -> None:
    ids = bury(a_letter(), a_letter(), at=OLD)
    dead_letters.close(ids[:1], "discarded", reason="x", by="7", now=OLD)
    dead_letters.close(ids[1:], "discarded", reason="x", by="7", now=YOUNG)
    fold()

    assert prune.run(NOON) == Pruned(dead_letters=1)
    fold()
    assert the_group().count == 1
    prune.run(NOON + timedelta(days=2))
    fold()
    assert prune.run(NOON + timedelta(days=2)) == Pruned(dead_groups=1)

    assert not DeadGroupRecord.objects.exists()
    assert not DeadLetterRecord.objects.exists()


def test_closed_dead_letter_goes_when_its_countdown_says_so_and_not_before() -> None:
    [closed] = bury(a_letter(), at=OLD)
    dead_letters.close([closed], "resolved", reason="x", by="7", now=OLD)
    told = dead.letter(closed)
    assert told is not None
    assert told.expires_at is not None
    second = timedelta(seconds=1)

    assert prune.run(told.expires_at - second).dead_letters == 0
    assert prune.run(told.expires_at + second).dead_letters == 1


def test_letter_that_comes_again_is_open_again_and_has_no_countdown() -> None:
    letter = a_letter()
    bury(letter, at=OLD)
    dead_letters.close([letter.id], "discarded", reason="x", by="7", now=OLD)
    bury(letter, at=NOON)
    told = dead.letter(letter.id)

    assert prune.run(NOON + timedelta(days=999)).dead_letters == 0
    assert told is not None
    assert told.expires_at is None


def test_cause_of_which_people_have_spoken_stays() -> None:
    ids = bury(a_letter(), at=OLD)
    groups.note(the_group().id, "gateway", SOMEBODY)
    dead_letters.close(ids, "discarded", reason="x", by="7", now=OLD)
    fold()

    prune.run(NOON)
    fold()
    assert prune.run(NOON) == Pruned()

    assert the_group().note == "gateway"
    assert AuditRecord.objects.count() == 1


def test_letter_that_was_buried_while_its_cause_was_deleted_has_one_again() -> None:
    bury(a_letter("card gone"))
    DeadGroupRecord.objects.all().delete()
    DeadTallyRecord.objects.create(
        group_id=DeadLetterRecord.objects.get().group_id, count=1, open_count=1, died=1, at=NOON
    )

    fold()

    assert (the_group().title, the_group().count, the_group().state) == ("card gone", 1, "new")


def test_tally_of_a_cause_that_is_gone_for_good_is_dropped() -> None:
    DeadTallyRecord.objects.create(group_id=new_id(), count=-1, open_count=0, died=0, at=NOON)

    fold()

    assert not DeadGroupRecord.objects.exists()


@pytest.mark.parametrize("state", ["pending", "sent"])
def test_runs_and_events_of_a_replay_at_work_stay(state: str) -> None:
    run = a_row_of_a_run(new_id())
    copy = a_row_of_a_run(new_id())
    event, copied = a_row_of_an_event(), a_row_of_an_event()
    for n, (of, given) in enumerate(
        [
            (run, {}),
            (event, {}),
            (new_id(), {"run_id": copy}),
            (new_id(), {"event_id": copied}),
        ]
    ):
        ReplayItemRecord.objects.create(replay_id=new_id(), object_id=of, n=n, state=state, **given)

    assert prune.run(NOON) == Pruned()


def test_keys_against_doing_a_thing_twice_stay_for_their_own_window() -> None:
    KeyRecord.objects.create(
        id=new_id(), workflow="order", gate="idempotency", key="7", state=b"{}", due_at=NOON
    )

    assert prune.run(NOON) == Pruned()

    assert KeyRecord.objects.count() == 1


def test_setting_may_keep_each_of_them_for_ever_or_for_another_time(settings: Settings) -> None:
    a_row_of_a_run(a_row_of_an_event(at=YOUNG), at=YOUNG)
    given = settings.FLOWENGINE
    names = ("RETENTION_RUNS_DAYS", "RETENTION_EVENTS_DAYS", "RETENTION_DEAD_DAYS")
    settings.FLOWENGINE = {**given, **dict.fromkeys(names)}
    assert prune.run(NOON + timedelta(days=9999)) == Pruned()

    settings.FLOWENGINE = {**given, "RETENTION_RUNS_DAYS": 10}
    assert prune.run(NOON) == Pruned(runs=1)

    settings.FLOWENGINE = {**given, "RETENTION_EVENTS_DAYS": 0.5}
    assert prune.run(NOON) == Pruned(events=1)


def test_pages_are_bounded_and_told_of() -> None:
    for _ in range(5):
        a_row_of_a_run(new_id())
    told: list[int] = []

    done = prune.run(NOON, limit=2, told=lambda so_far: told.append(so_far.runs))

    assert done.runs == 5
    assert told == [2, 4, 5]


def statements(do: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        do()
    return sum("clock" not in query["sql"] for query in captured)


def test_page_takes_as_many_statements_for_one_as_for_many() -> None:
    def of_a_page(count: int) -> int:
        for _ in range(count):
            a_row_of_a_run(a_row_of_an_event())
        return statements(prune.Pass(NOON).page)

    assert of_a_page(1) == of_a_page(40)


def test_pass_looks_once_at_what_is_held_and_still_finds_what_is_behind_it() -> None:
    held = [a_row_of_a_run(new_id(), at=OLD, due_at=NOON) for _ in range(20)]
    a_row_of_a_run(new_id(), at=OLD + timedelta(minutes=1))
    going, looked = prune.Pass(NOON, limit=5), []

    while not going.is_over:
        with CaptureQueriesContext(connection) as captured:
            done = going.page()
        looked.append((done.runs, len([q for q in captured if "SELECT t.id, t." in q["sql"]])))

    # Five pages of runs; the last, which is not full, is followed by those of what there is none of.
    assert looked == [(0, 1)] * 4 + [(1, 6)]
    assert set(RunRecord.objects.values_list("id", flat=True)) == set(held)


def test_what_is_not_held_any_more_goes_with_the_next_pass() -> None:
    a_row_of_a_run(new_id(), due_at=NOON)
    prune.run(NOON)
    RunRecord.objects.update(due_at=None)

    assert prune.run(NOON) == Pruned(runs=1)


def test_page_of_runs_ends_before_too_many_steps_and_a_large_one_goes_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(store, "ROWS_MAX", 10)
    for minutes, seq in enumerate([4, 4, 4, 99, 1]):
        a_row_of_a_run(new_id(), at=OLD + timedelta(minutes=minutes), seq=seq)
    told: list[int] = []

    prune.run(NOON, told=lambda so_far: told.append(so_far.runs))

    assert told == [2, 3, 4, 5]


def test_what_would_be_deleted_is_counted_without_deleting() -> None:
    a_row_of_a_run(a_row_of_an_event())
    a_row_of_an_event()
    ids = bury(a_letter(), at=OLD)
    dead_letters.close(ids, "discarded", reason="x", by="7", now=OLD)

    assert prune.expected(NOON) == Pruned(runs=1, events=1, dead_letters=1)

    assert there_are(runs=1, events=2)
