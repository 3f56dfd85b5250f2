"""An act that is sent twice at the same moment, under one key: the second waits, and finds it done."""

from __future__ import annotations

from flowengine.models import AuditRecord, NotificationRuleRecord
from flowengine.orchestration import acts, doors
from flowengine.orchestration.audit import By
from flowengine.orchestration.notices import rules
from flowengine.orchestration.notices.rules import Wish
from tests.builders.line import now
from tests.builders.stored import define
from tests.database.interleavings.actor import Cast
from tests.database.replay.scenes import ORDER, placed

SOMEBODY = By(who="7", reason="the bank is asleep", key="4f0c")


def test_run_that_is_held_twice_is_held_once_and_nobody_is_refused(act: Cast) -> None:
    [run] = placed(define(ORDER))
    first = act(lambda: acts.hold(run, SOMEBODY)).up_to("COMMIT")
    second = act(lambda: acts.hold(run, SOMEBODY))

    second.until_it_waits(first)
    first.ends()
    second.ends()

    assert AuditRecord.objects.filter(verb="run.hold").count() == 1


def test_station_that_is_limited_twice_stands_in_the_audit_once(act: Cast) -> None:
    first = act(lambda: doors.cap("default", 4, SOMEBODY, now())).up_to("COMMIT")
    second = act(lambda: doors.cap("default", 4, SOMEBODY, now()))

    second.until_it_waits(first)

    assert first.ends() == second.ends()
    assert AuditRecord.objects.filter(verb="station.limit").count() == 1


def test_rule_that_is_made_twice_is_one(act: Cast) -> None:
    wish = Wish(what="run.failed", user="7")
    first = act(lambda: rules.make(wish, SOMEBODY, now())).up_to("COMMIT")
    second = act(lambda: rules.make(wish, SOMEBODY, now()))

    second.until_it_waits(first)

    assert first.ends().id == second.ends().id
    assert NotificationRuleRecord.objects.count() == 1
