"""``flow init``: a first workflow in an app of the project."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from flowengine.cli.exits import Exit
from flowengine.definitions.check import check
from flowengine.definitions.parse import read
from flowengine.tasks import registry
from tests.database.cli.conftest import Flow

pytestmark = pytest.mark.django_db

WRITTEN = ("workflows/hello.yaml", "tasks.py", "hello.py", "templates/bakery/hello.html")


@pytest.fixture
def bakery(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of an app of a project that has no other."""
    folder = tmp_path / "bakery"
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "bakery"]
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "bakery"]:
        del sys.modules[name]
    for name in [name for name in registry.names() if name.startswith("bakery.")]:
        del registry._tasks[name]


def test_it_writes_a_workflow_its_tasks_and_a_page_and_says_what_is_left(
    flow: Flow, bakery: Path
) -> None:
    said = flow("init")

    assert said.code == Exit.OK
    assert [line.split()[-1] for line in said.out.splitlines()] == [f"bakery/{n}" for n in WRITTEN]
    assert 'path("", include("bakery.hello"))' in said.err
    assert 'LOGIN_URL = "admin:login"' in said.err
    assert "createsuperuser" in said.err
    assert "next: flowengine dev" in said.err


def test_project_with_a_way_to_log_in_keeps_it(
    flow: Flow, bakery: Path, settings: Settings
) -> None:
    settings.LOGIN_URL = "/admin/login/"

    said = flow("init")

    assert said.code == Exit.OK
    assert "LOGIN_URL" not in said.err


def test_what_it_writes_has_no_problems(flow: Flow, bakery: Path) -> None:
    flow("init")

    importlib.import_module("bakery.tasks")
    document = read((bakery / "workflows/hello.yaml").read_bytes())
    page = importlib.import_module("bakery.hello")

    assert check(document, registry.signatures()) == ()
    assert flow("fmt", "--check", str(bakery)).code == Exit.OK
    assert [str(each.pattern) for each in page.urlpatterns] == ["hello/", "flow/"]


def test_what_is_there_already_is_left_as_it_is(flow: Flow, bakery: Path) -> None:
    (bakery / "hello.py").write_text("mine")
    flow("init", "bakery")

    said = flow("init", "bakery")

    assert said.out == ""
    assert (bakery / "hello.py").read_text() == "mine"


def test_tasks_that_are_there_get_company(flow: Flow, bakery: Path) -> None:
    (bakery / "tasks.py").write_text("BREAD = 1\n")

    said = flow("init")

    text = (bakery / "tasks.py").read_text()
    assert text.startswith("BREAD = 1\n")
    assert "def listen(" in text
    assert "two tasks to bakery/tasks.py" in said.out


def test_an_app_that_is_none_of_the_projects_is_refused_with_the_nearest(
    flow: Flow, bakery: Path
) -> None:
    said = flow("init", "bakerie")

    assert said.code == Exit.USAGE
    assert "did you mean 'bakery'?" in said.err


def test_a_project_without_an_app_of_its_own_is_told_how_to_make_one(
    flow: Flow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    said = flow("init")

    assert said.code == Exit.USAGE
    assert "startapp" in said.err
