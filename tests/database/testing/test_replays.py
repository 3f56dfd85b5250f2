"""A project's test may replay what has failed in it."""

from __future__ import annotations

import pytest

from flowengine.models import RunRecord
from flowengine.orchestration import replay, selections
from flowengine.orchestration.audit import By
from flowengine.testing import Runner
from tests.builders.stored import define, publish

pytestmark = pytest.mark.django_db

ORDER = """
workflow: order
on: order.placed
steps:
  - {id: charge, task: line.broken}
"""


def test_replay_goes_on_while_the_runner_works_and_time_passes(flow_runner: Runner) -> None:
    define(ORDER)
    publish("order.placed", {"order": 1})
    flow_runner.run()
    assert RunRecord.objects.get().state == "failed"

    selection = selections.freeze("dead_letter", "state:open", "7")
    by = By(who="7", reason="not needed")
    begun = replay.start(selection.id, "resume", {"skip": True}, by=by)
    flow_runner.advance("2s")

    assert RunRecord.objects.get().state == "succeeded"
    assert replay.status(begun.id).state == "done"
