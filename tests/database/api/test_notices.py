"""Rules of notifications over the API: one's own, and those of groups."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from pytest_django import Settings

from flowengine.models import AuditRecord, NotificationRuleRecord
from flowengine.orchestration.audit import By
from flowengine.orchestration.notices.rules import OWN_MAX
from flowengine.web.api import notices
from flowengine.web.api.acting import by
from tests.database.api.given import a_rule
from tests.database.api.people import a_client, get, permit, post

pytestmark = pytest.mark.django_db

MINE = {"what": "run.failed", "filter": " workflow:order   charge "}


def of_shift(**more: Any) -> dict[str, Any]:
    """A rule of a group."""
    Group.objects.get_or_create(name="night shift")
    return {"what": "cause.new", "group": "night shift", **more}


def test_rule_of_ones_own_needs_only_to_see_what_it_is_about() -> None:
    client = a_client("view_run")

    made = post(client, "notification-rules", MINE)
    refused = post(client, "notification-rules", {"what": "cause.new"})

    assert made.status_code == 201
    assert (made.json()["filter"], made.json()["group"]) == ("workflow:order charge", "")
    assert (refused.status_code, refused.json()["code"]) == (403, "FE802")
    assert [each["id"] for each in get(client, "notification-rules")["items"]] == [
        made.json()["id"]
    ]
    assert not AuditRecord.objects.exists()


def test_rule_of_ones_own_is_nobody_elses() -> None:
    made = post(a_client("view_run"), "notification-rules", MINE).json()["id"]
    other = a_client("view_run", "share_rule", name="bob")

    assert get(other, "notification-rules")["items"] == []
    assert post(other, f"notification-rules/{made}/remove").status_code == 404


def test_rule_of_a_group_needs_a_permission_a_reason_and_is_audited() -> None:
    client = a_client("view_dead_letter", "share_rule")
    reasonless = post(client, "notification-rules", of_shift())
    made = post(client, "notification-rules", of_shift(reason="they are on call"))
    plain = a_client("view_dead_letter", name="bob")

    assert (reasonless.status_code, made.status_code) == (422, 201)
    assert NotificationRuleRecord.objects.count() == 1
    assert post(plain, "notification-rules", of_shift(reason="me too")).status_code == 403
    [act] = AuditRecord.objects.values_list("verb", "kind", "reason")
    assert act == ("rule.make", "rule", "they are on call")


def test_members_see_the_rules_of_their_group_and_do_not_change_them() -> None:
    client = a_client("view_run")
    User.objects.get(username="ann").groups.add(Group.objects.create(name="night shift"))
    rule = a_rule()

    assert [each["id"] for each in get(client, "notification-rules")["items"]] == [str(rule)]
    refused = post(client, f"notification-rules/{rule}/mute", {"reason": "loud"})
    assert refused.status_code == 403


def test_group_that_is_not_there_and_mail_that_is_not_sent_are_refused() -> None:
    client = a_client("view_run", "share_rule")

    nobody = post(client, "notification-rules", {**MINE, "group": "nobody", "reason": "x"})
    silent = post(client, "notification-rules", {**MINE, "mail": True})

    places = [each.json()["errors"][0]["place"] for each in (nobody, silent)]
    assert places == ["body.group", "body.mail"]


def test_project_that_sends_mail_lets_rules_send_it(settings: Settings) -> None:
    settings.FLOWENGINE = {**settings.FLOWENGINE, "INBOX_MAIL_AFTER_S": 60.0}
    client = a_client("view_run")

    made = post(client, "notification-rules", {**MINE, "mail": True, "per_hour": 3}).json()

    assert (made["mail"], made["per_hour"], made["is_muted"]) == (True, 3, False)


def test_rule_is_muted_unmuted_and_removed_by_its_owner() -> None:
    client = a_client("view_run")
    rule = post(client, "notification-rules", MINE).json()["id"]

    muted = post(client, f"notification-rules/{rule}/mute").json()["is_muted"]
    unmuted = post(client, f"notification-rules/{rule}/unmute").json()["is_muted"]
    post(client, f"notification-rules/{rule}/remove")

    assert (muted, unmuted) == (True, False)
    assert not NotificationRuleRecord.objects.exists()


def test_nobody_has_more_rules_than_can_be_looked_through() -> None:
    client = a_client("view_run")
    ann = User.objects.get(username="ann")
    permit(ann, "view_run")
    for _ in range(OWN_MAX):
        assert post(client, "notification-rules", MINE).status_code == 201

    assert post(client, "notification-rules", MINE).status_code == 422


@pytest.mark.parametrize("act", ["mute", "remove"])
def test_rule_that_somebody_takes_away_meanwhile_is_not_there(
    act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = a_client("view_run")
    made = post(client, "notification-rules", MINE).json()["id"]

    def taken_away(request: HttpRequest, reason: str) -> By:
        NotificationRuleRecord.objects.all().delete()
        return by(request, reason)

    monkeypatch.setattr(notices, "by", taken_away)

    assert post(client, f"notification-rules/{made}/{act}").status_code == 404
