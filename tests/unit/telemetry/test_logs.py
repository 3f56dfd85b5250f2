from __future__ import annotations

import logging
from contextvars import Context
from typing import Any

from flowengine.tasks import Attempt
from flowengine.tasks.attempt import enter
from flowengine.telemetry.logs import ContextFilter
from tests.builders.events import NOON, an_event
from tests.builders.runs import RUN_ID


def a_record(**extra: Any) -> logging.LogRecord:
    return logging.getLogger("shop").makeRecord(
        "shop", logging.INFO, __file__, 1, "charged", (), None, extra=extra
    )


def filtered(record: logging.LogRecord) -> dict[str, Any]:
    assert ContextFilter().filter(record)
    return {name: record.__dict__[name] for name in ("run", "step", "attempt", "event")}


def test_record_inside_an_attempt_has_its_ids() -> None:
    attempt = Attempt(run_id=RUN_ID, step="charge", event=an_event(), deadline=NOON, attempt=2)
    context = Context()
    context.run(enter, attempt)

    fields = context.run(filtered, a_record())

    assert fields == {
        "run": str(RUN_ID),
        "step": "charge",
        "attempt": 2,
        "event": str(attempt.event.id),
    }


def test_record_outside_passes_with_empty_ids() -> None:
    assert filtered(a_record()) == {"run": "", "step": "", "attempt": 0, "event": ""}


def test_what_a_record_says_already_stays() -> None:
    assert filtered(a_record(run="another"))["run"] == "another"
