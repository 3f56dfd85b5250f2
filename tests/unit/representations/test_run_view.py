"""What a watcher is shown of a run."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from flowengine.definitions.model import Notify, Workflow
from flowengine.engine.run import Failure
from flowengine.representations import (
    StepRow,
    changes,
    ended,
    epoch,
    instant,
    run_view,
    topic,
    words,
)
from tests.builders.events import NOON
from tests.builders.runs import RUN_ID
from tests.builders.steps import retry, step
from tests.builders.workflows import a_workflow
from tests.unit.representations.looks import ARun, states

SECRET = "card 4111-1111-1111-1111 of /srv/shop/pay.py:88"


def test_all_steps_of_the_line_are_shown_in_its_order() -> None:
    rows = [StepRow(step="charge", state="running"), StepRow(step="reserve", state="succeeded")]

    view = run_view(a_workflow("reserve", "charge", "ship"), ARun(), rows)

    assert [each["id"] for each in view["steps"]] == ["reserve", "charge", "ship"]
    assert states(view) == ["succeeded", "running", "pending"]


@pytest.mark.parametrize("state", ["succeeded", "failed", "cancelled"])
def test_steps_without_a_row_are_not_reached_once_the_run_is_over(state: str) -> None:
    view = run_view(a_workflow("reserve", "ship"), ARun(state=state), [])

    assert states(view) == ["not_reached", "not_reached"]


def test_percent_follows_the_weights() -> None:
    workflow = a_workflow(step("reserve"), step("charge", weight=3.0), step("ship"))
    rows = [
        StepRow(step="reserve", state="succeeded"),
        StepRow(step="charge", state="running", progress=0.5),
    ]

    assert run_view(workflow, ARun(), rows)["percent"] == 50


def test_percent_stays_below_a_hundred_until_the_run_has_succeeded() -> None:
    workflow = a_workflow("reserve")
    rows = [StepRow(step="reserve", state="succeeded")]

    assert run_view(workflow, ARun(state="running"), rows)["percent"] == 99
    assert run_view(workflow, ARun(state="failed"), rows)["percent"] == 99
    assert run_view(workflow, ARun(state="succeeded"), rows)["percent"] == 100


@pytest.mark.parametrize("said", [-3.0, 7.0, 0.0, 1.0])
def test_percent_is_bounded_whatever_a_task_says(said: float) -> None:
    rows = [StepRow(step="reserve", state="running", progress=said)]

    percent = run_view(a_workflow("reserve"), ARun(), rows)["percent"]

    assert 0 <= percent <= 99


def test_skipped_step_counts_as_done() -> None:
    rows = [StepRow(step="reserve", state="skipped")]

    assert run_view(a_workflow("reserve", "ship"), ARun(), rows)["percent"] == 50


def test_title_of_a_step_is_rendered_from_what_is_in_scope() -> None:
    workflow = a_workflow(step("pay", title="Charge ${{ event.data.card }}"))

    view = run_view(workflow, ARun(), [], scope={"event": {"data": {"card": "Visa"}}})

    assert view["steps"][0]["title"] == "Charge Visa"


def test_title_without_a_value_is_the_id_in_words() -> None:
    workflow = a_workflow(
        step("print_label", title="Label ${{ steps.ship.output.carrier }}"), "send_mail"
    )

    view = run_view(workflow, ARun(), [], scope={"event": {}})

    assert [each["title"] for each in view["steps"]] == ["Print label", "Send mail"]


def test_run_without_a_title_bears_the_name_of_its_workflow() -> None:
    assert run_view(a_workflow("ship"), ARun(title=""), [])["title"] == "fulfil-order"


def test_retrying_step_says_when_and_how_often() -> None:
    workflow = a_workflow(step("charge", retry=retry(attempts=5)))
    due_at = NOON + timedelta(seconds=7)
    rows = [StepRow(step="charge", state="retrying", attempt=2, tries=2, due_at=due_at)]

    [shown] = run_view(workflow, ARun(state="waiting"), rows)["steps"]

    assert (shown["due_at"], shown["tries"], shown["tries_max"]) == (instant(due_at), 2, 5)


def test_time_at_which_a_ready_step_counts_as_overdue_is_not_shown() -> None:
    rows = [StepRow(step="charge", state="ready", due_at=NOON)]

    assert run_view(a_workflow("charge"), ARun(), rows)["steps"][0]["due_at"] is None


def test_workflow_that_cannot_be_read_shows_the_steps_that_have_rows() -> None:
    rows = [StepRow(step="reserve", state="succeeded"), StepRow(step="charge", state="running")]

    view = run_view(None, ARun(), rows)

    assert [each["title"] for each in view["steps"]] == ["Reserve", "Charge"]
    assert view["percent"] == 50


def test_summary_shows_the_percentage_and_no_steps() -> None:
    workflow = a_summary(a_workflow("reserve", "ship"))
    rows = [StepRow(step="reserve", state="succeeded", note="shelf 9")]

    view = run_view(workflow, ARun(), rows)

    assert (view["percent"], view["steps"]) == (50, [])


def test_failure_is_told_without_the_text_of_the_exception() -> None:
    failure = Failure(code="CardDeclined", message=SECRET, traceback=SECRET, step="charge")
    workflow = a_workflow(step("charge", title="Charge your card"))

    view = run_view(workflow, ARun(state="failed"), [], failure=failure)

    assert view["failure"]["message"] == "Something went wrong in «Charge your card»."
    assert SECRET not in str(view)


def test_failure_with_a_text_for_users_says_it() -> None:
    failure = Failure(
        code="Permanent",
        message=SECRET,
        details={"user_message": "Your card was declined; nothing was charged.", "x": SECRET},
        step="charge",
    )

    view = run_view(a_workflow("charge"), ARun(state="failed"), [], failure=failure)

    assert view["failure"]["message"] == "Your card was declined; nothing was charged."


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (None, "Something went wrong."),
        (Failure(code="X", message=SECRET), "Something went wrong."),
        (
            Failure(code="X", message=SECRET, details={"user_message": 17}),
            "Something went wrong.",
        ),
        (
            Failure(code="RunTimeout", message=SECRET),
            "This took longer than it may, and was stopped.",
        ),
    ],
)
def test_failure_of_the_run_itself_is_told_plainly(failure: Failure | None, message: str) -> None:
    view = run_view(a_workflow("charge"), ARun(state="failed"), [], failure=failure)

    assert view["failure"]["message"] == message


def test_run_that_has_not_failed_has_no_failure() -> None:
    failure = Failure(code="X", message="of an earlier life")

    assert "failure" not in run_view(a_workflow("charge"), ARun(), [], failure=failure)


def test_summary_does_not_name_the_step_that_failed() -> None:
    workflow = a_summary(a_workflow("charge"))
    failure = Failure(code="X", message=SECRET, step="charge")

    view = run_view(workflow, ARun(state="failed"), [], failure=failure)

    assert view["failure"]["message"] == "Something went wrong."


def test_changes_cover_the_numbers_after_the_watchers_own() -> None:
    frame = changes(topic(RUN_ID), ("7f3", 45), 41, [])

    assert (frame["f"], frame["o"]) == (42, 45)


def test_run_made_anew_under_its_id_has_another_epoch() -> None:
    assert epoch(NOON) != epoch(NOON + timedelta(microseconds=1))


def test_outcome_without_a_text_of_its_own_could_not_be_started() -> None:
    assert ended(topic(RUN_ID), "bad_input")["message"] == "This could not be started."


def test_id_in_words() -> None:
    assert words("send_the_mail") == "Send the mail"


def a_summary(workflow: Workflow) -> Workflow:
    return replace(workflow, notify=Notify(detail="summary"))
