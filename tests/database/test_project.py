"""What the project declares: its files, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

from pytest_django import Settings

from flowengine import project
from flowengine.broker.topology import station_queue
from flowengine.definitions.steps import TaskStep
from tests.builders.files import HELLO, declare


def codes() -> list[str]:
    return [problem.code for problem in project.problems()]


def test_workflows_of_apps_and_of_named_folders_are_found(
    settings: Settings, tmp_path: Path
) -> None:
    declare(settings, tmp_path, HELLO)

    assert {"line", "chain", "hello"} <= set(project.catalog().workflows)
    paths = [file.path for file in project.files()]
    assert "tests/project/workflows/line.yaml" in paths
    assert str(tmp_path / "0.yaml") in [str(Path(path).resolve()) for path in paths]


def test_steps_are_bound_to_the_tasks_of_this_process(settings: Settings, tmp_path: Path) -> None:
    declare(settings, tmp_path, HELLO)

    [step] = project.catalog().workflows["hello"].steps

    assert isinstance(step, TaskStep)
    assert step.signature is not None
    assert step.station == "default"


def test_files_are_read_once_until_something_changes(settings: Settings, tmp_path: Path) -> None:
    declare(settings, tmp_path, HELLO)
    first = project.catalog()

    assert project.catalog() is first
    declare(settings, tmp_path, HELLO)
    assert project.catalog() is not first


def test_every_problem_of_every_file_is_told_and_the_good_files_are_used(
    settings: Settings, tmp_path: Path
) -> None:
    declare(settings, tmp_path, HELLO, "workflow: [", "workflow: b\nsteps: [line.nothng]\n")

    assert "hello" in project.catalog().workflows
    assert {"FE101", "FE111"} <= set(codes())


def test_unknown_task_is_told_with_its_place(settings: Settings, tmp_path: Path) -> None:
    declare(settings, tmp_path, HELLO.replace("line.nothing", "line.nothng"))

    [problem] = project.problems()

    assert (problem.code, problem.line) == ("FE115", 5)
    assert problem.file.endswith("0.yaml")


def test_second_file_of_one_name_is_told_and_the_first_is_used(
    settings: Settings, tmp_path: Path
) -> None:
    declare(settings, tmp_path, HELLO, HELLO.replace("hello.said", "other.said"))

    assert codes() == ["FE128"]
    assert [f.path.endswith("0.yaml") for f in project.files() if "hello" in f.text] == [True]
    assert project.catalog().matching("other.said") == ()


def test_link_out_of_the_folder_is_not_followed(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "workflows"
    folder.mkdir()
    (tmp_path / "secret").write_text(HELLO)
    declare(settings, folder)
    (folder / "leak.yaml").symlink_to(tmp_path / "secret")

    assert [problem.message for problem in project.problems()] == [
        "the link leads out of its folder"
    ]
    assert "hello" not in project.catalog().workflows


def test_link_to_itself_is_a_problem(settings: Settings, tmp_path: Path) -> None:
    declare(settings, tmp_path, HELLO)
    (tmp_path / "round.yaml").symlink_to("round.yaml")

    [problem] = project.problems()

    assert (problem.code, problem.message) == ("FE101", "Too many levels of symbolic links")
    assert "hello" in project.catalog().workflows


def test_file_that_cannot_be_opened_is_a_problem(settings: Settings, tmp_path: Path) -> None:
    declare(settings, tmp_path)
    (tmp_path / "folder.yaml").mkdir()

    [problem] = project.problems()

    assert (problem.code, problem.message) == ("FE101", "Is a directory")


def test_huge_file_is_refused_without_being_read_whole(settings: Settings, tmp_path: Path) -> None:
    declare(settings, tmp_path)
    with (tmp_path / "huge.yaml").open("wb") as file:
        file.truncate(10**10)  # a hole, no bytes on the disk

    assert codes() == ["FE107"]


def test_topology_has_a_queue_for_every_station(settings: Settings, tmp_path: Path) -> None:
    declare(settings, tmp_path, HELLO + "  - {id: mail, task: line.nothing, station: mail}\n")

    queues = {queue.name for queue in project.topology().queues}

    assert {station_queue("default"), station_queue("mail")} <= queues
