"""The example workflows come to their ends on RabbitMQ and PostgreSQL, with two worker processes."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from django.contrib.auth.models import Group, User
from pytest_django import DjangoDbBlocker

from flowengine import start
from flowengine.models import DeadLetterRecord, DecisionRecord, RunRecord
from flowengine.orchestration import control
from tests.integration.examples_line import ALIAS, ExamplesLine
from tests.integration.strangers import Message, Stranger, an_event
from tests.nodes.rabbitmq import RabbitMQNode
from tests.project.models import Mark

ORDER = {"order_id": 42, "total_cents": 1500, "customer_id": 7}
CHECKOUT = {"order_id": 42, "total_cents": 1500}
INVOICE = {"supplier": {"id": 9}, "amount_cents": 4200, "currency": "EUR"}
CLOCKS_AGREE = timedelta(milliseconds=100)
"""Two processes know the database's time no better than a loaded machine lets them ask for it."""
ADA, CHARLES = "ada@example.com", "charles@example.com"


@pytest.fixture(scope="module")
def line(
    postgres_url: str,
    rabbitmq_node: RabbitMQNode,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ExamplesLine]:
    """Two workers that know the examples, on a database and a broker of their own."""
    name = f"examples_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        line = ExamplesLine(
            database_url=f"{postgres_url.rsplit('/', 1)[0]}/{name}",
            broker_url=rabbitmq_node.url,
            directory=tmp_path_factory.mktemp("examples"),
        )
        try:
            line.prepare()
            line.worker()
            line.worker()
            line.until_serving(2)
            with django_db_blocker.unblock(), line.entered():
                yield line
        finally:
            line.close()
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def new_id() -> str:
    """For data that no other test has."""
    return uuid.uuid4().hex


def lead() -> User:
    """Somebody who may sign off."""
    user = User.objects.using(ALIAS).create(username=new_id())
    user.groups.add(Group.objects.using(ALIAS).get_or_create(name="finance-leads")[0])
    return user


def answer(run: UUID, *, approved: bool = True, **form: str) -> User:
    """A lead says so."""
    user = lead()
    at = datetime.now(UTC)
    control.answer(run, "sign_off", user=user, approved=approved, form=form, now=at)
    return user


def test_hello_is_composed_and_sent(line: ExamplesLine) -> None:
    event = line.say("user.registered", {"user_id": 1, "email": ADA})

    run = line.reaches("hello", event)
    assert json.loads(bytes(run.output or b"")) == {"message_id": "greeting-1"}


def test_a_paid_order_is_on_its_way_and_a_gift_has_its_card(line: ExamplesLine) -> None:
    plain = line.say("order.paid", ORDER)
    gift = line.say("order.paid", {**ORDER, "order_id": 43, "gift": True})

    run = line.reaches("order-fulfilment", plain).id
    assert line.states(run)["gift"] == "skipped"
    assert line.emitted("order.shipped", run) == {
        "order_id": 42,
        "tracking_no": "parcel of invoice-42",
        "with_card": False,
    }
    assert Mark.objects.using(ALIAS).filter(run_id=run, step="reserve").count() == 1
    with_card = line.reaches("order-fulfilment", gift).id
    assert line.emitted("order.shipped", with_card)["with_card"] is True


def test_two_events_of_one_order_run_one_after_the_other(line: ExamplesLine) -> None:
    events = [line.say("order.paid", {**ORDER, "order_id": 44}) for _ in range(2)]

    first, second = (line.reaches("order-fulfilment", event) for event in events)
    reserved = line.step(second.id, "reserve").first_started_at
    assert first.finished_at is not None
    assert reserved is not None
    assert first.finished_at <= reserved + CLOCKS_AGREE


def test_a_checkout_that_is_sent_twice_is_shipped_once(line: ExamplesLine) -> None:
    data = {**CHECKOUT, "checkout_id": new_id(), "card_token": "visa"}
    first, second = (line.say("checkout.requested", data) for _ in range(2))
    line.routed(first)
    line.routed(second)

    outcomes = DecisionRecord.objects.using(ALIAS).filter(event_id__in=[first, second])
    assert sorted(outcomes.values_list("outcome", flat=True)) == ["duplicate", "started"]
    run = line.is_in(outcomes.get(outcome="started").run_id).id
    assert line.emitted("checkout.completed", run)["shipment_id"] == "shipment-42"


def test_a_declined_card_is_followed_by_another_one(line: ExamplesLine) -> None:
    data = {**CHECKOUT, "checkout_id": new_id(), "card_token": "declined visa"}
    event = line.say("checkout.requested", data)
    waiting = line.reaches("checkout", event, "waiting").id
    line.waits(waiting, "other_card")
    line.say("card.provided", {"checkout_id": data["checkout_id"], "card_token": "amex"})

    run = line.reaches("checkout", event).id
    assert line.states(run)["charge"] == "rescued"
    assert line.step(run, "charge_again").output == {"charge_id": "charge of amex"}


def test_a_card_that_never_comes_is_waited_for_held_and_undone(line: ExamplesLine) -> None:
    data = {**CHECKOUT, "checkout_id": new_id(), "card_token": "declined visa"}
    event = line.say("checkout.requested", data)
    run = line.reaches("checkout", event, "waiting").id
    line.times_out(run, "other_card")
    line.is_in(run, "held")
    line.is_held_no_longer(run)

    line.is_in(run, "failed")
    assert line.states(run)["reserve"] == "undone"
    rows = line.states
    line.until(lambda: rows(run).get("reopen") == "succeeded", what="reopened", limit_s=20)
    assert DeadLetterRecord.objects.using(ALIAS).filter(run_id=run).count() == 1


def test_an_abandoned_checkout_is_cancelled_and_undone(line: ExamplesLine) -> None:
    data = {**CHECKOUT, "checkout_id": new_id(), "card_token": "declined visa"}
    event = line.say("checkout.requested", data)
    run = line.reaches("checkout", event, "waiting").id
    line.waits(run, "other_card")
    line.say("checkout.abandoned", {"checkout_id": data["checkout_id"]})

    line.is_in(run, "cancelled")
    assert line.states(run)["reserve"] == "undone"


def test_a_video_is_encoded_in_chunks_and_put_together_in_order(line: ExamplesLine) -> None:
    film = line.say("video.uploaded", {"owner_id": 7, "file_name": "film.mov", "plan": "pro"})
    silent = line.say("video.uploaded", {"owner_id": 8, "file_name": "silent.mov", "plan": ""})

    run = line.reaches("video-transcode", film)
    assert json.loads(bytes(run.output or b"")) == {"url": "https://videos.example/12 parts"}
    assert line.step(run.id, "assemble").input["parts"] == [f"1080p/{n}" for n in range(12)]
    assert line.states(line.reaches("video-transcode", silent).id)["captions"] == "skipped"


def test_a_user_who_confirms_gets_tips_when_two_days_are_over(line: ExamplesLine) -> None:
    event = line.say("user.registered", {"user_id": 2, "email": ADA})
    line.say("email.verified", {"user_id": "2"})
    run = line.reaches("signup", event, "waiting").id
    line.times_out(run, "sleep 1")

    line.is_in(run)
    assert line.step(run, "verified").output["data"] == {"user_id": "2"}
    assert Mark.objects.using(ALIAS).filter(run_id=run, step="provision").count() == 1


def test_a_user_who_never_confirms_is_reminded_and_deactivated(line: ExamplesLine) -> None:
    event = line.say("user.registered", {"user_id": 3, "email": ADA})
    run = line.reaches("signup", event, "waiting").id
    line.times_out(run, "verified")
    line.times_out(run, "verified_late")

    failed = line.is_in(run, "failed")
    assert json.loads(bytes(failed.failure or b""))["code"] == "NeverVerified"
    assert line.states(run)["deactivate"] == "succeeded"


def test_a_user_who_is_deleted_is_not_waited_for(line: ExamplesLine) -> None:
    event = line.say("user.registered", {"user_id": 4, "email": ADA})
    line.reaches("signup", event, "waiting")
    line.say("user.deleted", {"user_id": 4})

    line.reaches("signup", event, "cancelled")


def test_a_report_is_signed_off_and_sent_or_sent_back(line: ExamplesLine) -> None:
    months = ("2026-02", "2026-03")
    runs = [start("monthly-report", {"month": m}).run_ids["monthly-report"] for m in months]
    for run in runs:
        line.waits(run, "sign_off")
    signed = answer(runs[0])
    answer(runs[1], approved=False, comment="the total is wrong")

    line.is_in(runs[0])
    assert line.step(runs[0], "send").input["approved_by"] == str(signed.pk)
    failed = line.is_in(runs[1], "failed")
    assert json.loads(bytes(failed.failure or b""))["code"] == "ReportRejected"
    assert line.step(runs[1], "send_back").input["comment"] == "the total is wrong"


def test_on_the_first_of_the_month_the_last_one_is_reported(line: ExamplesLine) -> None:
    tick = line.ticks("monthly-report")

    run = line.reaches("monthly-report", tick, "waiting")
    line.waits(run.id, "sign_off")
    answer(run.id)
    line.is_in(run.id)


def test_a_night_that_was_missed_is_billed(line: ExamplesLine) -> None:
    tick = line.ticks("nightly-billing")

    run = line.reaches("nightly-billing", tick).id
    assert line.step(run, "report").input == {"done": 40, "failed": 0}
    assert Mark.objects.using(ALIAS).filter(run_id=run, step="bill").count() == 40
    rows = line.states
    line.until(lambda: rows(run).get("heartbeat") == "succeeded", what="heartbeat", limit_s=20)


def test_every_active_subscriber_is_told(line: ExamplesLine) -> None:
    event = line.say("shipment.sent", {"tenant": "acme", "n": 1})

    run = line.reaches("webhook-fanout", event).id
    assert line.step(run, "deliver").output == [{"status": 200}] * 2
    assert [line.step(run, "deliver", str(n)).input["url"] for n in (0, 1)] == [
        "https://a.example/hook",
        "https://b.example/hook",
    ]


def test_on_monday_the_best_model_is_deployed(line: ExamplesLine) -> None:
    tick = line.ticks("churn-model")

    run = line.reaches("churn-model", tick)
    assert json.loads(bytes(run.output or b"")) == {"deployed": True, "auc": 0.81}
    assert line.step(run.id, "deploy").input == {"model": "gbm"}


def test_a_company_is_set_up_with_all_its_people(line: ExamplesLine) -> None:
    data = {
        "company_name": "Engines",
        "admin_id": 1,
        "admin_email": "babbage@example.com",
        "employees": [{"email": ADA, "roles": ["admin", "billing"]}, {"email": CHARLES}],
    }
    event = line.say("company.signed", data)

    run = line.reaches("company-onboarding", event).id
    ids = [sum(email.encode()) for email in (ADA, CHARLES)]
    assert line.step(run, "people").output == [{"user_id": each} for each in ids]
    assert line.step(run, "activate").input == {"tenant_id": 7, "user_ids": ids}
    children = RunRecord.objects.using(ALIAS).filter(parent_run=run)
    detached = children.filter(workflow="newsletter.subscribe")
    line.until(detached.exists, what="the newsletter is subscribed to", limit_s=20)
    line.is_in(detached.get().id)
    setups = children.filter(workflow="employee-setup").values_list("state", flat=True)
    assert list(setups) == ["succeeded", "succeeded"]


def test_an_employee_who_is_added_later_gets_the_default_role(line: ExamplesLine) -> None:
    event = line.say("employee.added", {"tenant_id": 7, "email": "new@example.com"})

    run = line.reaches("employee-setup", event)
    assert line.step(run.id, "grant", "0").input["role"] == "member"


def test_a_burst_of_edits_is_indexed_once_and_a_deleted_product_removed(
    line: ExamplesLine,
) -> None:
    edits = [line.say("product.changed", {"product_id": 3, "n": n}) for n in range(4)]
    deleted = [line.say(f"product.{word}", {"product_id": 4}) for word in ("changed", "deleted")]

    indexed = line.reaches("search-index", edits[-1]).id
    assert line.states(indexed)["put"] == "succeeded"
    removed = line.reaches("search-index", deleted[-1]).id
    assert line.states(removed)["remove"] == "succeeded"
    answers = DecisionRecord.objects.using(ALIAS).filter(event_id__in=[*edits, *deleted])
    outcomes = answers.filter(workflow="search-index").values_list("outcome", flat=True)
    assert sorted(outcomes) == ["debounced"] * 4 + ["started"] * 2


def test_an_invoice_from_a_stranger_is_booked_and_what_is_none_is_kept(
    line: ExamplesLine, rabbitmq_node: RabbitMQNode
) -> None:
    number = new_id()
    data = {**INVOICE, "invoice_no": number}
    good = an_event(id=number, source="urn:supplier", type="invoice.received", data=data)
    stranger = Stranger(rabbitmq_node.url)
    stranger.publish(good, Message(body=b"{not json"))
    stranger.close()
    nameless = line.say("invoice.received", {**INVOICE, "invoice_no": ""})

    runs = RunRecord.objects.using(ALIAS).filter(title=f"Invoice {number}")
    line.until(runs.exists, what="the invoice is imported", limit_s=20)
    run = line.is_in(runs.get().id).id
    assert line.step(run, "archive").input == {"file": f"{number}.pdf", "entry": 7}
    assert Mark.objects.using(ALIAS).filter(run_id=run, step="book").count() == 1
    line.routed(nameless)
    letters = DeadLetterRecord.objects.using(ALIAS)
    assert letters.get(event_id=nameless).code == "FE306"
    unreadable = letters.filter(kind="unreadable")
    line.until(unreadable.exists, what="what is no event is kept", limit_s=20)
    assert bytes(unreadable.get().body or b"") == b"{not json"
