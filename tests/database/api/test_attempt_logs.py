"""What the attempts of a step have logged, over the API."""

from __future__ import annotations

from typing import Any

import pytest

from flowengine.models import AttemptLogRecord, RunRecord
from flowengine.testing import Runner
from flowengine.web.api import attempt_logs
from tests.builders.line import now
from tests.database.api.given import a_failed_run
from tests.database.api.people import a_client, get

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(flow_runner: Runner) -> RunRecord:
    failed = a_failed_run(flow_runner)
    AttemptLogRecord.objects.all().delete()
    return failed


def logged(run: RunRecord, step: str, *attempts: int, item: str = "", log: str = "paying") -> None:
    for attempt in attempts:
        AttemptLogRecord.objects.create(
            run_id=run.id, step=step, item=item, attempt=attempt, log=log, written_at=now()
        )


def test_last_attempts_are_told_the_last_first_those_of_one_item_alone(
    run: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt_logs, "SHOWN_MAX", 2)
    logged(run, "broken", 1, 2, 3)
    logged(run, "fine", 1)
    logged(run, "broken", 7, item="3")
    client = a_client("view_run", "view_payload")

    told = get(client, f"runs/{run.id}/steps/broken/logs")
    of_item = get(client, f"runs/{run.id}/steps/broken/logs", item="3")

    assert [(each["attempt"], each["log"]) for each in told["items"]] == [
        (3, "paying"),
        (2, "paying"),
    ]
    assert [each["attempt"] for each in of_item["items"]] == [7]


@pytest.mark.parametrize("keeps", ["failed", "all"])
def test_it_is_told_what_the_project_keeps(keeps: str, run: RunRecord, settings: Any) -> None:
    settings.FLOWENGINE = {"KEEP_LOGS": keeps}
    client = a_client("view_run", "view_payload")

    told = get(client, f"runs/{run.id}/steps/broken/logs")

    assert told == {"keeps": keeps, "items": []}


def test_what_is_masked_is_masked_in_lines_too(run: RunRecord) -> None:
    logged(run, "broken", 1, log="INFO shop: password=hunter2 sent")

    told = get(a_client("view_run", "view_payload"), f"runs/{run.id}/steps/broken/logs")

    assert "hunter2" not in told["items"][0]["log"]
