"""Acts that are sent once more under their key, because the answer was lost: done once, and not refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from flowengine.models import AuditRecord, NotificationRuleRecord
from flowengine.store import keys
from tests.builders.fleet import a_worker
from tests.builders.line import now
from tests.builders.stored import define
from tests.database.api.given import a_rule
from tests.database.api.people import a_client, post
from tests.database.api.table import REASON
from tests.database.api.test_groups import a_cause
from tests.database.api.test_replays import choose, start
from tests.database.replay.scenes import ORDER, fail, failed_orders, placed

pytestmark = pytest.mark.django_db

EVERYTHING = (
    *("view_run", "cancel_run", "hold_run", "resume_run", "view_workerrecord", "pause_station"),
    *("drain_worker", "view_dead_letter", "triage_dead_letter", "view_payload", "replay"),
    *("share_rule", "share_view", "view_workflowrecord", "change_workflowrecord"),
)


@dataclass(frozen=True, slots=True)
class Repeat:
    """An act, and what has to be there for it."""

    verb: str
    place: Callable[[Client], str]
    """Makes the thing."""
    body: Mapping[str, Any]


def _run(act: str) -> Callable[[Client], str]:
    return lambda _client: f"runs/{placed(define(ORDER))[0]}/{act}"


def _failed(act: str) -> Callable[[Client], str]:
    def place(_client: Client) -> str:
        [run] = placed(define(ORDER))
        fail(run)
        return f"runs/{run}/{act}"

    return place


def _held(client: Client) -> str:
    [run] = placed(define(ORDER))
    assert post(client, f"runs/{run}/hold", REASON).status_code == 200
    return f"runs/{run}/release"


def _cause(act: str) -> Callable[[Client], str]:
    return lambda _client: f"groups/{a_cause()}/{act}"


def _replay(act: str, *before: str) -> Callable[[Client], str]:
    def place(client: Client) -> str:
        failed_orders(3)
        replay = start(client, choose(client), pace={"rate": 8}).json()["id"]
        for each in before:
            assert post(client, f"replays/{replay}/{each}", REASON).status_code == 200
        return f"replays/{replay}/{act}"

    return place


def _there(place: str) -> Callable[[Client], str]:
    return lambda _client: place


def _shift(_client: Client) -> str:
    Group.objects.create(name="night shift")
    return "notification-rules"


def _workflow(act: str) -> Callable[[Client], str]:
    return lambda _client: f"workflows/{define(ORDER).name}/{act}"


def _disabled(client: Client) -> str:
    name = define(ORDER).name
    assert post(client, f"workflows/{name}/disable", REASON).status_code == 200
    return f"workflows/{name}/enable"


def _drained(client: Client) -> str:
    worker = a_worker("default")
    assert post(client, f"workers/{worker}/drain", REASON).status_code == 200
    return f"workers/{worker}/resume"


def _limited(client: Client) -> str:
    place = "stations/default/limit"
    assert post(client, place, {"places": 4, **REASON}).status_code == 200
    return place


def _muted(client: Client) -> str:
    place = f"notification-rules/{a_rule()}"
    assert post(client, f"{place}/mute", REASON).status_code == 200
    return f"{place}/unmute"


def _saved(client: Client) -> str:
    return f"views/{post(client, 'views', TEAMS_VIEW).json()['id']}/remove"


TEAMS_VIEW = {"kind": "run", "name": "Late", "q": "state:held", "is_team": True}
TEAMS_RULE = {"what": "cause.new", "group": "night shift", **REASON}
SNOOZE = {"until": (now() + timedelta(hours=2)).isoformat(), **REASON}
REPEATS = (
    Repeat("run.cancel", _run("cancel"), REASON),
    Repeat("run.hold", _run("hold"), REASON),
    Repeat("run.release", _held, REASON),
    Repeat("run.resume", _failed("resume"), REASON),
    Repeat("station.pause", _there("stations/default/pause"), REASON),
    Repeat("station.resume", _there("stations/default/resume"), REASON),
    Repeat("station.drain", _there("stations/default/drain"), REASON),
    Repeat("station.limit", _there("stations/default/limit"), {"places": 4, **REASON}),
    Repeat("station.unlimit", _limited, {"places": None, **REASON}),
    Repeat("worker.resume", _drained, REASON),
    Repeat("worker.drain", lambda _: f"workers/{a_worker('default')}/drain", REASON),
    Repeat("group.acknowledge", _cause("acknowledge"), REASON),
    Repeat("group.assign", _cause("assign"), {"owner": "7", **REASON}),
    Repeat("group.note", _cause("note"), {"text": "the gateway is away"}),
    Repeat("group.snooze", _cause("snooze"), SNOOZE),
    Repeat("group.resolve", _cause("resolve"), REASON),
    Repeat("group.split", _cause("split"), {"field": "workflow", **REASON}),
    Repeat("replay.pause", _replay("pause"), REASON),
    Repeat("replay.go_on", _replay("resume", "pause"), REASON),
    Repeat("replay.slower", _replay("slower"), REASON),
    Repeat("replay.stop", _replay("stop"), REASON),
    Repeat("workflow.disable", _workflow("disable"), REASON),
    Repeat("workflow.enable", _disabled, REASON),
    Repeat("view.save", _there("views"), TEAMS_VIEW),
    Repeat("view.remove", _saved, {}),
    Repeat("rule.make", _shift, TEAMS_RULE),
    Repeat("rule.mute", lambda _: f"notification-rules/{a_rule()}/mute", REASON),
    Repeat("rule.unmute", _muted, REASON),
    Repeat("rule.remove", lambda _: f"notification-rules/{a_rule()}/remove", REASON),
)
OWN = {
    "views": {"kind": "run", "name": "Late", "q": "state:held"},
    "notification-rules": {"what": "run.failed"},
}
"""What is made there that is nobody else's, and in no audit."""


@pytest.mark.parametrize("repeat", REPEATS, ids=lambda repeat: repeat.verb)
def test_act_that_is_sent_again_under_its_key_is_done_once_and_answered_alike(
    repeat: Repeat,
) -> None:
    client = a_client(*EVERYTHING)
    place = repeat.place(client)
    key = {"Idempotency-Key": "4f0c"}

    first = post(client, place, repeat.body, **key)
    second = post(client, place, repeat.body, **key)

    assert first.status_code in {200, 201}, first.content
    assert second.status_code == first.status_code, second.content
    assert second.json() == first.json()
    assert AuditRecord.objects.filter(verb=repeat.verb).count() == 1


@pytest.mark.parametrize("place", OWN)
def test_what_is_ones_own_is_removed_again_under_its_key_and_nobody_elses(place: str) -> None:
    ann, bob = a_client(*EVERYTHING), a_client(*EVERYTHING, name="bob")
    thing = f"{place}/{post(ann, place, OWN[place]).json()['id']}/remove"
    key, another = {"Idempotency-Key": "4f0c"}, {"Idempotency-Key": "77"}

    first, second = post(ann, thing, {}, **key), post(ann, thing, {}, **key)

    assert (first.status_code, second.status_code) == (200, 200), second.content
    assert second.json() == first.json()
    assert [
        post(client, thing, {}, **named).status_code
        for client, named in ((ann, another), (ann, {}), (bob, key))
    ] == [404, 404, 404]
    assert not AuditRecord.objects.exists()


@pytest.mark.parametrize("place", OWN)
def test_that_something_was_removed_is_remembered_for_a_day(place: str) -> None:
    client = a_client(*EVERYTHING)
    thing = f"{place}/{post(client, place, OWN[place]).json()['id']}/remove"
    key = {"Idempotency-Key": "4f0c"}
    post(client, thing, {}, **key)

    keys.forget(now() + timedelta(hours=23), limit=10)
    assert post(client, thing, {}, **key).status_code == 200
    keys.forget(now() + timedelta(hours=25), limit=10)
    assert post(client, thing, {}, **key).status_code == 404


def test_causes_that_are_merged_again_under_the_same_key_are_merged_once() -> None:
    client = a_client(*EVERYTHING)
    cause, other = a_cause("no answer"), a_cause("no such field")
    body, key = {"groups": [str(other)], **REASON}, {"Idempotency-Key": "4f0c"}

    first, second = (post(client, f"groups/{cause}/merge", body, **key) for _ in range(2))

    assert (first.status_code, second.status_code) == (200, 200), second.content
    assert second.json() == first.json()
    assert AuditRecord.objects.filter(verb="group.merge").count() == 1


def test_act_with_another_body_is_another_act_whatever_its_key() -> None:
    client = a_client(*EVERYTHING)
    key = {"Idempotency-Key": "4f0c"}

    told = [
        post(client, "stations/default/limit", {"places": places, **REASON}, **key)
        for places in (4, 6, 6)
    ]

    assert [each.json()["cap"]["places"] for each in told] == [4, 6, 6]
    assert AuditRecord.objects.filter(verb="station.limit").count() == 2


def test_discards_of_two_selections_under_one_key_are_two_acts() -> None:
    client = a_client(*EVERYTHING, "discard")
    failed_orders(2)
    selections, key = [choose(client), choose(client)], {"Idempotency-Key": "4f0c"}

    answers = [
        post(client, "discards", {"selection_id": selection, **REASON}, **key)
        for selection in selections
    ]

    assert [each.status_code for each in answers] == [201, 201], answers[1].content


def test_rule_of_a_group_that_was_taken_away_is_not_made_again_by_who_had_no_answer() -> None:
    client = a_client(*EVERYTHING)
    place, key = _shift(client), {"Idempotency-Key": "4f0c"}
    made = post(client, place, TEAMS_RULE, **key).json()["id"]
    post(client, f"{place}/{made}/remove", REASON)

    again = post(client, place, TEAMS_RULE, **key)

    assert again.status_code == 404
    assert not NotificationRuleRecord.objects.exists()


def test_act_under_another_key_is_another_act() -> None:
    client = a_client(*EVERYTHING)
    place = _replay("slower")(client)

    rates = [
        post(client, place, REASON, **{"Idempotency-Key": key}).json()["pace"]["rate"]
        for key in ("a", "b", "a")
    ]

    assert rates == [4, 2, 2]


def test_key_of_one_person_names_nothing_of_another() -> None:
    cause = a_cause()
    ann, bob = a_client(*EVERYTHING), a_client(*EVERYTHING, name="bob")

    for client, text in ((ann, "the gateway is away"), (bob, "it is back")):
        post(client, f"groups/{cause}/note", {"text": text}, **{"Idempotency-Key": "k"})

    assert AuditRecord.objects.filter(verb="group.note").count() == 2


def test_rule_of_ones_own_that_is_sent_again_is_one_rule() -> None:
    client = a_client(*EVERYTHING)

    made = [
        post(
            client, "notification-rules", {"what": "run.failed"}, **{"Idempotency-Key": "k"}
        ).json()
        for _ in range(2)
    ]

    assert made[0] == made[1]
    assert NotificationRuleRecord.objects.count() == 1


def test_key_that_is_too_long_is_refused() -> None:
    client = a_client(*EVERYTHING)

    refused = post(client, "stations/default/pause", REASON, **{"Idempotency-Key": "k" * 101})

    assert (refused.status_code, refused.json()["errors"][0]["place"]) == (
        422,
        "header.Idempotency-Key",
    )
    assert not AuditRecord.objects.exists()
