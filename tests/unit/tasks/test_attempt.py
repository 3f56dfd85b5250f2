from __future__ import annotations

import logging
from contextvars import Context
from decimal import Decimal
from typing import Any

import pytest

from flowengine.errors import AttemptCancelled, CallerError, SoftTimeout
from flowengine.tasks import Attempt, current
from flowengine.tasks.attempt import NOTIFICATIONS_MAX, Notification, StopSign, enter
from tests.builders.events import NOON, an_event
from tests.builders.runs import RUN_ID


def an_attempt(**fields: Any) -> Attempt:
    values: dict[str, Any] = {
        "run_id": RUN_ID,
        "step": "charge",
        "event": an_event(),
        "deadline": NOON,
    }
    return Attempt(**{**values, **fields})


def test_idempotency_key_is_the_same_for_every_attempt_and_no_other_item() -> None:
    first, second = an_attempt(attempt=1), an_attempt(attempt=2)

    assert first.idempotency_key == second.idempotency_key
    assert first.idempotency_key != an_attempt(item="1").idempotency_key
    assert first.idempotency_key != an_attempt(step="ship").idempotency_key


def test_checkpoint_lets_an_attempt_go_on_until_its_stop_sign_is_up() -> None:
    sign = StopSign()
    attempt = an_attempt(stop_sign=sign)
    attempt.check()

    sign.put_up(AttemptCancelled("the run was cancelled"))

    assert attempt.cancelled
    assert not an_attempt().cancelled
    with pytest.raises(AttemptCancelled, match="the run was cancelled"):
        attempt.check()
    with pytest.raises(AttemptCancelled):
        attempt.progress(0.5)


def test_notifications_are_kept_in_order_until_the_end() -> None:
    attempt = an_attempt()

    attempt.notify("  Half done ", "page 3 of 6")
    attempt.notify("Ready", url="/orders/42/")
    attempt.notify("Ready", url="https://carrier.example/42")

    assert attempt.notifications == (
        Notification(title="Half done", text="page 3 of 6"),
        Notification(title="Ready", url="/orders/42/"),
        Notification(title="Ready", url="https://carrier.example/42"),
    )


@pytest.mark.parametrize(
    "url",
    [
        *("javascript:alert(1)", "//evil.example/", "/\\\\evil.example/", "orders/42/"),
        *("data:text/html,x", "https:\n//evil.example", "ftp://files.example/"),
    ],
)
def test_notification_leads_nowhere_that_a_browser_would_run_or_misread(url: str) -> None:
    attempt = an_attempt()

    with pytest.raises(CallerError, match="leads to a path"):
        attempt.notify("Ready", url=url)

    assert attempt.notifications == ()


@pytest.mark.parametrize("title", ["", "  "])
def test_notification_needs_a_title(title: str) -> None:
    with pytest.raises(CallerError, match="needs a title"):
        an_attempt().notify(title)


def test_attempt_that_tells_too_much_is_told_in_the_log_and_nobody_else() -> None:
    attempt = an_attempt()

    for n in range(NOTIFICATIONS_MAX + 5):
        attempt.notify(f"Page {n}")

    assert len(attempt.notifications) == NOTIFICATIONS_MAX
    assert attempt.notifications[-1].title == f"Page {NOTIFICATIONS_MAX - 1}"


def test_first_stop_sign_stays() -> None:
    sign = StopSign()

    assert sign.put_up(SoftTimeout("over"))
    assert not sign.put_up(AttemptCancelled("cancelled"))
    assert isinstance(sign.stop, SoftTimeout)


@pytest.mark.parametrize(
    ("said", "heard"),
    [(0.25, 0.25), (1, 1.0), (-0.1, 0.0), (1.0000001, 1.0), (float("inf"), 1.0), (True, 1.0)],
)
def test_progress_is_moved_between_nothing_and_all(said: float, heard: float) -> None:
    told: list[tuple[float, str]] = []
    attempt = an_attempt(on_progress=lambda fraction, note: told.append((fraction, note)))

    attempt.progress(said, "page 12 of 30")

    assert told == [(heard, "page 12 of 30")]


@pytest.mark.parametrize("said", [float("nan"), "half", None, [], Decimal("NaN")])
def test_progress_that_is_no_number_is_refused(said: Any) -> None:
    with pytest.raises(CallerError, match="progress is a number from 0 to 1"):
        an_attempt().progress(said)


def test_note_is_cut_and_cleaned_of_what_databases_refuse() -> None:
    told: list[str] = []
    attempt = an_attempt(on_progress=lambda _fraction, note: told.append(note))

    attempt.progress(0.5, "a\x00b\ud800" + "x" * 500)

    assert told[0].startswith("a\N{REPLACEMENT CHARACTER}b?xxx")
    assert len(told[0]) == 200


def test_note_may_be_anything_that_has_a_text() -> None:
    told: list[str] = []
    attempt = an_attempt(on_progress=lambda _fraction, note: told.append(note))

    attempt.progress(0.5, 42)  # type: ignore[arg-type]

    assert told == ["42"]


def test_current_attempt_is_known_in_its_context_only() -> None:
    attempt = an_attempt()
    context = Context()

    context.run(enter, attempt)

    assert context.run(current) is attempt
    assert current() is None


def test_logger_adds_the_ids_and_keeps_the_callers_fields(
    caplog: pytest.LogCaptureFixture,
) -> None:
    attempt = an_attempt(attempt=3)

    with caplog.at_level(logging.INFO, logger="flowengine.task"):
        attempt.logger.info("charged", extra={"amount": 12, "step": "somebody else's"})

    [record] = caplog.records
    assert record.name == "flowengine.task"
    assert record.__dict__["run"] == str(RUN_ID)
    assert record.__dict__["step"] == "charge"
    assert record.__dict__["attempt"] == 3
    assert record.__dict__["event"] == str(attempt.event.id)
    assert record.__dict__["amount"] == 12
