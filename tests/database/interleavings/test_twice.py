"""The same request twice at the same moment: what it does is done once, and nobody is told of an error."""

from __future__ import annotations

from flowengine.models import AuditRecord, SavedViewRecord
from flowengine.orchestration import send_event, views
from flowengine.orchestration.audit import By
from tests.database.interleavings.actor import Cast

SOMEBODY = By(who="7", reason="does it start?")


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
