"""What the full houses of other tests are made of: copies that look as if the engine had written them."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db.models import Count, F

from flowengine import emit
from flowengine.models import (
    DeadGroupRecord,
    DeadLetterRecord,
    DecisionRecord,
    EventRecord,
    HistoryRecord,
    RunRecord,
    StepRecord,
)
from flowengine.testing import Runner
from tests.builders.line import now
from tests.database.api.given import a_failed_run
from tests.seeding.copies import copy_of, seed

pytestmark = pytest.mark.django_db

EVENTS = 200
_WITH_A_RUN = (StepRecord, HistoryRecord, DecisionRecord, DeadLetterRecord)


def looks(run: RunRecord) -> dict[str, object]:
    """What is the same of a run and of its copy."""
    rows = {kind.__name__: kind.objects.filter(run_id=run.id).count() for kind in _WITH_A_RUN}
    return {"workflow": run.workflow, "state": run.state, "seq": run.seq, **rows}


def test_copies_are_whole_and_nothing_in_them_is_due(flow_runner: Runner) -> None:
    fine = emit("troubled.fine", {"order_id": 3}).run_ids["troubled"]
    emit("nobody.wants", {"order_id": 3})
    flow_runner.run()
    templates = [RunRecord.objects.get(pk=fine), a_failed_run(flow_runner)]

    rows = seed(events=EVENTS, until=now(), days=2)
    flow_runner.run()

    assert EventRecord.objects.count() == 3 + EVENTS
    assert rows > 5 * EVENTS
    copied: set[UUID] = set()
    for template in templates:
        ids = [copy_of(template.id, n) for n in range(1, EVENTS + 1)]
        copies = RunRecord.objects.filter(pk__in=ids)
        assert [looks(run) for run in copies] == [looks(template)] * len(copies) != []
        copied |= {run.id for run in copies}
    assert set(RunRecord.objects.values_list("id", flat=True)) == copied | {
        template.id for template in templates
    }


def test_causes_say_what_their_letters_are(flow_runner: Runner) -> None:
    a_failed_run(flow_runner)
    flow_runner.run()

    seed(events=EVENTS, until=now(), days=2)

    letters = DeadLetterRecord.objects.values("group_id").annotate(n=Count("id")).order_by()
    said = DeadGroupRecord.objects.values_list("id", F("count"))
    assert {each["group_id"]: each["n"] for each in letters} == dict(said)
    assert len(said) > 1
