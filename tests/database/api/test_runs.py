"""Runs over the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowengine import emit
from flowengine.engine.messages import Succeeded
from flowengine.models import AuditRecord, EventRecord, RunRecord, StepRecord
from flowengine.testing import Runner
from tests.builders.line import begin, claim, tell
from tests.database.api.given import CANARY, a_failed_run
from tests.database.api.people import API, a_client, get, own, post

pytestmark = pytest.mark.django_db


def nobody_of(user: Any, run: Any) -> bool:
    """A project's predicate: runs that order 13 caused are nobody's business."""
    return bool(run.actor != "13")


def test_runs_are_listed_the_newest_first_a_page_at_a_time() -> None:
    made = [begin("line")[0] for _ in range(5)]
    client = a_client("view_run")

    first = get(client, "runs", limit=2)
    second = get(client, "runs", limit=2, after=first["next"])
    begin("line")  # What comes meanwhile moves nothing.
    third = get(client, "runs", limit=2, after=second["next"])

    found = [run["id"] for page in (first, second, third) for run in page["items"]]
    assert found == [str(run) for run in reversed(made)]
    assert third["next"] is None


def test_listed_run_says_how_far_it_is_and_where(flow_runner: Runner) -> None:
    failed = a_failed_run(flow_runner)
    done = emit("chain.begun", {}).run_ids["chain"]
    flow_runner.run()
    [begun] = begin("line")
    claim([begun], "one")
    tell(begun, Succeeded(step="one", attempt=1, output=None))
    StepRecord.objects.filter(run_id=begun, step="two").update(tries=2, note="half way")
    EventRecord.objects.filter(pk=RunRecord.objects.get(pk=begun).event_id).update(subject="7")
    shown = ("state", "progress", "done", "total", "step", "attempts", "note", "subject")

    found = {run["id"]: run for run in get(a_client("view_run"), "runs")["items"]}

    assert {name: [found[str(name)][each] for each in shown] for name in (begun, done)} == {
        begun: ["running", 20, 1, 5, "Two", 2, "half way", "7"],
        done: ["succeeded", 100, 5, 5, "", 0, "", None],
    }
    assert [found[str(failed.id)][each] for each in ("state", "step")] == ["failed", "Broken"]


def test_run_whose_definition_is_gone_is_listed_without_progress() -> None:
    [run] = begin("line")
    RunRecord.objects.filter(pk=run).update(digest="of no definition")

    [found] = get(a_client("view_run"), "runs")["items"]

    assert (found["progress"], found["done"], found["total"]) == (None, None, None)


def test_runs_of_one_instant_are_all_listed_once() -> None:
    made = {str(begin("line")[0]) for _ in range(5)}
    at = RunRecord.objects.latest("created_at").created_at
    RunRecord.objects.update(created_at=at)
    client = a_client("view_run")

    page = get(client, "runs", limit=2)
    found = [run["id"] for run in page["items"]]
    while page["next"] is not None:
        page = get(client, "runs", limit=2, after=page["next"])
        found += [run["id"] for run in page["items"]]

    assert len(found) == 5
    assert set(found) == made


def test_runs_are_filtered_by_the_query(flow_runner: Runner) -> None:
    failed = a_failed_run(flow_runner)
    begin("line")
    client = a_client("view_run")

    of_state = get(client, "runs", q="state:failed")
    of_workflow = get(client, "runs", q="workflow:line")

    assert [run["id"] for run in of_state["items"]] == [str(failed.id)]
    assert [run["workflow"] for run in of_workflow["items"]] == ["line"]


def test_query_that_means_nothing_is_refused() -> None:
    answer = a_client("view_run").get(API + "runs", {"q": "colour:red"})

    assert answer.status_code == 422
    assert "colour" in answer.json()["detail"]


def test_run_is_told_with_its_failure_but_without_its_text(flow_runner: Runner) -> None:
    run = a_failed_run(flow_runner)
    client = a_client("view_run")

    told = get(client, f"runs/{run.id}")

    assert (told["state"], told["workflow"], told["view"]["percent"]) == ("failed", "troubled", 60)
    failure = told["failure"]
    assert (failure["code"], failure["fe"], failure["step"]) == ("Permanent", "FE421", "broken")
    assert failure.keys().isdisjoint({"message", "traceback", "details"})
    assert told["head"] == run.seq


def test_text_of_a_failure_is_told_to_who_may_see_payloads(flow_runner: Runner) -> None:
    run = a_failed_run(flow_runner)

    told = get(a_client("view_run", "view_payload"), f"runs/{run.id}")

    assert told["failure"]["message"] == CANARY
    assert told["failure"]["details"] == {"note": CANARY}


@pytest.mark.parametrize("place", ["", "/history", "/steps"])
def test_payload_is_in_no_answer_to_who_may_not_see_it(flow_runner: Runner, place: str) -> None:
    run = a_failed_run(flow_runner)

    answer = a_client("view_run").get(f"{API}runs/{run.id}{place}")

    assert answer.status_code == 200
    assert CANARY not in answer.content.decode()


def test_history_goes_on_where_the_page_before_ended(flow_runner: Runner) -> None:
    run = a_failed_run(flow_runner)
    client = a_client("view_run")

    first = get(client, f"runs/{run.id}/history", limit=3)
    rest = get(client, f"runs/{run.id}/history", after=first["next"])

    facts = [*first["items"], *rest["items"]]
    assert [fact["n"] for fact in facts] == list(range(1, run.seq + 1))
    assert facts[0]["t"] == "run.started"
    assert facts[-1]["t"] == "run.failed"
    assert rest["next"] is None


def test_steps_are_listed_by_name_without_payloads(flow_runner: Runner) -> None:
    run = a_failed_run(flow_runner)
    client = a_client("view_run")

    first = get(client, f"runs/{run.id}/steps", limit=1)
    rest = get(client, f"runs/{run.id}/steps", after=first["next"])

    steps = [*first["items"], *rest["items"]]
    names = [step["step"] for step in steps]
    assert names == sorted(names)
    assert {"broken", "told"} <= set(names)
    [broken] = [step for step in steps if step["step"] == "broken"]
    assert broken["failure"]["code"] == "Permanent"


def test_payloads_of_a_run_and_of_a_step_are_given_to_who_may_see_them(
    flow_runner: Runner,
) -> None:
    run = a_failed_run(flow_runner)
    client = a_client("view_run", "view_payload")

    of_run = get(client, f"runs/{run.id}/payload")
    of_step = get(client, f"runs/{run.id}/steps/told/payload")

    assert of_run["inputs"] == {"order_id": 7, "note": CANARY}
    assert of_run["output"] == CANARY
    assert of_step["input"] == {"note": CANARY}
    assert of_step["failure"] is None
    missing = client.get(f"{API}runs/{run.id}/steps/nowhere/payload")
    assert missing.status_code == 404


def test_foreign_run_is_answered_like_one_that_is_not_there(
    settings: Any, flow_runner: Runner
) -> None:
    settings.FLOWENGINE = {"CAN_VIEW_RUN": "tests.database.api.test_runs.nobody_of"}
    foreign, mine = a_failed_run(flow_runner, "13"), a_failed_run(flow_runner, "7")
    client = a_client("view_run", "view_payload", "cancel_run")

    listed = get(client, "runs")["items"]
    of_foreign = client.get(f"{API}runs/{foreign.id}").json()
    of_missing = client.get(f"{API}runs/{uuid4()}").json()

    assert [run["id"] for run in listed] == [str(mine.id)]
    assert {**of_foreign, "instance": ""} == {**of_missing, "instance": ""}
    assert post(client, f"runs/{foreign.id}/cancel", {"reason": "x"}).status_code == 404


def test_run_is_cancelled_with_its_reason_and_its_author(flow_runner: Runner) -> None:
    run_id = emit("troubled.later", {"order_id": 7}).run_ids["troubled"]
    flow_runner.run()
    client = a_client("view_run", "cancel_run")

    answer = post(client, f"runs/{run_id}/cancel", {"reason": "twice"})

    assert answer.status_code == 200
    assert answer.json() == {"id": str(run_id), "state": "cancelled"}
    facts = get(client, f"runs/{run_id}/history")["items"]
    [said] = [fact["said"] for fact in facts if "reason" in fact["said"]]
    assert said["reason"] == "twice"
    assert said["by"] == client.session["_auth_user_id"]


def test_act_upon_a_run_is_written_down(flow_runner: Runner) -> None:
    run = a_failed_run(flow_runner)
    client = a_client(*("view_run", "cancel_run", "resume_run", "view_payload", "edit_dead_letter"))

    post(client, f"runs/{run.id}/resume", {"reason": "not needed", "skip": True})
    flow_runner.run()
    emit("troubled.later", {"order_id": 7})
    flow_runner.run()
    other = RunRecord.objects.exclude(pk=run.id).get()
    for _ in range(2):
        post(client, f"runs/{other.id}/cancel", {"reason": "typo"})

    rows = AuditRecord.objects.order_by("number")
    assert [(row.verb, row.object_id, row.reason) for row in rows] == [
        ("run.resume", str(run.id), "not needed"),
        ("run.cancel", str(other.id), "typo"),
    ]
    who = client.session["_auth_user_id"]
    assert {(row.who, row.door, row.address) for row in rows} == {(who, "api", "127.0.0.1")}
    assert rows[0].before_sha256 != rows[0].after_sha256


def test_act_without_a_reason_is_refused() -> None:
    client = a_client("view_run", "cancel_run")

    for body in ({}, {"reason": ""}, {"reason": "x", "force": True}):
        answer = post(client, f"runs/{uuid4()}/cancel", body)
        assert answer.status_code == 422


def test_failed_run_is_resumed_with_a_corrected_input(flow_runner: Runner) -> None:
    run = a_failed_run(flow_runner)
    client = a_client("view_run", "resume_run", "view_payload", "edit_dead_letter")

    skipped = post(client, f"runs/{run.id}/resume", {"reason": "not needed", "skip": True})
    again = post(client, f"runs/{run.id}/resume", {"reason": "once more"})

    assert skipped.status_code == 200
    assert again.status_code == 409
    assert again.json()["code"] == "FE501"


@pytest.mark.parametrize("edit", [{"inputs": {"a": 1}}, {"is_done": True}, {"skip": True}])
def test_nobody_goes_round_the_four_eyes_by_resuming_a_single_run(
    flow_runner: Runner, settings: Any, edit: dict[str, Any]
) -> None:
    run = a_failed_run(flow_runner)
    settings.FLOWENGINE = {**settings.FLOWENGINE, "REPLAY_FOUR_EYES": True}
    client = a_client("view_run", "resume_run", "view_payload", "edit_dead_letter")

    edited = post(client, f"runs/{run.id}/resume", {"reason": "x", **edit})
    plain = post(client, f"runs/{run.id}/resume", {"reason": "x"})

    assert (edited.status_code, edited.json()["code"]) == (403, "FE522")
    assert plain.status_code == 200


@pytest.mark.parametrize("lacking", ["view_payload", "edit_dead_letter"])
@pytest.mark.parametrize("edit", [{"inputs": {"a": 1}}, {"is_done": True}, {"skip": True}])
def test_run_is_edited_only_by_who_may_edit_what_he_sees(
    flow_runner: Runner, lacking: str, edit: dict[str, Any]
) -> None:
    run = a_failed_run(flow_runner)
    client = a_client("view_run", "resume_run", *{"view_payload", "edit_dead_letter"} - {lacking})

    edited = post(client, f"runs/{run.id}/resume", {"reason": "x", **edit})

    assert (edited.status_code, edited.json()["code"]) == (403, "FE802")
    assert edited.json()["detail"] == f"This needs flowengine.{lacking}."
    assert RunRecord.objects.get(pk=run.id).state == "failed"


def test_giving_up_a_run_that_is_not_held_is_refused(flow_runner: Runner) -> None:
    run = a_failed_run(flow_runner)

    answer = post(a_client("view_run", "resume_run"), f"runs/{run.id}/give-up", {"reason": "x"})

    assert answer.status_code == 409


def test_list_asks_the_database_six_times_however_long_it_is() -> None:
    for _ in range(30):
        begin("line")
    client = a_client("view_run")

    with CaptureQueriesContext(
        connection,
    ) as asked:
        page = get(client, "runs", limit=200)

    assert len(page["items"]) == 30
    assert len(own(asked)) <= 6, own(asked)


def test_nothing_changes_on_a_get(flow_runner: Runner) -> None:
    run = a_failed_run(flow_runner)
    RunRecord.objects.filter(pk=run.id).update(created_at=run.created_at - timedelta(days=1))
    client = a_client("view_run", "cancel_run", "resume_run")
    before = RunRecord.objects.get(pk=run.id)

    answers = [client.get(f"{API}runs/{run.id}/{act}") for act in ("cancel", "resume", "give-up")]

    assert [answer.status_code for answer in answers] == [405] * 3
    assert RunRecord.objects.get(pk=run.id).seq == before.seq
