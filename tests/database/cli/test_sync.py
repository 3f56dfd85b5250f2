"""``flow sync``: what became of each workflow, in meaning, and who goes on as before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pytest_django import Settings

from flowengine import emit
from flowengine.cli.exits import Exit
from flowengine.models import WorkflowRecord
from flowengine.testing import inline
from tests.builders.files import HELLO, declare
from tests.database.cli.conftest import Flow

pytestmark = pytest.mark.django_db

SLEEPER = """
workflow: sleeper
on: sleep.wanted
timeout: 10d
steps: [{sleep: 1d}, line.nothing]
"""


def test_each_workflow_is_told_by_what_became_of_it(
    flow: Flow, settings: Settings, tmp_path: Path
) -> None:
    declare(settings, tmp_path, HELLO)
    first = flow("sync")
    declare(settings, tmp_path, HELLO.replace("line.nothing", "line.work"))
    second = flow("sync")
    declare(settings, tmp_path)
    third = flow("sync", "--json")

    assert "+ hello added" in first.out
    assert "next: flowengine worker" in first.err
    assert "~ hello changed\n    + step work: task line.work\n    - step nothing" in second.out
    assert "= chain unchanged" in second.out
    assert json.loads(third.out)["removed"] == ["hello"]


def test_change_that_means_nothing_is_none(flow: Flow, settings: Settings, tmp_path: Path) -> None:
    declare(settings, tmp_path, HELLO)
    flow("sync")
    declare(
        settings,
        tmp_path,
        "# a comment\nsteps: [{task: line.nothing}]\non: hello.said\nworkflow: hello\n",
    )

    assert "= hello unchanged" in flow("sync").out


def test_file_with_an_error_keeps_everything_as_it_is(
    flow: Flow, settings: Settings, tmp_path: Path
) -> None:
    declare(settings, tmp_path, HELLO, "{workflow: order, on: a.b, stesp: [line.work]}")

    said = flow("sync")

    assert (said.code, said.out) == (Exit.FAILED, "")
    assert "FE110" in said.err
    assert not WorkflowRecord.objects.exists()


def test_open_runs_that_stay_on_an_older_version_are_counted(
    flow: Flow, settings: Settings, tmp_path: Path
) -> None:
    declare(settings, tmp_path, SLEEPER)
    with inline() as runner:
        emit("sleep.wanted", {})
        emit("sleep.wanted", {})
        runner.run()
    old = WorkflowRecord.objects.get(name="sleeper").digest

    declare(settings, tmp_path, SLEEPER.replace("10d", "20d"))
    said = flow("sync")
    again = json.loads(flow("sync", "--json").out)

    assert '~ sleeper changed\n    ~ timeout: "10d" -> "20d"' in said.out
    assert f"2 open runs stay on version {old[:8]} of sleeper\n" in said.err
    assert again["open_runs"] == [{"workflow": "sleeper", "digest": old, "count": 2}]
    assert again["changes"] == {}


def test_open_runs_of_a_workflow_that_is_gone_go_on(
    flow: Flow, settings: Settings, tmp_path: Path
) -> None:
    declare(settings, tmp_path, SLEEPER)
    with inline() as runner:
        emit("sleep.wanted", {})
        runner.run()
        declare(settings, tmp_path)
        said = flow("sync")
        runner.advance("2d")

    assert "- sleeper removed" in said.out
    assert "1 open run stays on version" in said.err
    assert "of sleeper, which takes no new ones" in said.err
    assert [run.state for run in runner.runs_of("sleeper")] == ["succeeded"]
