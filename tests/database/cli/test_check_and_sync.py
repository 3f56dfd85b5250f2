"""``flow check`` and ``flow sync``."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pytest_django import Settings

from flowengine.cli.exits import Exit
from flowengine.models import WorkflowRecord
from tests.builders.files import HELLO, declare
from tests.database.cli.conftest import Flow

BAD = """\
workflow: order
on: order.placed
steps:
  - task: line.nothing
    retry: {attempts: 3, dely: 2s}
"""


def test_check_passes_over_a_project_whose_files_are_right(
    flow: Flow, settings: Settings, tmp_path: Path
) -> None:
    declare(settings, tmp_path, HELLO)

    said = flow("check")

    assert (said.code, said.out) == (Exit.OK, "")
    assert re.search(r"\d+ files, no errors, no warnings", said.err)
    assert "next: flowengine sync" in said.err


def test_check_shows_the_line_and_marks_the_place(
    flow: Flow, settings: Settings, tmp_path: Path
) -> None:
    declare(settings, tmp_path, BAD)

    said = flow("check")

    assert said.code == Exit.FAILED
    lines = said.err.splitlines()
    assert lines[0].startswith("error[FE110]: ")
    assert "dely" in lines[0]
    assert lines[1].startswith(f"  --> {tmp_path}/0.yaml:5:26   steps[0].retry")
    assert lines[2] == "  5 |     retry: {attempts: 3, dely: 2s}"
    assert lines[3] == "    |                          ^^^^"
    assert "delay" in lines[4]


def test_check_gives_the_problems_as_json(flow: Flow, settings: Settings, tmp_path: Path) -> None:
    declare(settings, tmp_path, BAD)

    said = flow("check", "--format", "json")

    [problem] = json.loads(said.out)
    assert said.code == Exit.FAILED
    assert set(problem) == {
        *("file", "line", "column", "severity", "code", "message", "hint", "path"),
    }
    assert (problem["line"], problem["column"], problem["severity"]) == (5, 26, "error")


def test_check_of_named_paths_looks_at_these_alone(flow: Flow, tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(HELLO)
    (tmp_path / "unknown.yaml").write_text("{workflow: it, on: a.b, steps: [shop.nothing]}")

    folder = flow("check", str(tmp_path))
    file = flow("check", str(tmp_path / "one.yaml"))
    standalone = flow("check", "--standalone", str(tmp_path))

    assert (folder.code, file.code, standalone.code) == (Exit.FAILED, Exit.OK, Exit.OK)
    assert "error[FE115]" in folder.err
    assert "2 files, 1 error, no warnings" in folder.err


def test_check_finds_two_files_of_one_name(flow: Flow, tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(HELLO)
    (tmp_path / "two.yaml").write_text(HELLO)

    said = flow("check", str(tmp_path))

    assert said.code == Exit.FAILED
    assert "error[FE128]" in said.err


def test_check_of_what_is_not_there_is_a_usage_error(flow: Flow, tmp_path: Path) -> None:
    said = flow("check", str(tmp_path / "none.yaml"))

    assert said.code == Exit.USAGE
    assert f"there is no {tmp_path / 'none.yaml'}" in said.err
    assert flow("check", "--standalone").code == Exit.USAGE


@pytest.mark.django_db
def test_sync_tells_what_became_of_each_workflow(
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
    assert "~ hello changed" in second.out
    assert "= chain unchanged" in second.out
    assert json.loads(third.out)["removed"] == ["hello"]


@pytest.mark.django_db
def test_sync_of_a_file_with_an_error_changes_nothing(
    flow: Flow, settings: Settings, tmp_path: Path
) -> None:
    declare(settings, tmp_path, HELLO, BAD)

    said = flow("sync")

    assert (said.code, said.out) == (Exit.FAILED, "")
    assert "error[FE110]" in said.err
    assert not WorkflowRecord.objects.exists()
