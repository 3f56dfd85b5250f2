"""``flow check``: what is wrong with files, for people and for machines; the gate of a deploy."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from flowengine import emit
from flowengine.cli import watching
from flowengine.cli.exits import Exit
from flowengine.definitions.task_signature import TaskSignature
from flowengine.orchestration.still_needed import still_needed
from flowengine.tasks import registry
from flowengine.testing import Runner, inline
from tests.builders.files import HELLO, declare
from tests.database.cli.conftest import Flow

BAD = """\
workflow: order
on: order.placed
steps:
  - task: line.nothing
    retry: {attempts: 3, dely: 2s}
"""
UNKNOWN = "{workflow: it, on: a.b, steps: [shop.nothing]}"


def test_project_whose_files_are_right_passes(
    flow: Flow, settings: Settings, tmp_path: Path
) -> None:
    declare(settings, tmp_path, HELLO)

    said = flow("check")

    assert (said.code, said.out) == (Exit.OK, "")
    assert re.search(r"\d+ files, no errors, no warnings", said.err)
    assert "next: flowengine sync" in said.err


def test_problem_is_told_with_its_place_its_line_and_the_way_out(
    flow: Flow, settings: Settings, tmp_path: Path
) -> None:
    declare(settings, tmp_path, BAD)

    said = flow("check")

    assert said.code == Exit.FAILED
    assert said.err.splitlines()[:5] == [
        f"{tmp_path}/0.yaml:5:26: FE110 unknown key 'dely'",
        "  5 |     retry: {attempts: 3, dely: 2s}",
        "    |                          ^^^^",
        "  at:   steps[0].retry.dely",
        "  hint: did you mean 'delay'?",
    ]


def test_problems_as_json_have_these_members(
    flow: Flow, settings: Settings, tmp_path: Path
) -> None:
    declare(settings, tmp_path, BAD)

    said = flow("check", "--format", "json")

    assert said.code == Exit.FAILED
    assert said.err == ""
    assert json.loads(said.out) == [
        {
            "file": f"{tmp_path}/0.yaml",
            "line": 5,
            "column": 26,
            "code": "FE110",
            "message": "unknown key 'dely'",
            "hint": "did you mean 'delay'?",
            "path": "steps[0].retry.dely",
        }
    ]


def test_files_without_problems_are_an_empty_list(
    flow: Flow, settings: Settings, tmp_path: Path
) -> None:
    declare(settings, tmp_path, HELLO)

    said = flow("check", "--format", "json")

    assert (said.code, said.out) == (Exit.OK, "[]\n")


def test_problems_for_github_are_annotations_that_cannot_be_broken_out_of(
    flow: Flow, tmp_path: Path
) -> None:
    file = tmp_path / "a,b:c.yaml"
    file.write_text('workflow: w\non: a.b\nsteps: [{task: x.y, "100%\\n::error::": 1}]\n')

    said = flow("check", "--standalone", "--format", "github", str(file))

    [line] = said.out.splitlines()
    assert line.startswith("::error file=")
    assert "/a%2Cb%3Ac.yaml,line=3,col=21,title=flowengine FE110::unknown key '100%25%0A" in line


def test_warnings_are_told_as_such_and_pass(flow: Flow, tmp_path: Path) -> None:
    file = tmp_path / "w.yaml"
    file.write_text(
        "{workflow: w, on: {event: a.b, if: event.data.n / 2 > 1}, steps: [x.y]}", encoding="utf-8"
    )

    human = flow("check", "--standalone", str(file))
    github = flow("check", "--standalone", "--format", "github", str(file))

    assert (human.code, github.code) == (Exit.OK, Exit.OK)
    assert "FE231" in human.err
    assert "1 file, no errors, 1 warning" in human.err
    assert github.out.startswith("::warning file=")


def test_sarif_names_rules_places_and_levels(flow: Flow, tmp_path: Path) -> None:
    (tmp_path / "a bad one.yaml").write_text(BAD)
    (tmp_path / "none.yaml").write_text("workflow: w\n")

    said = flow("check", "--standalone", "--format", "sarif", str(tmp_path))

    log = json.loads(said.out)
    [run] = log["runs"]
    assert log["version"] == "2.1.0"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["FE110", "FE111"]
    first = run["results"][0]
    assert (first["ruleId"], first["ruleIndex"], first["level"]) == ("FE110", 0, "error")
    assert first["message"]["text"] == "unknown key 'dely' (did you mean 'delay'?)"
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"].endswith("/a%20bad%20one.yaml")
    assert place["region"] == {"startLine": 5, "startColumn": 26}
    assert {result["ruleIndex"] for result in run["results"][1:]} == {1}


def test_named_paths_are_looked_at_alone(flow: Flow, tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(HELLO)
    (tmp_path / "unknown.yaml").write_text(UNKNOWN)

    folder = flow("check", str(tmp_path))
    file = flow("check", str(tmp_path / "one.yaml"))
    standalone = flow("check", "--standalone", str(tmp_path))

    assert (folder.code, file.code, standalone.code) == (Exit.FAILED, Exit.OK, Exit.OK)
    assert "FE115" in folder.err
    assert "2 files, 1 error, no warnings" in folder.err


def test_file_of_the_project_is_checked_against_the_workflows_of_the_project(
    flow: Flow, tmp_path: Path
) -> None:
    file = tmp_path / "caller.yaml"
    file.write_text("{workflow: caller, on: a.b, steps: [{workflow: nobody}]}")

    inside = flow("check", str(file))
    alone = flow("check", "--standalone", str(file))

    assert "FE116 no workflow 'nobody'" in inside.err
    assert alone.code == Exit.OK


def test_files_that_cannot_be_opened_do_not_keep_the_others_from_being_checked(
    flow: Flow, tmp_path: Path
) -> None:
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "gone.yaml").symlink_to("nowhere.yaml")
    (tmp_path / "round.yaml").symlink_to("round.yaml")
    (tmp_path / "right.yaml").write_text(HELLO)

    said = flow("check", "--standalone", str(tmp_path))

    assert said.code == Exit.FAILED
    assert "/folder.yaml:1:1: FE101 Is a directory" in said.err
    assert "/gone.yaml:1:1: FE101 No such file or directory" in said.err
    assert "/round.yaml:1:1: FE101 Too many levels of symbolic links" in said.err
    assert "4 files, 3 errors, no warnings" in said.err


def test_file_without_end_is_refused_for_its_size(flow: Flow) -> None:
    said = flow("check", "--standalone", "/dev/zero")

    assert said.code == Exit.FAILED
    assert "/dev/zero:1:1: FE107" in said.err


def test_nothing_is_shown_of_what_a_link_leads_to(flow: Flow, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("password: [")
    (tmp_path / "workflows").mkdir()
    (tmp_path / "workflows" / "link.yaml").symlink_to(tmp_path / "secret")

    said = flow("check", "--standalone", str(tmp_path / "workflows"))

    assert "/link.yaml:2:1: FE101" in said.err
    assert "password" not in said.err


def test_of_a_long_line_the_part_around_the_problem_is_shown(flow: Flow, tmp_path: Path) -> None:
    steps = ", ".join(f"shop.step_{n}" for n in range(60))
    (tmp_path / "long.yaml").write_text(f"workflow: x\non: a\nsteps: [{steps}, X, {steps}]\n")

    said = flow("check", "--standalone", str(tmp_path))

    shown = next(line for line in said.err.splitlines() if line.startswith("  3 | "))
    mark = said.err.splitlines()[said.err.splitlines().index(shown) + 1]
    assert len(shown) < 180
    assert (shown[6], shown[-1]) == ("…", "…")
    assert shown[mark.index("^")] == "X"


def test_folder_without_workflow_files_is_refused(flow: Flow, tmp_path: Path) -> None:
    said = flow("check", "--standalone", str(tmp_path))

    assert said.code == Exit.USAGE
    assert said.err == f"no workflow files; they are *.yaml in {tmp_path}\n"


def test_two_files_of_one_name_are_told(flow: Flow, tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(HELLO)
    (tmp_path / "two.yaml").write_text(HELLO)

    said = flow("check", str(tmp_path))

    assert said.code == Exit.FAILED
    assert "FE128" in said.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no/such.yaml"], "there is no no/such.yaml"),
        (["--standalone"], "--standalone needs the files"),
        (["--standalone", "--open-runs", "."], "--open-runs asks the project's database"),
        (["--format", "xml"], "invalid choice: 'xml'"),
    ],
)
def test_command_line_that_will_not_do_is_a_usage_error(
    flow: Flow, arguments: list[str], said: str
) -> None:
    refused = flow("check", *arguments)

    assert refused.code == Exit.USAGE
    assert said in refused.err


def test_watching_checks_again_after_each_change(
    flow: Flow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "w.yaml"
    file.write_text(BAD)
    looks = iter([(file, HELLO), (tmp_path / "x.yaml", BAD)])

    def sleep(_seconds: float) -> None:
        change = next(looks, None)
        if change is None:
            raise KeyboardInterrupt
        changed, text = change
        changed.write_text(text)

    monkeypatch.setattr(watching.watch, "__kwdefaults__", {"sleep": sleep})

    said = flow("check", "--standalone", "--watch", str(tmp_path))

    assert said.code == Exit.INTERRUPTED
    assert [line for line in said.err.splitlines() if line.startswith(("1 file", "2 files"))] == [
        "1 file, 1 error, no warnings",
        "1 file, no errors, no warnings",
        "2 files, 1 error, no warnings",
    ]
    assert said.err.count("watching; ctrl-c ends") == 3


def test_watching_sees_files_that_come_change_and_go(tmp_path: Path) -> None:
    file = tmp_path / "w.yaml"
    file.write_text("a")
    first = watching.state([file])
    os.utime(file, ns=(0, 0))
    second = watching.state([file])
    file.unlink()

    assert first != second
    assert watching.state([file]) == {}


# -- the gate of a deploy -----------------------------------------------------------------------------

WAITING = """
workflow: it
on: a.b
steps:
  - sleep: 1d
  - {task: line.any, with: {value: 1}, compensate: line.nothing}
"""


@pytest.fixture
def waiting(settings: Settings, tmp_path: Path, db: None) -> Runner:
    """Two open runs of a definition that is still active."""
    declare(settings, tmp_path, WAITING)
    with inline() as runner:
        for _ in range(2):
            emit("a.b", {})
        runner.run()
        return runner


@pytest.mark.usefixtures("waiting")
def test_all_that_open_runs_need_is_there(flow: Flow) -> None:
    assert flow("check", "--open-runs").code == Exit.OK


def lacking(name: str, change: TaskSignature | None) -> list[str]:
    """What the gate says where that task has changed, or is gone."""
    signatures: dict[str, Any] = dict(registry.signatures())
    del signatures[name]
    if change is not None:
        signatures[name] = change
    return [each.message for each in still_needed(signatures, present=())]


@pytest.mark.usefixtures("waiting")
def test_task_that_open_runs_need_and_that_is_gone_is_told_with_their_number() -> None:
    [message] = lacking("line.any", None)

    assert re.fullmatch(
        r"2 open runs of 'it' \(version [0-9a-f]{8}\) need task 'line.any', which is gone", message
    )


@pytest.mark.usefixtures("waiting")
def test_undo_that_open_runs_need_is_missed_too() -> None:
    signatures = {k: v for k, v in registry.signatures().items() if k != "line.nothing"}

    [problem] = still_needed(signatures, present=())

    assert "line.nothing" in problem.message
    assert (problem.code, problem.path) == ("FE503", "steps.any.compensate")


@pytest.mark.usefixtures("waiting")
def test_parameter_that_open_runs_give_and_that_is_gone_is_told() -> None:
    assert "need task 'line.any'(value), which is gone" in lacking("line.any", TaskSignature())[0]
    assert lacking("line.any", TaskSignature(extra=True)) == []


@pytest.mark.usefixtures("waiting")
def test_parameter_that_is_required_now_and_that_nothing_gives_is_told() -> None:
    [message] = lacking("line.any", TaskSignature(required=("value", "order_id")))

    assert "do not give 'order_id', which task 'line.any' requires now" in message


def test_runs_that_have_ended_need_nothing(waiting: Runner) -> None:
    waiting.advance("2d")

    assert {run.state for run in waiting.runs_of("it")} == {"succeeded"}
    assert lacking("line.any", None) == []


def test_one_open_run_is_told_in_the_singular(waiting: Runner) -> None:
    waiting.cancel(waiting.runs_of("it")[0])

    assert lacking("line.any", None)[0].startswith("1 open run of 'it' ")
    assert " needs task " in lacking("line.any", None)[0]


@pytest.mark.usefixtures("waiting")
def test_gate_fails_the_check(
    flow: Flow, monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path
) -> None:
    declare(settings, tmp_path)
    without = {k: v for k, v in registry.signatures().items() if k != "line.any"}
    monkeypatch.setattr(registry, "signatures", lambda: without)

    said = flow("check", "--open-runs", "--format", "json")

    assert said.code == Exit.FAILED
    assert "FE503" in {problem["code"] for problem in json.loads(said.out)}
