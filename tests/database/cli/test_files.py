"""``flow fmt``, ``flow graph`` and ``flow schema``: what is done to files, mostly without a project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pytest_django import Settings

from flowengine.cli.exits import Exit
from flowengine.definitions.json_schema import json_schema
from tests.builders.files import HELLO, declare
from tests.database.cli.conftest import Flow

UNORDERED = "steps: [a.b]\n# why\non: a.b\nworkflow: w\n"
ORDERED = "workflow: w\n# why\non: a.b\nsteps: [a.b]\n"


def test_files_are_formatted_in_place_and_named(flow: Flow, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(UNORDERED)
    (tmp_path / "b.yaml").write_text(ORDERED)

    said = flow("fmt", str(tmp_path))

    assert (said.code, said.out) == (Exit.OK, f"{tmp_path}/a.yaml\n")
    assert said.err == "2 files, 1 changed\n"
    assert (tmp_path / "a.yaml").read_text() == ORDERED
    assert flow("fmt", str(tmp_path)).out == ""


def test_checking_the_format_changes_nothing_and_fails(flow: Flow, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(UNORDERED)

    said = flow("fmt", "--check", str(file))

    assert (said.code, said.out) == (Exit.FAILED, f"{file}\n")
    assert "1 file, 1 would be changed" in said.err
    assert file.read_text() == UNORDERED


def test_file_that_cannot_be_read_is_told_and_the_others_are_formatted(
    flow: Flow, tmp_path: Path
) -> None:
    (tmp_path / "a.yaml").write_text("a: [")
    (tmp_path / "b.yaml").write_text(UNORDERED)
    (tmp_path / "a-folder.yaml").mkdir()

    said = flow("fmt", str(tmp_path))

    assert said.code == Exit.FAILED
    assert "/a-folder.yaml:1:1: FE101 Is a directory" in said.err
    assert "/a.yaml:2:1: FE101" in said.err
    assert (tmp_path / "b.yaml").read_text() == ORDERED


def test_without_paths_the_files_of_the_project_are_formatted(
    flow: Flow, settings: Settings, tmp_path: Path
) -> None:
    declare(settings, tmp_path, UNORDERED.replace("a.b]", "line.nothing]"))

    said = flow("fmt", "--check")

    assert str(tmp_path / "0.yaml") in said.out


def test_workflow_of_the_project_is_drawn_by_its_name(
    flow: Flow, settings: Settings, tmp_path: Path
) -> None:
    declare(settings, tmp_path, HELLO)

    said = flow("graph", "hello")

    assert said.out == (
        'flowchart TB\n  start0(["hello.said"])\n  s1["nothing<br/>line.nothing"]\n  start0 --> s1\n'
    )


@pytest.mark.parametrize(
    ("options", "start"),
    [
        (["-o", "w.svg"], "<?xml"),
        (["-o", "w.mmd"], "flowchart"),
        (["--format", "svg", "-o", "w"], "<?xml"),
    ],
)
def test_file_is_drawn_into_a_file_in_the_form_of_its_ending(
    flow: Flow, tmp_path: Path, options: list[str], start: str
) -> None:
    source = tmp_path / "w.yaml"
    source.write_text(HELLO)
    target = tmp_path / options[-1]

    said = flow("graph", str(source), *options[:-1], str(target))

    assert (said.code, said.out) == (Exit.OK, "")
    assert target.read_text().startswith(start)


def test_workflow_that_is_not_there_is_told_with_a_name_like_it(flow: Flow, tmp_path: Path) -> None:
    said = flow("graph", "chian")
    unwritable = flow("graph", "chain", "-o", str(tmp_path / "none" / "x.svg"))

    assert said.code == Exit.FAILED
    assert "there is no workflow or file 'chian'" in said.err
    assert "did you mean 'chain'?" in said.err
    assert unwritable.code == Exit.USAGE


def test_schema_is_printed(flow: Flow) -> None:
    said = flow("schema")

    assert said.code == Exit.OK
    assert json.loads(said.out) == json_schema()
