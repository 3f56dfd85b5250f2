"""The two questions of a load balancer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError
from django.test import Client

from flowengine.models import EventRecord, StepRecord, WorkerRecord
from flowengine.web import health
from tests.builders.line import now

pytestmark = pytest.mark.django_db


def long_ago(seconds: float) -> Any:
    return now() - timedelta(seconds=seconds)


def a_step(state: str = "ready", **fields: Any) -> None:
    """A step that has been due for two minutes."""
    values = {
        "run_id": uuid4(),
        "step": "charge",
        "task": "shop.charge",
        "station": "default",
        "state": state,
        "due_at": long_ago(120),
    }
    StepRecord.objects.create(**{**values, **fields})


def a_worker(**fields: Any) -> WorkerRecord:
    """A worker that is alive and has just taken work."""
    values = {
        "id": uuid4(),
        "name": "w",
        "host": "h",
        "pid": 1,
        "due_at": now() + timedelta(seconds=30),
        "started_at": long_ago(600),
        "seen_at": now(),
        "consumed_at": now(),
    }
    return WorkerRecord.objects.create(**{**values, **fields})


def test_process_that_answers_is_healthy(client: Client) -> None:
    response = client.get("/flow/healthz")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_idle_line_is_ready_even_without_a_worker(client: Client) -> None:
    assert client.get("/flow/readyz").status_code == 200


@pytest.mark.parametrize("state", ["ready", "retrying"])
def test_step_that_nobody_takes_makes_it_unready(client: Client, state: str) -> None:
    a_step(state)

    response = client.get("/flow/readyz")

    assert response.status_code == 503
    assert response.json()["problem"].startswith("work has been due for 12")


def test_event_that_nobody_routes_makes_it_unready(client: Client) -> None:
    EventRecord.objects.create(
        id=uuid4(),
        type="order.placed",
        time=now(),
        data=b"{}",
        due_at=long_ago(90),
        created_at=now(),
    )

    assert client.get("/flow/readyz").status_code == 503


def test_worker_that_lives_and_takes_nothing_is_found(client: Client) -> None:
    a_step()
    a_worker(consumed_at=long_ago(300))

    assert client.get("/flow/readyz").status_code == 503


def test_worker_whose_lease_ran_out_does_not_count(client: Client) -> None:
    a_step()
    a_worker(due_at=long_ago(1))

    assert client.get("/flow/readyz").status_code == 503


def test_worker_that_takes_work_makes_it_ready(client: Client) -> None:
    a_step()
    a_worker()

    assert client.get("/flow/readyz").status_code == 200


def test_worker_that_is_busy_with_long_steps_makes_it_ready(client: Client) -> None:
    a_step()
    busy = a_worker(consumed_at=long_ago(300))
    a_step("running", worker_id=busy.id, due_at=None)

    assert client.get("/flow/readyz").status_code == 200


def test_step_that_a_worker_holds_is_not_overdue(client: Client) -> None:
    a_step(worker_id=uuid4())

    assert client.get("/flow/readyz").status_code == 200


def test_work_that_has_just_become_due_is_given_time(client: Client) -> None:
    a_step(due_at=long_ago(5))

    assert client.get("/flow/readyz").status_code == 200


def test_database_that_does_not_answer_makes_it_unready_and_healthy(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_now: Any) -> str:
        raise DatabaseError

    monkeypatch.setattr(health, "stalled", away)

    assert client.get("/flow/readyz").status_code == 503
    assert client.get("/flow/healthz").status_code == 200


def test_answers_are_not_kept_and_nothing_is_changed_by_asking(client: Client) -> None:
    assert "no-store" in client.get("/flow/readyz")["Cache-Control"]
    assert client.post("/flow/readyz").status_code == 405
