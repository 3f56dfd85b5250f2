"""Order fulfilment and checkout: what the customer pays for is sent, or everything is taken back."""

from __future__ import annotations

from typing import Any

from flowengine import Permanent, emit
from flowengine.models import DeadLetterRecord
from flowengine.testing import Runner, assert_emitted
from tests.examples import outside
from tests.examples.tasks.shop import CardDeclined
from tests.project.models import Mark

ORDER = {"order_id": 42, "total_cents": 1500, "customer_id": 7}
CHECKOUT = {"checkout_id": "c-1", "order_id": 42, "total_cents": 1500, "card_token": "visa"}


# -- order-fulfilment -------------------------------------------------------------------------------


def test_a_paid_order_is_reserved_labelled_invoiced_and_shipped(flow: Runner) -> None:
    flow.send("order.paid", ORDER)

    run = flow.run_of("order-fulfilment")
    assert run.state == "succeeded", run
    assert run.title == "Order 42"
    assert run.steps["gift"].state == "skipped"
    assert outside.given("shipping.hand_over") == [
        {"label_url": "https://labels.example/42", "invoice_no": "invoice-42"}
    ]
    assert_emitted(
        "order.shipped",
        {"order_id": 42, "tracking_no": "parcel of invoice-42", "with_card": False},
    )
    assert Mark.objects.filter(run_id=run.id, step="reserve").count() == 1


def test_a_gift_gets_its_card(flow: Runner) -> None:
    flow.send("order.paid", {**ORDER, "gift": True})

    assert flow.run_of("order-fulfilment").state == "succeeded"
    assert outside.given("gifts.print_card") == [{"card": "card for 42"}]
    assert_emitted("order.shipped", {"with_card": True})


def test_a_test_order_and_one_without_a_price_start_nothing(flow: Runner) -> None:
    emit("order.paid", {**ORDER, "is_test": True})
    flow.send("order.paid", {**ORDER, "total_cents": 0})

    assert flow.runs_of("order-fulfilment") == []


def test_two_events_of_one_order_run_one_after_the_other(flow: Runner) -> None:
    outside.fails("stock.reserve", Exception("not yet"))
    emit("order.paid", ORDER)
    flow.send("order.paid", ORDER)
    before = [run.state for run in flow.runs_of("order-fulfilment")]
    flow.advance("1h")

    assert before == ["waiting", "queued"]
    assert [run.state for run in flow.runs_of("order-fulfilment")] == ["succeeded", "succeeded"]


def test_an_order_that_cannot_be_labelled_opens_a_ticket(flow: Runner) -> None:
    outside.fails("shipping.create_label", *[Exception("printer on fire")] * 6)
    emit("order.paid", ORDER)
    flow.advance("2h")

    run = flow.run_of("order-fulfilment")
    assert run.state == "failed"
    assert outside.calls("shipping.create_label") == ["shipping.create_label"] * 6
    assert outside.given("support.open_ticket") == [
        {"subject": "Order 42 is stuck at label: printer on fire"}
    ]
    assert outside.calls("shipping.hand_over") == []


# -- checkout ---------------------------------------------------------------------------------------


def test_a_checkout_is_reserved_charged_and_shipped(flow: Runner) -> None:
    flow.send("checkout.requested", CHECKOUT)

    assert flow.run_of("checkout").state == "succeeded"
    assert_emitted("checkout.completed", {"checkout_id": "c-1", "shipment_id": "shipment-42"})
    assert outside.calls("payments.refund", "stock.release") == []


def test_the_browser_sends_a_checkout_twice_and_it_runs_once(flow: Runner) -> None:
    emit("checkout.requested", CHECKOUT)
    flow.send("checkout.requested", CHECKOUT)

    assert len(flow.runs_of("checkout")) == 1


def test_a_declined_card_is_followed_by_another_one_which_is_charged(flow: Runner) -> None:
    flow.send("checkout.requested", {**CHECKOUT, "card_token": "declined visa"})
    waiting = flow.run_of("checkout")
    emit("card.provided", {"checkout_id": "somebody else's", "card_token": "theirs"})
    flow.send("card.provided", {"checkout_id": "c-1", "card_token": "amex"})

    run = flow.run_of("checkout")
    assert (waiting.state, waiting.steps["charge"].state) == ("waiting", "rescuing")
    assert run.state == "succeeded", run
    assert run.steps["charge"].state == "rescued"
    assert [given["card_token"] for given in outside.given("payments.charge")] == [
        "declined visa",
        "amex",
    ]
    assert outside.calls("payments.ask_other_card") == ["payments.ask_other_card"]


def test_a_card_that_never_comes_fails_the_checkout_which_is_held_and_then_undone(
    flow: Runner,
) -> None:
    emit("checkout.requested", {**CHECKOUT, "card_token": "declined visa"})
    flow.advance("31m")
    held = flow.run_of("checkout")
    flow.advance("3h")

    run = flow.run_of("checkout")
    assert held.state == "held"
    assert (run.state, run.failure and run.failure.code) == ("failed", "Timeout")
    assert outside.calls("payments.refund", "stock.release") == ["stock.release"]
    assert outside.given("carts.reopen") == [{"checkout_id": "c-1", "reason": "Timeout"}]


def test_a_shipment_that_fails_is_held_repaired_and_resumed(flow: Runner) -> None:
    outside.fails("shipping.book", *[Exception("no truck")] * 3)
    emit("checkout.requested", CHECKOUT)
    flow.advance("1h")
    held = flow.run_of("checkout")
    flow.resume(held, by="7", reason="there is a truck")

    run = flow.run_of("checkout")
    assert held.state == "held"
    assert run.state == "succeeded", run
    assert outside.calls("payments.charge", "stock.reserve") == ["stock.reserve", "payments.charge"]
    assert outside.calls("payments.refund") == []


def test_a_shipment_that_fails_for_good_is_refunded_and_then_released(flow: Runner) -> None:
    outside.fails("shipping.book", *[Exception("no truck")] * 3)
    emit("checkout.requested", CHECKOUT)
    flow.advance("3h")

    run = flow.run_of("checkout")
    assert run.state == "failed"
    assert outside.calls("payments.refund", "stock.release", "carts.reopen") == [
        "payments.refund",
        "stock.release",
        "carts.reopen",
    ]
    [refund] = outside.given("payments.refund")
    assert refund["charge_id"] == "charge of visa"
    assert (run.steps["charge"].state, run.steps["reserve"].state) == ("undone", "undone")
    assert DeadLetterRecord.objects.filter(kind="failed run", run_id=run.id).count() == 1


def test_a_charge_nobody_heard_from_is_refunded_by_its_key(flow: Runner) -> None:
    def silent(**_given: Any) -> dict[str, str]:
        flow.advance("41s")
        return {"charge_id": "too late"}

    flow.fake("payments.charge", silent)
    emit("checkout.requested", CHECKOUT)
    flow.advance("4h")

    run = flow.run_of("checkout")
    assert (run.state, run.failure and run.failure.code) == ("failed", "Timeout")
    [refund] = outside.given("payments.refund")
    assert refund["charge_id"] is None
    assert refund["key"]


def test_an_abandoned_checkout_is_cancelled_and_undone(flow: Runner) -> None:
    flow.send("checkout.requested", {**CHECKOUT, "card_token": "declined visa"})
    flow.send("checkout.abandoned", {"checkout_id": "c-1"})

    assert flow.run_of("checkout").state == "cancelled"
    assert outside.calls("stock.release", "carts.reopen") == ["stock.release"]


def test_an_undo_that_fails_for_good_is_a_dead_letter_and_the_others_run(flow: Runner) -> None:
    outside.fails("shipping.book", Permanent("no truck, ever"))
    outside.fails("payments.refund", *[Exception("the bank is closed")] * 20)
    emit("checkout.requested", CHECKOUT)
    flow.advance("5d")

    run = flow.run_of("checkout")
    assert run.state == "failed"
    assert run.steps["charge"].state == "undo_failed"
    assert run.steps["reserve"].state == "undone"
    assert outside.calls("payments.refund") == ["payments.refund"] * 20
    kinds = DeadLetterRecord.objects.filter(run_id=run.id).values_list("kind", flat=True)
    assert sorted(kinds) == ["failed run", "failed undo"]


def test_a_declined_card_is_not_tried_again(flow: Runner) -> None:
    outside.fails("payments.charge", CardDeclined("no"))
    flow.send("checkout.requested", CHECKOUT)

    assert outside.calls("payments.charge") == ["payments.charge"]
