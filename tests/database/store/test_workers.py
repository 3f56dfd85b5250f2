from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from flowengine.models import StepRecord, WorkerRecord
from flowengine.store import workers
from flowengine.store.presence import Presence, is_present
from flowengine.store.workers import Worker, WorkerState
from tests.builders.events import NOON

pytestmark = pytest.mark.django_db

FIRST = UUID("01930000-0000-7000-8000-0000000000f1")
SECOND = UUID("01930000-0000-7000-8000-0000000000f2")


@pytest.fixture
def presences() -> Iterator[dict[UUID, Presence]]:
    """Both workers live, as far as this machine can see."""
    held = {worker_id: Presence(worker_id) for worker_id in (FIRST, SECOND)}
    for presence in held.values():
        presence.hold()
    yield held
    for presence in held.values():
        presence.let_go()


def a_worker(worker_id: UUID = FIRST) -> Worker:
    return Worker(
        id=worker_id, name="host:1", host="host", pid=1, stations=("default",), version="0.1.0"
    )


def register(worker_id: UUID = FIRST, at: datetime = NOON) -> None:
    workers.register(a_worker(worker_id), at, lease_s=30)


def row(worker_id: UUID = FIRST) -> WorkerRecord:
    return WorkerRecord.objects.get(pk=worker_id)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def hold_a_step(worker_id: UUID, **fields: Any) -> None:
    StepRecord.objects.create(
        run_id=UUID(int=1),
        step="charge",
        task="shop.charge",
        station="default",
        worker_id=worker_id,
        **{"state": "running", **fields},
    )


def die(worker_id: UUID, presences: dict[UUID, Presence]) -> None:
    """The process is gone: on SQLite the kernel says so, elsewhere time does."""
    presences[worker_id].let_go()


def test_registered_worker_is_alive_until_its_lease_runs_out() -> None:
    register()

    found = row()
    assert (found.name, found.host, found.pid, found.stations) == (
        "host:1",
        "host",
        1,
        '["default"]',
    )
    assert found.state == "alive"
    assert found.due_at == NOON + seconds(30)
    assert (found.started_at, found.seen_at, found.consumed_at) == (NOON, NOON, None)


def test_renewal_prolongs_the_lease_and_says_how_the_worker_is() -> None:
    register()

    assert workers.renew(
        FIRST,
        NOON + seconds(10),
        lease_s=30,
        state=WorkerState.DRAINING,
        consumed_at=NOON + seconds(9),
    )

    found = row()
    assert found.due_at == NOON + seconds(40)
    assert found.seen_at == NOON + seconds(10)
    assert (found.state, found.consumed_at) == ("draining", NOON + seconds(9))


def test_renewal_with_nothing_new_keeps_when_work_was_last_taken() -> None:
    register()
    workers.renew(FIRST, NOON, lease_s=30, consumed_at=NOON)

    workers.renew(FIRST, NOON + seconds(10), lease_s=30)

    assert row().consumed_at == NOON


def test_ended_lease_cannot_be_renewed_but_taken_again() -> None:
    register()
    assert workers.end([FIRST], NOON) == 1
    assert (row().state, row().due_at) == ("ended", None)

    assert not workers.renew(FIRST, NOON + seconds(10), lease_s=30)
    register(at=NOON + seconds(20))

    assert (row().state, row().due_at) == ("alive", NOON + seconds(50))


def test_worker_that_never_registered_has_no_lease() -> None:
    assert not workers.renew(FIRST, NOON, lease_s=30)
    assert not workers.expire(FIRST, NOON)
    assert workers.end([FIRST], NOON) == 0


def test_living_workers_are_not_expired(presences: dict[UUID, Presence]) -> None:
    register()

    assert workers.expired(NOON + seconds(29)) == []


def test_dead_worker_is_expired_when_its_lease_has_run_out(
    presences: dict[UUID, Presence],
) -> None:
    register(FIRST)
    register(SECOND, NOON + seconds(20))
    die(FIRST, presences)

    assert workers.expired(NOON + seconds(30)) == [FIRST]


def test_lease_of_a_dead_child_can_be_ended_at_once(presences: dict[UUID, Presence]) -> None:
    register(FIRST)
    register(SECOND)
    die(FIRST, presences)

    assert workers.expire(FIRST, NOON + seconds(1))

    assert workers.expired(NOON + seconds(1)) == [FIRST]


def test_ended_worker_is_not_expired() -> None:
    register()

    workers.end([FIRST], NOON)

    assert workers.expired(NOON + seconds(100)) == []


@pytest.mark.parametrize("state", ["ready", "running"])
def test_ended_worker_that_a_step_still_names_is_expired(state: str) -> None:
    register()
    workers.end([FIRST], NOON)
    hold_a_step(FIRST, state=state)

    assert workers.expired(NOON) == [FIRST]


def test_step_that_is_over_does_not_hold_its_worker() -> None:
    register()
    workers.end([FIRST], NOON)
    hold_a_step(FIRST, state="succeeded")

    assert workers.expired(NOON) == []


def test_expired_workers_come_in_pages(presences: dict[UUID, Presence]) -> None:
    register(FIRST)
    register(SECOND, NOON + seconds(1))
    die(FIRST, presences)
    die(SECOND, presences)

    assert workers.expired(NOON + seconds(60), limit=1) == [FIRST]


def test_lease_follows_time_on_postgresql_and_the_living_process_on_sqlite(
    presences: dict[UUID, Presence],
) -> None:
    register(FIRST)
    register(SECOND)
    die(SECOND, presences)

    at_once, much_later = workers.expired(NOON), workers.expired(NOON + timedelta(days=1))

    if connection.vendor == "sqlite":
        assert at_once == much_later == [SECOND]
    else:
        assert at_once == []
        assert set(much_later) == {FIRST, SECOND}


def test_presence_ends_with_the_process_that_holds_it() -> None:
    program = (
        "import sys, django; from uuid import UUID; django.setup()\n"
        "from django.db import connection\n"
        "from flowengine.store.presence import Presence\n"
        f"connection.settings_dict['NAME'] = {str(connection.settings_dict['NAME'])!r}\n"
        f"Presence(UUID('{FIRST}')).hold(); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert is_present(FIRST)

        process.kill()
        process.wait(10)

        assert not is_present(FIRST)


def test_presence_can_be_held_and_let_go_twice() -> None:
    presence = Presence(FIRST)

    presence.hold()
    presence.hold()
    assert is_present(FIRST)

    presence.let_go()
    presence.let_go()
    assert not is_present(FIRST)


def test_worker_without_a_row_that_a_step_still_names_is_expired() -> None:
    hold_a_step(FIRST)

    assert workers.expired(NOON) == [FIRST]


def test_worker_that_ended_long_ago_is_forgotten_when_another_ends() -> None:
    register(FIRST)
    workers.end([FIRST], NOON)
    register(SECOND)

    workers.end([SECOND], NOON + timedelta(hours=24))
    kept = WorkerRecord.objects.count()
    workers.end([], NOON + timedelta(hours=24, seconds=1))

    assert (kept, list(WorkerRecord.objects.values_list("pk", flat=True))) == (2, [SECOND])


@pytest.mark.parametrize("state", ["ready", "running"])
def test_worker_that_a_step_still_names_is_not_forgotten(state: str) -> None:
    register(FIRST)
    workers.end([FIRST], NOON)
    hold_a_step(FIRST, state=state)

    workers.end([], NOON + timedelta(days=2))

    assert row(FIRST).state == "ended"


def test_living_worker_is_not_forgotten_however_old_its_row_is() -> None:
    register(FIRST)

    workers.end([], NOON + timedelta(days=2))

    assert row(FIRST).state == "alive"


def test_workers_are_forgotten_in_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "PAGE", 1)
    register(FIRST)
    register(SECOND)
    workers.end([FIRST, SECOND], NOON)

    workers.end([], NOON + timedelta(days=2))

    assert WorkerRecord.objects.count() == 1
