"""Videos, models, the search index, webhooks: work in many pieces."""

from __future__ import annotations

from flowengine import emit
from flowengine.testing import Runner, assert_emitted
from tests.examples import outside
from tests.examples.tasks.billing import Gone
from tests.examples.tasks.data import AUC

VIDEO = {"owner_id": 7, "file_name": "film.mov", "plan": "pro"}


# -- video-transcode --------------------------------------------------------------------------------


def test_a_video_is_encoded_in_chunks_and_put_together_in_order(flow: Runner) -> None:
    flow.send("video.uploaded", VIDEO)

    run = flow.run_of("video-transcode")
    assert run.state == "succeeded", run
    assert run.output == {"url": "https://videos.example/12 parts"}
    [assembled] = outside.given("video.assemble")
    assert assembled["parts"] == [f"1080p/{n}" for n in range(12)]
    assert assembled["captions"] == "film.mov.vtt"


def test_a_silent_film_has_no_captions(flow: Runner) -> None:
    flow.send("video.uploaded", {**VIDEO, "file_name": "silent.mov"})

    assert flow.run_of("video-transcode").steps["captions"].state == "skipped"
    assert outside.given("video.assemble")[0]["captions"] is None


def test_a_chunk_that_cannot_be_encoded_fails_the_video(flow: Runner) -> None:
    outside.fails("video.encode_chunk", *[Exception("out of memory")] * 40)
    emit("video.uploaded", VIDEO)
    flow.advance("2h")

    run = flow.run_of("video-transcode")
    assert run.state == "failed"
    assert outside.calls("video.assemble") == []


def test_two_videos_of_an_owner_are_made_at_a_time_and_the_third_waits(flow: Runner) -> None:
    outside.fails("video.probe", Exception("busy"), Exception("busy"))
    for _ in range(3):
        flow.send("video.uploaded", VIDEO)
    before = sorted(run.state for run in flow.runs_of("video-transcode"))
    flow.advance("1h")

    assert before == ["queued", "waiting", "waiting"]
    assert {run.state for run in flow.runs_of("video-transcode")} == {"succeeded"}


# -- churn-model ------------------------------------------------------------------------------------


def test_on_monday_the_best_model_is_trained_and_deployed(flow: Runner) -> None:
    flow.advance("1d")

    run = flow.run_of("churn-model")
    assert run.state == "succeeded", run
    assert run.inputs == {"day": "2026-03-30", "min_auc": 0.78}
    assert run.output == {"deployed": True, "auc": 0.81}
    order = outside.calls()
    assert order.index("data.clean") < order.index("features.build") < order.index("ml.train")
    assert outside.given("ml.deploy") == [{"model": "gbm"}]
    assert outside.given("data.clean") == [{"paths": ["raw/customers", "raw/events"]}]


def test_a_model_that_is_not_good_enough_is_rejected(flow: Runner) -> None:
    flow.fake("ml.train", lambda algorithm, features: {"algorithm": algorithm, "auc": 0.6})
    flow.advance("1d")

    run = flow.run_of("churn-model")
    assert run.output == {"deployed": False, "auc": 0.6}
    assert_emitted("model.rejected", {"auc": 0.6, "wanted": 0.78})
    assert outside.calls("ml.deploy") == []


def test_a_model_that_smokes_is_rolled_back(flow: Runner) -> None:
    outside.fails("ml.smoke_test", *[Exception("smoke")] * 3)
    flow.advance("1d")
    flow.advance("1h")

    assert flow.run_of("churn-model").state == "failed"
    assert outside.given("ml.roll_back") == [{"endpoint": "https://models.example/gbm"}]
    assert max(AUC, key=AUC.__getitem__) == "gbm"


def test_a_table_that_cannot_be_extracted_stops_the_other_branches(flow: Runner) -> None:
    outside.fails("data.extract", *[Exception("locked")] * 9)
    flow.advance("2d")

    run = flow.run_of("churn-model")
    assert run.state == "failed"
    assert outside.calls("data.clean", "features.build", "ml.train") == []


# -- search-index -----------------------------------------------------------------------------------


def test_a_burst_of_edits_is_indexed_once_with_its_last_state(flow: Runner) -> None:
    for _ in range(5):
        emit("product.changed", {"product_id": 3})
        flow.advance("2s")
    early = outside.calls("search.put")
    flow.advance("5s")

    assert early == []
    assert outside.given("search.put") == [
        {"product_id": 3, "document": {"id": 3, "name": "product 3"}}
    ]
    assert flow.run_of("search-index").state == "succeeded"


def test_edits_without_a_pause_are_indexed_after_a_minute(flow: Runner) -> None:
    for _ in range(30):
        emit("product.changed", {"product_id": 3})
        flow.advance("3s")

    assert len(outside.calls("search.put")) == 1
    flow.advance("10s")
    assert len(outside.calls("search.put")) == 2


def test_a_deleted_product_is_removed_and_others_are_none_of_its_business(flow: Runner) -> None:
    emit("product.created", {"product_id": 3})
    emit("product.created", {"product_id": 4})
    emit("product.deleted", {"product_id": 3})
    flow.advance("6s")

    assert outside.given("search.remove") == [{"product_id": 3}]
    assert [each["product_id"] for each in outside.given("search.put")] == [4]


# -- webhook-fanout ---------------------------------------------------------------------------------


def test_every_active_subscriber_is_told(flow: Runner) -> None:
    flow.send("order.refund.booked", {"tenant": "acme", "n": 1})

    run = flow.run_of("webhook-fanout")
    assert run.state == "succeeded", run
    assert [each["url"] for each in outside.given("webhooks.post")] == [
        "https://a.example/hook",
        "https://b.example/hook",
    ]
    body = outside.given("webhooks.post")[0]["body"]
    assert (body["type"], body["data"]) == ("order.refund.booked", {"tenant": "acme", "n": 1})
    assert outside.calls("webhooks.note_failures") == []


def test_one_dead_endpoint_stops_nobody_else(flow: Runner) -> None:
    outside.fails("webhooks.post", Gone("410"))
    flow.send("shipment.sent", {"tenant": "acme"})

    assert flow.run_of("webhook-fanout").state == "succeeded"
    assert outside.given("webhooks.note_failures") == [{"results": [None, {"status": 200}]}]


def test_a_slow_endpoint_is_tried_for_a_day_and_then_given_up(flow: Runner) -> None:
    outside.fails("webhooks.post", *[Exception("503")] * 100)
    emit("shipment.sent", {"tenant": "acme"})
    flow.advance("26h")

    run = flow.run_of("webhook-fanout")
    tries = len(outside.calls("webhooks.post"))
    assert run.state == "succeeded", run
    assert 2 * 8 < tries <= 2 * 12
    assert outside.given("webhooks.note_failures") == [{"results": [None, None]}]


def test_what_is_not_public_is_told_to_nobody(flow: Runner) -> None:
    flow.send("shipment.sent", {"tenant": "acme", "visibility": "internal"})

    assert flow.runs_of("webhook-fanout") == []


def test_more_than_a_hundred_events_a_second_of_a_tenant_queue(flow: Runner) -> None:
    for n in range(120):
        emit("shipment.sent", {"tenant": "acme", "n": n})
    flow.send("shipment.sent", {"tenant": "other"})
    states = [run.state for run in flow.runs_of("webhook-fanout")]
    flow.advance("2s")

    assert (states.count("succeeded"), states.count("queued")) == (101, 20)
    assert {run.state for run in flow.runs_of("webhook-fanout")} == {"succeeded"}
