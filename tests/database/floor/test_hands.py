"""Worker processes and the queues that they serve, and what of them needs somebody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowengine import project
from flowengine.models import DeadGroupRecord, StationRecord, StepRecord, WorkerRecord
from flowengine.orchestration import groups
from flowengine.orchestration.floor import hands
from flowengine.orchestration.floor.deaths import dead_view
from tests.builders.fleet import a_worker, counted
from tests.builders.line import WORKER, begin, claim, now
from tests.database.api.given import a_letter
from tests.database.api.people import a_client, get, own

pytestmark = pytest.mark.django_db


def seen() -> dict[str, Any]:
    """The workers and queues."""
    return hands.workers_view(hands.look(project.catalog(), now()))


def queue(name: str = "default") -> Any:
    [found] = [each for each in seen()["queues"] if each["name"] == name]
    return found


def needs(kind: str) -> list[str | None]:
    return [each["subject"] for each in seen()["needs"] if each["kind"] == kind]


def test_queue_says_what_waits_since_when_who_serves_it_and_how_fast_it_goes() -> None:
    a_worker(id=WORKER, meter=counted("default", "line.work", 50, 10, took_s=1.0))
    a_worker("till", concurrency=7)
    first, *_others = begin("line", 3)
    claim([first], "one")

    found = queue()

    assert (found["ready"], found["busy"], found["limit"], found["workers"]) == (2, 1, 4, 1)
    assert (found["is_served"], found["out_per_s"]) == (True, 1.0)
    assert found["failed_share"] == pytest.approx(10 / 60, abs=0.001)
    assert found["oldest_at"] is not None


def test_queue_that_no_living_worker_serves_needs_somebody() -> None:
    a_worker("default", due_at=now() - timedelta(seconds=1))
    a_worker("till", state="draining")

    assert needs("unserved") == ["default", "till"]
    assert queue()["is_served"] is False


def test_worker_that_was_not_heard_of_is_silent_and_one_that_has_ended_is_not() -> None:
    long_ago = now() - timedelta(minutes=5)
    a_worker(name="hangs", seen_at=long_ago)
    a_worker(name="left", seen_at=long_ago, state="ended", due_at=None)

    assert needs("silent") == ["hangs"]
    assert [each["name"] for each in seen()["workers"]] == ["hangs"]


def test_worker_that_people_have_asked_to_rest_is_not_forgotten() -> None:
    a_worker(name="rests", wanted="draining", wanted_since=now())
    a_worker(name="works")

    assert needs("resting") == ["rests"]


def test_worker_of_an_older_version_is_behind() -> None:
    a_worker(name="new", version="2", project_version="b")
    a_worker(name="old", version="2", project_version="a", started_at=now() - timedelta(hours=1))

    assert {each["name"]: each["is_behind"] for each in seen()["workers"]} == {
        "new": False,
        "old": True,
    }
    assert needs("skew") == ["2 a"]


def test_worker_says_what_it_is_at() -> None:
    a_worker(id=WORKER, meter=counted("default", "line.work", 120))
    runs = begin("line", 6)
    claim(runs, "one")

    [found] = seen()["workers"]

    assert (found["busy"], found["per_s"], len(found["now"])) == (6, 2.0, 4)
    assert found["now"][0]["step"] == "one"


def test_run_that_a_worker_is_at_is_told_to_who_may_see_runs() -> None:
    a_worker(id=WORKER)
    [run] = begin("line")
    claim([run], "one")

    [blind] = get(a_client("view_workerrecord", name="eve"), "workers")["items"]
    [all_told] = get(a_client("view_workerrecord", "view_run"), "workers")["items"]

    assert ("run" in blind["now"][0], all_told["now"][0]["run"]) == (False, str(run))


def test_what_a_breaker_says_needs_the_permission_for_payloads() -> None:
    StationRecord.objects.create(name="default", door="parked", reason="card 4111", since=now())

    [plain, *_] = get(a_client("view_workerrecord", name="eve"), "stations")["items"]
    [whole, *_] = get(a_client("view_workerrecord", "view_payload"), "stations")["items"]

    assert ("reason" in plain, whole["reason"]) == (False, "card 4111")


def test_floor_of_the_api_says_what_needs_somebody_as_far_as_one_may_see_it() -> None:
    begin("line")
    a_letter()
    groups.run_due(now())
    everything = ("view_run", "view_dead_letter", "view_workerrecord")

    few = get(a_client("view_run", name="eve"), "floor")
    all_told = get(a_client(*everything), "floor/line")

    assert few["needs"] == []
    assert [each["kind"] for each in all_told["needs"]] == ["causes_new", "unserved", "unserved"]
    assert a_client("view_run", name="joe").get("/flow/api/v1/floor/nothing").status_code == 404


def test_floor_of_the_api_is_six_statements() -> None:
    client = a_client("view_run", "view_dead_letter", "view_workerrecord")
    begin("line", 20)
    a_worker()

    with CaptureQueriesContext(connection) as asked:
        get(client, "floor")

    assert len(own(asked)) <= 6, own(asked)


def test_causes_say_how_many_are_new_since_the_deploy_and_which_are_back() -> None:
    a_letter(message="one", workflow="line")
    a_letter(message="two is other")
    a_letter(message="three differs too")
    groups.run_due(now())
    old, back, known = DeadGroupRecord.objects.order_by("first_at", "id")
    DeadGroupRecord.objects.filter(pk=old.pk).update(first_at=now() - timedelta(hours=1))
    DeadGroupRecord.objects.filter(pk=back.pk).update(state="regressed")
    DeadGroupRecord.objects.filter(pk=known.pk).update(state="acknowledged")
    a_worker(started_at=now() - timedelta(minutes=5))
    a_letter(message="a fourth kind")
    groups.run_due(now())

    found = dead_view(now())

    assert [(each["kind"], each["n"], each["text"]) for each in found["needs"]] == [
        ("causes_new", 2, "2 new causes, 1 since the deploy"),
        ("causes_regressed", 1, "1 cause is back"),
        ("causes_open", 1, "1 known cause"),
    ]
    assert (found["open_groups"], found["open_letters"], found["more"]) == (4, 4, False)
    assert {each["workflow"] for each in found["groups"]} == {"line", None}
    assert all("title" not in each and sum(each["hours"]) == 1 for each in found["groups"])


def test_statements_do_not_grow_with_workers_and_queues() -> None:
    counts = []
    for _ in range(2):
        for number in range(5):
            a_worker(f"queue {number}")
            StationRecord.objects.get_or_create(name=f"queue {number}")
        begin("line", 3)
        with CaptureQueriesContext(connection) as asked:
            seen()
            dead_view(now())
        counts.append(len(own(asked)))

    assert WorkerRecord.objects.count() == 10
    assert StepRecord.objects.count() == 6
    assert counts[0] == counts[1] <= 10
