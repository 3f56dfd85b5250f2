"""Reports, nightly billing, invoices: what goes wrong, where it goes, and how it comes back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from pytest_django import Settings

from flowengine import Permanent, emit, event_types, register_event
from flowengine.broker.base import Delivery
from flowengine.broker.topology import INTAKE_QUEUE
from flowengine.errors import NotPermitted
from flowengine.models import DeadLetterRecord, DecisionRecord
from flowengine.orchestration.receive import receive
from flowengine.testing import Runner
from tests.examples import outside
from tests.examples.tasks.billing import Unreadable

INVOICE = {
    "invoice_no": "R-1",
    "supplier": {"id": 9},
    "amount_cents": 4200,
    "currency": "EUR",
}


@pytest.fixture
def lead(db: None) -> User:
    """Somebody who may sign off."""
    user = User.objects.create(username="lead")
    user.groups.add(Group.objects.create(name="finance-leads"))
    return user


# -- monthly-report ---------------------------------------------------------------------------------


def test_the_report_of_last_month_is_built_signed_off_and_sent(flow: Runner, lead: User) -> None:
    flow.advance("3d")
    waiting = flow.run_of("monthly-report")
    flow.answer(waiting, "sign_off", user=lead)

    run = flow.run_of("monthly-report")
    assert (waiting.state, waiting.title) == ("waiting", "Report 2026-03")
    assert run.state == "succeeded", run
    assert outside.given("reports.send") == [
        {"file": "report-2026-03.pdf", "to": ["board@example.com"], "approved_by": str(lead.pk)}
    ]


def test_a_rejected_report_is_sent_back_with_the_comment(flow: Runner, lead: User) -> None:
    flow.advance("3d")
    flow.answer(
        flow.run_of("monthly-report"),
        "sign_off",
        user=lead,
        approved=False,
        form={"comment": "the total is wrong"},
    )

    run = flow.run_of("monthly-report")
    assert run.state == "failed"
    assert run.failure is not None
    assert run.failure.code == "ReportRejected"
    assert run.failure.message == f"Sent back by {lead.pk}"
    assert outside.given("reports.send_back") == [
        {"file": "report-2026-03.pdf", "comment": "the total is wrong"}
    ]
    assert outside.calls("reports.send") == []


def test_a_report_that_nobody_signs_off_fails_after_three_days(flow: Runner) -> None:
    flow.advance("7d")

    run = flow.run_of("monthly-report")
    assert run.state == "failed"
    assert run.failure is not None
    assert run.failure.code == "Timeout"
    assert outside.calls("reports.send", "reports.send_back") == []


def test_only_a_lead_may_sign_off(flow: Runner, lead: User) -> None:
    flow.advance("3d")
    run = flow.run_of("monthly-report")
    somebody = User.objects.create(username="somebody")

    with pytest.raises(NotPermitted):
        flow.answer(run, "sign_off", user=somebody)


# -- nightly-billing --------------------------------------------------------------------------------


def test_every_night_all_that_is_due_is_billed(flow: Runner) -> None:
    flow.advance("2d")

    assert [run.state for run in flow.runs_of("nightly-billing")] == ["succeeded", "succeeded"]
    assert outside.given("billing.report") == [{"done": 40, "failed": 0}] * 2
    assert outside.given("monitoring.heartbeat")[0] == {
        "check": "nightly-billing",
        "status": "succeeded",
    }


def test_five_per_cent_may_fail(flow: Runner) -> None:
    outside.fails("billing.renew", Permanent("card expired"), Permanent("card expired"))
    flow.advance("1d")

    assert flow.run_of("nightly-billing").state == "succeeded"
    assert outside.given("billing.report") == [{"done": 38, "failed": 2}]


def test_one_more_than_five_per_cent_stops_the_night(flow: Runner) -> None:
    outside.fails("billing.renew", *[Permanent("the bank is closed")] * 3)
    flow.advance("1d")

    run = flow.run_of("nightly-billing")
    assert run.state == "failed"
    assert run.failure is not None
    assert run.failure.code == "ForEachFailed"
    assert len(run.failure.details["failed"]) == 3
    assert outside.calls("billing.report") == []
    assert outside.given("monitoring.heartbeat") == [
        {"check": "nightly-billing", "status": "failed"}
    ]


def test_nights_that_nobody_was_there_for_are_made_up_for_once(flow: Runner) -> None:
    # A scheduler that was down for three nights finds the clock moved.
    flow.clock.move_to(flow.clock.now() + timedelta(days=3))
    flow.run()

    assert len(flow.runs_of("nightly-billing")) == 1


# -- invoice-import ---------------------------------------------------------------------------------


@pytest.fixture
def registered() -> Iterator[None]:
    """The event type of invoices, with its schema."""
    before = dict(event_types._types)
    register_event(
        "invoice.received",
        {"type": "object", "properties": {"amount_cents": {"type": "integer"}}},
    )
    yield
    event_types._types.clear()
    event_types._types.update(before)


def letters(kind: str) -> list[str]:
    """The codes of the dead letters of that kind."""
    return list(DeadLetterRecord.objects.filter(kind=kind).values_list("code", flat=True))


def delivered(flow: Runner, body: bytes) -> None:
    delivery = Delivery(queue=INTAKE_QUEUE, body=body, content_type="application/cloudevents+json")
    receive([delivery], flow.clock.now())
    flow.run()


def cloud_event(**data: object) -> bytes:
    whole = {"specversion": "1.0", "id": "1", "source": "urn:supplier", "type": "invoice.received"}
    return json.dumps({**whole, "data": data}).encode()


def test_an_invoice_is_scanned_booked_and_archived(flow: Runner) -> None:
    flow.send("invoice.received", INVOICE)

    run = flow.run_of("invoice-import")
    assert (run.state, run.title) == ("succeeded", "Invoice R-1")
    assert outside.given("archive.store") == [{"file": "R-1.pdf", "entry": 7}]


def test_an_invoice_that_comes_twice_is_booked_once(flow: Runner) -> None:
    emit("invoice.received", INVOICE)
    flow.send("invoice.received", {**INVOICE, "amount_cents": 1})

    assert len(flow.runs_of("invoice-import")) == 1


def test_a_message_that_is_no_event_is_kept_as_it_came(flow: Runner) -> None:
    delivered(flow, b"{not json")

    assert letters("unreadable") == ["FE301"]
    assert bytes(DeadLetterRecord.objects.get().body or b"") == b"{not json"


def test_an_event_nobody_has_registered_is_a_dead_letter_where_that_is_wanted(
    flow: Runner, settings: Settings
) -> None:
    settings.FLOWENGINE = {**settings.FLOWENGINE, "UNKNOWN_EVENTS": "dead"}
    delivered(flow, cloud_event(**INVOICE))

    assert letters("unknown event") == ["FE302"]
    assert flow.runs_of("invoice-import") == []


def test_an_event_that_breaks_its_schema_is_a_dead_letter(flow: Runner, registered: None) -> None:
    delivered(flow, cloud_event(**{**INVOICE, "amount_cents": "a lot"}))

    assert letters("bad event") == ["FE303"]


def test_an_invoice_without_a_number_is_bad_input_of_this_workflow(flow: Runner) -> None:
    flow.send("invoice.received", {**INVOICE, "invoice_no": ""})

    assert letters("bad input") == ["FE306"]
    assert flow.runs_of("invoice-import") == []


def test_an_invoice_in_another_currency_is_not_ours_and_one_without_is_counted(
    flow: Runner,
) -> None:
    emit("invoice.received", {**INVOICE, "currency": "USD"})
    flow.send("invoice.received", {name: INVOICE[name] for name in INVOICE if name != "currency"})

    outcomes = DecisionRecord.objects.filter(workflow="invoice-import").values_list(
        "outcome", flat=True
    )
    assert sorted(outcomes) == ["filter_error", "no_match"]


def test_an_archive_that_is_down_holds_the_run_and_resume_runs_only_that_step(
    flow: Runner,
) -> None:
    outside.fails("archive.store", *[Exception("S3 is down")] * 4)
    emit("invoice.received", INVOICE)
    flow.advance("1h")
    held = flow.run_of("invoice-import")
    flow.resume(held, by="7", reason="S3 is back")

    assert held.state == "held"
    assert letters("failed run") == ["FE421"]
    assert flow.run_of("invoice-import").state == "succeeded"
    assert outside.calls("invoices.scan", "ledger.book") == ["invoices.scan", "ledger.book"]


def test_an_archive_that_stays_down_has_the_booking_reversed_and_somebody_informed(
    flow: Runner,
) -> None:
    outside.fails("archive.store", *[Exception("S3 is down")] * 4)
    emit("invoice.received", INVOICE)
    flow.advance("13h")

    assert flow.run_of("invoice-import").state == "failed"
    assert outside.given("ledger.reverse") == [{"entry": 7}]
    assert outside.given("accounting.inform") == [
        {"number": "R-1", "what": "Exception in archive after 4 tries"}
    ]


def test_a_scan_nobody_can_read_is_not_tried_again(flow: Runner) -> None:
    outside.fails("invoices.scan", Unreadable("coffee"))
    flow.send("invoice.received", INVOICE)

    assert flow.run_of("invoice-import").state == "held"
    assert outside.calls("invoices.scan") == ["invoices.scan"]


def test_a_booking_that_cannot_be_reversed_is_a_dead_letter_of_its_own(flow: Runner) -> None:
    outside.fails("archive.store", *[Exception("S3 is down")] * 4)
    outside.fails("ledger.reverse", *[Exception("the books are closed")] * 10)
    emit("invoice.received", INVOICE)
    flow.advance("2d")

    run = flow.run_of("invoice-import")
    assert run.state == "failed"
    assert run.steps["book"].state == "undo_failed"
    assert letters("failed undo") == ["FE431"]
    assert outside.calls("accounting.inform") == ["accounting.inform"]


def test_a_corrected_number_is_scanned_and_booked(flow: Runner) -> None:
    outside.fails("invoices.scan", Unreadable("coffee"))
    flow.send("invoice.received", INVOICE)
    run = flow.run_of("invoice-import")

    flow.resume(run, by="7", reason="mistyped", inputs={"number": "R-1a"})

    assert flow.run_of("invoice-import").state == "succeeded"
    assert [each["number"] for each in outside.given("invoices.scan")] == ["R-1", "R-1a"]


def test_a_step_that_was_done_by_hand_is_not_done_again(flow: Runner) -> None:
    outside.fails("ledger.book", *[Exception("closed")] * 4)
    emit("invoice.received", INVOICE)
    flow.advance("1h")
    run = flow.run_of("invoice-import")

    flow.resume(run, by="7", reason="booked by hand", output={"entry": 8}, is_done=True)

    assert flow.run_of("invoice-import").state == "succeeded"
    assert outside.given("archive.store") == [{"file": "R-1.pdf", "entry": 8}]
    assert len(outside.calls("ledger.book")) == 4
