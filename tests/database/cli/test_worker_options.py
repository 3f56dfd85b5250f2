"""What ``flow worker``, ``flow dev`` and ``flow demo`` refuse before they begin."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from flowengine.cli.commands import dev, worker
from flowengine.cli.exits import Exit
from flowengine.demo import serve
from tests.builders.files import declare
from tests.database.cli.conftest import Flow


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--roles", "relay,stashions"], "'stashions' is no role; did you mean 'stations'?"),
        (["--roles", "x"], "'x' is no role; known: beat, relay, routing, stations"),
        (["--stations", " , "], "name at least one"),
        (["--concurrency", "0"], "'0' is no number from 1 to 10000"),
        (["--processes", "many"], "'many' is no number from 1 to 10000"),
        (["--processes", "2", "--reload"], "--reload works in one process"),
    ],
)
def test_a_worker_refuses_what_it_cannot_do(flow: Flow, argv: list[str], said: str) -> None:
    ended = flow("worker", *argv)

    assert (ended.code, ended.out) == (Exit.USAGE, "")
    assert said in ended.err


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--port", "99999"], "'99999' is no number from 1 to 65535"),
        (["--port", "-1"], "'-1' is no number from 1 to 65535"),
        (["--concurrency", "0"], "'0' is no number from 1 to 10000"),
    ],
)
def test_dev_refuses_what_it_cannot_do(flow: Flow, argv: list[str], said: str) -> None:
    ended = flow("dev", *argv)

    assert (ended.code, ended.out) == (Exit.USAGE, "")
    assert said in ended.err


def test_dev_without_a_web_server_says_how_to_get_one(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev, "uvicorn", None)

    ended = flow("dev")

    assert ended.code == Exit.USAGE
    assert "hint: pip install 'django-flowengine[server]'" in ended.err


def test_the_demo_refuses_a_port_that_no_machine_has(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        serve.main(["--port", "99999"])

    assert ended.value.code == Exit.USAGE
    assert "'99999' is no number from 1 to 65535" in capsys.readouterr().err


def test_the_demo_does_not_run_inside_a_project(flow: Flow) -> None:
    ended = flow("demo")

    assert ended.code == Exit.USAGE
    assert "hint: flowengine demo" in ended.err


@pytest.mark.django_db
def test_a_worker_says_what_is_wrong_with_the_project_and_works(
    flow: Flow, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(settings, tmp_path, "{workflow: it, on: a.b, steps: [shop.nothing]}")
    monkeypatch.setattr(worker, "work", lambda _wanted: 0)
    first = flow("worker").err
    settings.SILENCED_SYSTEM_CHECKS = ["flowengine.E002"]
    second = flow("worker").err

    assert "0.yaml:1:33: FE115 no task 'shop.nothing' is registered (flowengine.E002)" in first
    assert "ctrl-c drains" in first
    assert "FE115" not in second
