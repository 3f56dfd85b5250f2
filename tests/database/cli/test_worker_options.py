"""What ``flow worker``, ``flow dev`` and ``flow demo`` refuse before they begin."""

from __future__ import annotations

import pytest

from flowengine.cli.commands import dev
from flowengine.cli.exits import Exit
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


def test_dev_without_a_web_server_says_how_to_get_one(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev, "uvicorn", None)

    ended = flow("dev")

    assert ended.code == Exit.USAGE
    assert "hint: pip install 'django-flowengine[server]'" in ended.err


def test_the_demo_does_not_run_inside_a_project(flow: Flow) -> None:
    ended = flow("demo")

    assert ended.code == Exit.USAGE
    assert "hint: flowengine demo" in ended.err
