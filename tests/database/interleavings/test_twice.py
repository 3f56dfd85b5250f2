"""The same request twice at the same moment: what it does is done once, and nobody is told of an error."""

from __future__ import annotations

from dataclasses import replace

from flowengine.models import AuditRecord, NotificationRuleRecord, SavedViewRecord
from flowengine.orchestration import send_event, views
from flowengine.orchestration.audit import By
from flowengine.orchestration.notices import rules
from tests.builders.line import now
from tests.database.api.given import a_rule
from tests.database.interleavings.actor import Cast

SOMEBODY = By(who="7", reason="does it start?")
KEYED = replace(SOMEBODY, key="k")


def test_view_that_is_saved_twice_is_one(act: Cast) -> None:
    first = act(lambda: views.save("run", "Late", "state:held", owner="7", by=SOMEBODY)).up_to(
        "COMMIT"
    )
    second = act(lambda: views.save("run", "Late", "state:failed", owner="7", by=SOMEBODY))

    second.until_it_waits(first)

    assert first.ends().query == "state:held"
    assert second.ends().query == "state:failed"
    assert SavedViewRecord.objects.get().query == "state:failed"


def test_test_event_that_is_sent_twice_stands_in_the_audit_once(act: Cast) -> None:
    first = act(lambda: send_event.send("order.tried", {}, name="k", by=SOMEBODY)).up_to("COMMIT")
    second = act(lambda: send_event.send("order.tried", {}, name="k", by=SOMEBODY))

    second.until_it_waits(first)

    assert first.ends().event_id == second.ends().event_id
    assert AuditRecord.objects.filter(verb="event.test").count() == 1


def test_rule_that_is_taken_away_twice_is_gone_and_stands_in_the_audit_once(act: Cast) -> None:
    rule = a_rule()
    first = act(lambda: rules.remove(rule, KEYED, now())).up_to("COMMIT")
    second = act(lambda: rules.remove(rule, KEYED, now()))

    second.until_it_waits(first)
    first.ends()
    second.ends()

    assert not NotificationRuleRecord.objects.exists()
    assert AuditRecord.objects.filter(verb="rule.remove").count() == 1
    assert rules.is_removed(rule, KEYED)


def test_view_that_is_removed_twice_is_gone_and_stands_in_the_audit_once(act: Cast) -> None:
    view = views.save("run", "Late", "state:held", owner=views.TEAM, by=SOMEBODY).id
    assert view is not None
    first = act(lambda: views.remove(view, KEYED)).up_to("COMMIT")
    second = act(lambda: views.remove(view, KEYED))

    second.until_it_waits(first)
    first.ends()
    second.ends()

    assert not SavedViewRecord.objects.exists()
    assert AuditRecord.objects.filter(verb="view.remove").count() == 1
    assert views.is_removed(view, KEYED)
